// Every kind of signed object, by the one pair that signs and checks them.

#include <gtest/gtest.h>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::wire {
namespace {

crypto::signing_key key_of(std::string_view name) {
  return crypto::signing_key::from_seed(crypto::sha256(name).raw()).value();
}

/// Each purpose, with the bytes in front of what is signed for it. They stand in signatures that
/// are stored: none of them may ever change.
struct line {
  purpose of;
  std::string_view tag;
};

const line k_lines[] = {
    {"act", "autocusto/act/v1"},
    {"again", "autocusto/again/v1"},
    {"audit", "autocusto/audit/v1"},
    {"catalogue", "autocusto/catalogue/v1"},
    {"challenge", "autocusto/challenge/v1"},
    {"enroll", "autocusto/enroll/v1"},
    {"erasure", "autocusto/erasure/v1"},
    {"greeting", "autocusto/greeting/v1"},
    {"journal", "autocusto/journal/v1"},
    {"opened", "autocusto/opened/v1"},
    {"order", "autocusto/order/v1"},
    {"push", "autocusto/push/v1"},
    {"receipt", "autocusto/receipt/v1"},
    {"session", "autocusto/session/v1"},
    {"trust", "autocusto/trust/v1"},
};

class signed_objects : public ::testing::TestWithParam<line> {
 protected:
  const crypto::signing_key key = key_of("the signer");
  const std::string by{key.public_half().raw()};
  const purpose of = GetParam().of;
  const std::string text = R"({"a":1,"b":"two"})";
  const signed_object good = sign_canonical(key, of, text);

  [[nodiscard]] std::string said(std::string_view raw_key, const signed_object& sent) const {
    const auto checked = check_signed(raw_key, of, sent, "Not signed.");
    EXPECT_EQ(checked.has_value(), is_signed(raw_key, of, sent));
    if (checked) return "good";
    EXPECT_EQ(checked.error().message, "Not signed.");
    return std::string(code_name(checked.error().code)) + " " + checked.error().field;
  }
};

TEST_P(signed_objects, are_the_bytes_that_releases_before_signed) {
  const auto message = std::string(GetParam().tag) + '\0' + text;
  EXPECT_EQ(good.object, text);
  EXPECT_EQ(good.signature, crypto::sign(key, message).raw());
  EXPECT_EQ(said(by, good), "good");
}

TEST_P(signed_objects, are_refused_by_one_code_whatever_is_wrong) {
  const auto with = [&](std::string object, std::string signature) {
    return signed_object{.object = std::move(object), .signature = std::move(signature)};
  };
  const auto refused = [&](const signed_object& sent, std::string_view raw_key) {
    return said(raw_key, sent) == "bad_signature signature";
  };
  EXPECT_TRUE(refused(good, key_of("another").public_half().raw())) << "wrong key";
  for (const auto& other : k_lines) {
    if (other.tag == GetParam().tag) continue;
    EXPECT_TRUE(refused(sign_canonical(key, other.of, text), by)) << other.tag;
  }
  EXPECT_TRUE(refused(with(text, std::string(crypto::sign(key, text).raw())), by)) << "no tag";
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_TRUE(refused(with(changed, good.signature), by)) << i;
  }
  for (std::size_t i = 0; i < good.signature.size(); ++i) {
    auto changed = good.signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_TRUE(refused(with(text, changed), by)) << i;
  }
  EXPECT_TRUE(refused(with(text.substr(1), good.signature), by)) << "truncated";
  EXPECT_TRUE(refused(with(text + " ", good.signature), by)) << "not canonical";
  EXPECT_TRUE(refused(with(R"({"b":"two","a":1})", good.signature), by)) << "not canonical";
  EXPECT_TRUE(refused(with(text, good.signature.substr(0, 63)), by));
  EXPECT_TRUE(refused(with(text, good.signature + "x"), by));
  EXPECT_TRUE(refused(with(text, ""), by));
  EXPECT_TRUE(refused(good, by.substr(0, 31))) << "no key";
  EXPECT_TRUE(refused(good, "")) << "no key";
}

TEST_P(signed_objects, are_nothing_under_a_key_that_proves_nothing) {
  // The identity as key and as R, with S = 0: fits every message.
  const std::string identity = '\1' + std::string(31, '\0');
  EXPECT_EQ(said(identity, {.object = text, .signature = identity + std::string(32, '\0')}),
            "bad_signature signature");
  // The same point by another name (y + p).
  const std::string other_name = '\xEE' + std::string(30, '\xFF') + '\x7F';
  EXPECT_EQ(said(other_name, {.object = text, .signature = identity + std::string(32, '\0')}),
            "bad_signature signature");
}

INSTANTIATE_TEST_SUITE_P(all, signed_objects, ::testing::ValuesIn(k_lines),
                         [](const auto& of) { return std::string(of.param.of.name()); });

TEST(purposes, are_all_in_the_table_of_this_test) {
  ASSERT_EQ(std::size(k_lines), purpose::k_texts.size());
  for (std::size_t i = 0; i < purpose::k_texts.size(); ++i) {
    EXPECT_EQ(k_lines[i].of.name(), purpose::k_texts.at(i));
  }
}

}  // namespace
}  // namespace autocusto::wire
