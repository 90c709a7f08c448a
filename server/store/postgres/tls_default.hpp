#pragma once
// Encryption towards PostgreSQL: to a host that is not this machine the connection is encrypted and
// the server's certificate checked, unless the URL (or PGSSLMODE) says otherwise. Any thread.

#include <string>

namespace autocusto::store {

/// Whether `sslmode=verify-full` has to be added to what this URL says.
[[nodiscard]] bool needs_verified_tls(const std::string& url);

}  // namespace autocusto::store
