// Passphrases are taken out of the environment once.
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/vault/vault.hpp"
#include "shared/cli/environment.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/passphrase/prepared.hpp"
#include "tests/support/old_envelope.hpp"
#include "tests/support/process.hpp"

namespace autocusto::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(environment_passphrase, is_answered_again_but_not_inherited) {
  ::setenv("AUTOCUSTO_PASSPHRASE", "uma senha secreta", 1);
  ::setenv("AUTOCUSTO_NEW_PASSPHRASE", "outra senha secreta", 1);
  const char* place = std::getenv("AUTOCUSTO_PASSPHRASE");
  EXPECT_EQ(read_passphrase({})->view(), "uma senha secreta");
  EXPECT_EQ(read_passphrase({})->view(), "uma senha secreta");
  EXPECT_EQ(taken_passphrase("AUTOCUSTO_NEW_PASSPHRASE")->view(), "outra senha secreta");
  EXPECT_EQ(std::getenv("AUTOCUSTO_PASSPHRASE"), nullptr);
  EXPECT_STREQ(place, "xxxxxxxxxxxxxxxxx") << "the bytes themselves are overwritten";
  EXPECT_THAT(test::run({"env"}).out, Not(HasSubstr("senha")));
}

TEST(environment_passphrase, that_is_set_later_is_taken_too) {
  ::setenv("AUTOCUSTO_PASSPHRASE", "uma senha nova", 1);
  EXPECT_EQ(taken_passphrase("AUTOCUSTO_PASSPHRASE")->view(), "uma senha nova");
  EXPECT_THAT(test::run({"env"}).out, Not(HasSubstr("senha")));
}

TEST(environment_passphrase, other_names_are_left_alone) {
  ::setenv("AUTOCUSTO_HOME", "/nowhere", 1);
  EXPECT_EQ(taken_passphrase("AUTOCUSTO_HOME"), nullptr);
  EXPECT_STREQ(std::getenv("AUTOCUSTO_HOME"), "/nowhere");
}

passphrase_source file_with(const test::temporary_folder& folder, std::string_view text) {
  passphrase_source source;
  source.file = folder / "passphrase";
  std::ofstream(source.file, std::ios::binary) << text;
  return source;
}

TEST(read_passphrase, drops_what_editors_add) {
  const test::temporary_folder folder;
  for (const char* text : {"uma senha", "uma senha\n", "uma senha\r\n", "\xEF\xBB\xBFuma senha\r\n",
                           "uma senha\nmore\n"}) {
    const auto given = read_passphrase(file_with(folder, text));
    EXPECT_EQ(passphrase::prepared(given->view()).view(), "uma senha") << text;
  }
  ::setenv("AUTOCUSTO_PASSPHRASE", "\xEF\xBB\xBFuma senha\n", 1);
  EXPECT_EQ(passphrase::prepared(read_passphrase({})->view()).view(), "uma senha");
  auto chosen = file_with(folder, "\xEF\xBB\xBFoito burros azuis cantam\r\n");
  chosen.confirm = "again";
  EXPECT_EQ(read_passphrase(chosen)->view(), "oito burros azuis cantam") << "a new one is trimmed";
}

bool opens(std::string_view made, const crypto::secret& given) {
  const auto old_one = test::scrypt_envelope(bytes(32, 'k'), made);
  return vault::keyring::open(old_one, given.view(), crypto::system_random()).has_value();
}

// Programs of before took the first line of a file with its byte order mark, and a variable whole.
TEST(read_passphrase, opens_what_an_older_program_sealed_under_what_editors_add) {
  const test::temporary_folder folder;
  const std::string mark = "\xEF\xBB\xBF";
  const auto of_file = read_passphrase(file_with(folder, mark + "uma senha\r\n"));
  EXPECT_TRUE(opens(mark + "uma senha", *of_file));
  EXPECT_TRUE(opens("uma senha", *of_file));
  EXPECT_FALSE(opens("outra senha", *of_file));
  for (const std::string& made : {mark + "ac\u0327o", std::string("uma senha\r"),
                                  std::string("uma senha\n"), mark + "uma senha\r\n"}) {
    ::setenv("AUTOCUSTO_PASSPHRASE", made.c_str(), 1);
    EXPECT_TRUE(opens(made, *read_passphrase({}))) << made;
  }
}

TEST(read_passphrase, judges_a_new_one_only) {
  const test::temporary_folder folder;
  auto source = file_with(folder, "12345678\n");
  EXPECT_EQ(read_passphrase(source)->view(), "12345678") << "what is there still opens";
  source.confirm = "again";
  EXPECT_THAT(read_passphrase(source).error().message, HasSubstr("for example: "));
  source = file_with(folder, "         \n");
  EXPECT_EQ(read_passphrase(source)->view(), "         ");
  source.confirm = "again";
  EXPECT_THAT(read_passphrase(source).error().message, HasSubstr("blanks alone"));
  EXPECT_FALSE(read_passphrase(file_with(folder, "\xEF\xBB\xBF\n")));
}

TEST(read_passphrase, asks_more_of_one_for_a_backup) {
  const test::temporary_folder folder;
  auto source = file_with(folder, "correto cavalo bateria grampo");
  source.confirm = "again";
  EXPECT_TRUE(read_passphrase(source));
  source.purpose = passphrase::purpose::sealed_file;
  EXPECT_FALSE(read_passphrase(source));
}

}  // namespace
}  // namespace autocusto::cli
