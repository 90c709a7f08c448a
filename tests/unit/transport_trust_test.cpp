// Whom a client believes: pins, first and later trust objects, receipts, and the time by which
// certificates are judged.
#include <gtest/gtest.h>

#include "client/transport/remote.hpp"
#include "client/transport/trust.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/random.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::transport {
namespace {

crypto::signing_key key_of(char seed) {
  return crypto::signing_key::from_seed(std::string(32, seed)).value();
}

std::string raw(const crypto::signing_key& key) {
  return std::string(key.public_half().raw());
}

const std::string k_root(32, 'r');
const std::string k_other_root(32, 'o');

wire::trust trust_of(const crypto::signing_key& key, std::int64_t serial = 1) {
  wire::trust t;
  t.server.data().fill(7);
  t.serial = serial;
  t.roots = {k_root};
  t.keys = {raw(key)};
  return t;
}

wire::signed_object sign(const wire::trust& t, const crypto::signing_key& by,
                         wire::purpose purpose = "trust") {
  return wire::sign_canonical(by, purpose, wire::encode_object(t));
}

TEST(transport_trust, the_first_object_must_fit_the_pin_of_a_ca) {
  const auto key = key_of('a');
  const auto good = sign(trust_of(key), key);
  EXPECT_TRUE(accept_first_trust(good, true, k_root));
  EXPECT_FALSE(accept_first_trust(good, true, k_other_root));
  EXPECT_FALSE(accept_first_trust(sign(trust_of(key), key_of('b')), true, k_root));
  EXPECT_FALSE(accept_first_trust(sign(trust_of(key), key, "receipt"), true, k_root));
  EXPECT_FALSE(accept_first_trust({.object = "{}", .signature = good.signature}, true, k_root));
  auto changed = good;
  changed.object = wire::encode_object(trust_of(key, 2));
  EXPECT_FALSE(accept_first_trust(changed, true, k_root));
}

TEST(transport_trust, a_link_that_names_ca_and_key_asks_for_both) {
  const auto key = key_of('a');
  const auto good = sign(trust_of(key), key);
  const std::string pin(crypto::sha256(raw(key)).raw());
  EXPECT_TRUE(accept_first_trust(good, true, k_root, pin));
  EXPECT_FALSE(accept_first_trust(good, true, k_other_root, pin));
  // Who has a false certificate of that CA has made up the rest.
  const auto thief = key_of('t');
  EXPECT_FALSE(accept_first_trust(sign(trust_of(thief), thief), true, k_root, pin));
  auto both = trust_of(key);
  both.keys.push_back(raw(thief));
  EXPECT_FALSE(accept_first_trust(sign(both, thief), true, k_root, pin));
  EXPECT_TRUE(accept_first_trust(sign(both, key), true, k_root, pin));
}

TEST(transport_trust, the_first_object_must_be_signed_by_the_pinned_key) {
  const auto key = key_of('a');
  const std::string pin(crypto::sha256(raw(key)).raw());
  auto t = trust_of(key);
  t.roots.clear();
  EXPECT_TRUE(accept_first_trust(sign(t, key), false, pin));
  EXPECT_FALSE(accept_first_trust(sign(t, key), false, k_root));
  // Another key in the object may sign later ones, but not this one.
  t.keys.push_back(raw(key_of('b')));
  EXPECT_TRUE(accept_first_trust(sign(t, key), false, pin));
  EXPECT_FALSE(accept_first_trust(sign(t, key_of('b')), false, pin));
}

TEST(transport_trust, later_objects_hang_on_the_one_before) {
  const auto key = key_of('a');
  const auto next = key_of('b');
  const auto known = trust_of(key, 5);
  auto rotated = trust_of(next, 6);
  rotated.keys.push_back(raw(key));
  rotated.roots = {k_other_root};
  auto stranger = trust_of(key, 6);
  stranger.server.data().fill(8);
  auto silent = trust_of(key, 5);
  silent.roots = {k_other_root};
  auto keyless = trust_of(key, 6);
  keyless.keys.clear();
  auto weak = trust_of(key, 6);
  weak.keys.push_back('\1' + std::string(31, '\0'));
  struct row {
    const char* what;
    wire::signed_object offered;
    bool accepted;
  };
  const row rows[] = {
      {"the same again", sign(known, key), true},
      {"a newer one with a new key, signed by the known one", sign(rotated, key), true},
      {"a newer one signed by its own new key only", sign(rotated, next), false},
      {"an older one", sign(trust_of(key, 4), key), false},
      {"another server's", sign(stranger, key), false},
      {"a change without a new serial", sign(silent, key), false},
      {"one without keys", sign(keyless, key), false},
      {"one with a key that proves nothing", sign(weak, key), false},
      {"one signed for another purpose", sign(rotated, key, "act"), false},
  };
  for (const auto& r : rows) {
    const auto read = accept_next_trust(known, r.offered);
    EXPECT_EQ(read.has_value(), r.accepted) << r.what;
    if (!read) {
      EXPECT_EQ(read.error().code, errc::untrusted_server) << r.what;
    }
  }
}

TEST(transport_trust, only_the_servers_keys_sign_receipts) {
  const auto key = key_of('a');
  auto known = trust_of(key_of('c'));
  known.keys.push_back(raw(key));
  const auto receipt = wire::sign_canonical(key, "receipt", "{}");
  EXPECT_TRUE(signed_by_server(known, "receipt", receipt));
  EXPECT_FALSE(signed_by_server(known, "trust", receipt));
  EXPECT_FALSE(signed_by_server(trust_of(key_of('b')), "receipt", receipt));
  auto cut = receipt;
  cut.signature.pop_back();
  EXPECT_FALSE(signed_by_server(known, "receipt", cut));
}

TEST(transport_trust, heads_of_the_log_are_the_servers_or_refused) {
  const auto key = key_of('a');
  const auto known = trust_of(key);
  wire::audit_head head;
  head.server = known.server;
  head.seq = 7;
  head.at = "2026-11-22T10:00:00.000Z";
  const auto text = [](const wire::signed_object& object) {
    return to_base64url(wire::encode(object));
  };
  const auto told = [&](const wire::audit_head& of, const crypto::signing_key& by,
                        wire::purpose purpose = "audit") {
    return read_audit_head(known, text(wire::sign_canonical(by, purpose, wire::encode_object(of))));
  };
  ASSERT_TRUE(told(head, key));
  EXPECT_EQ(told(head, key)->seq, 7);
  EXPECT_FALSE(told(head, key_of('b'))) << "another key";
  EXPECT_FALSE(told(head, key, "receipt")) << "signed for something else";
  auto elsewhere = head;
  elsewhere.server.data().fill(8);
  EXPECT_FALSE(told(elsewhere, key)) << "of another server that has this key";
  auto changed = wire::sign_canonical(key, "audit", wire::encode_object(head));
  head.seq = 6;
  changed.object = wire::encode_object(head);
  const auto refused = read_audit_head(known, text(changed));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::untrusted_server);
  for (const char* odd : {"", "!", "e30", "bnVsbA"}) EXPECT_FALSE(read_audit_head(known, odd));
}

TEST(transport_trust, tls_follows_the_trust_object) {
  using pins = std::vector<hash256>;
  const auto key = key_of('a');
  const auto root = hash256::from_raw(k_root).value();
  const auto other = hash256::from_raw(k_other_root).value();
  EXPECT_EQ(tls_pins(true, k_root, std::nullopt), pins{root});
  EXPECT_EQ(tls_pins(true, k_root, trust_of(key)), pins{root});
  auto moved = trust_of(key);
  moved.roots = {k_root, k_other_root};
  EXPECT_EQ(tls_pins(true, k_root, moved), (pins{root, other})) << "both, while one is replaced";
  moved.roots = {k_other_root};
  EXPECT_EQ(tls_pins(true, k_root, moved), pins{other}) << "the link's is over";
  EXPECT_TRUE(tls_pins(false, k_root, trust_of(key)).empty());
}

TEST(transport_trust, certificates_are_judged_by_what_has_certainly_passed) {
  EXPECT_GT(build_time(), parse_time("2025-01-01T00:00:00.000Z"));
  EXPECT_EQ(build_time() % 86'400'000, 0);
  EXPECT_EQ(certificate_time(std::nullopt), build_time());
  EXPECT_EQ(certificate_time(0), build_time()) << "a server's clock that is behind changes nothing";
  EXPECT_EQ(certificate_time(build_time() + 5), build_time() + 5);
}

}  // namespace
}  // namespace autocusto::transport
