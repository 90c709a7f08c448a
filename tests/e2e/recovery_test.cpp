// The server goes back to an older state; the laptops bring back what it lost, by themselves.

#include <filesystem>
#include <map>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;

/// What a laptop shows of all its patients: lists, fields, heads, histories.
json picture(const laptop& of) {
  json out = json::object();
  const json list = of.must({"patient", "list"});
  for (const json& item : list.at("items")) {
    const std::string key = item.at("key");
    json shown = of.must({"patient", "show", key});
    shown.erase("number");
    json history = json::array();
    const json versions = of.must({"patient", "history", key});
    for (const json& version : versions.at("versions")) {
      history.push_back(version.at("version_id").get<std::string>());
    }
    std::sort(history.begin(), history.end());
    out[key]["shown"] = std::move(shown);
    out[key]["history"] = std::move(history);
  }
  return out;
}

class went_back : public on_both_databases {
 protected:
  went_back()
      : ana(here.enroll(here.add_doctor("ana@clinica.test"), "ana")),
        room(here.enroll(here.new_link("ana@clinica.test"), "room")),
        bruno(here.enroll(here.add_doctor("bruno@clinica.test"), "bruno")) {
    save(ana, early, "Cedo");
    sync_all();
  }

  static void save(const laptop& on, const std::string& cpf, const std::string& name) {
    on.must({"patient", "save", cpf, "--set", "nome_paciente=" + name, "--set", "nome_mae=M",
             "--set", "end_paciente=R"});
  }
  void sync_all() {
    for (const laptop* each : {&ana, &room, &bruno}) each->must({"sync"});
  }
  json verified() {
    const answer checked = here.server_command({"verify"});
    EXPECT_EQ(checked.exit, 0) << checked.out << checked.err;
    return checked.json;
  }

  /// What happens after the state to which the server goes back.
  void work() {
    save(ana, late, "Tarde");
    ana.must({"patient", "save", late, "--set", "rg=1"});
    ana.must({"patient", "save", early, "--set", "rg=77"});
    ana.must({"sync"});
    // Another doctor is given the second version only, and goes on from it.
    here.admin().must({"assign", "patient", late, "2", "--user", "bruno@clinica.test"});
    bruno.must({"sync"});
    bruno.must({"patient", "save", late, "--set", "rg=2"});
    bruno.must({"sync"});
    // Two laptops change the same: a conflict; and apart from each other: a merge.
    room.must({"sync"});
    for (const laptop* each : {&ana, &room}) {
      each->must({"patient", "save", early, "--set", "rg=" + each->home()});
    }
    ana.must({"patient", "save", late, "--set", "idade=40"});
    room.must({"patient", "save", late, "--set", "telefone1_paciente=91988887777"});
    ana.must({"patient", "save", draft, "--set", "nome_paciente=Rascunho", "--draft"});
    sync_all();
    sync_all();
    for (const laptop* each : {&ana, &room, &bruno}) before.push_back(picture(*each));
    ASSERT_EQ(before[0].size(), 3U);
    ASSERT_EQ(before[0], before[1]) << "both laptops of one doctor show the same";
    // What waits when the server goes back goes on waiting, and comes after the rest.
    save(room, waiting, "Espera");
  }

  void expect_all_back() {
    bruno.must({"sync"});
    const json half = verified();
    EXPECT_EQ(half.at("total_awaiting_parents"), 1)
        << "what was assigned came without its ancestors";
    ana.must({"sync"});
    room.must({"sync"});
    sync_all();
    const json after = verified();
    EXPECT_EQ(after.at("total_awaiting_parents"), 0);
    EXPECT_EQ(after.at("counts").at("open_conflicts"), 1);
    EXPECT_EQ(picture(bruno), before[2]);
    json hers = picture(ana);
    EXPECT_EQ(hers, picture(room));
    EXPECT_EQ(hers.at(waiting).at("shown").at("fields").at("nome_paciente"), "Espera");
    hers.erase(waiting);
    EXPECT_EQ(hers, before[0]);
    const laptop fresh = here.enroll(here.new_link("ana@clinica.test"), "fresh");
    fresh.must({"sync"});
    EXPECT_EQ(picture(fresh), picture(ana));
    for (const laptop* each : {&ana, &room, &bruno}) {
      EXPECT_EQ(each->must({"status"}).at("pending"), 0);
      EXPECT_EQ(each->must({"sync"}).at("restored"), 0) << "once is enough";
      each->must({"verify"});
    }
    // And life goes on.
    ana.must({"patient", "save", late, "--set", "rg=99"});
    EXPECT_EQ(ana.must({"sync"}).at("accepted"), 1);
    room.must({"sync"});
    EXPECT_EQ(room.must({"patient", "show", late}).at("fields").at("rg"), "99");
  }

  const std::string early = "11144477735";
  const std::string late = "52998224725";
  const std::string draft = "12345678909";
  const std::string waiting = "98765432100";
  laptop ana;
  laptop room;
  laptop bruno;
  std::vector<json> before;
};

TEST_P(went_back, by_restoring_a_backup) {
  const std::string file = here.folder() + "/backup";
  ASSERT_EQ(here.server_command({"backup", file}).exit, 0);
  work();
  here.stop();
  here.use_data(here.folder() + "/restored");
  std::vector<std::string> restore{"restore", file};
  if (GetParam() == "postgres") {
    restore.insert(restore.end(), {"--database", postgres_cluster::shared().create_database()});
  }
  const answer restored = here.server_command(restore);
  ASSERT_EQ(restored.exit, 0) << restored.out << restored.err;
  here.start();
  expect_all_back();
}

/// The embedded database by a copy of its folder, PostgreSQL by a dump.
TEST_P(went_back, by_putting_an_older_copy_back) {
  namespace fs = std::filesystem;
  const bool embedded = GetParam() == "sqlite";
  const std::string copy = here.folder() + "/copy";
  const auto shell = [](const std::string& line) {
    const outcome done = run({"sh", "-c", line});
    EXPECT_EQ(done.exit, 0) << done.err;
  };
  here.stop();
  if (embedded) {
    fs::copy(here.data(), copy, fs::copy_options::recursive);
  } else {
    shell("pg_dump --clean --if-exists '" + here.database() + "' > " + copy);
  }
  here.start();
  work();
  here.stop();
  if (embedded) {
    for (const char* name : {"store.sqlite", "store.sqlite-wal", "store.sqlite-shm"}) {
      fs::remove(here.data() + "/" + name);
      if (fs::exists(copy + "/" + name)) fs::copy(copy + "/" + name, here.data() + "/" + name);
    }
  } else {
    shell("psql -q -v ON_ERROR_STOP=1 '" + here.database() + "' < " + copy + " > /dev/null");
  }
  here.start();
  expect_all_back();
}

INSTANTIATE_TEST_SUITE_P(databases, went_back, ::testing::Values("sqlite", "postgres"),
                         database_name);

}  // namespace
}  // namespace autocusto::test
