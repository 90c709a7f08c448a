// What a removed view and a removed laptop give up, by the real programs: nothing unsynced is
// erased before the server has it, and `device show` tells what is outstanding.

#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class surrender : public on_both_databases {
 protected:
  surrender() : ana(here.enroll(here.add_doctor(k_email), "ana")) {
    save("nome_paciente=Nome");
    ana.must({"sync"});
    device = ana.must({"status"}).at("device");
  }
  void save(const std::string& field) {
    ana.must({"patient", "save", k_cpf, "--set", field, "--set", "nome_mae=M", "--set",
              "end_paciente=R"});
  }
  json shown() { return here.admin().must({"device", "show", device}); }
  json quarantine() { return here.admin().must({"quarantine", "list"}).at("items"); }
  /// Lets the server believe that this laptop's quarantine is full, or takes that back.
  void fill_quarantine(bool full) {
    const std::string sql =
        full ? "INSERT INTO quarantine (device, owner, size, code, message, received_at, header, "
               "payload) SELECT pk, owner, 67108864, 'filler', 'filler', 0, header, header FROM "
               "device, (SELECT header FROM version LIMIT 1) v WHERE owner = (SELECT pk FROM "
               "app_user WHERE email = 'ana@clinica.test')"
             : "DELETE FROM quarantine WHERE code = 'filler'";
    if (!here.database().empty()) {
      postgres_query(here.database(), sql);
      return;
    }
    ASSERT_EQ(here.stop(), 0);  // nobody else writes the embedded database while it serves
    const std::string script =
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute(sys.argv[2])\n"
        "db.commit()";
    const outcome done = run({"python3", "-c", script, here.data() + "/store.sqlite", sql});
    ASSERT_EQ(done.exit, 0) << done.err;
    here.start();
  }

  static constexpr const char* k_email = "ana@clinica.test";
  static constexpr const char* k_cpf = "11144477735";
  laptop ana;
  std::string device;
};

TEST_P(surrender, a_removed_view_is_receipted_once_its_edits_are_in_quarantine) {
  save("rg=unsent");
  here.admin().must({"unassign", "patient", k_cpf, "--user", k_email});
  json seen = shown();
  EXPECT_EQ(seen.at("state"), "in_use");
  EXPECT_EQ(seen.at("scope"), "full");
  ASSERT_EQ(seen.at("removals").size(), 1U) << seen;
  EXPECT_TRUE(seen.at("removals")[0].at("erased_at").is_null());
  EXPECT_EQ(seen.at("outstanding"), 1);
  EXPECT_TRUE(seen.at("outstanding_since").is_string());
  EXPECT_EQ(ana({"sync"}).exit, 3);
  ASSERT_EQ(quarantine().size(), 1U);
  EXPECT_EQ(quarantine()[0].at("code"), "access_removed");
  seen = shown();
  EXPECT_TRUE(seen.at("removals")[0].at("erased_at").is_string()) << seen;
  EXPECT_EQ(seen.at("outstanding"), 0);
  EXPECT_TRUE(ana.must({"status"}).at("surrender").is_null());
  EXPECT_EQ(ana.must({"verify"}).at("versions"), 0);
}

TEST_P(surrender, a_revoked_laptop_hands_over_through_a_full_quarantine_and_is_erased) {
  save("rg=unsent");
  fill_quarantine(true);
  here.admin().must({"device", "revoke", device});
  EXPECT_EQ(shown().at("state"), "revoked");
  EXPECT_TRUE(shown().at("told_at").is_null());
  EXPECT_EQ(ana({"sync"}).exit, 7);
  EXPECT_EQ(ana({"patient", "show", k_cpf}).error_code(), "device_revoked") << "hidden";
  EXPECT_EQ(ana({"patient", "save", k_cpf, "--set", "rg=2"}).error_code(), "device_revoked");
  const std::string file = here.folder() + "/export";
  EXPECT_EQ(ana({"export", file}).error_code(), "device_revoked");
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(ana({"conflicts"}).error_code(), "device_revoked") << "not: there are none";
  EXPECT_EQ(ana({"refused", "list"}).error_code(), "device_revoked");
  const json sealed = ana.must({"status"}).at("surrender");
  EXPECT_TRUE(sealed.at("closed_since").is_string()) << sealed;
  EXPECT_EQ(sealed.at("sealed").at("items"), 1);
  EXPECT_EQ(sealed.at("sealed").at("code"), "quarantine_full");
  EXPECT_TRUE(sealed.at("sealed").at("since").is_string());
  EXPECT_THAT(sealed.at("sealed").at("why").get<std::string>(), HasSubstr("administrator"));
  EXPECT_TRUE(shown().at("told_at").is_string());
  EXPECT_TRUE(shown().at("erased_at").is_null());
  EXPECT_EQ(shown().at("outstanding"), 1);

  fill_quarantine(false);
  // Killed at any moment of handing over and erasing, the next sync goes on.
  for (const char* moment : {"/v1/session", "/v1/surrender"}) {
    background sync({program("autocusto"), "--home", ana.home(), "sync"},
                    {{"AUTOCUSTO_PASSPHRASE", k_passphrase}, {"LC_ALL", "C.UTF-8"}});
    here.server().wait_for(moment);
    sync.signal(SIGKILL);
    sync.wait();
  }
  const answer last = ana({"sync"});
  EXPECT_EQ(last.exit, 7) << last.out;
  EXPECT_EQ(ana({"patient", "list"}).error_code(), "not_enrolled") << "nothing is left";
  ASSERT_EQ(quarantine().size(), 1U) << "once, however often it was sent";
  EXPECT_EQ(quarantine()[0].at("code"), "device_revoked");
  const json seen = shown();
  EXPECT_TRUE(seen.at("erased_at").is_string()) << seen;
  EXPECT_EQ(seen.at("outstanding"), 0);
  const outcome text = here.admin().text({"device", "show", device});
  EXPECT_THAT(text.out, HasSubstr("Everything on it is erased"));
  const outcome list = here.admin().text({"device", "list"});
  EXPECT_THAT(list.out, ::testing::ContainsRegex("ana +erased"));
}

TEST_P(surrender, a_disabled_user_hands_over_and_one_enabled_in_time_goes_on) {
  save("rg=unsent");
  laptop& admin = here.admin();
  fill_quarantine(true);
  admin.must({"user", "disable", k_email});
  EXPECT_EQ(ana({"sync"}).exit, 7);
  EXPECT_EQ(shown().at("state"), "user_disabled");
  EXPECT_THAT(admin.text({"user", "enable", k_email}).out,
              HasSubstr("need a new link (`enrollment new`)"));
  EXPECT_EQ(ana({"sync"}).exit, 0);
  EXPECT_EQ(ana.must({"patient", "show", k_cpf}).at("fields").at("nome_paciente"), "Nome");
  EXPECT_EQ(shown().at("scope"), "full");
  EXPECT_EQ(shown().at("outstanding"), 0);
  EXPECT_TRUE(ana.must({"status"}).at("surrender").is_null());
  EXPECT_EQ(ana.must({"status"}).at("refused").size(), 1U) << "what was not taken is his again";
}

TEST_P(surrender, a_lost_laptop_is_erased_at_once_and_says_so) {
  save("rg=unsent");
  here.admin().must({"device", "revoke", device, "--lost"});
  EXPECT_EQ(shown().at("state"), "lost");
  EXPECT_EQ(ana({"sync"}).exit, 7);
  EXPECT_EQ(ana({"patient", "list"}).error_code(), "not_enrolled");
  EXPECT_TRUE(quarantine().empty()) << "a thief gains no time by an order to hand over first";
  const json seen = shown();
  EXPECT_TRUE(seen.at("erased_at").is_string()) << seen;
  EXPECT_EQ(seen.at("outstanding"), 0);
  EXPECT_EQ(here.server_command({"verify"}).exit, 0);
}

TEST_P(surrender, an_erased_laptop_points_to_nothing_that_is_gone) {
  save("rg=unsent");
  here.admin().must({"device", "revoke", device});
  const outcome last = ana.text({"sync"});
  EXPECT_EQ(last.exit, 7);
  EXPECT_THAT(last.out + last.err, ::testing::Not(HasSubstr("refused list"))) << "there is none";
  EXPECT_EQ(ana({"refused", "list"}).error_code(), "not_enrolled");
  EXPECT_EQ(quarantine().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(databases, surrender, ::testing::Values("sqlite", "postgres"),
                         database_name);

}  // namespace
}  // namespace autocusto::test
