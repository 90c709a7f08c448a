#pragma once
// Reads what a print is made of from the replica, with the guards that refuse some of it.
//
// Each read is a snapshot of its own. A view that is missing answers as an unknown record does, so
// nobody learns which it is. One thread at a time per replica.

#include <optional>
#include <string>

#include "client/print/emission.hpp"
#include "client/print/resolve.hpp"
#include "client/replica/read/reader.hpp"
#include "client/replica/types.hpp"
#include "shared/base/error.hpp"

namespace autocusto::printing {

/// What a person asks for, as typed; empty: the usual.
struct selection {
  std::string process;
  std::optional<std::string> version;          ///< of the process; settles a conflict
  std::optional<std::string> patient_version;  ///< of the patient; settles a conflict
  std::string clinic;                          ///< CNES instead of the process's
  std::string doctor;                          ///< `12345/PA`
};

/// The records, and their part of the pins: keys and versions.
struct gathered {
  sources from;
  pins made;
};

/// `used` is the profile that the doctor chose to print with; empty: none. Errors: not_found,
/// invalid_key, ambiguous (several profiles, none chosen), device_revoked.
[[nodiscard]] result<gathered> gather(const replica::reader& reader, const selection& what,
                                      const std::string& used);
/// What an emission pins. Errors: not_found, also for contents that were erased.
[[nodiscard]] result<gathered> gather_pinned(const replica::reader& reader, const pins& what);

/// The guard of conflicts: a print needs one dose. Error: conflict_open.
[[nodiscard]] result<void> check_agreement(const sources& from);

}  // namespace autocusto::printing
