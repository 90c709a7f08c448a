#pragma once
// All processes of a replica with what belongs to them elsewhere: the patient's name, the
// emissions, when they are due.
//
// Each read is a snapshot of its own. One thread at a time per replica.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "client/print/due.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/base/error.hpp"

namespace autocusto::printing {

/// Names of all patients, by key.
using patient_names = std::map<std::string, std::string, std::less<>>;
[[nodiscard]] result<patient_names> names_of_patients(const replica::reader& reader);
/// The name of a process's or an emission's patient; empty where their view is not here.
[[nodiscard]] std::string name_for(const patient_names& names, std::string_view key);

/// What is due of all processes that have an active version.
[[nodiscard]] result<due_list> all_due(const replica::reader& reader);

/// One emission as lists show it.
struct emission_line {
  std::string key;
  std::string process;
  domain::field_map fields;
};
/// Of one process, or of all (an empty key): by start, then key. A damaged one is left out, and
/// counted; `unread` gets its process.
[[nodiscard]] result<std::vector<emission_line>> emissions_of(
    const replica::reader& reader, const std::string& process, std::size_t* damaged = nullptr,
    std::set<std::string>* unread = nullptr);

}  // namespace autocusto::printing
