#include "shared/json/signed.hpp"

#include "shared/json/canonical.hpp"

namespace autocusto::json {

crypto::signature sign_object(const crypto::signing_key& key, std::string_view purpose,
                              const nlohmann::json& object) {
  return crypto::sign(key, crypto::purpose_message(purpose, canonical(object)));
}

bool verify_object(const crypto::public_key& key, std::string_view purpose,
                   const nlohmann::json& object, const crypto::signature& sig) {
  const auto text = try_canonical(object);
  return text && crypto::verify(key, crypto::purpose_message(purpose, *text), sig);
}

}  // namespace autocusto::json
