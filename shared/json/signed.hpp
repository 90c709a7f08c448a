#pragma once
// Signatures over JSON objects: Ed25519 over "autocusto/" + purpose + "/v1\0" + the canonical text.
//
// The purpose (`session`, `push`, `receipt`, `erasure`, `trust`, `act`, …) keeps a signature from
// being used for anything else. Pure functions; any thread.

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "shared/crypto/sign.hpp"

namespace autocusto::json {

/// Throws std::logic_error when the object is outside the JSON subset (see canonical.hpp).
[[nodiscard]] crypto::signature sign_object(const crypto::signing_key& key,
                                            std::string_view purpose, const nlohmann::json& object);

/// False also for an object outside the JSON subset: nobody can have signed it.
[[nodiscard]] bool verify_object(const crypto::public_key& key, std::string_view purpose,
                                 const nlohmann::json& object, const crypto::signature& sig);

}  // namespace autocusto::json
