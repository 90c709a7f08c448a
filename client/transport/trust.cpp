#include "client/transport/trust.hpp"

#include <algorithm>

#include "client/transport/build_time.hpp"
#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/public_key.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::transport {
namespace {

error untrusted(const char* why) {
  return fail(errc::untrusted_server,
              std::string("The server does not prove that it is the one of the enrollment link: ") +
                  why + ". Nothing was sent; tell the administrator.");
}

/// Not signed by a key that is known, or an older one than the known one.
error out_of_touch() {
  return fail(
      errc::untrusted_server,
      "The server does not prove itself with keys that this laptop knows. Nothing was sent. "
      "If the keys were replaced while this laptop was away, the administrator knows of "
      "it: ask for a new link and run `autocusto enroll LINK --again`; your edits stay.");
}

/// A trust object whose keys are all keys that prove something.
result<wire::trust> read_trust(const wire::signed_object& offered) {
  auto read = wire::decode_trust(offered.object);
  if (!read) return untrusted("its trust object cannot be read");
  if (!std::all_of(read->keys.begin(), read->keys.end(),
                   [](const auto& key) { return crypto::strong_public_key(key); })) {
    return untrusted("its trust object names what is not a valid Ed25519 key");
  }
  return read;
}

}  // namespace

bool signed_by_server(const wire::trust& known, wire::purpose of,
                      const wire::signed_object& object) {
  return std::any_of(known.keys.begin(), known.keys.end(),
                     [&](const auto& key) { return wire::is_signed(key, of, object); });
}

result<engine::fetched_catalogue> check_catalogue(const std::optional<wire::trust>& known,
                                                  wire::catalogue_answer told) {
  const auto object = told.signed_by_server
                          ? wire::decode_catalogue_object(told.signed_by_server->object)
                          : result<wire::catalogue_object>(wire::catalogue_object{});
  const bool fits = known && told.signed_by_server && object && object->server == known->server &&
                    signed_by_server(*known, "catalogue", *told.signed_by_server) &&
                    object->hash == crypto::sha256(told.text);
  if (fits) return engine::fetched_catalogue{object->hash, object->revision, std::move(told.text)};
  return fail(errc::untrusted_server,
              "The catalogue of diseases and medicines is not signed by the server; it was not "
              "taken over.");
}

result<wire::audit_head> read_audit_head(const wire::trust& known, std::string_view text) {
  const auto json = from_base64url(text);
  if (json) {
    const auto sent = wire::decode_signed(*json);
    if (sent && signed_by_server(known, "audit", *sent)) {
      auto head = wire::decode_audit_head(sent->object);
      if (head && head->server == known.server) return head;
    }
  }
  return fail(errc::untrusted_server,
              "What the server says of its audit log is not signed by its key; tell whoever runs "
              "the server.");
}

result<wire::trust> accept_first_trust(const wire::signed_object& offered, bool pin_is_ca,
                                       std::string_view pin, std::string_view key_pin) {
  const auto read = read_trust(offered);
  if (!read) return read.error();
  if (pin_is_ca) {
    // TLS has proved the pinned CA; the object must speak of the same server.
    const auto& roots = read->roots;
    if (std::find(roots.begin(), roots.end(), pin) == roots.end()) {
      return untrusted("its trust object does not name the certificate authority of the link");
    }
  }
  const auto& wanted = pin_is_ca ? key_pin : pin;
  if (wanted.empty()) {
    if (!signed_by_server(*read, "trust", offered)) {
      return untrusted("its trust object is not signed by its key");
    }
    return *read;
  }
  const auto pinned = std::find_if(read->keys.begin(), read->keys.end(), [wanted](const auto& key) {
    return crypto::sha256(key).raw() == wanted;
  });
  if (pinned == read->keys.end() || !wire::is_signed(*pinned, "trust", offered)) {
    return untrusted("its trust object is not signed by the key of the link");
  }
  return *read;
}

result<wire::trust> accept_next_trust(const wire::trust& known,
                                      const wire::signed_object& offered) {
  const auto read = read_trust(offered);
  if (!read) return read.error();
  if (read->server != known.server) return untrusted("it is another server");
  if (!signed_by_server(known, "trust", offered)) return out_of_touch();
  if (read->serial < known.serial) return out_of_touch();
  if (read->serial == known.serial && (read->roots != known.roots || read->keys != known.keys)) {
    return untrusted("its trust object changed without a new serial number");
  }
  if (read->keys.empty()) return untrusted("its trust object names no key");
  if (read->roots.empty() && !known.roots.empty()) {
    return untrusted("its trust object names no certificate authority");
  }
  return *read;
}

std::optional<error> refuse_other_end(const wire::trust& known, wire::purpose of,
                                      const std::optional<wire::signed_object>& given,
                                      std::string_view expected) {
  if (!given) {
    return fail(errc::untrusted_server,
                "The server does not prove itself in the way that this program asks for. Nothing "
                "was sent. Ask the administrator to update the server.");
  }
  if (!signed_by_server(known, of, *given)) return out_of_touch();
  if (given->object != expected) {
    return fail(errc::untrusted_server,
                "Somebody stands between this laptop and the server: its signature is for another "
                "connection. Nothing was sent. Try another network, and tell the administrator.");
  }
  return std::nullopt;
}

std::vector<hash256> tls_pins(bool pin_is_ca, std::string_view pin,
                              const std::optional<wire::trust>& known) {
  std::vector<hash256> out;
  if (!pin_is_ca) return out;
  if (known) {
    for (const auto& root : known->roots) {
      if (const auto read = hash256::from_raw(root)) out.push_back(*read);
    }
  }
  if (const auto first = hash256::from_raw(pin); out.empty() && first) out.push_back(*first);
  return out;
}

unix_millis build_time() {
  return k_build_time;
}

unix_millis certificate_time(std::optional<unix_millis> server_time) {
  return std::max(k_build_time, server_time.value_or(0));
}

}  // namespace autocusto::transport
