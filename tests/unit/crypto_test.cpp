#include <latch>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "shared/crypto/aead.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/kdf.hpp"
#include "shared/crypto/random.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/crypto/sign.hpp"
#include "tests/unit/crypto_support.hpp"

namespace autocusto::crypto {
namespace {

TEST(sha256, follows_the_vectors_of_fips_180) {
  EXPECT_EQ(sha256("").text(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").text(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").text(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')).text(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256, of_two_parts_is_that_of_both_together) {
  const std::string_view all = "chain and item";
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    EXPECT_EQ(sha256(all.substr(0, cut), all.substr(cut)), sha256(all));
  }
  EXPECT_EQ(sha256({}, {}), sha256(""));
}

TEST(hmac_sha256, follows_rfc_4231) {
  struct vector {
    bytes key;
    bytes data;
    std::string_view mac;
  };
  const vector table[] = {
      {bytes(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {bytes(20, '\xaa'), bytes(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), bytes(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {bytes(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {bytes(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
      {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
  };
  // A thread remembers its last key: each key after each, the same one and an empty one among them.
  for (const auto& before : table) {
    for (const auto& v : table) {
      EXPECT_EQ(hmac_sha256(before.key, before.data).text(), before.mac);
      EXPECT_EQ(hmac_sha256(v.key, v.data).text(), v.mac);
    }
  }
  EXPECT_EQ(hmac_sha256({}, {}).text(), table[6].mac);
}

TEST(hmac_sha256, tells_keys_apart_that_differ_in_one_byte) {
  for (const std::size_t size : {1U, 32U, 63U, 64U, 65U}) {
    const bytes key(size, 'k');
    for (std::size_t at = 0; at < size; ++at) {
      bytes other = key;
      other[at] = 'K';
      const auto mac = hmac_sha256(key, "data");
      EXPECT_NE(hmac_sha256(other, "data"), mac) << size << ", " << at;
      EXPECT_EQ(hmac_sha256(key, "data"), mac);
    }
    const auto longer = hmac_sha256(key + 'k', "data");
    EXPECT_NE(hmac_sha256(key, "data"), longer) << size;
  }
}

TEST(hashes, work_in_many_threads_at_once) {
  std::vector<std::thread> threads;
  std::array<bool, 4> good{true, true, true, true};
  std::latch all_there(4);  // each with a key of its own
  for (bool& ok : good) {
    const auto key = "key " + std::to_string(threads.size());
    threads.emplace_back([&ok, &all_there, key, expected = hmac_sha256(key, "data")] {
      all_there.arrive_and_wait();
      for (int i = 0; i < 5'000; ++i) {
        ok = ok && hmac_sha256(key, "data") == expected && sha256("a", "bc") == sha256("abc");
      }
    });
  }
  for (auto& t : threads) t.join();
  for (const bool ok : good) EXPECT_TRUE(ok);
}

TEST(constant_time_equal, compares_content_and_size) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal({}, ""));
  EXPECT_TRUE(constant_time_equal("token", "token"));
  EXPECT_FALSE(constant_time_equal("token", "tokem"));
  EXPECT_FALSE(constant_time_equal("token", "toke"));
  EXPECT_FALSE(constant_time_equal("", "x"));
}

TEST(purpose_message, keeps_purposes_apart) {
  using namespace std::string_view_literals;
  EXPECT_EQ(purpose_message("push", "{}"), "autocusto/push/v1\0{}"sv);
  EXPECT_NE(purpose_message("push", "{}"), purpose_message("act", "{}"));
}

struct gcm_vector {
  std::string_view key, nonce, plain, aad, text, tag;
};

// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16.
constexpr gcm_vector k_gcm[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     "00000000000000000000000000000000", "", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
     "",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
     "b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
     "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(aes_256_gcm, follows_the_published_vectors) {
  for (const auto& v : k_gcm) {
    const bytes expected = hex(v.nonce) + hex(v.text) + hex(v.tag);
    scripted_random once(hex(v.nonce));
    EXPECT_EQ(to_hex(seal(hex(v.key), once, hex(v.aad), hex(v.plain))), to_hex(expected));
    EXPECT_EQ(open(hex(v.key), hex(v.aad), expected), hex(v.plain));

    scripted_random twice(hex(v.nonce) + hex(v.nonce));
    sealer bulk(hex(v.key));
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(bulk.seal(twice, hex(v.aad), hex(v.plain)), expected);
      EXPECT_EQ(bulk.open(hex(v.aad), expected), hex(v.plain));
    }
  }
}

TEST(aes_256_gcm, opens_nothing_that_was_changed_and_goes_on_working) {
  sealer bulk(bytes(k_aead_key_size, 'k'));
  const bytes sealed = bulk.seal(system_random(), "row 7", "some text");
  EXPECT_EQ(sealed.size(), 9 + k_aead_overhead);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    bytes changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(bulk.open("row 7", changed)) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_FALSE(bulk.open("row 7", sealed.substr(0, size))) << size;
  }
  EXPECT_FALSE(bulk.open("row 7", sealed + 'x'));
  EXPECT_FALSE(bulk.open("row 8", sealed));
  EXPECT_FALSE(bulk.open("", sealed));
  EXPECT_FALSE(open(bytes(k_aead_key_size, 'j'), "row 7", sealed));
  EXPECT_EQ(bulk.open("row 7", sealed), "some text");
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(aes_256_gcm, never_uses_a_nonce_twice_and_hides_equal_texts) {
  sealer bulk(bytes(k_aead_key_size, 'k'));
  const bytes one = bulk.seal(system_random(), "", "text");
  const bytes two = bulk.seal(system_random(), "", "text");
  EXPECT_NE(one.substr(0, k_aead_nonce_size), two.substr(0, k_aead_nonce_size));
  EXPECT_NE(one.substr(k_aead_nonce_size), two.substr(k_aead_nonce_size));
}

TEST(aes_256_gcm, wants_keys_of_32_bytes) {
  for (const std::size_t size : {0U, 16U, 31U, 33U}) {
    EXPECT_THROW(sealer(bytes(size, 'k')), std::invalid_argument);
    EXPECT_THROW(static_cast<void>(seal(bytes(size, 'k'), system_random(), "", "")),
                 std::invalid_argument);
    EXPECT_THROW(static_cast<void>(open(bytes(size, 'k'), "", bytes(40, 'x'))),
                 std::invalid_argument);
  }
}

TEST(scrypt, follows_rfc_7914) {
  struct vector {
    std::string_view passphrase, salt;
    scrypt_params params;
    std::string_view key;  // the first 32 of the 64 bytes there
  };
  const vector table[] = {
      {"", "", {16, 1, 1}, "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"},
      {"password",
       "NaCl",
       {1024, 8, 16},
       "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"},
      {"pleaseletmein",
       "SodiumChloride",
       {16384, 8, 1},
       "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"},
  };
  for (const auto& v : table) {
    const auto key = scrypt(v.passphrase, v.salt, v.params);
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->view()), v.key);
  }
  EXPECT_EQ(to_hex(scrypt({}, {}, {16, 1, 1})->view()), table[0].key);
}

TEST(scrypt, takes_the_parameters_of_a_new_file) {
  EXPECT_EQ(scrypt_params{}, (scrypt_params{1U << 15, 8, 1}));
  EXPECT_EQ(scrypt("correct horse", "salt", {})->size(), k_scrypt_key_size);
}

TEST(scrypt, refuses_parameters_of_a_hostile_file_before_taking_memory) {
  const std::pair<scrypt_params, std::string_view> table[] = {
      {{0, 8, 1}, "n"},
      {{1, 8, 1}, "n"},
      {{1000, 8, 1}, "n"},
      {{UINT64_MAX, 8, 1}, "n"},
      {{std::uint64_t{1} << 63, 8, 1}, "r"},
      {{std::uint64_t{1} << 19, 8, 1}, "r"},
      {{1U << 15, 0, 1}, "r"},
      {{1U << 15, UINT32_MAX, 1}, "r"},
      {{2, 1U << 22, 1}, "r"},
      {{1U << 15, 8, 0}, "p"},
      {{1U << 15, 8, 17}, "p"},
      {{1U << 15, 8, UINT32_MAX}, "p"},
      {{1U << 16, 1, 1}, "n"},
  };
  for (const auto& [params, field] : table) {
    const auto key = scrypt("p", "s", params);
    ASSERT_FALSE(key) << params.n << " " << params.r << " " << params.p;
    EXPECT_EQ(key.error().code, errc::malformed);
    EXPECT_EQ(key.error().field, field) << params.n << " " << params.r << " " << params.p;
  }
}

// RFC 9106 gives its vectors with a secret and associated data, which we do not use; these are of
// the reference implementation's own tests (version 1.3).
TEST(argon2id, follows_the_reference) {
  struct vector {
    argon2_params params;
    std::string_view passphrase, salt, key;
  };
  const vector table[] = {
      {{.memory_kib = 65536, .passes = 2, .lanes = 1},
       "password",
       "somesalt",
       "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
      {{.memory_kib = 256, .passes = 2, .lanes = 1},
       "password",
       "somesalt",
       "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
      {{.memory_kib = 256, .passes = 2, .lanes = 2},
       "password",
       "somesalt",
       "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
      {{.memory_kib = 65536, .passes = 2, .lanes = 1},
       "differentpassword",
       "somesalt",
       "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"},
  };
  for (const auto& v : table) {
    const auto key = argon2id(v.passphrase, v.salt, v.params);
    ASSERT_TRUE(key);
    EXPECT_EQ(to_hex(key->view()), v.key);
  }
}

TEST(argon2id, refuses_parameters_of_a_hostile_file_before_taking_memory) {
  const std::pair<argon2_params, std::string_view> table[] = {
      {{.memory_kib = 0, .passes = 1, .lanes = 1}, "memory"},
      {{.memory_kib = 7, .passes = 1, .lanes = 1}, "memory"},
      {{.memory_kib = 15, .passes = 1, .lanes = 2}, "memory"},
      {{.memory_kib = (1U << 20) + 1, .passes = 1, .lanes = 1}, "memory"},
      {{.memory_kib = UINT32_MAX, .passes = 1, .lanes = 1}, "memory"},
      {{.memory_kib = 100U << 20, .passes = 1, .lanes = 1}, "memory"},
      {{.memory_kib = 1024, .passes = 0, .lanes = 1}, "passes"},
      {{.memory_kib = 1024, .passes = UINT32_MAX, .lanes = 1}, "passes"},
      {{.memory_kib = 1U << 20, .passes = 17, .lanes = 1}, "passes"},
      {{.memory_kib = 1024, .passes = 1, .lanes = 0}, "lanes"},
      {{.memory_kib = 1024, .passes = 1, .lanes = 5}, "lanes"},
      {{.memory_kib = 1024, .passes = 1, .lanes = UINT32_MAX}, "lanes"},
  };
  for (const auto& [params, field] : table) {
    const auto key = argon2id("p", "0123456789abcdef", params);
    ASSERT_FALSE(key) << params.memory_kib << " " << params.passes << " " << params.lanes;
    EXPECT_EQ(key.error().code, errc::malformed);
    EXPECT_EQ(key.error().field, field) << params.memory_kib << " " << params.passes;
  }
  EXPECT_EQ(argon2id("p", "short", {.memory_kib = 8, .passes = 1}).error().field, "salt");
}

TEST(secret, wipes_what_it_takes_over_and_what_it_gives_away) {
  for (const std::size_t size : {10U, 100U}) {  // inside the string object, and on the heap
    bytes source(size, 's');
    const char* const buffer = source.data();
    secret first(std::move(source));
    EXPECT_EQ(std::string_view(buffer, size), std::string(size, '\0'));
    EXPECT_EQ(first.view(), std::string(size, 's'));

    secret second(std::move(first));
    // A short string's bytes stand in the object itself, and moving a string leaves them there.
    const std::string_view left_behind(reinterpret_cast<const char*>(&first), sizeof first);
    EXPECT_EQ(left_behind.find("sss"), std::string_view::npos);
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(second.size(), size);
    first = second.clone();
    EXPECT_EQ(first, second);
    EXPECT_FALSE(first == secret::copy_of("something else"));
  }
}

TEST(system_random, gives_different_bytes) {
  EXPECT_NE(system_random().bytes(32), system_random().bytes(32));
  EXPECT_EQ(system_random().bytes(0), "");
}

}  // namespace
}  // namespace autocusto::crypto
