// Ed25519: the published vectors, the keys that prove nothing, and the signatures about which
// verifiers differ.

#include <memory>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "shared/crypto/hash.hpp"
#include "shared/crypto/public_key.hpp"
#include "shared/crypto/random.hpp"
#include "shared/crypto/sign.hpp"
#include "tests/unit/crypto_support.hpp"

namespace autocusto::crypto {
namespace {

struct ed25519_vector {
  std::string_view seed, key, message, sig;
};

// RFC 8032 section 7.1, tests 1 to 3.
constexpr ed25519_vector k_ed25519[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
};

TEST(ed25519, follows_rfc_8032) {
  for (const auto& v : k_ed25519) {
    const auto key = signing_key::from_seed(hex(v.seed));
    ASSERT_TRUE(key);
    EXPECT_EQ(public_key_of(*key).text(), v.key);
    EXPECT_EQ(key->seed(), hex(v.seed));
    const signature sig = sign(*key, hex(v.message));
    EXPECT_EQ(sig.text(), v.sig);
    EXPECT_TRUE(verify(*public_key::parse(v.key), hex(v.message), sig));
    EXPECT_EQ(sign(key->clone(), hex(v.message)), sig);
  }
}

TEST(ed25519, notices_every_changed_bit_and_leaves_no_error_behind) {
  const auto key = signing_key::from_seed(hex(k_ed25519[1].seed)).value();
  const bytes message = "a message";
  const signature sig = sign(key, message);
  for (std::size_t bit = 0; bit < signature::size * 8; ++bit) {
    signature changed = sig;
    changed.data()[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify(public_key_of(key), message, changed)) << bit;
  }
  for (std::size_t bit = 0; bit < message.size() * 8; ++bit) {
    bytes changed = message;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(verify(public_key_of(key), changed, sig)) << bit;
  }
  for (std::size_t bit = 0; bit < public_key::size * 8; ++bit) {
    public_key changed = public_key_of(key);
    changed.data()[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(verify(changed, message, sig)) << bit;
  }
  EXPECT_FALSE(verify(public_key{}, message, signature{}));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(ed25519, takes_seeds_of_32_bytes_only) {
  EXPECT_FALSE(signing_key::from_seed(""));
  EXPECT_FALSE(signing_key::from_seed(std::string(31, 's')));
  EXPECT_FALSE(signing_key::from_seed(std::string(33, 's')));
}

TEST(ed25519, generates_from_the_given_randomness) {
  scripted_random random(hex(k_ed25519[0].seed));
  EXPECT_EQ(signing_key::generate(random).public_half().text(), k_ed25519[0].key);
  EXPECT_NE(signing_key::generate(system_random()).public_half(),
            signing_key::generate(system_random()).public_half());
}

/// Everything that decodes to one of the eight points of small order: their canonical encodings,
/// those of y + p, and those with the sign of a zero.
constexpr std::string_view k_weak_keys[] = {
    // the identity, with either sign of its x, which is 0
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    // order 2
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    // order 4
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    // order 8
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    // y = p (0) and y = p + 1 (1): not canonical
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

TEST(public_keys, of_small_order_are_none) {
  for (const auto text : k_weak_keys) {
    EXPECT_FALSE(strong_encoding(hex(text))) << text;
    EXPECT_FALSE(strong_public_key(hex(text))) << text;
  }
  EXPECT_FALSE(strong_public_key(""));
  EXPECT_FALSE(strong_public_key(std::string(31, 'k')));
  EXPECT_FALSE(strong_public_key(std::string(33, 'k')));
}

TEST(public_keys, are_canonical) {
  for (int low = 0xED; low <= 0xFF; ++low) {  // every y from p up
    for (const char high : {'\x7F', '\xFF'}) {
      std::string raw(32, '\xFF');
      raw.front() = static_cast<char>(low);
      raw.back() = high;
      EXPECT_FALSE(strong_encoding(raw)) << low;
    }
  }
  std::string largest(32, '\xFF');  // y = p - 2 is below p
  largest.front() = '\xEB';
  largest.back() = '\x7F';
  EXPECT_TRUE(strong_encoding(largest));
}

TEST(public_keys, are_points_of_the_curve) {
  std::size_t points = 0;
  const std::size_t tried = 400;
  for (std::size_t i = 0; i < tried; ++i) {
    if (strong_public_key(sha256(std::to_string(i)).raw())) ++points;
    const auto made = signing_key::generate(system_random());
    ASSERT_TRUE(strong_public_key(made.public_half().raw())) << to_hex(made.seed());
  }
  // Half of all texts are no point: y = 2 is the first.
  EXPECT_GT(points, tried / 4);
  EXPECT_LT(points, 3 * tried / 4);
  EXPECT_FALSE(strong_public_key('\2' + std::string(31, '\0')));
  EXPECT_TRUE(strong_public_key('\3' + std::string(31, '\0')));
}

TEST(public_keys, a_constant_signature_is_worth_nothing) {
  // R = the identity and S = 0 fit every message under the identity as key.
  const auto forged = signature::from_raw('\1' + std::string(63, '\0')).value();
  for (const auto text : k_weak_keys) {
    const auto key = public_key::from_raw(hex(text)).value();
    for (int i = 0; i < 64; ++i) {  // points of order 8 fit one message of eight
      EXPECT_FALSE(verify(key, "message " + std::to_string(i), forged)) << text;
    }
  }
}

/// OpenSSL, by which releases up to 0.2 verified, under the rule about keys that they had.
bool openssl_verifies(const public_key& key, std::string_view message, const signature& sig) {
  if (!strong_encoding(key.raw())) return false;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> handle(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data().data(), public_key::size),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const bool good =
      handle != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, handle.get()) == 1 &&
      EVP_DigestVerify(context.get(), sig.data().data(), signature::size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
  ERR_clear_error();
  return good;
}

struct edge_vector {
  const char* what;
  std::string_view key, message, sig;
  bool good;         ///< here
  bool good_before;  ///< by OpenSSL
};

// Made with a plain implementation of the curve's formulas. The two that differ have a point of
// small order as R. Who signs as RFC 8032 says meets one with a chance of 2^-249; to make one on
// purpose takes the private key.
constexpr edge_vector k_edges[] = {
    {"an ordinary one", "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0a"
     "f10393cabdcf81c499699dcc4529a6979bbc4225cbcdc9829b33b41894b64f0b",
     true, true},
    {"S + the order", "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0a"
     "ded78827d832941c7006956f242385ac9bbc4225cbcdc9829b33b41894b64f1b",
     false, false},
    {"the greatest S of 32 bytes",
     "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0a"
     "d46efa3c499e95ed289a1f5951cdb6d09cbc4225cbcdc9829b33b41894b64ffb",
     false, false},
    {"S = the order", "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0a"
     "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
     false, false},
    {"R with a part of order 8: fits only when multiplied by 8",
     "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "607055ca3d4aa8af26961afb12b1e60a75fac88f9c260ff25806631dbb269159"
     "ead5ea9f4b63ebc5b9c3612b733572705e1d6d5848933b32c6c5d2207f3bf90f",
     false, false},
    {"a key with a part of order 8: fits only when multiplied by 8",
     "6f1d8027abecebfaa1af807c04a2c6676ecf5a329dec925cb7a5b383cdcfdad6", "edge 0",
     "7c5ec8a976a1dc7c5db5ab76634b1ef4b53497e7ff20767a04b650cb1e335040"
     "832e58cc8e731f04300b8a764396148264a31ecd5cbc77e4fcafc32e40ee1207",
     false, false},
    {"a key with a part of order 8: k is a multiple of 8",
     "6f1d8027abecebfaa1af807c04a2c6676ecf5a329dec925cb7a5b383cdcfdad6", "edge 11",
     "2177c7f60f9e4d0814112aaf6bf94e18eed7810a12595aac4d4dc68820de758d"
     "f0825818cd31309b7a2c936d615c01c293443d0a9a1452633cbd354207bcaf02",
     true, true},
    {"R = the identity", "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "0100000000000000000000000000000000000000000000000000000000000000"
     "6cd1df5f560f5d813fc78afd1c5fe028f15445186ac89e495975382f37b49c05",
     false, true},
    {"R of order 8, undone by the key",
     "6f1d8027abecebfaa1af807c04a2c6676ecf5a329dec925cb7a5b383cdcfdad6", "edge 2",
     "0000000000000000000000000000000000000000000000000000000000000000"
     "f55e64c7b4814700b520c8171499763d708e5486ce6ef933c39752932d263005",
     false, true},
    {"R = the identity, as y + p",
     "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
     "9cea4d92b91befdeff3d31fbb57839e4ca2e97cdf479df51cd9fc0bc5d84bb0b",
     false, false},
    {"R = the identity, with the sign of a zero",
     "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "0100000000000000000000000000000000000000000000000000000000000080"
     "c4e0526ee8f34f5ac8324508d89488bd9c07b1859cd5a6c7362c5cef5a9ba709",
     false, false},
    {"R is no point", "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "0200000000000000000000000000000000000000000000000000000000000000"
     "f10393cabdcf81c499699dcc4529a6979bbc4225cbcdc9829b33b41894b64f0b",
     false, false},
    {"a key that is no point", "0200000000000000000000000000000000000000000000000000000000000000",
     "edge",
     "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0a"
     "f10393cabdcf81c499699dcc4529a6979bbc4225cbcdc9829b33b41894b64f0b",
     false, false},
    {"S = 0", "765cc43e32d0301271400da1e255c1f2d2068e2c911ad0dce7876dfcfae51f64", "edge",
     "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0a"
     "0000000000000000000000000000000000000000000000000000000000000000",
     false, false},
};

TEST(ed25519, takes_what_releases_before_took_but_for_an_r_of_small_order) {
  for (const auto& v : k_edges) {
    const auto key = public_key::parse(v.key).value();
    const auto sig = signature::parse(v.sig).value();
    EXPECT_EQ(verify(key, v.message, sig), v.good) << v.what;
    EXPECT_EQ(openssl_verifies(key, v.message, sig), v.good_before) << v.what;
  }
}

TEST(ed25519, makes_and_takes_the_signatures_of_releases_before) {
  for (int i = 0; i < 200; ++i) {
    const auto key = signing_key::from_seed(sha256("seed " + std::to_string(i)).raw()).value();
    const std::string message(static_cast<std::size_t>(i * 7), 'm');
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> handle(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                     reinterpret_cast<const unsigned char*>(key.seed().data()),
                                     key.seed().size()),
        EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    signature before;
    std::size_t size = signature::size;
    ASSERT_EQ(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle.get()), 1);
    ASSERT_EQ(
        EVP_DigestSign(context.get(), before.data().data(), &size,
                       reinterpret_cast<const unsigned char*>(message.data()), message.size()),
        1);
    EXPECT_EQ(sign(key, message), before);
    EXPECT_TRUE(verify(key.public_half(), message, before));
  }
}

}  // namespace
}  // namespace autocusto::crypto
