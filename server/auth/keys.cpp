#include "server/auth/keys.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "server/auth/private_file.hpp"
#include "server/auth/sealed_stream.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/public_key.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::auth {
namespace {

constexpr std::size_t k_key_size = 32;
constexpr std::size_t k_pem_limit = std::size_t{64} * 1024;
constexpr std::size_t k_retired = 1000;
constexpr std::size_t k_file_limit = std::size_t{1024} * 1024;
/// Certificates begin a day early, for clients whose clock is behind.
constexpr unix_millis k_day = 24LL * 60 * 60 * 1000;
/// How long a certificate goes on after the latest time that clients were told.
constexpr unix_millis k_told_margin = 30 * k_day;

server_keys fresh_secrets(random_source& random) {
  return server_keys{.server = random.make<server_id>(),
                     .tenant_key = crypto::secret(random.bytes(k_key_size)),
                     .server_secret = crypto::secret(random.bytes(k_key_size)),
                     .signing = crypto::signing_key::generate(random),
                     .trust_serial = 1,
                     .ca = std::nullopt,
                     .leaf = {}};
}

nlohmann::json pair_json(const http::certificate_pair& pair) {
  return {{"certificate", pair.certificate}, {"private_key", pair.private_key}};
}

http::certificate_pair read_pair(json::reader in) {
  http::certificate_pair pair;
  pair.certificate = in.string("certificate", k_pem_limit);
  pair.private_key = in.string("private_key", k_pem_limit);
  return pair;
}

crypto::secret read_key(json::reader& in, std::string_view name) {
  auto raw = from_hex(in.string(name, 2 * k_key_size));
  if (!raw || raw->size() != k_key_size) {
    in.refuse(name, "is not a key of 32 bytes in hex");
    return crypto::secret(std::string(k_key_size, '\0'));
  }
  return crypto::secret(std::move(*raw));
}

/// The members that only a bundle has whose keys were or are being replaced.
struct changes {
  crypto::secret seed;
  unix_millis signing_from = 0;
  std::optional<http::certificate_pair> ca;
  unix_millis ca_from = 0;
  std::vector<crypto::public_key> retired;
};

changes read_next(json::reader& in) {
  changes out;
  if (in.has("next_signing_seed")) {
    out.seed = read_key(in, "next_signing_seed");
    out.signing_from = in.integer("next_signing_from", 0, limits::json_integer);
  }
  if (in.has("next_ca")) {
    out.ca = read_pair(in.object("next_ca"));
    out.ca_from = in.integer("next_ca_from", 0, limits::json_integer);
  }
  if (!in.has("retired")) return out;
  for (const auto& text : in.strings("retired", k_retired, 2 * k_key_size)) {
    const auto raw = from_hex(text);
    const auto key = raw ? crypto::public_key::from_raw(*raw) : std::nullopt;
    if (!key || !crypto::strong_public_key(*raw)) {
      in.refuse("retired", "holds what is no key");
      return out;
    }
    out.retired.push_back(*key);
  }
  return out;
}

}  // namespace

result<server_keys> make_keys(random_source& random, const std::vector<std::string>& names,
                              unix_millis now) {
  server_keys keys = fresh_secrets(random);
  keys.ca = http::make_ca("AutoCusto " + keys.server.text(), k_root_years, now - k_day);
  if (auto leaf = reissue_leaf(keys, names, now); !leaf) return leaf.error();
  return keys;
}

result<server_keys> make_keys(random_source& random, http::certificate_pair given) {
  if (!http::key_matches(given.certificate, given.private_key)) {
    return fail(errc::usage,
                "The private key does not belong to the certificate; give the two that were made "
                "together.");
  }
  server_keys keys = fresh_secrets(random);
  keys.leaf = std::move(given);
  return keys;
}

std::string encode_keys(const server_keys& keys) {
  nlohmann::json retired = nlohmann::json::array();
  for (const auto& key : keys.retired) retired.push_back(to_hex(key.raw()));
  nlohmann::json document{{"v", 1},
                          {"server", keys.server.text()},
                          {"tenant_key", to_hex(keys.tenant_key.view())},
                          {"server_secret", to_hex(keys.server_secret.view())},
                          {"signing_seed", to_hex(keys.signing.seed())},
                          {"trust_serial", keys.trust_serial},
                          {"ca", keys.ca ? pair_json(*keys.ca) : nlohmann::json(nullptr)},
                          {"leaf", pair_json(keys.leaf)}};
  if (!keys.retired.empty()) document["retired"] = std::move(retired);
  if (keys.next_signing) {
    document["next_signing_seed"] = to_hex(keys.next_signing->seed());
    document["next_signing_from"] = keys.next_signing_from;
  }
  if (keys.next_ca) {
    document["next_ca"] = pair_json(*keys.next_ca);
    document["next_ca_from"] = keys.next_ca_from;
  }
  return json::canonical(document);
}

result<server_keys> decode_keys(std::string_view json_text) {
  const auto document = json::parse(json_text);
  if (!document) return document.error();
  json::reader in(*document);
  const std::int64_t form = in.integer("v", 1, 1);
  const auto server = in.id<server_id>("server");
  auto tenant_key = read_key(in, "tenant_key");
  auto server_secret = read_key(in, "server_secret");
  const auto seed = read_key(in, "signing_seed");
  const std::int64_t serial = in.integer("trust_serial", form, limits::json_integer);
  std::optional<http::certificate_pair> ca;
  if (in.has("ca")) ca = read_pair(in.object("ca"));
  auto leaf = read_pair(in.object("leaf"));
  const auto next = read_next(in);
  if (const auto problem = in.finish()) {
    return fail(errc::malformed, "The key bundle cannot be used: " + problem->message);
  }
  server_keys keys{.server = server,
                   .tenant_key = std::move(tenant_key),
                   .server_secret = std::move(server_secret),
                   .signing = *crypto::signing_key::from_seed(seed.view()),
                   .trust_serial = serial,
                   .ca = std::move(ca),
                   .leaf = std::move(leaf)};
  if (!next.seed.empty()) keys.next_signing = crypto::signing_key::from_seed(next.seed.view());
  keys.next_signing_from = next.signing_from;
  keys.next_ca = next.ca;
  keys.next_ca_from = next.ca_from;
  keys.retired = next.retired;
  return keys;
}

std::string keys_path(const std::string& folder) {
  return folder + "/keys.json";
}

result<void> save_keys(const std::string& folder, const server_keys& keys) {
  std::string text = encode_keys(keys);
  auto written = write_private_file(keys_path(folder), text);
  wipe(text);
  return written;
}

result<server_keys> load_keys(const std::string& folder) {
  auto text = read_file(keys_path(folder), k_file_limit);
  if (!text) return text.error();
  auto keys = decode_keys(*text);
  wipe(*text);
  return keys;
}

std::string export_keys(const server_keys& keys, const crypto::secret& passphrase,
                        random_source& random) {
  std::string text = encode_keys(keys);
  std::string sealed = seal_whole(sealed_kind::keys, passphrase, random, text);
  wipe(text);
  return sealed;
}

result<server_keys> import_keys(std::string_view sealed, const crypto::secret& passphrase) {
  auto text = open_whole(sealed_kind::keys, passphrase, sealed);
  if (!text) return text.error();
  auto keys = decode_keys(*text);
  wipe(*text);
  return keys;
}

result<bool> renew_leaf(server_keys& keys, const std::vector<std::string>& names, unix_millis now,
                        unix_millis told) {
  if (!keys.ca) return false;
  const auto from = http::certificate_not_before(keys.leaf.certificate);
  const auto until = http::certificate_not_after(keys.leaf.certificate);
  const auto last = http::certificate_not_after(keys.ca->certificate);
  const bool fresh = from && until && *from <= now && now < *from + (*until - *from) / 2;
  // Two days: a leaf is issued in whole days, within the life of its CA.
  const bool covers = until && last && *until > std::min(told, *last - 2 * k_day);
  if (fresh && covers) return false;
  if (auto leaf = reissue_leaf(keys, names, now, told); !leaf) return leaf.error();
  return true;
}

result<void> reissue_leaf(server_keys& keys, const std::vector<std::string>& names, unix_millis now,
                          unix_millis told) {
  if (!keys.ca) {
    return fail(errc::usage, "This server has no certificate authority of its own.");
  }
  const unix_millis from = now - k_day;
  unix_millis days = k_leaf_days;
  const auto reach = [&](unix_millis until) {
    if (until > from) days = std::max(days, (until - from + k_day - 1) / k_day);
  };
  if (told > now) reach(told + k_told_margin);
  if (const auto before = http::certificate_not_after(keys.leaf.certificate)) reach(*before);
  const auto last = http::certificate_not_after(keys.ca->certificate);
  if (last && *last > from + k_day) days = std::min(days, (*last - from) / k_day);
  auto leaf = http::issue_leaf(*keys.ca, names, static_cast<int>(days), from);
  if (!leaf) return leaf.error();
  keys.leaf = std::move(*leaf);
  return {};
}

wire::signed_object sign_canonical(const server_keys& keys, wire::purpose of,
                                   std::string canonical_json) {
  return wire::sign_canonical(keys.signing, of, std::move(canonical_json));
}

std::vector<crypto::public_key> all_signing_keys(const server_keys& keys) {
  auto out = keys.retired;
  out.push_back(keys.signing.public_half());
  return out;
}

wire::signed_object trust_object(const server_keys& keys) {
  wire::trust trusted;
  trusted.server = keys.server;
  trusted.serial = keys.trust_serial;
  if (keys.ca) {
    trusted.roots.emplace_back(http::spki_sha256(keys.ca->certificate).value().raw());
  }
  if (keys.next_ca) {
    trusted.roots.emplace_back(http::spki_sha256(keys.next_ca->certificate).value().raw());
  }
  trusted.keys.emplace_back(keys.signing.public_half().raw());
  if (keys.next_signing) trusted.keys.emplace_back(keys.next_signing->public_half().raw());
  return sign_canonical(keys, "trust", wire::encode_object(trusted));
}

std::string enrollment_link(const server_keys& keys, const std::string& host, std::uint16_t port,
                            const std::string& code) {
  wire::enrollment_link link;
  link.host = host;
  link.port = port;
  link.code = code;
  link.pin_is_ca = keys.ca.has_value();
  const auto key = std::string(crypto::sha256(keys.signing.public_half().raw()).raw());
  link.pin = keys.ca ? std::string(http::spki_sha256(keys.ca->certificate).value().raw()) : key;
  if (keys.ca) link.key_pin = key;
  return wire::encode(link);
}

}  // namespace autocusto::auth
