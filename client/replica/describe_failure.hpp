#pragma once
// What to tell a person when the replica's file itself fails: damaged, disk full, not readable.
// Values only; any thread.

#include <exception>

#include "shared/base/error.hpp"

namespace autocusto::replica {

/// An error for `main` to print: what an error_exception carries; for SQLite's failures the cause
/// and what to do (database); `internal` for everything else.
[[nodiscard]] error describe_failure(const std::exception& why);

}  // namespace autocusto::replica
