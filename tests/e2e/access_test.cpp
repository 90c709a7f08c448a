// Who may see what, and what happens when that changes.

#include <gmock/gmock.h>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class access : public on_both_databases {
 protected:
  access()
      : ana(here.enroll(here.add_doctor("ana@clinica.test"), "ana")),
        bruno(here.enroll(here.add_doctor("bruno@clinica.test"), "bruno")) {
    ana.must({"patient", "save", cpf, "--set", "nome_paciente=Nome Marcado", "--set",
              "nome_mae=Mãe", "--set", "end_paciente=Rua", "--summary", "Resumo Marcado"});
    ana.must({"sync"});
  }
  std::string device_of(const std::string& email) {
    const json list = here.admin().must({"device", "list"});
    for (const json& device : list.at("items")) {
      if (device.at("user") == email) return device.at("id");
    }
    return {};
  }

  const std::string cpf = "11144477735";
  laptop ana;
  laptop bruno;
};

TEST_P(access, an_assignment_shows_that_version_only_and_unassigning_takes_it_away) {
  ana.must({"patient", "save", cpf, "--set", "rg=42"});
  ana.must({"sync"});
  laptop& admin = here.admin();
  admin.must({"assign", "patient", cpf, "2", "--user", "bruno@clinica.test"});
  EXPECT_EQ(bruno.must({"sync"}).at("pulled"), 1);
  EXPECT_EQ(bruno.must({"patient", "show", cpf}).at("fields").at("rg"), "42");
  EXPECT_EQ(bruno.must({"patient", "history", cpf}).at("versions").size(), 1U)
      << "the ancestors do not come with it";
  bruno.must({"patient", "save", cpf, "--set", "rg=43"});
  bruno.must({"sync"});
  ana.must({"sync"});
  EXPECT_EQ(ana.must({"patient", "show", cpf}).at("fields").at("rg"), "42");

  admin.must({"unassign", "patient", cpf, "--user", "bruno@clinica.test"});
  bruno.must({"sync"});
  EXPECT_EQ(bruno({"patient", "show", cpf}).exit, 4);
  EXPECT_EQ(bruno.must({"patient", "list"}).at("count"), 0);
  EXPECT_EQ(bruno.must({"verify"}).at("versions"), 0) << "the laptop has erased it";
  EXPECT_EQ(admin({"unassign", "patient", cpf, "--user", "bruno@clinica.test"}).exit, 4);
  EXPECT_EQ(ana.must({"patient", "show", cpf}).at("fields").at("rg"), "42");
}

TEST_P(access, an_edit_made_while_the_view_moved_becomes_a_visible_conflict) {
  bruno.must({"patient", "save", cpf, "--set", "nome_paciente=Do Bruno", "--set", "nome_mae=M",
              "--set", "end_paciente=R"});
  bruno.must({"sync"});
  bruno.must({"patient", "save", cpf, "--set", "nome_paciente=Editado"});
  here.admin().must({"assign", "patient", cpf, "1", "--user", "bruno@clinica.test"});
  EXPECT_EQ(bruno.must({"sync"}).at("conflicts"), 1);
  const json shown = bruno.must({"patient", "show", cpf});
  EXPECT_EQ(shown.at("heads").size(), 2U);
  EXPECT_EQ(shown.at("fields").at("nome_paciente"), "Nome Marcado") << "the assigned one is active";
}

TEST_P(access, a_disabled_user_and_a_revoked_device_are_out_at_once) {
  laptop& admin = here.admin();
  admin.must({"user", "disable", "bruno@clinica.test"});
  EXPECT_EQ(bruno({"sync"}).exit, 7);
  const laptop again = here.bare("bruno-again");
  admin.must({"user", "enable", "bruno@clinica.test"});
  const laptop other = here.enroll(here.new_link("bruno@clinica.test"), "bruno-2");
  other.must({"sync"});

  ana.must({"patient", "save", cpf, "--set", "rg=unsent"});
  admin.must({"device", "revoke", device_of("ana@clinica.test")});
  const answer out = ana({"sync"});
  EXPECT_EQ(out.exit, 7) << out.out;
  EXPECT_EQ(out.error_code(), "device_revoked");
  EXPECT_EQ(admin({"device", "revoke", "00000000-0000-4000-8000-00000000dead"}).exit, 4);
}

TEST_P(access, a_device_revoked_as_lost_is_wiped_at_its_next_contact) {
  here.admin().must({"device", "revoke", device_of("ana@clinica.test"), "--lost"});
  EXPECT_EQ(ana({"sync"}).exit, 7);
  EXPECT_EQ(ana({"patient", "list"}).exit, 7);
  EXPECT_EQ(ana({"patient", "list"}).error_code(), "not_enrolled");
}

TEST_P(access, an_edit_of_a_view_that_was_taken_away_goes_to_quarantine_and_leaves_the_laptop) {
  bruno.must({"patient", "save", cpf, "--set", "nome_paciente=B", "--set", "nome_mae=M", "--set",
              "end_paciente=R"});
  bruno.must({"sync"});
  bruno.must({"patient", "save", cpf, "--set", "rg=7"});
  // Access is taken and given anew: the edit's parent belongs to a closed incarnation.
  here.admin().must({"unassign", "patient", cpf, "--user", "bruno@clinica.test"});
  here.admin().must({"assign", "patient", cpf, "1", "--user", "bruno@clinica.test"});
  const answer synced = bruno({"sync"});
  EXPECT_EQ(synced.exit, 3) << synced.out << synced.err;
  EXPECT_EQ(synced.json.value("refused", 0), 1) << synced.out;
  const json list = here.admin().must({"quarantine", "list"});
  ASSERT_EQ(list.at("count"), 1);
  EXPECT_EQ(list.at("items")[0].at("code"), "parent_unavailable");
  const answer shown = here.admin()({"quarantine", "show", list.at("items")[0].at("id").dump()});
  EXPECT_EQ(shown.exit, 0);
  EXPECT_THAT(shown.out, HasSubstr("parent_unavailable"));
  EXPECT_EQ(bruno.must({"patient", "show", cpf}).at("fields").at("nome_paciente"), "Nome Marcado");
  EXPECT_EQ(bruno.must({"status"}).at("pending"), 0);
  EXPECT_EQ(bruno.must({"verify"}).at("versions"), 1) << "the old view is erased";
}

TEST_P(access, quarantined_edits_are_accepted_into_a_view_or_rejected) {
  bruno.must({"patient", "save", cpf, "--set", "nome_paciente=B", "--set", "nome_mae=M", "--set",
              "end_paciente=R"});
  bruno.must({"sync"});
  bruno.must({"patient", "save", cpf, "--set", "rg=7"});
  bruno.must({"patient", "save", cpf, "--set", "rg=8"});
  laptop& admin = here.admin();
  admin.must({"unassign", "patient", cpf, "--user", "bruno@clinica.test"});
  // Refused, kept in quarantine, and erased here: nothing is left for the refused list.
  EXPECT_EQ(bruno({"sync"}).json.value("handed_over", 0), 2);
  EXPECT_EQ(bruno.must({"refused", "list"}).at("items").size(), 0U);
  EXPECT_EQ(bruno({"patient", "show", cpf}).exit, 4);
  const json list = admin.must({"quarantine", "list"});
  ASSERT_EQ(list.at("count"), 2);
  // Newest first: the second edit goes on from the first, which the server does not have yet.
  const std::string second = list.at("items")[0].at("id").dump();
  const std::string first = list.at("items")[1].at("id").dump();
  EXPECT_EQ(admin({"quarantine", "accept", second}).error_code(), "parent_unavailable");
  EXPECT_TRUE(admin.must({"quarantine", "show", first}).at("seen_now").is_null());
  admin.must({"quarantine", "accept", first});
  bruno.must({"sync"});
  EXPECT_EQ(bruno.must({"patient", "show", cpf}).at("fields").at("rg"), "7");
  // Beside what the user sees now: one field differs.
  const json expected = json::parse(R"([{"field":"rg","from":"7","to":"8"}])");
  EXPECT_EQ(admin.must({"quarantine", "show", second}).at("changes"), expected);
  const auto dry = admin.text({"quarantine", "accept", second, "--dry-run"});
  EXPECT_THAT(dry.out, HasSubstr("rg          7")) << "as a table";
  EXPECT_EQ(admin.must({"quarantine", "list"}).at("count"), 1) << "nothing was done";
  EXPECT_EQ(
      admin.must({"quarantine", "accept", second, "--user", "bruno@clinica.test"}).at("changes"),
      expected);
  bruno.must({"sync"});
  EXPECT_EQ(bruno.must({"patient", "show", cpf}).at("fields").at("rg"), "8");
  EXPECT_EQ(bruno.must({"patient", "show", cpf}).at("conflict"), false);
  EXPECT_EQ(admin.must({"quarantine", "list"}).at("count"), 0);
  EXPECT_EQ(admin({"quarantine", "accept", first}).exit, 4) << "once";
  admin.must({"assign", "patient", cpf, "1", "--user", "bruno@clinica.test"});
  const json why = admin.must({"record", "why", "patient", cpf, "--user", "bruno@clinica.test"});
  std::vector<std::string> causes;
  for (const json& step : why.at("steps")) {
    causes.push_back(step.at("cause"));
    if (step.at("cause") == "own") continue;
    EXPECT_EQ(step.at("by"), "admin@clinica.test") << step;
    EXPECT_FALSE(step.at("at").get<std::string>().empty()) << step;
  }
  EXPECT_THAT(causes, ElementsAre("own", "removal", "acceptance", "acceptance", "assignment"));
  EXPECT_THAT(admin.text({"record", "why", "patient", cpf, "--user", "bruno@clinica.test"}).out,
              HasSubstr("from quarantine by admin@clinica.test"));
  bruno.must({"sync"});

  bruno.must({"patient", "save", cpf, "--set", "rg=9"});
  admin.must({"unassign", "patient", cpf, "--user", "bruno@clinica.test"});
  bruno({"sync"});
  const json more = admin.must({"quarantine", "list"});
  ASSERT_EQ(more.at("count"), 1);
  admin.must({"quarantine", "reject", more.at("items")[0].at("id").dump()});
  EXPECT_EQ(admin.must({"quarantine", "list"}).at("count"), 0);
  EXPECT_EQ(bruno({"quarantine", "reject", "1"}).exit, 2) << "no doctor's command";
  EXPECT_EQ(admin.must({"audit", "verify"}).at("ok"), true);
  const answer checked = here.server_command({"verify"});
  EXPECT_EQ(checked.exit, 0) << checked.out;
}

TEST_P(access, the_server_tells_its_log_and_metrics_nothing_about_patients) {
  here.admin().must({"record", "show", "patient", cpf});
  EXPECT_EQ(bruno({"sync"}).exit, 0);
  const outcome metrics =
      run({"python3", "-c",
           "import urllib.request,sys;"
           "print(urllib.request.urlopen(sys.argv[1]).read().decode())",
           "http://127.0.0.1:" + std::to_string(here.metrics_port()) + "/metrics"});
  ASSERT_EQ(metrics.exit, 0) << metrics.err;
  EXPECT_THAT(metrics.out, HasSubstr("accepted"));
  const std::string record = here.admin().must({"record", "list"}).dump();
  for (const std::string& text : {metrics.out, here.log()}) {
    EXPECT_THAT(text, Not(HasSubstr(cpf)));
    EXPECT_THAT(text, Not(HasSubstr("Marcado")));
    EXPECT_THAT(text, Not(HasSubstr("clinica.test")));
  }
  const json audit = here.admin().must({"audit", "list"});
  EXPECT_THAT(audit.dump(), HasSubstr("record")) << "an admin's read of patient data is on record";
}

/// One laptop too many edits the same field offline: its view has 16 heads already.
TEST(refusals, stay_readable_on_the_laptop_and_in_quarantine) {
  world here;
  here.start();
  const std::string cpf = "11144477735";
  std::vector<laptop> laptops;
  const std::string link = here.add_doctor("ana@clinica.test");
  for (int i = 0; i < 17; ++i) {
    laptops.push_back(
        here.enroll(i == 0 ? link : here.new_link("ana@clinica.test"), "l" + std::to_string(i)));
    if (i == 0) {
      laptops[0].must({"patient", "save", cpf, "--set", "nome_paciente=A", "--set", "nome_mae=M",
                       "--set", "end_paciente=R"});
    }
    laptops.back().must({"sync"});
  }
  for (int i = 0; i < 17; ++i) {
    laptops[static_cast<std::size_t>(i)].must(
        {"patient", "save", cpf, "--set", "rg=" + std::to_string(i)});
  }
  for (int i = 0; i < 16; ++i) laptops[static_cast<std::size_t>(i)].must({"sync"});
  const laptop& last = laptops[16];
  EXPECT_EQ(last({"sync"}).exit, 3);
  const json status = last.must({"status"});
  ASSERT_EQ(status.at("refused").size(), 1U) << status;
  EXPECT_EQ(status.at("refused")[0].at("code"), "too_many_heads");
  EXPECT_THAT(status.at("refused")[0].at("reason").get<std::string>(), HasSubstr("16"));
  const std::string version = status.at("refused")[0].at("version_id");
  EXPECT_EQ(last.must({"refused", "show", version}).at("fields").at("rg"), "16");
  EXPECT_EQ(here.admin().must({"quarantine", "list"}).at("count"), 1);

  const json conflicts = here.admin().must({"conflict", "list"});
  ASSERT_EQ(conflicts.at("count"), 1);
  const std::string head = conflicts.at("items")[0].at("heads")[3];
  here.admin().must(
      {"conflict", "resolve", conflicts.at("items")[0].at("id").dump(), "--take", head});
  last.must({"sync"});
  EXPECT_EQ(last.must({"refused", "reapply", version}).at("changed"), true);
  EXPECT_EQ(last.must({"sync"}).at("accepted"), 1);
  EXPECT_EQ(last.must({"status"}).at("refused").size(), 0U);
  EXPECT_EQ(last.must({"patient", "show", cpf}).at("fields").at("rg"), "16");
}

INSTANTIATE_TEST_SUITE_P(databases, access, ::testing::Values("sqlite", "postgres"), database_name);

}  // namespace
}  // namespace autocusto::test
