// Two doctors and three laptops share patients without ever overwriting each other.

#include <gmock/gmock.h>

#include "tests/e2e/databases.hpp"
#include "tools/synthetic/synthetic.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class main_job : public on_both_databases {
 protected:
  main_job()
      : ana1(here.enroll(here.add_doctor("ana@clinica.test"), "ana-casa")),
        ana2(here.enroll(here.new_link("ana@clinica.test"), "ana-clinica")),
        bruno(here.enroll(here.add_doctor("bruno@clinica.test"), "bruno")) {}

  void sync_all() {
    for (const laptop* each : {&ana1, &ana2, &bruno, &ana1, &ana2}) each->must({"sync"});
  }
  static json field(const laptop& where, const std::string& key, const std::string& name) {
    return where.must({"patient", "show", key}).at("fields").at(name);
  }
  void register_patient(const laptop& where, const std::string& key, const std::string& name) {
    where.must({"patient", "save", key, "--set", "nome_paciente=" + name, "--set",
                "nome_mae=Mãe de Alguém", "--set", "end_paciente=Rua Um, 1"});
  }

  laptop ana1;
  laptop ana2;
  laptop bruno;
  const std::string cpf = "111.444.777-35";
};

TEST_P(main_job, what_one_laptop_registers_offline_comes_to_the_others_of_that_doctor_only) {
  here.kill();
  register_patient(ana1, cpf, "João Peçanha");
  const answer offline = ana1({"sync"});
  EXPECT_EQ(offline.exit, 5);
  EXPECT_EQ(offline.error_code(), "unreachable");
  EXPECT_EQ(ana1.must({"status"}).at("pending"), 1);
  here.start();
  EXPECT_EQ(ana1.must({"sync"}).at("accepted"), 1);
  EXPECT_EQ(ana2.must({"sync"}).at("pulled"), 1);
  EXPECT_EQ(bruno.must({"sync"}).at("pulled"), 0);
  EXPECT_EQ(field(ana2, "11144477735", "nome_paciente"), "João Peçanha");
  EXPECT_EQ(bruno({"patient", "show", cpf}).exit, 4);
  EXPECT_EQ(bruno({"patient", "show", "529.982.247-25"}).exit, 4);
  EXPECT_EQ(ana2.must({"patient", "search", "joao pecanha"}).at("count"), 1);
}

TEST_P(main_job, two_doctors_register_the_same_patient_and_keep_their_own_views) {
  register_patient(ana1, cpf, "Nome da Ana");
  register_patient(bruno, cpf, "Nome do Bruno");
  sync_all();
  EXPECT_EQ(field(ana2, cpf, "nome_paciente"), "Nome da Ana");
  EXPECT_EQ(field(bruno, cpf, "nome_paciente"), "Nome do Bruno");
  EXPECT_EQ(bruno.must({"patient", "history", cpf}).at("versions").size(), 1U);
  EXPECT_EQ(ana1.must({"patient", "show", cpf}).at("number"), 1);
  EXPECT_EQ(bruno.must({"patient", "show", cpf}).at("number"), 1) << "numbers tell of nobody else";
  const json records = here.admin().must({"record", "list", "--divergent"});
  ASSERT_EQ(records.at("count"), 1);
  EXPECT_EQ(records.at("items")[0].at("users"), 2);
  EXPECT_EQ(records.at("items")[0].at("versions"), 2);
}

TEST_P(main_job, edits_of_different_groups_are_merged) {
  register_patient(ana1, cpf, "João");
  sync_all();
  ana1.must({"patient", "save", cpf, "--set", "telefone1_paciente=(61) 3333-0001"});
  ana2.must({"patient", "save", cpf, "--set", "rg=123456"});
  ana1.must({"sync"});
  EXPECT_EQ(ana2.must({"sync"}).at("merged"), 1);
  sync_all();
  for (const laptop* each : {&ana1, &ana2}) {
    EXPECT_EQ(field(*each, cpf, "telefone1_paciente"), "(61) 3333-0001");
    EXPECT_EQ(field(*each, cpf, "rg"), "123456");
    EXPECT_EQ(each->must({"conflicts"}).at("count"), 0);
    EXPECT_EQ(each->must({"patient", "show", cpf}).at("author"), "system");
  }
}

TEST_P(main_job, edits_of_one_group_stay_side_by_side_until_somebody_resolves) {
  register_patient(ana1, cpf, "João");
  sync_all();
  ana1.must({"patient", "save", cpf, "--set", "peso=71"});
  ana2.must({"patient", "save", cpf, "--set", "peso=74"});
  ana1.must({"sync"});
  const json second = ana2.must({"sync"});
  EXPECT_EQ(second.at("siblings"), 1);
  EXPECT_EQ(second.at("conflicts"), 1);
  sync_all();
  const json shown1 = ana1.must({"patient", "show", cpf});
  EXPECT_EQ(shown1, ana2.must({"patient", "show", cpf})) << "the same active version everywhere";
  EXPECT_EQ(shown1.at("heads").size(), 2U);

  const json list = here.admin().must({"conflict", "list"});
  ASSERT_EQ(list.at("count"), 1);
  const std::string id = list.at("items")[0].at("id").dump();
  const std::string head = list.at("items")[0].at("heads")[0];
  EXPECT_THAT(here.admin().text({"conflict", "show", id}).out, HasSubstr("74"));
  here.admin().must({"conflict", "resolve", id, "--take", head, "--dry-run"});
  EXPECT_EQ(here.admin().must({"conflict", "list"}).at("count"), 1) << "a dry run changes nothing";
  here.admin().must({"conflict", "resolve", id, "--take", head});
  EXPECT_EQ(here.admin().must({"conflict", "list"}).at("count"), 0);
  sync_all();
  for (const laptop* each : {&ana1, &ana2}) {
    EXPECT_EQ(each->must({"conflicts"}).at("count"), 0);
    EXPECT_EQ(each->must({"patient", "history", cpf}).at("versions").size(), 4U) << "none is gone";
  }
  EXPECT_EQ(here.admin().must({"audit", "verify"}).value("ok", false), true);
}

TEST_P(main_job, a_doctor_resolves_offline) {
  register_patient(ana1, cpf, "João");
  sync_all();
  ana1.must({"patient", "save", cpf, "--set", "peso=71", "--set", "rg=1"});
  ana2.must({"patient", "save", cpf, "--set", "peso=74", "--set", "rg=2"});
  sync_all();
  here.kill();
  const json versions = ana1.must({"patient", "show", cpf}).at("heads");
  const std::string first = versions[0];
  const answer half = ana1({"resolve", "patient", cpf, "--field", "peso=" + first});
  EXPECT_EQ(half.exit, 6) << half.out;
  EXPECT_EQ(half.json["error"].value("field", ""), "rg");
  ana1.must({"resolve", "patient", cpf, "--field", "peso=" + first, "--set", "rg=3"});
  here.start();
  sync_all();
  EXPECT_EQ(ana2.must({"conflicts"}).at("count"), 0);
  EXPECT_EQ(field(ana2, cpf, "rg"), "3");
}

TEST_P(main_job, drafts_are_seen_by_all_laptops_of_their_author_and_conflict_with_nothing) {
  ana1.must({"patient", "save", cpf, "--set", "nome_paciente=Rascunho", "--draft"});
  sync_all();
  EXPECT_EQ(ana2.must({"patient", "show", cpf}).at("status"), "draft");
  EXPECT_EQ(ana2({"patient", "publish", cpf}).exit, 3) << "required fields are missing";
  ana2.must(
      {"patient", "save", cpf, "--draft", "--set", "nome_mae=Mãe", "--set", "end_paciente=Rua"});
  ana2.must({"patient", "publish", cpf});
  sync_all();
  EXPECT_EQ(ana1.must({"patient", "show", cpf}).at("status"), "active");
  ana1.must({"patient", "save", cpf, "--set", "rg=9", "--draft"});
  sync_all();
  EXPECT_EQ(ana2.must({"conflicts"}).at("count"), 0);
  EXPECT_EQ(field(ana2, cpf, "rg"), "");
  ana2.must({"patient", "draft", "discard", cpf});
  sync_all();
  EXPECT_EQ(ana1({"patient", "publish", cpf}).exit, 4);
}

TEST_P(main_job, many_records_in_one_file_come_through) {
  std::string patients;
  for (std::uint64_t n = 0; n < 1200; ++n) {
    patients += synthetic::json_line(synthetic::patient(3, n)) + '\n';
  }
  const json saved = ana1.must({"patient", "save", "--from", "-"}, patients);
  EXPECT_EQ(saved.at("count"), 1200);
  EXPECT_EQ(ana1.must({"sync"}).at("accepted"), 1200);
  EXPECT_EQ(ana2.must({"sync"}).at("pulled"), 1200);
  EXPECT_EQ(ana1.must({"patient", "list"}), ana2.must({"patient", "list"}));
  EXPECT_EQ(ana1.must({"patient", "save", "--from", "-"}, patients).at("changed"), 0);
  EXPECT_EQ(ana1.must({"sync"}).at("pushed"), 0) << "an edit that changes nothing makes no version";
  ASSERT_EQ(here.stop(), 0);
  EXPECT_EQ(here.server_command({"verify"}).exit, 0);
  EXPECT_EQ(ana2.must({"verify"}).at("ok"), true);
}

TEST_P(main_job, watching_laptops_exchange_changes_at_once) {
  sync_all();
  background watcher({program("autocusto"), "--home", ana2.home(), "sync", "--watch"},
                     {{"AUTOCUSTO_PASSPHRASE", k_passphrase}, {"LC_ALL", "C.UTF-8"}});
  register_patient(ana1, cpf, "João");
  ana1.must({"sync"});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(200);
  int exit = -1;
  while (exit != 0 && std::chrono::steady_clock::now() < until) {
    exit = ana2({"patient", "show", cpf}).exit;
  }
  EXPECT_EQ(exit, 0) << watcher.output();
  ana2.must({"patient", "save", cpf, "--set", "rg=77"});
  json rg;
  while (rg != "77" && std::chrono::steady_clock::now() < until) {
    ana1.must({"sync"});
    rg = field(ana1, cpf, "rg");
  }
  EXPECT_EQ(rg, "77") << "the watcher sends what another command saved";
  watcher.signal(SIGTERM);
  EXPECT_EQ(watcher.wait(), 0) << watcher.output();
}

INSTANTIATE_TEST_SUITE_P(databases, main_job, ::testing::Values("sqlite", "postgres"),
                         database_name);

}  // namespace
}  // namespace autocusto::test
