#pragma once
// Signing objects. Pure functions; any thread.

#include <string>
#include <string_view>

#include "shared/crypto/sign.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire {

/// Signs a canonical object for a purpose.
[[nodiscard]] signed_object sign_canonical(const crypto::signing_key& key, std::string_view purpose,
                                           std::string canonical_object);

}  // namespace autocusto::wire
