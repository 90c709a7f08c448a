#pragma once
// Backups: database, keys and configuration in one file, sealed under a passphrase.
//
// The file is an archive (archive.hpp) in a sealed stream (server/auth/sealed_stream.hpp) with
//
//   manifest.json   {"v":1,"made_at":"…","server":uuid,"database":"sqlite"|"postgresql"}
//   config.json, keys.json
//   store.sqlite    a consistent copy of the embedded database, or
//   store.pgdump    what pg_dump's custom format is
//
// A backup can be made while the server runs. The embedded database is copied page by page into a
// file of mode 0600 in the data folder, whose name is taken away before it is read; so nothing
// about a patient is ever outside the folder in clear. One thread; blocking.

#include <optional>
#include <string>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/crypto/secret.hpp"

namespace autocusto::app {

struct backup_report {
  std::string file;
  std::uint64_t bytes = 0;
};

/// Errors: already_exists (the file), those of opening the folder, and what cannot be written.
[[nodiscard]] result<backup_report> make_backup(const std::string& folder, const std::string& file,
                                                const crypto::secret& passphrase,
                                                const clock_source& clock, random_source& random);

/// Into a folder that is new or empty and, for PostgreSQL, an empty database (`database`: another
/// one than the backup's). The whole file is authenticated before anything is made; what was made
/// is taken away when it fails. Errors: wrong_passphrase, malformed (damaged), already_exists.
[[nodiscard]] result<void> restore_backup(const std::string& folder, const std::string& file,
                                          const crypto::secret& passphrase,
                                          const std::optional<std::string>& database,
                                          const std::optional<std::string>& journal = {});

}  // namespace autocusto::app
