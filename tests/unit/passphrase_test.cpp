// Passphrases: which bytes they stand for, which are too weak, what is offered, what a guess costs.
#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/crypto/random.hpp"
#include "shared/passphrase/cost.hpp"
#include "shared/passphrase/prepared.hpp"
#include "shared/passphrase/strength.hpp"
#include "shared/passphrase/words.hpp"

namespace autocusto::passphrase {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

random_source& dice() {
  return crypto::system_random();
}

TEST(passphrase_words, are_short_plain_and_distinct) {
  const auto list = words();
  EXPECT_EQ(list.size(), 1304U);
  EXPECT_TRUE(std::ranges::is_sorted(list));
  EXPECT_EQ(std::set<std::string_view>(list.begin(), list.end()).size(), list.size());
  for (const auto word : list) {
    EXPECT_THAT(word.size(), AllOf(Ge(3U), Le(7U))) << word;
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string_view::npos) << word;
  }
}

TEST(passphrase_words, are_drawn_from_the_whole_list) {
  std::set<std::string> seen;
  for (int i = 0; i < 20'000; ++i) seen.insert(random_words(dice(), 1));
  // The chance that a given word is never drawn is about 2 in 10 million.
  EXPECT_GE(seen.size(), words().size() - 1);
  EXPECT_EQ(std::ranges::count(random_words(dice(), 5), ' '), 4);
}

TEST(passphrase_strength, refuses_what_is_tried_first_and_says_why) {
  const std::pair<const char*, const char*> table[] = {
      {"", "blanks alone"},
      {"           ", "blanks alone"},
      {"\u00A0\u2003\u200B\u3000\t\r\n", "blanks alone"},
      {"\xFF\xFE\xFDlatin passphrase", "not UTF-8"},
      {"Xk9#mQ2", "too short"},
      {"coração", "too short"},  // seven characters, nine bytes
      {"12345678", "tried first"},
      {"password1", "tried first"},
      {"flamengo1981", "tried first"},
      {"Curitiba2024", "tried first"},
      {"P@ssw0rd2024!", "for example: "},
      {"aaaaaaaaaaaaaaa", "for example: "},
      {"qwertyuiop", "for example: "},
      {"14/07/1980", "date"},
      {"senha boa", "for example: "},
      {"maria da silva", "too easy"},
      {"médico coração", "for example: "},
      {"minha casa amarela", "for example: "},
      {"agulha ocre recibo", "for example: "},
      {"agulhaocrerecibo", "for example: "},
      {"4gulh4-0cre-Recib0", "for example: "},
      {"o gato roeu a roupa", "for example: "},
      {"uma senha de teste", "for example: "},
      {"Tr0ub4dor&3", "many people know"},
  };
  for (const auto& [text, reason] : table) {
    const auto said = check_new(text, purpose::profile, dice());
    ASSERT_FALSE(said) << text << " " << estimated_bits(text);
    EXPECT_EQ(said.error().code, errc::usage);
    EXPECT_EQ(said.error().field, "passphrase");
    EXPECT_THAT(said.error().message, HasSubstr(reason)) << text;
    if (estimated_bits(text) > 15) continue;
    EXPECT_EQ(said.error().message.find(text[0] == '\0' ? "{" : text), std::string::npos)
        << "it is not repeated";
  }
}

TEST(passphrase_strength, takes_several_words_and_random_signs) {
  for (const char* text : {"trovoada cavalo bateria grampo", "vaca mesa livro ponte", "Xk9#mQ2$vB",
                           "kqzvxwjpmb", "uma senha de teste com girassol"}) {
    EXPECT_TRUE(check_new(text, purpose::profile, dice())) << text << " " << estimated_bits(text);
  }
  EXPECT_TRUE(check_new("trovoada cavalo bateria girassol", purpose::sealed_file, dice()));
}

TEST(passphrase_strength, a_backup_needs_more_than_a_profile) {
  const char* between = "vaca mesa livro ponte";
  EXPECT_TRUE(check_new(between, purpose::profile, dice()));
  const auto said = check_new(between, purpose::sealed_file, dice());
  ASSERT_FALSE(said);
  const auto offered = said.error().message.substr(said.error().message.find("example: "));
  EXPECT_EQ(std::ranges::count(offered, ' '), 1 + 4) << "five words";
}

TEST(passphrase_strength, a_backup_is_not_sealed_with_a_known_phrase_or_four_words) {
  const std::pair<const char*, const char*> table[] = {
      {"correct horse battery staple", "many people know"},
      {"CorrectHorseBatteryStaple", "many people know"},
      {"c0rrect h0rse b4ttery st4ple", "many people know"},
      {"cavalo correto bateria grampo", "many people know"},
      {"o rato roeu a roupa do rei de roma", "many people know"},
      {"O rato roeu a roupa do rei de Roma!", "many people know"},
      {"água mole em pedra dura", "many people know"},
      {"aba casa bola dado", "too easy"},
      {"abacasaboladado", "for example: "},
  };
  for (const auto& [text, reason] : table) {
    const auto said = check_new(text, purpose::sealed_file, dice());
    ASSERT_FALSE(said) << text << " " << estimated_bits(text);
    EXPECT_THAT(said.error().message, HasSubstr(reason)) << text;
  }
}

TEST(passphrase_strength, words_of_the_list_are_worth_what_the_list_says) {
  const double each = std::log2(words().size());
  for (int i = 0; i < 200; ++i) {
    for (const std::size_t count : {1U, 2U, 3U, 4U, 5U}) {
      const auto drawn = random_words(dice(), count);
      EXPECT_LE(estimated_bits(drawn), each * static_cast<double>(count) + 1e-6) << count;
    }
  }
}

TEST(passphrase_strength, offers_what_it_takes_even_from_whoever_knows_the_list) {
  EXPECT_GE(std::log2(words().size()) * k_profile_words, k_profile_bits);
  EXPECT_GE(std::log2(words().size()) * k_sealed_file_words, k_sealed_file_bits);
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(check_new(offer(purpose::profile, dice()), purpose::profile, dice()));
    EXPECT_TRUE(check_new(offer(purpose::sealed_file, dice()), purpose::sealed_file, dice()));
  }
}

TEST(passphrase_strength, estimates_the_same_however_the_text_is_composed) {
  EXPECT_EQ(estimated_bits("cora\u00E7\u00E3o de a\u00E7o"),
            estimated_bits("corac\u0327a\u0303o de ac\u0327o"));
}

TEST(passphrase_strength, looks_at_a_bounded_part) {
  const std::string hundred = "Xk9#mQ2$" + std::string(92, 'a');
  EXPECT_EQ(estimated_bits(hundred), estimated_bits(hundred + std::string(1'000'000, 'b')));
}

TEST(prepared_passphrase, is_normal_and_free_of_what_a_file_adds) {
  EXPECT_EQ(prepared("corac\u0327a\u0303o").view(), "cora\u00E7\u00E3o");
  EXPECT_EQ(prepared("\xFF\xFE").view(), "\xFF\xFE") << "no text: the bytes as they are";
  EXPECT_EQ(prepared("  a  b ").view(), "  a  b ") << "blanks are part of it";
  EXPECT_EQ(prepared("\xEF\xBB\xBFsenha\r\n").view(), "senha");
  EXPECT_EQ(prepared("\xEF\xBB\xBF\xFF\n").view(), "\xFF");
  EXPECT_EQ(trimmed("\xEF\xBB\xBFsenha\r\n"), "senha");
  EXPECT_EQ(trimmed("senha\n\n"), "senha");
  EXPECT_EQ(trimmed(" senha "), " senha ");
  EXPECT_EQ(trimmed("\xEF\xBB\xBF"), "");
}

TEST(prepared_passphrase, names_what_an_older_program_may_have_taken) {
  using ::testing::ElementsAre;
  EXPECT_THAT(older_forms("senha"), ElementsAre());
  EXPECT_THAT(older_forms("senha\r"), ElementsAre("senha\r"));
  EXPECT_THAT(older_forms("ac\u0327o"), ElementsAre("ac\u0327o"));
  EXPECT_THAT(older_forms("\xEF\xBB\xBF"
                          "ac\u0327o\n"),
              ElementsAre("ac\u0327o",
                          "\xEF\xBB\xBF"
                          "ac\u0327o\n"));
}

TEST(passphrase_cost, is_what_the_machine_affords_within_bounds) {
  constexpr std::uint32_t mib = 1024;
  const cost_range range{.least = {.memory_kib = 64 * mib, .passes = 3, .lanes = 1},
                         .most_memory_kib = 256 * mib,
                         .aim = std::chrono::milliseconds(500)};
  struct row {
    double mib_per_second;
    std::uint32_t memory_mib, passes;
  };
  for (const auto& [speed, memory, passes] :
       {row{1, 64, 3}, row{384, 64, 3}, row{660, 96, 3}, row{1000, 160, 3}, row{1536, 256, 3},
        row{4096, 256, 8}, row{1e9, 256, 32}}) {
    const auto chosen = affordable(range, speed * mib);
    EXPECT_EQ(chosen.memory_kib, memory * mib) << speed;
    EXPECT_EQ(chosen.passes, passes) << speed;
    EXPECT_FALSE(too_cheap(chosen, range));
    EXPECT_LE(std::uint64_t{chosen.passes} * chosen.memory_kib, crypto::k_argon2_max_work_kib);
  }
  EXPECT_TRUE(too_cheap({.memory_kib = 64 * mib, .passes = 2, .lanes = 1}, range));
  EXPECT_TRUE(too_cheap({.memory_kib = 32 * mib, .passes = 60, .lanes = 1}, range));
}

TEST(passphrase_cost, is_measured_on_this_machine) {
  const cost_range range{.least = {.memory_kib = 1024, .passes = 1, .lanes = 1},
                         .most_memory_kib = 1024,
                         .aim = std::chrono::milliseconds(50)};
  EXPECT_GT(choose(range).passes, 1U) << "1 MiB takes about a millisecond";
}

}  // namespace
}  // namespace autocusto::passphrase
