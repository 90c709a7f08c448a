// A laptop's folder is copied and both copies work on: one is told, enrolls again, nothing is lost.

#include <filesystem>
#include <set>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class copied : public on_both_databases {
 protected:
  copied() : ana(here.enroll(here.add_doctor("ana@clinica.test"), "ana")), copy(here.bare("copy")) {
    save(ana, shared, "Junta");
    ana.must({"sync"});
    save(ana, waiting, "Espera");  // in both copies, not sent yet
    fs::remove_all(copy.home());
    fs::copy(ana.home(), copy.home(), fs::copy_options::recursive);
  }

  static void save(const laptop& on, const std::string& cpf, const std::string& name) {
    on.must({"patient", "save", cpf, "--set", "nome_paciente=" + name, "--set", "nome_mae=M",
             "--set", "end_paciente=R"});
  }
  /// Every version of every patient, by its id.
  static std::set<std::string> everything(const laptop& on) {
    std::set<std::string> ids;
    const json list = on.must({"patient", "list"});
    for (const json& item : list.at("items")) {
      const json history = on.must({"patient", "history", item.at("key").get<std::string>()});
      for (const json& version : history.at("versions")) ids.insert(version.at("version_id"));
    }
    return ids;
  }
  void expect_both_have(std::size_t count) {
    for (int round = 0; round < 2; ++round) {
      for (const laptop* each : {&ana, &copy}) each->must({"sync"});
    }
    EXPECT_EQ(everything(ana), everything(copy));
    EXPECT_EQ(everything(ana).size(), count);
    for (const laptop* each : {&ana, &copy}) {
      const json status = each->must({"status"});
      EXPECT_EQ(status.at("pending"), 0);
      EXPECT_EQ(status.at("unconfirmed"), 0);
      EXPECT_TRUE(status.at("refused").empty());
      EXPECT_FALSE(status.at("copied"));
      each->must({"verify"});
    }
    EXPECT_EQ(here.server_command({"verify"}).exit, 0);
  }

  const std::string shared = "11144477735";
  const std::string waiting = "52998224725";
  const std::string first = "12345678909";
  const std::string second = "98765432100";
  laptop ana;
  laptop copy;
};

TEST_P(copied, both_copies_go_on_as_two_devices) {
  save(ana, first, "Primeira");
  ana.must({"patient", "save", shared, "--set", "rg=1"});
  save(copy, second, "Segunda");
  copy.must({"patient", "save", shared, "--set", "telefone1_paciente=91988887777"});
  ana.must({"sync"});
  const answer told = copy({"sync"});
  EXPECT_EQ(told.error_code(), "prev_push_old");
  EXPECT_NE(told.out.find("enroll --again"), std::string::npos) << "the next step";
  const json before = copy.must({"status"});
  EXPECT_TRUE(before.at("copied"));
  EXPECT_EQ(before.at("pending"), 3);
  EXPECT_NE(before.at("last_outcome").at("message").get<std::string>().find("enroll --again"),
            std::string::npos);

  const json made = copy.must({"enroll", "--again", "--device-name", "a cópia"});
  EXPECT_EQ(made.at("replaces"), before.at("device"));
  EXPECT_NE(made.at("device"), before.at("device"));
  EXPECT_FALSE(copy.must({"status"}).at("copied"));
  expect_both_have(7);  // four first versions, two edits of one patient, and their merge
  const json shown = ana.must({"patient", "show", shared});
  EXPECT_EQ(shown.at("fields").at("rg"), "1");
  EXPECT_EQ(shown.at("fields").at("telefone1_paciente"), "91988887777");

  bool listed = false;
  const json devices = here.admin().must({"device", "list"});
  for (const json& device : devices.at("items")) {
    if (device.at("id") != made.at("device")) continue;
    EXPECT_EQ(device.at("replaces"), before.at("device"));
    listed = true;
  }
  EXPECT_TRUE(listed);
  here.admin().must({"audit", "verify"});
}

TEST_P(copied, killed_in_the_middle_of_enrolling_again) {
  save(ana, first, "Primeira");
  ana.must({"sync"});
  save(copy, second, "Segunda");
  EXPECT_EQ(copy({"sync"}).error_code(), "prev_push_old");
  here.kill();
  EXPECT_EQ(copy({"enroll", "--again"}).exit, 5) << "unreachable: the old device, whole";
  EXPECT_TRUE(copy.must({"status"}).at("copied"));
  here.start();
  const json made = copy.must({"enroll", "--again"});
  EXPECT_EQ(made.at("device_name"), "ana") << "as it was";
  expect_both_have(4);
}

TEST_P(copied, a_new_link_does_it_as_well) {
  save(ana, first, "Primeira");
  ana.must({"sync"});
  save(copy, second, "Segunda");
  EXPECT_EQ(copy({"enroll", here.new_link("ana@clinica.test")}).error_code(), "already_enrolled");
  EXPECT_EQ(copy({"enroll", here.add_doctor("bruno@clinica.test"), "--again"}).error_code(),
            "forbidden");
  copy.must({"enroll", here.new_link("ana@clinica.test"), "--again"});
  expect_both_have(4);
}

INSTANTIATE_TEST_SUITE_P(databases, copied, ::testing::Values("sqlite", "postgres"), database_name);

}  // namespace
}  // namespace autocusto::test
