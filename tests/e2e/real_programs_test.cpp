// The programs as they are installed. Everything else runs programs in which a passphrase costs
// nothing; here it is seen what the installed ones write, and that they work.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "shared/sqlite/database.hpp"
#include "tests/support/world.hpp"

namespace autocusto::test {
namespace {

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::uint64_t little_endian(std::string bytes) {
  std::reverse(bytes.begin(), bytes.end());
  return number(bytes);
}

/// The scrypt cost in the envelope of a profile.
std::uint64_t cost_of_profile(const std::string& home) {
  sqlite::database db(home + "/replica.sqlite", {.mode = sqlite::open_mode::read_write});
  auto row = db.ask("SELECT envelope FROM vault");
  EXPECT_TRUE(row->step());
  return little_endian(row->column_bytes(0).substr(16, 8));
}

/// The scrypt cost in the head of a backup or key bundle.
std::uint64_t cost_of_sealed_file(const std::string& path) {
  return number(std::string_view(content(path)).substr(9, 8));
}

TEST(real_programs, pay_for_a_passphrase_and_work) {
  world_options options;
  options.real_programs = true;
  world clinic(options);
  clinic.start();
  auto ana = clinic.enroll(clinic.add_doctor("ana@clinica.test"), "ana");
  ana.must({"patient", "save", "52998224725", "--set", "rg=1"});
  ana.must({"sync"});
  const auto bundle = clinic.folder() + "/keys";
  const auto backup = clinic.folder() + "/backup";
  ASSERT_EQ(clinic.server_command({"keys", "export", bundle}).exit, 0);
  ASSERT_EQ(clinic.server_command({"backup", backup}).exit, 0);
  EXPECT_GE(cost_of_profile(ana.home()), 1U << 15);
  EXPECT_GE(cost_of_profile(clinic.admin().home()), 1U << 15);
  EXPECT_GE(cost_of_sealed_file(bundle), 1U << 15);
  EXPECT_GE(cost_of_sealed_file(backup), 1U << 15);
}

// If this fails, every suite is slow, and the test above cannot fail.
TEST(real_programs, are_not_what_other_tests_run) {
  world clinic;
  clinic.start();
  auto ana = clinic.enroll(clinic.add_doctor("ana@clinica.test"), "ana");
  const auto bundle = clinic.folder() + "/keys";
  ASSERT_EQ(clinic.server_command({"keys", "export", bundle}).exit, 0);
  EXPECT_LE(cost_of_profile(ana.home()), 16U);
  EXPECT_LE(cost_of_sealed_file(bundle), 16U);
}

}  // namespace
}  // namespace autocusto::test
