#pragma once
// Destroying what the server has taken away: keys first, then rows. Private to client/replica. One
// thread.

#include "client/engine/messages.hpp"
#include "client/replica/file/replica_file.hpp"

namespace autocusto::replica {

/// Erases the records whose views the server closed, unless something of them is not at the server.
/// In transactions of its own. Errors: replica_busy.
[[nodiscard]] result<engine::removed_erased> erase_hidden(replica_file& file);

/// Everything but the identity and the device's key; inside a transaction. The rows of versions
/// stay, unreadable.
void destroy_all_keys(replica_file& file);

}  // namespace autocusto::replica
