// Passphrases are taken out of the environment once.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/cli/environment.hpp"
#include "shared/cli/terminal.hpp"
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

}  // namespace
}  // namespace autocusto::cli
