#include "shared/wire/sign.hpp"

#include <utility>

namespace autocusto::wire {

signed_object sign_canonical(const crypto::signing_key& key, purpose of,
                             std::string canonical_object) {
  const auto signature = crypto::sign(key, crypto::purpose_message(of.name(), canonical_object));
  return {.object = std::move(canonical_object), .signature = std::string(signature.raw())};
}

bool is_signed(std::string_view raw_key, purpose of, const signed_object& sent) {
  const auto key = crypto::public_key::from_raw(raw_key);
  const auto signature = crypto::signature::from_raw(sent.signature);
  return key && signature &&
         crypto::verify(*key, crypto::purpose_message(of.name(), sent.object), *signature);
}

result<void> check_signed(std::string_view raw_key, purpose of, const signed_object& sent,
                          const char* message) {
  if (is_signed(raw_key, of, sent)) return {};
  return fail(errc::bad_signature, message, "signature");
}

}  // namespace autocusto::wire
