#pragma once
// How the server of a replica is reached. Any thread that may use the replica.

#include "client/replica/identity/identity_store.hpp"
#include "client/transport/remote.hpp"
#include "shared/base/error.hpp"

namespace autocusto::engine {

/// Errors: not_enrolled.
[[nodiscard]] result<transport::server_address> address_of(const replica::identity_store& own);

}  // namespace autocusto::engine
