#pragma once
// The reference catalogue in the replica: its text, and what is known of it. Private to
// client/replica. Those that write belong inside a write_scope; one thread.

#include <cstdint>
#include <optional>
#include <string_view>

#include "client/replica/file/replica_file.hpp"
#include "client/replica/types.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::replica {

/// The hash of the catalogue that is here, or of a newer one that this program cannot read.
[[nodiscard]] std::optional<hash256> known_catalogue(replica_file& file);

/// The hash of the one that is here.
[[nodiscard]] std::optional<hash256> kept_catalogue_hash(replica_file& file);

/// Keeps a catalogue in place of the one before. Of one that cannot be read only the hash is kept,
/// so that it is not fetched again before the program is a newer one; the one before stays.
void put_catalogue(replica_file& file, const hash256& hash, std::int64_t revision,
                   std::string_view text);

/// Whether the server's newest one was refused for its signature.
[[nodiscard]] bool catalogue_refused(replica_file& file);
void set_catalogue_refused(replica_file& file, bool refused);

/// Nothing before the first.
[[nodiscard]] std::optional<kept_catalogue> kept_catalogue_of(replica_file& file);

}  // namespace autocusto::replica
