#pragma once
// The pushes that are kept until the server has answered them: none, one, or two. The second one
// was made while the first was under way; it names the first as its predecessor, and no record copy
// has versions in both, so that nothing in the first one's receipt can change what the second one
// holds. Private to client/replica. Inside one transaction or snapshot, one thread.

#include <cstdint>
#include <set>

#include "client/replica/file/replica_file.hpp"
#include "client/replica/file/rows.hpp"

namespace autocusto::replica {

/// The id of the push that is kept under that name.
[[nodiscard]] std::optional<push_id> kept_id(replica_file& file, std::string_view name);
/// The rows of the record copies that have versions or discards in a kept push.
[[nodiscard]] std::set<std::int64_t> records_under_way(replica_file& file);
/// The first one is answered: the second one, if there is one, is the first from now on.
void promote_kept_push(replica_file& file);
void forget_kept_pushes(replica_file& file);

}  // namespace autocusto::replica
