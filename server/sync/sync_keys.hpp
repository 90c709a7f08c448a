#pragma once
// The parts of the server's key bundle that synchronising uses.

#include <span>
#include <string_view>

#include "shared/base/ids.hpp"
#include "shared/crypto/sign.hpp"

namespace autocusto::sync {

/// Refers to keys that somebody else owns and that must outlive it; any thread may read it.
struct sync_keys {
  server_id server;
  std::string_view tenant_key;                   ///< names records; 32 bytes
  std::string_view server_secret;                ///< proofs and salts of merges; 32 bytes
  const crypto::signing_key* signing = nullptr;  ///< receipts
  /// Keys that were in `signing`'s place before: they still verify what they signed.
  std::span<const crypto::public_key> retired{};
};

}  // namespace autocusto::sync
