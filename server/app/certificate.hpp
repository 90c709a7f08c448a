#pragma once
// Keeping the server's TLS certificate fresh. One thread: the one that may write the folder.

#include <string>

#include "server/app/config.hpp"
#include "server/auth/keys.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::app {

/// An own leaf past half of its life, or that ends before `told`, the latest time that clients were
/// told, is reissued; a given certificate is read again from its files. True when `keys.leaf`
/// changed; then keys.json is written. Given files that cannot be read or do not fit each other are
/// an error, and the certificate in use stays.
[[nodiscard]] result<bool> look_after_certificate(const std::string& folder, const config& settings,
                                                  auth::server_keys& keys, unix_millis now,
                                                  unix_millis told);

/// A certificate and its key from two PEM files. `usage` when they do not belong together.
[[nodiscard]] result<http::certificate_pair> read_certificate(const std::string& certificate_file,
                                                              const std::string& key_file);

}  // namespace autocusto::app
