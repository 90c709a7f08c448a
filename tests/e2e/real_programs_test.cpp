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

struct cost {
  std::uint64_t memory_kib, passes;
};

/// In the envelope of a profile.
cost of_profile(const std::string& home) {
  sqlite::database db(home + "/replica.sqlite", {.mode = sqlite::open_mode::read_write});
  auto row = db.ask("SELECT envelope FROM vault");
  EXPECT_TRUE(row->step());
  const auto envelope = row->column_bytes(0);
  EXPECT_EQ(envelope.at(15), 2) << "Argon2id";
  return {little_endian(envelope.substr(16, 4)), little_endian(envelope.substr(20, 4))};
}

/// In the head of a backup or key bundle.
cost of_sealed_file(const std::string& path) {
  const auto head = content(path).substr(0, 57);
  EXPECT_EQ(head.substr(0, 8), "ACSEALD2");
  return {number(head.substr(9, 4)), number(head.substr(13, 4))};
}

TEST(real_programs, pay_for_a_passphrase_and_work) {
  world_options options;
  options.real_programs = true;
  world clinic(options);
  clinic.start();
  auto ana = clinic.enroll(clinic.add_doctor("ana@clinica.test"), "ana");
  ana.must({"patient", "save", "52998224725", "--draft", "--set", "rg=1"});
  ana.must({"sync"});
  const auto bundle = clinic.folder() + "/keys";
  const auto backup = clinic.folder() + "/backup";
  ASSERT_EQ(clinic.server_command({"keys", "export", bundle}).exit, 0);
  ASSERT_EQ(clinic.server_command({"backup", backup}).exit, 0);
  for (const auto& home : {ana.home(), clinic.admin().home()}) {
    const cost paid = of_profile(home);
    EXPECT_GE(paid.memory_kib, 64U * 1024);
    EXPECT_LE(paid.memory_kib, 256U * 1024) << "a laptop of 4 GB manages it";
    EXPECT_GE(paid.passes, 3U);
  }
  for (const auto& file : {bundle, backup}) {
    EXPECT_GE(of_sealed_file(file).memory_kib, 512U * 1024);
    EXPECT_GE(of_sealed_file(file).passes, 4U);
  }
}

// If this fails, every suite is slow, and the test above cannot fail.
TEST(real_programs, are_not_what_other_tests_run) {
  world clinic;
  clinic.start();
  auto ana = clinic.enroll(clinic.add_doctor("ana@clinica.test"), "ana");
  const auto bundle = clinic.folder() + "/keys";
  ASSERT_EQ(clinic.server_command({"keys", "export", bundle}).exit, 0);
  EXPECT_EQ(of_profile(ana.home()).memory_kib, 8U);
  EXPECT_EQ(of_sealed_file(bundle).memory_kib, 8U);
}

// A profile that a test made, or an older program: the first command of an installed program sees
// to it.
TEST(real_programs, wrap_a_cheap_profile_anew) {
  world clinic;
  clinic.start();
  const auto cheap = clinic.enroll(clinic.add_doctor("ana@clinica.test"), "ana");
  ASSERT_EQ(of_profile(cheap.home()).memory_kib, 8U);
  const laptop real(real_program("autocusto"), cheap.home());
  real.must({"status"});
  EXPECT_GE(of_profile(cheap.home()).memory_kib, 64U * 1024);
  real.must({"status"});
}

}  // namespace
}  // namespace autocusto::test
