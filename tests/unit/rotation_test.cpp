// Replacing what laptops trust: every step of the server's bundle against every laptop's memory.
#include "server/auth/rotation.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "client/transport/remote.hpp"
#include "client/transport/trust.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::auth {
namespace {

constexpr unix_millis k_today = 1'800'000'000'000;
constexpr unix_millis k_overlap = 30 * k_day_millis;
const std::vector<std::string> k_names{"sync.example"};

server_keys fresh() {
  return make_keys(crypto::system_random(), k_names, k_today).value();
}

server_keys copy_of(const server_keys& keys) {
  return decode_keys(encode_keys(keys)).value();
}

wire::trust read(const wire::signed_object& object) {
  return wire::decode_trust(object.object).value();
}

std::string spki_of(const server_keys& keys) {
  return std::string(http::spki_sha256(keys.ca->certificate).value().raw());
}

/// Whether a laptop that last heard `known` takes what that bundle says now.
bool follows(const server_keys& known, const server_keys& now) {
  return transport::accept_next_trust(read(trust_object(known)), trust_object(now)).has_value();
}

class rotation : public ::testing::TestWithParam<rotated> {
 protected:
  rotation() : before(fresh()), announced(copy_of(before)) {
    announce(announced, GetParam(), crypto::system_random(), k_today, k_overlap).value();
    changed = copy_of(announced);
    activate(*changed, GetParam(), k_names, k_today + k_overlap, false).value();
  }
  server_keys before;
  server_keys announced;
  std::optional<server_keys> changed;
};

TEST_P(rotation, a_laptop_follows_step_by_step_and_never_back) {
  EXPECT_TRUE(follows(before, announced));
  EXPECT_TRUE(follows(announced, *changed));
  EXPECT_TRUE(follows(announced, announced)) << "the same again";
  EXPECT_FALSE(follows(announced, before)) << "a restored bundle";
  EXPECT_FALSE(follows(*changed, announced));
  EXPECT_FALSE(follows(*changed, before));
  // Who was away for the whole overlap: its known key has not signed, or TLS does not reach that.
  EXPECT_EQ(follows(before, *changed), GetParam() == rotated::root);
  const auto pins = transport::tls_pins(true, spki_of(before), read(trust_object(before)));
  const bool reaches = std::find(pins.begin(), pins.end(),
                                 http::spki_sha256(changed->ca->certificate).value()) != pins.end();
  EXPECT_EQ(reaches, GetParam() == rotated::signing_key);
}

TEST_P(rotation, tls_is_taken_from_every_root_that_is_named) {
  const auto pins = transport::tls_pins(true, spki_of(before), read(trust_object(announced)));
  for (const auto* keys : {&announced, &*changed}) {
    const auto root = http::spki_sha256(keys->ca->certificate).value();
    EXPECT_NE(std::find(pins.begin(), pins.end(), root), pins.end());
  }
  const auto after = transport::tls_pins(true, spki_of(before), read(trust_object(*changed)));
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0], http::spki_sha256(changed->ca->certificate).value());
}

TEST_P(rotation, new_links_fit_at_every_step) {
  for (const auto* keys : {&before, &announced, &*changed}) {
    const auto link =
        wire::decode_enrollment_link(enrollment_link(*keys, "sync.example", 443, "Code")).value();
    EXPECT_TRUE(
        transport::accept_first_trust(trust_object(*keys), link.pin_is_ca, link.pin, link.key_pin));
  }
}

TEST_P(rotation, the_old_key_is_worth_nothing_afterwards) {
  const auto known = read(trust_object(*changed));
  EXPECT_TRUE(
      transport::signed_by_server(known, "receipt", sign_canonical(*changed, "receipt", "{}")));
  // What the holder of the old key could make up: a higher serial, with any content.
  auto forged = copy_of(before);
  forged.trust_serial = known.serial + 10;
  const bool key_changed = GetParam() == rotated::signing_key;
  EXPECT_EQ(transport::accept_next_trust(known, trust_object(forged)).has_value(), !key_changed);
  EXPECT_EQ(transport::signed_by_server(known, "receipt", sign_canonical(before, "receipt", "{}")),
            !key_changed);
}

TEST_P(rotation, steps_come_in_their_order_and_time) {
  auto keys = copy_of(announced);
  auto& random = crypto::system_random();
  EXPECT_FALSE(announce(keys, GetParam(), random, k_today, k_overlap)) << "one at a time";
  EXPECT_FALSE(activate(keys, GetParam(), k_names, k_today + k_overlap - 1, false)) << "too early";
  EXPECT_EQ(encode_keys(keys), encode_keys(announced)) << "a refusal changes nothing";
  EXPECT_TRUE(activate(keys, GetParam(), k_names, k_today + 1, true)) << "at once, if told so";
  EXPECT_FALSE(activate(keys, GetParam(), k_names, k_today + k_overlap, true)) << "none announced";
  EXPECT_EQ(keys.trust_serial, before.trust_serial + 2);
}

TEST_P(rotation, the_bundle_carries_every_step) {
  for (const auto* keys : {&before, &announced, &*changed}) {
    EXPECT_EQ(encode_keys(copy_of(*keys)), encode_keys(*keys));
    auto& random = crypto::system_random();
    const auto secret = crypto::secret::copy_of("senha da sacola");
    EXPECT_EQ(encode_keys(import_keys(export_keys(*keys, secret, random), secret).value()),
              encode_keys(*keys));
  }
  EXPECT_EQ(changed->retired.size(), GetParam() == rotated::signing_key ? 1U : 0U);
}

TEST_P(rotation, a_bundle_follows_its_own_past_only) {
  EXPECT_TRUE(may_follow(*changed, before));
  EXPECT_TRUE(may_follow(before, before));
  EXPECT_FALSE(may_follow(before, announced));
  EXPECT_FALSE(may_follow(fresh(), before)) << "another installation's";
  auto apart = copy_of(before);
  announce(apart, GetParam(), crypto::system_random(), k_today, k_overlap).value();
  ASSERT_EQ(apart.trust_serial, announced.trust_serial);
  const auto refused = may_follow(apart, announced);
  ASSERT_FALSE(refused) << "another key under the same serial";
  EXPECT_NE(refused.error().message.find("keys rotate"), std::string::npos);
  EXPECT_TRUE(may_follow(copy_of(announced), announced));
}

INSTANTIATE_TEST_SUITE_P(each, rotation, ::testing::Values(rotated::signing_key, rotated::root));

TEST(rotation_without_an_authority, has_no_root_and_pins_the_key) {
  auto given = http::issue_leaf(http::make_ca("Public", 10, k_today - k_day_millis), k_names, 365,
                                k_today - k_day_millis)
                   .value();
  auto keys = make_keys(crypto::system_random(), std::move(given)).value();
  EXPECT_FALSE(announce(keys, rotated::root, crypto::system_random(), k_today, k_overlap));
  const auto before = copy_of(keys);
  announce(keys, rotated::signing_key, crypto::system_random(), k_today, k_overlap).value();
  EXPECT_TRUE(follows(before, keys));
  const auto announced = copy_of(keys);
  activate(keys, rotated::signing_key, k_names, k_today, true).value();
  EXPECT_TRUE(follows(announced, keys));
  EXPECT_FALSE(follows(before, keys));
  EXPECT_TRUE(transport::tls_pins(false, {}, read(trust_object(keys))).empty());
}

TEST(rotation_of_a_pinned_server, does_not_lose_its_roots) {
  const auto keys = fresh();
  const auto known = read(trust_object(keys));
  auto bare = known;
  bare.roots.clear();
  bare.serial += 1;
  EXPECT_FALSE(transport::accept_next_trust(
      known, sign_canonical(keys, "trust", wire::encode_object(bare))));
}

TEST(rotated_keys, that_prove_nothing_are_read_from_no_file_or_bundle) {
  auto keys = fresh();
  const auto read_with = [&keys](std::string_view raw) {
    keys.retired = {crypto::public_key::from_raw(raw).value()};
    return decode_keys(encode_keys(keys)).has_value();
  };
  const auto good = crypto::signing_key::generate(crypto::system_random());
  EXPECT_TRUE(read_with(good.public_half().raw()));
  EXPECT_FALSE(read_with('\1' + std::string(31, '\0'))) << "the identity";
  EXPECT_FALSE(read_with('\2' + std::string(31, '\0'))) << "no point of the curve";
}

}  // namespace
}  // namespace autocusto::auth
