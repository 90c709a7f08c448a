// Somebody with the server's database changes the audit log or a device's key; an administrator's
// profile that saw more notices. On both databases, with the real programs.

#include <gmock/gmock.h>

#include "shared/sqlite/database.hpp"
#include "shared/sqlite/statement.hpp"
#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class audit_chain : public on_both_databases {
 protected:
  void SetUp() override {
    for (const char* name : {"ana", "bia", "eva"}) {
      static_cast<void>(here.add_doctor(std::string(name) + "@clinica.test"));
    }
    here.admin().must({"audit", "verify"});
  }

  /// Behind the server's back, which stands still meanwhile.
  void tamper(const std::vector<std::string>& statements) {
    here.stop();
    if (GetParam() == "postgres") {
      for (const auto& sql : statements) postgres_query(here.database(), sql);
    } else {
      sqlite::open_options options;
      options.mode = sqlite::open_mode::read_write;
      sqlite::database db(here.data() + "/store.sqlite", options);
      for (const auto& sql : statements) {
        sqlite::statement run(db, sql);
        static_cast<void>(run.step());
      }
    }
    here.start();
  }
  /// What who owns the database can do about the triggers.
  std::vector<std::string> unlocked(const std::vector<std::string>& statements) const {
    std::vector<std::string> all =
        GetParam() == "postgres"
            ? std::vector<std::string>{"DROP TRIGGER audit_log_keeps ON audit_log",
                                       "DROP TRIGGER audit_chain_keeps ON audit_chain"}
            : std::vector<std::string>{
                  "DROP TRIGGER audit_log_keeps", "DROP TRIGGER audit_log_stays",
                  "DROP TRIGGER audit_chain_keeps_update", "DROP TRIGGER audit_chain_keeps_delete"};
    all.insert(all.end(), statements.begin(), statements.end());
    return all;
  }
  /// The chain is made anew over what is there now, by the server itself.
  std::vector<std::string> rechained(std::vector<std::string> statements) const {
    const std::string zero =
        GetParam() == "postgres" ? "decode(repeat('00', 32), 'hex')" : "zeroblob(32)";
    statements.insert(statements.begin(), "DELETE FROM audit_chain");
    statements.push_back("UPDATE audit_head SET seq=0, line=0, link=" + zero);
    return unlocked(statements);
  }

  /// The profile that saw more warns when it is used, and says so when it verifies.
  void expect_noticed(const std::string& warning) {
    const auto used = here.admin().text({"user", "list"});
    EXPECT_EQ(used.exit, 0) << "it goes on";
    EXPECT_THAT(used.err, HasSubstr(warning));
    expect_verify_fails();
  }
  json expect_verify_fails() {
    const answer verified = here.admin()({"audit", "verify"});
    EXPECT_EQ(verified.exit, 1) << verified.out;
    EXPECT_FALSE(verified.json.at("ok"));
    return verified.json;
  }

  const std::string last = "(SELECT max(pk) FROM audit_log)";
};

TEST_P(audit_chain, an_untouched_log_is_whole_and_warns_of_nothing) {
  here.stop();
  here.start();
  const auto used = here.admin().text({"user", "list"});
  EXPECT_THAT(used.err, Not(HasSubstr("warning")));
  const json verified = here.admin().must({"audit", "verify"});
  EXPECT_GT(verified.at("seen"), 3);
  EXPECT_EQ(verified.at("agreed"), verified.at("seen"));
  EXPECT_THAT(here.admin().text({"audit", "accept", "--after-restore"}).err,
              HasSubstr("nothing to accept"));
}

TEST_P(audit_chain, a_line_cut_off_the_end_is_noticed) {
  tamper(unlocked({"DELETE FROM audit_chain WHERE line=" + last,
                   "UPDATE audit_head SET seq=seq-1, line=(SELECT max(line) FROM audit_chain), "
                   "link=(SELECT link FROM audit_chain ORDER BY seq DESC LIMIT 1)",
                   "DELETE FROM audit_log WHERE pk=" + last}));
  expect_noticed("lacks lines");
}

TEST_P(audit_chain, a_line_taken_out_of_the_middle_is_noticed) {
  tamper(unlocked({"DELETE FROM audit_chain WHERE line=2", "DELETE FROM audit_log WHERE pk=2"}));
  const json verified = expect_verify_fails();
  EXPECT_THAT(verified.dump(), HasSubstr("removed, changed or added"));
  // The server's own check needs no profile.
  const answer checked = here.server_command({"verify"});
  EXPECT_EQ(checked.exit, 1) << checked.out;
  EXPECT_FALSE(checked.json.at("clean"));
  EXPECT_THAT(checked.out, HasSubstr("audit_line"));
}

TEST_P(audit_chain, a_line_that_was_changed_is_noticed) {
  tamper(unlocked({"UPDATE audit_log SET at=at-1000 WHERE what='server.init'"}));
  expect_verify_fails();
}

TEST_P(audit_chain, a_log_that_was_chained_anew_is_noticed_by_who_saw_the_old_one) {
  tamper(rechained({"DELETE FROM audit_log WHERE pk=2"}));
  expect_noticed("audit log");
  // What a profile has never seen, it cannot miss.
  const answer link = here.server_command({"admin-link"});
  const laptop fresh(program("autocusto-admin"), here.folder() + "/fresh");
  fresh.must({"enroll", link.json.at("enrollment_link")});
  EXPECT_EQ(fresh.must({"audit", "verify"}).at("seen"), 0);
}

TEST_P(audit_chain, a_changed_line_that_was_chained_anew_is_noticed) {
  tamper(rechained({"UPDATE audit_log SET at=at-1000 WHERE what='server.init'"}));
  expect_noticed("does not go on from line");
}

TEST_P(audit_chain, a_device_key_that_was_exchanged_is_noticed) {
  const answer link = here.server_command({"admin-link"});
  const laptop other(program("autocusto-admin"), here.folder() + "/other");
  other.must({"enroll", link.json.at("enrollment_link"), "--device-name", "other"});
  here.admin().must({"device", "list"});
  const std::string value = GetParam() == "postgres" ? "decode(repeat('ab', 32), 'hex')"
                                                     : "x'" + std::string(64, 'a') + "'";
  tamper({"UPDATE device SET public_key=" + value + " WHERE name='other'"});
  const auto used = here.admin().text({"device", "list"});
  EXPECT_THAT(used.err, HasSubstr("is another one than this profile has seen"));
  expect_verify_fails();
}

TEST_P(audit_chain, a_restored_server_is_told_honestly_and_can_be_accepted) {
  const std::string file = here.folder() + "/backup";
  ASSERT_EQ(here.server_command({"backup", file}).exit, 0);
  here.admin().must({"user", "disable", "eva@clinica.test"});
  here.stop();
  std::vector<std::string> command{"restore", file};
  if (GetParam() == "postgres") {
    command.insert(command.end(), {"--database", postgres_cluster::shared().create_database()});
  }
  here.use_data(here.folder() + "/restored");
  ASSERT_EQ(here.server_command(command).exit, 0);
  here.start();
  expect_noticed("lacks lines");
  EXPECT_EQ(here.admin()({"audit", "accept"}).exit, 2) << "it wants to know why";
  const json accepted = here.admin().must({"audit", "accept", "--after-restore"});
  EXPECT_LT(accepted.at("agreed"), accepted.at("seen"));
  EXPECT_GT(accepted.at("agreed"), 0);
  here.admin().must({"audit", "verify"});
  const auto used = here.admin().text({"user", "list"});
  EXPECT_THAT(used.err, Not(HasSubstr("warning")));
  EXPECT_THAT(here.admin().must({"audit", "list"}).dump(), HasSubstr("audit.accept"));
}

INSTANTIATE_TEST_SUITE_P(databases, audit_chain, ::testing::Values("sqlite", "postgres"),
                         database_name);

}  // namespace
}  // namespace autocusto::test
