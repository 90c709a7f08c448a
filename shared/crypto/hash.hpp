#pragma once
// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), by OpenSSL.
//
// Pure functions; any thread. Each thread keeps one prepared context of its own, so a short hash
// costs about as much as its bytes. They throw std::runtime_error only when OpenSSL itself fails.

#include <string_view>

#include "shared/base/ids.hpp"

namespace autocusto::crypto {

[[nodiscard]] hash256 sha256(std::string_view data);
/// Of `a` followed by `b`, without joining them in memory.
[[nodiscard]] hash256 sha256(std::string_view a, std::string_view b);

/// Keys of any length, the empty one included.
[[nodiscard]] hash256 hmac_sha256(std::string_view key, std::string_view data);

/// Whether both are the same bytes, in a time that depends on the sizes only. For comparing MACs,
/// codes and tokens with what somebody sent.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace autocusto::crypto
