// The signing key, the certificate and the root are replaced; laptops that are online, or away for
// a while, keep contact; one that was away for too long comes back with a link and its edits.

#include <filesystem>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;

class rotate : public on_both_databases {
 protected:
  rotate()
      : ana(here.enroll(here.add_doctor("ana@clinica.test"), "ana")),
        away(here.enroll(here.new_link("ana@clinica.test"), "away")) {
    save(ana);
    ana.must({"sync"});
    away.must({"sync"});
  }

  void save(const laptop& on) {
    const std::string cpf = keys_.at(next_++);
    on.must({"patient", "save", cpf, "--set", "nome_paciente=N", "--set", "nome_mae=M", "--set",
             "end_paciente=R"});
  }
  /// With the server stopped, as an administrator does it.
  json command(std::vector<std::string> arguments) {
    here.stop();
    const answer done = here.server_command(std::move(arguments));
    EXPECT_EQ(done.exit, 0) << done.out << done.err;
    here.start();
    return done.json;
  }
  json announce(const std::string& what) {
    json done = command({"rotate", what, "--overlap", "0"});
    here.admin().must({"device", "list"});  // administrators have to hear of it, too
    return done;
  }
  json activate(const std::string& what) { return command({"rotate", what, "--activate"}); }
  /// Saves and syncs, and the other laptop of the doctor gets it.
  void expect_contact(const laptop& on) {
    save(on);
    const json done = on.must({"sync"});
    EXPECT_GE(done.at("accepted"), 1);
    EXPECT_EQ(on.must({"status"}).at("pending"), 0);
  }
  void expect_clean() {
    const answer checked = here.server_command({"verify"});
    EXPECT_EQ(checked.exit, 0) << checked.out << checked.err;
    EXPECT_EQ(here.log().find("\"skipped\""), std::string::npos) << "the journal of acts is read";
  }
  static std::size_t patients(const laptop& on) {
    return on.must({"patient", "list"}).at("items").size();
  }

  laptop ana;
  laptop away;

 private:
  std::vector<std::string> keys_{"11144477735", "52998224725", "12345678909", "98765432100",
                                 "39053344705", "01234567890", "86288366757", "15350946056"};
  std::size_t next_ = 0;
};

/// The server gets another name; laptops are told once, and keep everything.
TEST_P(rotate, the_servers_name) {
  here.stop();
  for (const char* odd : {"https://localhost", "[localhost:8443]", "a..b", "-a", "a:443", "a b"}) {
    EXPECT_EQ(here.server_command({"config", "set", "names", odd}).exit, 2) << odd;
  }
  for (const char* odd : {"0", "65536", "x", "8443/tcp", ""}) {
    EXPECT_EQ(here.server_command({"config", "set", "port", odd}).exit, 2) << odd;
  }
  const auto port = std::to_string(here.port());
  const json named = here.server_command({"config", "set", "names", "127.0.0.1"}).json;
  EXPECT_EQ(named.at("names"), json::array({"127.0.0.1"}));
  EXPECT_EQ(here.server_command({"config", "show"}).json, named);
  here.start();
  save(ana);
  EXPECT_EQ(ana({"sync"}).error_code(), "untrusted_server") << "the certificate has the new name";
  EXPECT_EQ(ana({"server", "set", "[127.0.0.1:" + port + "]"}).exit, 2);
  EXPECT_EQ(ana.must({"server", "set", " https://127.0.0.1:" + port + "/\u200B"}).at("host"),
            "127.0.0.1");
  EXPECT_EQ(ana.must({"server", "show"}).at("port"), here.port());
  EXPECT_EQ(ana.must({"sync"}).at("accepted"), 1) << "what waited goes out";
  expect_clean();
}

void too_late(const laptop& on) {
  const answer refused = on({"sync"});
  EXPECT_EQ(refused.error_code(), "untrusted_server") << refused.out;
  EXPECT_NE(refused.out.find("enroll LINK --again"), std::string::npos) << refused.out;
}

/// `away` hears of what is announced; or does not, and comes back with a link.
TEST_P(rotate, the_signing_key) {
  const json before = here.server_command({"keys", "show"}).json;
  const json next = announce("signing-key");
  EXPECT_EQ(next.at("signing_key"), before.at("signing_key"));
  EXPECT_EQ(next.at("serial"), before.at("serial").get<int>() + 1);
  expect_contact(ana);
  save(away);                                 // offline meanwhile
  here.add_doctor("meanwhile@clinica.test");  // an act in the journal, signed by the old key
  const json now = activate("signing-key");
  EXPECT_EQ(now.at("signing_key"), next.at("next_signing_key"));
  EXPECT_EQ(now.at("retired"), json::array({before.at("signing_key")}));
  expect_contact(ana);
  too_late(away);
  EXPECT_EQ(away.must({"status"}).at("pending"), 1) << "nothing is lost";
  away.must({"enroll", here.new_link("ana@clinica.test"), "--again"});
  expect_contact(away);
  ana.must({"sync"});
  EXPECT_EQ(patients(ana), patients(away));
  expect_clean();
  // And once more, with both.
  announce("signing-key");
  expect_contact(away);
  ana.must({"sync"});
  activate("signing-key");
  expect_contact(ana);
  expect_contact(away);
  expect_clean();
}

TEST_P(rotate, the_root) {
  const json before = here.server_command({"keys", "show"}).json;
  announce("root");
  expect_contact(ana);
  save(away);
  const json now = activate("root");
  EXPECT_NE(now.at("root"), before.at("root"));
  expect_contact(ana);
  expect_contact(ana);
  too_late(away);
  away.must({"enroll", here.new_link("ana@clinica.test"), "--again"});
  expect_contact(away);
  const laptop fresh = here.enroll(here.new_link("ana@clinica.test"), "fresh");
  fresh.must({"sync"});
  EXPECT_EQ(patients(fresh), patients(away));
  expect_clean();
}

TEST_P(rotate, the_leaf_and_what_is_not_to_be_done) {
  const json before = here.server_command({"keys", "show"}).json;
  const answer busy = here.server_command({"rotate", "leaf"});
  EXPECT_EQ(busy.error_code(), "replica_busy") << "not under a running server";
  EXPECT_EQ(here.server_command({"rotate", "leaf", "--dry-run"}).exit, 0);
  command({"rotate", "leaf"});
  expect_contact(ana);
  expect_contact(away);
  EXPECT_EQ(here.server_command({"keys", "show"}).json.at("serial"), before.at("serial"));
  here.stop();
  EXPECT_EQ(here.server_command({"rotate", "root", "--activate"}).exit, 2) << "not announced";
  EXPECT_EQ(here.server_command({"rotate", "root"}).exit, 0);
  EXPECT_EQ(here.server_command({"rotate", "root"}).exit, 2) << "announced already";
  EXPECT_EQ(here.server_command({"rotate", "root", "--activate"}).exit, 2) << "30 days first";
  EXPECT_EQ(here.server_command({"rotate", "root", "--activate", "--now", "--dry-run"}).exit, 0);
  EXPECT_EQ(here.server_command({"rotate", "moon"}).exit, 2);
  here.start();
  expect_contact(ana);
  expect_clean();
}

TEST_P(rotate, a_backup_from_before_needs_the_newer_bundle) {
  const std::string old_backup = here.folder() + "/backup";
  ASSERT_EQ(here.server_command({"backup", old_backup}).exit, 0);
  announce("signing-key");
  ana.must({"sync"});
  activate("signing-key");
  expect_contact(ana);
  const std::string bundle = here.folder() + "/bundle";
  ASSERT_EQ(here.server_command({"keys", "export", bundle}).exit, 0);
  here.stop();
  here.use_data(here.folder() + "/restored");
  std::vector<std::string> restore{"restore", old_backup};
  if (GetParam() == "postgres") {
    restore.insert(restore.end(), {"--database", postgres_cluster::shared().create_database()});
  }
  ASSERT_EQ(here.server_command(restore).exit, 0);
  here.start();
  too_late(ana);
  here.stop();
  ASSERT_EQ(here.server_command({"keys", "import", bundle}).exit, 0);
  here.start();
  EXPECT_GE(ana.must({"sync"}).at("restored"), 1) << "what the backup lacks comes back";
  expect_contact(ana);
  expect_clean();
  here.stop();
  const std::string older = here.folder() + "/older";
  EXPECT_EQ(here.server_command({"rotate", "signing-key"}).exit, 0);
  EXPECT_EQ(here.server_command({"keys", "import", bundle}).exit, 2) << "older than what is here";
  here.start();
}

INSTANTIATE_TEST_SUITE_P(databases, rotate, ::testing::Values("sqlite", "postgres"), database_name);

}  // namespace
}  // namespace autocusto::test
