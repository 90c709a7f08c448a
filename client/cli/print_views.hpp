#pragma once
// Lists that join a process or an emission with what belongs to it elsewhere. One thread.

#include <string>

#include "client/cli/app.hpp"

namespace autocusto::cli {

/// All processes with the patient's name and the date on which they are due; with a term, those
/// that it finds in the patient's name, the medicines or the key.
int list_processes(const app& a, const std::string& term);

/// A sentence on stderr about records that cannot be read; nothing for 0.
void note_damaged(std::size_t damaged);

}  // namespace autocusto::cli
