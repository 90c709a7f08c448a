// kill -9 of the server and of a laptop in the middle; nothing that was acknowledged is lost.

#include <csignal>

#include "tests/e2e/databases.hpp"
#include "tools/synthetic/synthetic.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;

class crash : public on_both_databases {
 protected:
  crash() : ana(here.enroll(here.add_doctor("ana@clinica.test"), "ana")) {}
  static std::string patients(std::uint64_t first, std::uint64_t count) {
    std::string lines;
    for (std::uint64_t n = first; n < first + count; ++n) {
      lines += synthetic::json_line(synthetic::patient(5, n)) + '\n';
    }
    return lines;
  }
  background start_sync(const laptop& where) {
    return background({program("autocusto"), "--home", where.home(), "sync"},
                      {{"AUTOCUSTO_PASSPHRASE", k_passphrase}, {"LC_ALL", "C.UTF-8"}});
  }
  laptop ana;
};

TEST_P(crash, the_server_is_killed_while_a_laptop_pushes) {
  for (std::uint64_t round = 0; round < 3; ++round) {
    ana.must({"patient", "save", "--from", "-"}, patients(round * 2100, 2100));
    here.server().skip();
    background sync = start_sync(ana);
    here.server().wait_for("/v1/push");
    here.kill();
    sync.wait(std::chrono::seconds(600));
    here.start();
  }
  ana.must({"sync"});
  EXPECT_EQ(ana.must({"status"}).at("pending"), 0);
  laptop second = here.enroll(here.new_link("ana@clinica.test"), "ana-2");
  second.must({"sync"});
  EXPECT_EQ(second.must({"patient", "list"}), ana.must({"patient", "list"}));
  EXPECT_EQ(second.must({"patient", "list"}).at("count"), 6300);
  EXPECT_EQ(here.admin().must({"stats"}).at("versions"), 6300) << "nothing was stored twice";
  ASSERT_EQ(here.stop(), 0);
  const answer verified = here.server_command({"verify"});
  EXPECT_EQ(verified.exit, 0) << verified.out;
}

TEST_P(crash, a_laptop_is_killed_while_it_syncs) {
  ana.must({"patient", "save", "--from", "-"}, patients(0, 2500));
  ana.must({"sync"});
  laptop second = here.enroll(here.new_link("ana@clinica.test"), "ana-2");
  for (std::uint64_t round = 0; round < 4; ++round) {
    second.must({"patient", "save", "--from", "-"}, patients(3000 + round * 1100, 1100));
    here.server().skip();
    background sync = start_sync(second);
    here.server().wait_for(round % 2 == 0 ? "/v1/push" : "/v1/changes");
    sync.signal(SIGKILL);
    sync.wait();
    EXPECT_EQ(second.must({"verify"}).at("ok"), true);
  }
  second.must({"sync"});
  ana.must({"sync"});
  EXPECT_EQ(ana.must({"patient", "list"}).at("count"), 6900);
  EXPECT_EQ(ana.must({"patient", "list"}), second.must({"patient", "list"}));
  EXPECT_EQ(second.must({"status"}).at("pending"), 0);
}

TEST_P(crash, a_backup_taken_while_serving_restores_to_the_same) {
  ana.must({"patient", "save", "--from", "-"}, patients(0, 50));
  ana.must({"sync"});
  const std::string file = here.folder() + "/backup.acbak";
  ASSERT_EQ(here.server_command({"backup", file}).exit, 0);
  const answer wrong = here.server_command({"restore", file});
  EXPECT_NE(wrong.exit, 0) << "a folder in use is not overwritten";
  EXPECT_EQ(ana.must({"sync"}).at("conflicts"), 0);
}

INSTANTIATE_TEST_SUITE_P(databases, crash, ::testing::Values("sqlite", "postgres"), database_name);

}  // namespace
}  // namespace autocusto::test
