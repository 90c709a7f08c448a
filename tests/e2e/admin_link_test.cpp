// The way back in for an administrator, on the server's own machine: while it serves and while not.

#include <gmock/gmock.h>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class admin_link : public on_both_databases {
 protected:
  /// What the server's own acts wrote into the log.
  std::size_t audited() {
    std::size_t count = 0;
    const json list = here.admin().must({"audit", "list"});
    for (const json& line : list.at("items")) {
      if (line.at("what") != "enrollment.local") continue;
      ++count;
      EXPECT_EQ(line.at("actor"), "system");
      EXPECT_EQ(line.at("user"), "admin@clinica.test");
      EXPECT_EQ(line.at("signed"), false);
    }
    return count;
  }
};

TEST_P(admin_link, is_made_while_the_server_serves_and_while_it_does_not) {
  static_cast<void>(here.admin());
  const answer first = here.server_command({"admin-link"});
  ASSERT_EQ(first.exit, 0) << first.out << first.err;
  EXPECT_EQ(first.json.at("user"), "admin@clinica.test");
  here.stop();
  const answer second = here.server_command({"admin-link", "--user", "Admin@clinica.test"});
  ASSERT_EQ(second.exit, 0) << second.out << second.err;
  here.start();
  for (const auto& [made, name] : {std::pair{&first, "one"}, std::pair{&second, "two"}}) {
    const laptop fresh(program("autocusto-admin"), here.folder() + "/" + name);
    fresh.must({"enroll", made->json.at("enrollment_link"), "--device-name", name});
    fresh.must({"user", "list"});
  }
  EXPECT_EQ(audited(), 2U);
  here.admin().must({"audit", "verify"});
}

TEST_P(admin_link, lets_a_profile_in_again_that_does_not_believe_the_server) {
  laptop& admin = here.admin();
  const json before = admin.must({"device", "list"});
  EXPECT_EQ(before.at("count"), 1);
  const answer made = here.server_command({"admin-link"});
  const json again = admin.must({"enroll", made.json.at("enrollment_link"), "--again"});
  EXPECT_EQ(again.at("replaces"), before.at("items")[0].at("id"));
  EXPECT_NE(again.at("device"), again.at("replaces"));
  EXPECT_EQ(admin.must({"device", "list"}).at("count"), 2);
  admin.must({"device", "revoke", again.at("replaces"), "--only"});
  // Without a link: signed with the key of the device that it replaces.
  const json third = admin.must({"enroll", "--again", "--device-name", "desk"});
  EXPECT_EQ(third.at("replaces"), again.at("device"));
  EXPECT_EQ(third.at("device_name"), "desk");
  admin.must({"user", "add", "ana@clinica.test", "--role", "doctor"});
  EXPECT_EQ(admin({"enroll"}).exit, 2) << "neither a link nor --again";
}

TEST_P(admin_link, is_for_an_administrator_who_is_enabled) {
  laptop& admin = here.admin();
  static_cast<void>(here.add_doctor("ana@clinica.test"));
  const auto code = [&](const std::string& email) {
    return here.server_command({"admin-link", "--user", email}).error_code();
  };
  EXPECT_EQ(code("ana@clinica.test"), "forbidden");
  EXPECT_EQ(code("nobody@clinica.test"), "not_found");
  EXPECT_EQ(code("system"), "not_found");
  admin.must({"user", "add", "boss@clinica.test", "--role", "admin"});
  const answer several = here.server_command({"admin-link"});
  EXPECT_EQ(several.error_code(), "ambiguous");
  EXPECT_THAT(several.out, HasSubstr("boss@clinica.test"));
  admin.must({"user", "disable", "boss@clinica.test"});
  EXPECT_EQ(code("boss@clinica.test"), "user_disabled");
  EXPECT_EQ(here.server_command({"admin-link"}).exit, 0);
}

INSTANTIATE_TEST_SUITE_P(databases, admin_link, ::testing::Values("sqlite", "postgres"),
                         database_name);

}  // namespace
}  // namespace autocusto::test
