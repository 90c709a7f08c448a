// The keys of a laptop: what opens, and everything that must not.
#include "client/vault/vault.hpp"

#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/crypto/random.hpp"
#include "tests/support/old_envelope.hpp"

namespace autocusto::vault {
namespace {

constexpr crypto::argon2_params k_quick{.memory_kib = 8, .passes = 1, .lanes = 1};
constexpr cell_place k_place{.table = "version", .row = 7, .column = "meta"};

random_source& dice() {
  return crypto::system_random();
}

struct opened_vault : ::testing::Test {
  keyring keys = keyring::create(dice());
  bytes envelope = *keys.envelope("senha boa", k_quick);
};
using VaultEnvelope = opened_vault;
using VaultCell = opened_vault;
using VaultRecordKey = opened_vault;
using VaultLookup = opened_vault;

TEST_F(VaultEnvelope, OpensWithItsPassphraseOnly) {
  const auto cell = keys.cells().seal(k_place, "segredo");
  auto again = keyring::open(envelope, "senha boa", dice());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->cells().open(k_place, cell), "segredo");
  for (const char* wrong : {"", "senha", "senha boa ", "Senha boa"}) {
    const auto refused = keyring::open(envelope, wrong, dice());
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, errc::wrong_passphrase) << wrong;
  }
}

TEST_F(VaultEnvelope, HoldsNeitherPassphraseNorKeyInClear) {
  EXPECT_EQ(envelope.find("senha"), std::string::npos);
  const auto other = *keys.envelope("senha boa", k_quick);
  EXPECT_NE(envelope, other) << "salt and nonce must be fresh each time";
}

TEST_F(VaultEnvelope, ANewPassphraseKeepsTheDataKeyAndShutsTheOldOneOut) {
  const auto cell = keys.cells().seal(k_place, "segredo");
  const auto changed = *keys.envelope("outra senha", k_quick);
  EXPECT_FALSE(keyring::open(changed, "senha boa", dice()));
  auto again = keyring::open(changed, "outra senha", dice());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->cells().open(k_place, cell), "segredo");
}

TEST_F(VaultEnvelope, AnyChangedBitIsNoticed) {
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    auto changed = envelope;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(keyring::open(changed, "senha boa", dice())) << "byte " << i;
  }
  EXPECT_FALSE(keyring::open(envelope.substr(0, envelope.size() - 1), "senha boa", dice()));
  EXPECT_FALSE(keyring::open(envelope + '\0', "senha boa", dice()));
  EXPECT_FALSE(keyring::open("", "senha boa", dice()));
}

TEST_F(VaultEnvelope, ParametersOutOfBoundsAreRefusedBeforeTheyCostAnything) {
  const std::size_t memory_at = std::string_view("autocusto vault").size() + 1;
  auto huge = envelope;
  huge[memory_at + 3] = 100;  // 100 · 2^24 KiB: 1.6 TB
  const auto refused = keyring::open(huge, "senha boa", dice());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::malformed);
  const auto made = keys.envelope("senha boa", {.memory_kib = 1U << 31, .passes = 1, .lanes = 1});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, errc::malformed);
  auto old_one = test::scrypt_envelope(bytes(32, 'k'), "senha boa");
  old_one[memory_at + 6] = 1;  // n = 2^48 + …
  EXPECT_EQ(keyring::open(old_one, "senha boa", dice()).error().code, errc::malformed);
}

const std::string k_composed = "cora\u00E7\u00E3o de a\u00E7o";
const std::string k_decomposed = "corac\u0327a\u0303o de ac\u0327o";

TEST_F(VaultEnvelope, OpensHoweverThePassphraseIsComposed) {
  for (const auto& made : {k_composed, k_decomposed}) {
    const auto wrapped = *keys.envelope(made, k_quick);
    EXPECT_TRUE(keyring::open(wrapped, k_composed, dice()));
    EXPECT_TRUE(keyring::open(wrapped, k_decomposed, dice()));
  }
}

TEST_F(VaultEnvelope, OfAnOlderProgramOpensByTheNormalFormAndByTheBytes) {
  for (const auto& [made, typed, opens] :
       {std::tuple(k_composed, k_composed, true), std::tuple(k_composed, k_decomposed, true),
        std::tuple(k_decomposed, k_decomposed, true),
        std::tuple(k_decomposed, k_composed, false),  // nobody can know what was typed then
        std::tuple(std::string("\xFF\xFE latin"), std::string("\xFF\xFE latin"), true),
        std::tuple(std::string("1234"), std::string("1234"), true)}) {
    const auto old_one = test::scrypt_envelope(bytes(32, 'k'), made);
    EXPECT_EQ(keyring::open(old_one, typed, dice()).has_value(), opens) << made << " / " << typed;
  }
}

TEST_F(VaultEnvelope, SaysWhetherItShouldBeMadeAnew) {
  const passphrase::cost_range wanted{.least = {.memory_kib = 16, .passes = 3, .lanes = 1},
                                      .most_memory_kib = 64};
  EXPECT_TRUE(keyring::aged(test::scrypt_envelope(bytes(32, 'k'), "senha boa"), wanted));
  EXPECT_TRUE(keyring::aged(envelope, wanted));
  EXPECT_FALSE(keyring::aged(*keys.envelope("senha boa", wanted.least), wanted));
  EXPECT_TRUE(keyring::aged(*keys.envelope("senha boa", {.memory_kib = 8, .passes = 60}), wanted))
      << "less memory is not made good by more passes";
  EXPECT_FALSE(keyring::aged("", wanted));
}

TEST_F(VaultEnvelope, ANewerFormIsNamed) {
  auto newer = envelope;
  newer[std::string_view("autocusto vault").size()] = 3;
  const auto refused = keyring::open(newer, "senha boa", dice());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::schema_too_new);
}

TEST_F(VaultEnvelope, AnEmptyPassphraseIsRefused) {
  for (const char* nothing : {"", "        ", "\u00A0\u2003\u200B", "\t\r\n"}) {
    const auto refused = keys.envelope(nothing, k_quick);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::usage);
  }
}

TEST_F(VaultCell, OpensInItsPlaceOnly) {
  const auto cell = keys.cells().seal(k_place, "segredo");
  EXPECT_EQ(keys.cells().open(k_place, cell), "segredo");
  const cell_place elsewhere[] = {{.table = "version", .row = 8, .column = "meta"},
                                  {.table = "version", .row = 7, .column = "content"},
                                  {.table = "refused", .row = 7, .column = "meta"},
                                  {.table = "versio", .row = 7, .column = "nmeta"}};
  for (const auto& place : elsewhere) EXPECT_FALSE(keys.cells().open(place, cell));
}

TEST_F(VaultCell, AnyChangedBitIsNoticed) {
  const auto cell = keys.cells().seal(k_place, "segredo");
  for (std::size_t i = 0; i < cell.size(); ++i) {
    auto changed = cell;
    changed[i] = static_cast<char>(changed[i] ^ 0x80);
    EXPECT_FALSE(keys.cells().open(k_place, changed)) << "byte " << i;
  }
}

TEST_F(VaultCell, AnotherLaptopCannotOpenIt) {
  auto other = keyring::create(dice());
  EXPECT_FALSE(other.cells().open(k_place, keys.cells().seal(k_place, "segredo")));
}

TEST_F(VaultRecordKey, IsBoundToItsRow) {
  auto made = keys.new_content_key(1024);
  const auto cell = made.sealer.seal(k_place, "segredo");
  auto again = keys.open_content_key(1024, made.wrap);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->open(k_place, cell), "segredo");
  EXPECT_FALSE(keys.open_content_key(2048, made.wrap));
  EXPECT_FALSE(keys.cells().open(k_place, cell)) << "only the record's own key opens it";
}

TEST_F(VaultRecordKey, WithoutItsWrapNothingOpens) {
  auto made = keys.new_content_key(1024);
  const auto cell = made.sealer.seal(k_place, "segredo");
  EXPECT_FALSE(keys.open_content_key(1024, bytes(made.wrap.size(), '\0')));
  auto other = keys.new_content_key(1024);
  EXPECT_FALSE(keys.open_content_key(1024, other.wrap)->open(k_place, cell));
}

TEST_F(VaultLookup, IsTheSameForTheSameValueAndKeyOnly) {
  EXPECT_EQ(keys.lookup("record", "x"), keys.lookup("record", "x"));
  EXPECT_NE(keys.lookup("record", "x"), keys.lookup("record", "y"));
  EXPECT_NE(keys.lookup("record", "x"), keys.lookup("setting", "x"));
  EXPECT_NE(keys.lookup("ab", "c"), keys.lookup("a", "bc"));
  EXPECT_NE(keys.lookup("record", "x"), keyring::create(dice()).lookup("record", "x"));
  auto again = keyring::open(envelope, "senha boa", dice());
  EXPECT_EQ(again->lookup("record", "x"), keys.lookup("record", "x"));
}

TEST(VaultProcess, LeavesNoMemoryImage) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool said = forbid_core_dumps();
    rlimit limit{};
    const bool limited = ::getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0;
    const bool closed = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
    ::_exit(said && limited && closed ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace autocusto::vault
