#include "shared/wire/sign.hpp"

#include <utility>

namespace autocusto::wire {

signed_object sign_canonical(const crypto::signing_key& key, std::string_view purpose,
                             std::string canonical_object) {
  const auto signature = crypto::sign(key, crypto::purpose_message(purpose, canonical_object));
  return {.object = std::move(canonical_object), .signature = std::string(signature.raw())};
}

}  // namespace autocusto::wire
