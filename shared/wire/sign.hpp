#pragma once
// Signed objects: the one place where they are signed and checked.
//
// What is signed is never the bare object, but `crypto::purpose_message` of a purpose and the
// object's canonical JSON: a signature made for one purpose is worth nothing for another. A purpose
// is a name out of the table below; another one does not compile. The names stand in signatures
// that are stored, so none of them ever changes.
//
// What was not signed as it has to be is refused by one code: `bad_signature`, field `signature`,
// whatever is wrong with it. A laptop that checks a server's signature says `untrusted_server`
// (client/transport/trust.hpp): there the question is with whom it speaks. Pure functions; any
// thread.

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire {

class purpose {
 public:
  /// Implicit, so that calls name a purpose by its text.
  consteval purpose(const char* name) : name_(name) {
    if (std::find(k_names.begin(), k_names.end(), name_) == k_names.end()) {
      throw std::logic_error("no such purpose");
    }
  }

  [[nodiscard]] constexpr std::string_view name() const { return name_; }

  /// By a device: act, again, enroll, erasure, push, session. By the server: the others.
  static constexpr std::array<const char*, 15> k_texts{
      "act",     "again",  "audit", "catalogue", "challenge", "enroll",  "erasure", "greeting",
      "journal", "opened", "order", "push",      "receipt",   "session", "trust"};

 private:
  static constexpr std::array<std::string_view, 15> k_names = [] {
    std::array<std::string_view, 15> out;
    std::copy(k_texts.begin(), k_texts.end(), out.begin());
    return out;
  }();

  std::string_view name_;
};

/// Signs a canonical object for a purpose.
[[nodiscard]] signed_object sign_canonical(const crypto::signing_key& key, purpose of,
                                           std::string canonical_object);

/// Whether the object is signed for that purpose by the key with these 32 bytes; false for anything
/// that is no such key or no signature.
[[nodiscard]] bool is_signed(std::string_view raw_key, purpose of, const signed_object& sent);

/// The same; the refusal says `message`.
[[nodiscard]] result<void> check_signed(std::string_view raw_key, purpose of,
                                        const signed_object& sent, const char* message);

}  // namespace autocusto::wire
