#pragma once
// Where an import goes: a server's data folder, and the way into its database.
//
// PostgreSQL is written directly, beside any servers, which are told by NOTIFY. The embedded
// database is written by whoever holds the folder: this program when no server runs; else the
// server, over its local socket, while this program only reads. One import at a time, by a lock
// file. One thread.

#include <memory>
#include <optional>
#include <string>

#include "server/app/installation.hpp"
#include "server/intake/intake.hpp"

namespace autocusto::import {

struct target {
  app::installation home;
  std::optional<sqlite::lock_file> import_lock;
  std::unique_ptr<intake::import_writer> writer;  ///< none when only reading was asked for
};

/// Errors: those of open_installation; replica_busy when another import runs; unavailable when the
/// server that holds the folder does not answer.
[[nodiscard]] result<target> open_target(const std::string& folder, bool writes);

}  // namespace autocusto::import
