// A restore does not give back what was taken away: the acts since stand in the signed journal.

#include <filesystem>
#include <fstream>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class journal : public on_both_databases {
 protected:
  journal()
      : ana(here.enroll(here.add_doctor("ana@clinica.test"), "ana")),
        room(here.enroll(here.new_link("ana@clinica.test"), "room")),
        bruno(here.enroll(here.add_doctor("bruno@clinica.test"), "bruno")),
        dora(here.enroll(here.add_doctor("dora@clinica.test"), "dora")) {
    save(ana, known);
    save(bruno, known);
    ana.must({"sync"});
    bruno.must({"sync"});
    here.admin().must({"user", "disable", "dora@clinica.test"});
  }

  static void save(const laptop& on, const std::string& cpf) {
    on.must({"patient", "save", cpf, "--set", "nome_paciente=N", "--set", "nome_mae=M", "--set",
             "end_paciente=R"});
  }
  std::string device_named(const std::string& name) {
    const json list = here.admin().must({"device", "list"});
    for (const json& device : list.at("items")) {
      if (device.at("name") == name) return device.at("id");
    }
    return {};
  }
  void back_up() { ASSERT_EQ(here.server_command({"backup", file()}).exit, 0); }
  [[nodiscard]] std::string file() const { return here.folder() + "/backup"; }

  /// Acts that the backup does not know.
  void act() {
    laptop& admin = here.admin();
    carla.emplace(here.enroll(here.add_doctor("carla@clinica.test"), "carla"));
    save(*carla, later);
    carla->must({"sync"});
    admin.must({"device", "revoke", device_named("room")});
    admin.must({"user", "enable", "dora@clinica.test"});
    admin.must({"unassign", "patient", known, "--user", "bruno@clinica.test"});
    // Opened and taken away after the backup: the database will not even know the view.
    save(bruno, later);
    bruno.must({"sync"});
    admin.must({"unassign", "patient", later, "--user", "bruno@clinica.test"});
    save(ana, later);
    ana.must({"sync"});
  }

  void restore(bool with_journal) {
    here.stop();
    std::vector<std::string> command{"restore", file()};
    if (with_journal) command.insert(command.end(), {"--journal", here.data() + "/acts.journal"});
    if (GetParam() == "postgres") {
      command.insert(command.end(), {"--database", postgres_cluster::shared().create_database()});
    }
    here.use_data(here.folder() + "/restored");
    const answer restored = here.server_command(command);
    ASSERT_EQ(restored.exit, 0) << restored.out << restored.err;
    here.start();
  }

  const std::string known = "11144477735";
  const std::string later = "52998224725";
  laptop ana;
  laptop room;
  laptop bruno;
  laptop dora;
  std::optional<laptop> carla;
};

TEST_P(journal, brings_acts_back_before_anybody_is_let_in) {
  back_up();
  act();
  restore(true);
  EXPECT_EQ(carla->must({"sync"}).at("restored"), 1) << "her device is known, and her edit is back";
  EXPECT_EQ(room({"sync"}).exit, 7) << "still revoked";
  EXPECT_EQ(dora({"sync"}).exit, 0) << "enabled again: the later act counts";
  bruno({"sync"});
  bruno({"sync"});
  EXPECT_EQ(bruno({"patient", "show", known}).exit, 4) << "taken away stays taken away";
  EXPECT_EQ(bruno({"patient", "show", later}).exit, 4);
  ana.must({"sync"});
  EXPECT_EQ(ana.must({"patient", "list"}).at("count"), 2);
  const json users = here.admin().must({"record", "list"});
  for (const json& record : users.at("items")) {
    EXPECT_EQ(record.at("users"), record.at("key") == known ? 1 : 2) << record;
  }
  const answer checked = here.server_command({"verify"});
  EXPECT_EQ(checked.exit, 0) << checked.out;
  EXPECT_EQ(checked.json.at("total_awaiting_parents"), 0);
}

TEST_P(journal, a_withdrawn_link_stays_withdrawn) {
  const std::string withdrawn = here.new_link("ana@clinica.test");
  const std::string kept = here.new_link("bruno@clinica.test");
  back_up();
  const json done = here.admin().must({"enrollment", "revoke", withdrawn});
  EXPECT_EQ(done.at("user"), "ana@clinica.test");
  const json open = here.admin().must({"enrollment", "list"});
  ASSERT_EQ(open.at("count"), 1);
  EXPECT_EQ(open.at("items")[0].at("user"), "bruno@clinica.test");
  EXPECT_EQ(here.admin().must({"enrollment", "list", "ana@clinica.test"}).at("count"), 0);
  const std::string id = done.at("enrollment");
  EXPECT_EQ(here.admin()({"enrollment", "revoke", id.substr(0, 8)}).exit, 4);
  restore(true);
  const answer refused = here.bare("thief")({"enroll", withdrawn});
  EXPECT_EQ(refused.error_code(), "code_unknown") << refused.out;
  static_cast<void>(here.enroll(kept, "bruno-2"));
}

TEST_P(journal, without_it_nothing_is_erased_and_devices_are_told_to_enroll_again) {
  back_up();
  act();
  restore(false);
  const answer stranger = (*carla)({"sync"});
  EXPECT_EQ(stranger.error_code(), "device_unknown") << stranger.out;
  EXPECT_EQ(carla->must({"patient", "list"}).at("count"), 1);
}

TEST_P(journal, what_was_changed_or_cut_in_it_is_skipped_and_the_rest_counts) {
  back_up();
  act();
  const std::string path = here.data() + "/acts.journal";
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  std::string text;
  {
    std::ifstream in(path);
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  EXPECT_EQ(text.find(later), std::string::npos) << "no patient's number stands in it";
  // Another e-mail for Carla: her line is not signed any more.
  const auto at = text.find("carla@");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 5, "karla");
  text += R"({"object":{"act":"user.add)";
  std::ofstream(path, std::ios::trunc) << text;
  restore(true);
  EXPECT_EQ(room({"sync"}).exit, 7);
  EXPECT_NE(here.log().find("\"skipped\":1"), std::string::npos) << here.log();
  const json users = here.admin().must({"user", "list"});
  EXPECT_EQ(users.dump().find("karla@"), std::string::npos);
  // It goes on being written behind what was cut.
  here.admin().must({"user", "disable", "dora@clinica.test"});
  here.stop();
  here.start();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(200);
  while (here.log().find("\"skipped\":2") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << here.log();
  }
  EXPECT_EQ(dora({"sync"}).exit, 7);
}

INSTANTIATE_TEST_SUITE_P(databases, journal, ::testing::Values("sqlite", "postgres"),
                         database_name);

}  // namespace
}  // namespace autocusto::test
