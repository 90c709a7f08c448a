#pragma once
// Programs of several releases: what the server cannot take yet, and what this program cannot show.
//
// A session's answer tells which kinds of records and revisions of them the server takes. Versions
// beyond that wait until a newer server answers; a child of one waits, too, because a record is
// held back as a whole. What pages brought that this program does not know is noted by name, so
// that a newer program sees that nothing is unknown any more. Free functions on an open file; the
// thread of the file.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/replica/file/replica_file.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::replica {

/// What the server takes, by its newest session; nothing before the first.
[[nodiscard]] std::optional<domain::kind_revisions> server_kinds(replica_file& file);
/// Writes only where it is news.
[[nodiscard]] result<void> note_server_kinds(replica_file& file,
                                             const domain::kind_revisions& kinds);

/// The rows of records with a waiting version that a server does not take which takes `server`
/// (nothing: as on disk). Free while the server takes all that this program writes and nothing
/// unknown is here; else linear in what waits, of which each version is decoded once.
[[nodiscard]] std::set<std::int64_t> records_beyond_server(
    replica_file& file, const std::optional<domain::kind_revisions>& server);

/// Remembers names of `domain::unknown_names`, at most 100. In the transaction of the caller.
void note_unknown(replica_file& file, const std::vector<std::string>& names);
/// Those that this program still does not know.
[[nodiscard]] std::vector<std::string> unknown_here(replica_file& file);

}  // namespace autocusto::replica
