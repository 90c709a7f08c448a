// The doctor's acts on a laptop without a network.
#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <tuple>

#include <gtest/gtest.h>

#include "shared/domain/entry.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/integration/replica_fixture.hpp"

namespace autocusto::replica {
namespace {

struct ReplicaActs : ::testing::Test {
  small_server server;
  laptop ana{server};

  record_shown shown(const std::string& key = k_cpf) {
    auto r = ana->read().show("patient", key);
    if (!r) throw error_exception(r.error());
    return *std::move(r);
  }
  std::string field(const std::string& name) { return domain::value_text(shown().fields.at(name)); }
  saved must_save(const edit& e) {
    auto r = ana->edit().save(e);
    if (!r) throw error_exception(r.error());
    return *std::move(r);
  }
  void expect_sound() {
    const auto report = ana->read().verify();
    EXPECT_TRUE(report.problems.empty()) << report.problems.front();
  }
};

TEST_F(ReplicaActs, ANewPatientIsShownAndWaits) {
  const auto made = must_save(patient_edit("111.444.777-35", "João da Silva"));
  EXPECT_TRUE(made.created);
  EXPECT_TRUE(made.changed);
  EXPECT_EQ(made.number, 1);
  EXPECT_EQ(made.key, k_cpf);
  const auto patient = shown();
  EXPECT_EQ(patient.version.id, made.version);
  EXPECT_EQ(patient.version.summary, "Cadastro inicial do paciente");
  EXPECT_EQ(patient.version.author, "ana@clinica.teste");
  EXPECT_EQ(patient.version.device, "laptop-da-ana");
  EXPECT_EQ(patient.version.created_at, format_time(ana.clock().now()));
  EXPECT_FALSE(patient.synced);
  EXPECT_FALSE(patient.conflict);
  EXPECT_EQ(ana->read().status().pending, 1U);
  expect_sound();
}

TEST_F(ReplicaActs, AnEditKeepsTheFieldsThatItDoesNotName) {
  const auto first = must_save(patient_edit(k_cpf, "João da Silva"));
  ana.clock().advance(60'000);
  const auto second = must_save(set_field(k_cpf, "peso", "70"));
  EXPECT_FALSE(second.created);
  EXPECT_EQ(second.number, 2);
  EXPECT_EQ(field("nome_paciente"), "João da Silva");
  EXPECT_EQ(field("peso"), "70");
  const auto history = *ana->read().history("patient", k_cpf);
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[1].parents, std::vector{first.version});
  EXPECT_EQ(history[1].summary, "Atualização por ana@clinica.teste");
  EXPECT_TRUE(history[1].active && history[1].head && !history[0].head);
  const auto changes = *ana->read().diff("patient", k_cpf, "1", "2");
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].field, "peso");
}

TEST_F(ReplicaActs, WhatChangesNothingMakesNoVersion) {
  const auto first = must_save(patient_edit(k_cpf, "João da Silva"));
  const auto again = must_save(patient_edit(k_cpf, "João da Silva"));
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(ana->read().history("patient", k_cpf)->size(), 1U);
}

TEST_F(ReplicaActs, WhatNobodySeesIsTakenOutOnEntry) {
  must_save(patient_edit("111.444.777\u201135\u00A0", " João\u00A0 da\u200B Silva "));
  EXPECT_EQ(field("nome_paciente"), "João da Silva");
  for (const auto& [name, typed, kept] :
       {std::tuple("cns_paciente", "700 0000 0000 0005", "700000000000005"),
        std::tuple("peso", "70\u00A0kg", "70 kg"),
        std::tuple("telefone1_paciente", "\u200E(11) 91234\u20115678", "(11) 91234-5678"),
        std::tuple("cep_paciente", "01310\u200B-100", "01310-100"),
        std::tuple("email_paciente", "a@b.test\u00A0", "a@b.test")}) {
    must_save(set_field(k_cpf, name, typed));
    EXPECT_EQ(field(name), kept);
    EXPECT_FALSE(must_save(set_field(k_cpf, name, typed)).changed) << name;
  }
  auto told = set_field(k_cpf, "rg", "1");
  told.summary = " RG corrigido\u00A0\n";
  must_save(told);
  EXPECT_EQ(shown().version.summary, "RG corrigido");
}

TEST_F(ReplicaActs, TextIsNormalisedOnEntry) {
  must_save(patient_edit(k_cpf, "Joa\xCC\x83o"));  // a and a combining tilde
  EXPECT_EQ(field("nome_paciente"), "João");
}

TEST_F(ReplicaActs, EveryFieldThatIsWrongIsNamed) {
  auto wrong = patient_edit(k_cpf, "");
  wrong.fields["peso"] = std::string("mil");
  wrong.fields["cep_paciente"] = std::string("123");
  edit_problems why;
  const auto refused = ana->edit().save(wrong, &why);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::invalid_field);
  std::vector<std::string> fields;
  for (const auto& p : why.problems) fields.push_back(p.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"nome_paciente", "peso", "cep_paciente"}));
  EXPECT_FALSE(ana->read().show("patient", k_cpf));
}

TEST_F(ReplicaActs, WrongNamesTypesAndKeysAreRefused) {
  auto unknown = patient_edit(k_cpf, "João");
  unknown.fields["apelido"] = std::string("Jota");
  EXPECT_EQ(ana->edit().save(unknown).error().field, "apelido");
  auto wrong_type = patient_edit(k_cpf, "João");
  wrong_type.fields["incapaz"] = std::string("sim");
  EXPECT_EQ(ana->edit().save(wrong_type).error().field, "incapaz");
  EXPECT_EQ(ana->edit().save(patient_edit("11144477736", "João")).error().code, errc::invalid_key);
  auto no_kind = patient_edit(k_cpf, "João");
  no_kind.kind = "receita";
  EXPECT_EQ(ana->edit().save(no_kind).error().code, errc::not_found);
  auto long_summary = patient_edit(k_cpf, "João");
  long_summary.summary = std::string(501, 'x');
  EXPECT_EQ(ana->edit().save(long_summary).error().field, "summary");
}

TEST_F(ReplicaActs, AnImportedOddityStaysEditable) {
  const domain::record_ref record{"patient", server.record_of("patient", k_cpf)};
  domain::version_header header;
  header.record = record;
  header.author = server.user;
  header.created_at = "2020-01-01T00:00:00.000Z";
  domain::version_payload payload;
  payload.key = k_cpf;
  payload.fields = domain::empty_fields("patient");
  payload.fields["nome_paciente"] = std::string("Sem mãe nem endereço");
  payload.fields["peso"] = std::string("uns setenta");
  server.accept(domain::make_version(header, payload));
  ana.pull();
  EXPECT_TRUE(must_save(set_field(k_cpf, "cidade_paciente", "Recife")).changed);
  const auto refused = ana->edit().save(set_field(k_cpf, "peso", "uns oitenta"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "peso");
  ASSERT_TRUE(ana->edit().save(set_field(k_cpf, "peso", "80")));
  EXPECT_TRUE(ana->edit().save(set_field(k_cpf, "peso", "uns setenta")))
      << "any version's value may return";
}

TEST_F(ReplicaActs, TwoOldVersionsTogetherExemptNobodyFromAGuardian) {
  must_save(patient_edit(k_cpf, "Ana"));  // capable, without a guardian
  auto incapable = set_field(k_cpf, "nome_responsavel", "Rui");
  incapable.fields["incapaz"] = true;
  must_save(incapable);
  const auto cleared = ana->edit().save(set_field(k_cpf, "nome_responsavel", ""));
  ASSERT_FALSE(cleared)
      << "each value is known, but not both in one version: the server refuses it";
  EXPECT_EQ(cleared.error().field, "nome_responsavel");
}

TEST_F(ReplicaActs, ManyLinesAreAllOrNothing) {
  std::vector<edit> lines;
  for (std::uint32_t n = 0; n < 600; ++n) lines.push_back(patient_edit(cpf(n), "Paciente"));
  lines.push_back(set_field(cpf(3), "peso", "70"));  // goes on from an earlier line
  auto broken = lines;
  broken[555] = patient_edit("123", "Ninguém");
  edit_problems why;
  const auto refused = ana->edit().save_all(broken, &why);
  ASSERT_FALSE(refused);
  EXPECT_EQ(why.index, 555U);
  EXPECT_TRUE(refused.error().message.starts_with("Line 556:"));
  EXPECT_EQ(ana->read().list("patient")->size(), 0U);
  EXPECT_EQ(ana->read().status().pending, 0U);

  const auto done = ana->edit().save_all(lines);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->size(), 601U);
  EXPECT_EQ(done->back().number, 2);
  EXPECT_EQ(ana->read().list("patient")->size(), 600U);
  EXPECT_EQ(ana->read().status().pending, 601U);
  EXPECT_EQ(ana->read().status().pending, 601U);
  expect_sound();
}

TEST_F(ReplicaActs, ControlsAreKeptOutOfFieldsAndSummaries) {
  auto typed = patient_edit(k_cpf, "Jo\x1B[31mX");
  typed.summary = "a\u202E\x1B]0;x\x07\r\nb";
  must_save(typed);
  EXPECT_EQ(shown().fields.at("nome_paciente"), domain::field_value(std::string("Jo[31mX")));
  EXPECT_EQ(shown().version.summary, "a]0;x\nb");
}

TEST_F(ReplicaActs, LinesThatCannotBeReadAreToldAmongThoseWithWrongValues) {
  std::vector<edit> lines;
  for (std::uint32_t n = 0; n < 130; ++n) lines.push_back(patient_edit(cpf(n), "Paciente"));
  for (std::uint32_t n = 0; n < 120; ++n) {
    if (n % 2 == 0) {
      lines[n].unreadable = fail(errc::malformed, "It is no edit.");
    } else {
      lines[n].fields["peso"] = std::string("muito");
    }
  }
  edit_problems why;
  const auto refused = ana->edit().save_all(lines, &why);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "Line 1: It is no edit.");
  EXPECT_EQ(why.wrong_lines, 120U) << "all are counted";
  ASSERT_EQ(why.problems.size(), 50U) << "some are told";
  for (std::size_t i = 0; i < why.problems.size(); ++i) {
    EXPECT_TRUE(why.problems[i].message.starts_with("Line " + std::to_string(i + 1) + ": "));
  }
  EXPECT_EQ(ana->read().list("patient")->size(), 0U);

  std::vector<edit> one{patient_edit(cpf(0), "Ana"), edit{}};
  one[1].unreadable = fail(errc::malformed, "It is no edit.");
  EXPECT_FALSE(ana->edit().save_all(one));
  EXPECT_EQ(ana->read().list("patient")->size(), 0U) << "the line beside it is not saved either";
}

TEST_F(ReplicaActs, ADraftMayLackFieldsAndIsPublishedWhenTheyAreThere) {
  auto draft = set_field(k_cpf, "nome_paciente", "João da Silva");
  draft.draft = true;
  const auto made = must_save(draft);
  EXPECT_TRUE(made.created);
  EXPECT_EQ(shown().version.status, domain::version_status::draft);
  EXPECT_EQ(shown().heads.size(), 0U);
  EXPECT_TRUE(ana->read().list("patient")->at(0).draft);

  const auto refused = ana->edit().publish("patient", k_cpf, std::nullopt, std::nullopt);
  ASSERT_FALSE(refused) << "what a draft may lack must not slip into an active version";
  EXPECT_EQ(refused.error().field, "nome_mae");

  auto more = patient_edit(k_cpf, "João da Silva");
  more.draft = true;
  const auto second = must_save(more);
  const auto published = ana->edit().publish("patient", k_cpf, std::nullopt, "Cadastro completo");
  ASSERT_TRUE(published);
  const auto patient = shown();
  EXPECT_EQ(patient.version.id, published->version);
  EXPECT_EQ(patient.version.parents, std::vector{second.version});
  EXPECT_EQ(patient.version.summary, "Cadastro completo");
  EXPECT_TRUE(patient.drafts.empty());
  EXPECT_EQ(ana->edit().publish("patient", k_cpf, std::nullopt, std::nullopt).error().code,
            errc::not_found);
  expect_sound();
}

TEST_F(ReplicaActs, ADraftBesideAnActiveVersionChangesNothingElse) {
  const auto active = must_save(patient_edit(k_cpf, "João da Silva"));
  auto draft = set_field(k_cpf, "peso", "71");
  draft.draft = true;
  const auto first = must_save(draft);
  EXPECT_EQ(shown().version.id, active.version);
  EXPECT_EQ(shown().drafts, std::vector{first.version});
  draft = set_field(k_cpf, "altura", "170");
  draft.draft = true;
  const auto second = must_save(draft);
  EXPECT_EQ(shown().drafts, std::vector{second.version}) << "it goes on from the first draft";
  const auto discarded = ana->edit().discard_draft("patient", k_cpf, std::nullopt);
  ASSERT_TRUE(discarded);
  EXPECT_EQ(*discarded, second.version);
  EXPECT_TRUE(shown().drafts.empty());
  const auto history = ana->read().history("patient", k_cpf);
  ASSERT_EQ(history->size(), 3U) << "the versions stay";
  EXPECT_FALSE((*history)[0].set_aside);
  EXPECT_TRUE((*history)[1].set_aside) << "replaced";
  EXPECT_TRUE((*history)[2].set_aside) << "discarded";
  EXPECT_EQ(ana->edit().discard_draft("patient", k_cpf, std::nullopt).error().code,
            errc::not_found);
}

TEST_F(ReplicaActs, ARecordOfDiscardedDraftsStillHasItsHistory) {
  auto draft = patient_edit(k_cpf, "João da Silva");
  draft.draft = true;
  const auto only = must_save(draft);
  EXPECT_FALSE((*ana->read().history("patient", k_cpf))[0].set_aside);
  ASSERT_TRUE(ana->edit().discard_draft("patient", k_cpf, std::nullopt));
  EXPECT_EQ(ana->read().show("patient", k_cpf).error().code, errc::not_found);
  EXPECT_TRUE(ana->read().list("patient")->empty());
  ASSERT_EQ(ana->read().history("patient", k_cpf)->size(), 1U);
  EXPECT_EQ(ana->read().show("patient", k_cpf, "1")->version.id, only.version);
  EXPECT_EQ(ana->read().history("patient", cpf(7)).error().code, errc::not_found);
}

TEST_F(ReplicaActs, RevertMakesANewVersionWithOldFields) {
  must_save(patient_edit(k_cpf, "João da Silva"));
  const auto second = must_save(set_field(k_cpf, "peso", "70"));
  const auto reverted = ana->edit().revert("patient", k_cpf, "1", std::nullopt);
  ASSERT_TRUE(reverted);
  EXPECT_EQ(reverted->number, 3);
  EXPECT_EQ(field("peso"), "");
  EXPECT_EQ(shown().version.parents, std::vector{second.version});
  EXPECT_FALSE(ana->edit().revert("patient", k_cpf, "1", std::nullopt)->changed);
  EXPECT_EQ(ana->edit().revert("patient", k_cpf, "9", std::nullopt).error().code, errc::not_found);
}

TEST_F(ReplicaActs, VersionsAreNamedByNumberOrByTheBeginningOfTheirId) {
  const auto first = must_save(patient_edit(k_cpf, "João da Silva"));
  must_save(set_field(k_cpf, "peso", "70"));
  const auto id = first.version.text();
  EXPECT_EQ(ana->read().show("patient", k_cpf, "1")->version.id, first.version);
  EXPECT_EQ(ana->read().show("patient", k_cpf, id)->version.id, first.version);
  EXPECT_EQ(ana->read().show("patient", k_cpf, id.substr(0, 8))->version.id, first.version);
  for (const char* wrong : {"0", "3", "-1", "abc", "ffffffffffffffff", "", "1x"}) {
    EXPECT_EQ(ana->read().show("patient", k_cpf, wrong).error().code, errc::not_found) << wrong;
  }
}

TEST_F(ReplicaActs, SearchFoldsNamesAndFindsDigitsOfTheKey) {
  must_save(patient_edit(cpf(1), "João da Silva"));
  must_save(patient_edit(cpf(2), "joana Souza"));
  must_save(patient_edit(cpf(3), "Álvaro 100% _'<b>"));
  const auto names = [&](const std::string& term) {
    std::string out;
    for (const auto& item : *ana->read().search("patient", term)) {
      out += (out.empty() ? "" : "|") + item.name;
    }
    return out;
  };
  EXPECT_EQ(names(""), "Álvaro 100% _'<b>|joana Souza|João da Silva");
  EXPECT_EQ(names("joao"), "João da Silva");
  EXPECT_EQ(names("JOÃO"), "João da Silva");
  EXPECT_EQ(names("jo"), "joana Souza|João da Silva");
  EXPECT_EQ(names("%"), "Álvaro 100% _'<b>");
  EXPECT_EQ(names("<b>"), "Álvaro 100% _'<b>");
  EXPECT_EQ(names("nada"), "");
  EXPECT_EQ(names(" silva  joao"), "João da Silva") << "words in any order, with any blanks";
  EXPECT_EQ(names(cpf(2).substr(0, 5) + "\u200B" + cpf(2).substr(5) + "\u00A0"), "joana Souza");
  const auto key = cpf(2);
  EXPECT_EQ(names(key), "joana Souza");
  EXPECT_EQ(names(key.substr(0, 3) + "." + key.substr(3, 3) + "." + key.substr(6, 3) + "-" +
                  key.substr(9)),
            "joana Souza");
  EXPECT_EQ(ana->read().list("clinic")->size(), 0U);
  EXPECT_EQ(ana->read().list("receita").error().code, errc::not_found);
}

TEST_F(ReplicaActs, ExportHoldsEverythingThatIsVisible) {
  must_save(patient_edit(k_cpf, "João da Silva"));
  must_save(set_field(k_cpf, "peso", "70"));
  std::vector<std::string> lines;
  EXPECT_EQ(ana->read().export_lines([&](std::string_view line) { lines.emplace_back(line); }), 2U);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("João da Silva"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("number":2)"), std::string::npos);
  EXPECT_NE(lines[1].find(R"("peso":"70")"), std::string::npos);
}

TEST_F(ReplicaActs, ValuesAreEnteredAsText) {
  EXPECT_EQ(*domain::entered_value("patient", "incapaz", "Não"), domain::field_value(false));
  EXPECT_EQ(*domain::entered_value("patient", "incapaz", "SIM"), domain::field_value(true));
  EXPECT_EQ(*domain::entered_value("patient", "peso", "70"),
            domain::field_value(std::string("70")));
  EXPECT_EQ(domain::entered_value("patient", "incapaz", "talvez").error().field, "incapaz");
  EXPECT_EQ(domain::entered_value("patient", "apelido", "x").error().code, errc::invalid_field);
  EXPECT_EQ(domain::entered_value("receita", "x", "x").error().code, errc::not_found);
}

TEST_F(ReplicaActs, EverythingIsThereAfterOpeningAgain) {
  const auto made = must_save(patient_edit(k_cpf, "João da Silva"));
  ana.reopen();
  EXPECT_EQ(shown().version.id, made.version);
  EXPECT_EQ(ana->identity().who()->email, "ana@clinica.teste");
  EXPECT_EQ(must_save(set_field(k_cpf, "peso", "70")).number, 2);
  expect_sound();
}

TEST_F(ReplicaActs, SettingsAreKept) {
  EXPECT_FALSE(ana->identity().setting("language"));
  ASSERT_TRUE(ana->identity().set_setting("language", "pt_BR"));
  ana.reopen();
  EXPECT_EQ(ana->identity().setting("language"), "pt_BR");
  ASSERT_TRUE(ana->identity().set_setting("language", ""));
  EXPECT_FALSE(ana->identity().setting("language"));
  EXPECT_FALSE(ana->identity().set_setting("", "x"));
}

TEST(ReplicaBeforeEnrollment, RefusesWorkButKeepsItsDeviceKey) {
  const test::temporary_folder folder("replica");
  test::hand_clock clock;
  const auto home = folder / "home";
  EXPECT_FALSE(replica_store::exists(home));
  auto made = replica_store::create(home, test::k_passphrase, test::quick_environment(clock));
  ASSERT_TRUE(made);
  EXPECT_FALSE((*made)->identity().enrolled());
  EXPECT_EQ((*made)->edit().save(patient_edit(k_cpf, "João")).error().code, errc::not_enrolled);
  EXPECT_EQ((*made)->identity().who().error().code, errc::not_enrolled);
  const auto key = (*made)->identity().device_key().public_half();
  made->reset();
  EXPECT_TRUE(replica_store::exists(home));
  auto again = replica_store::open(home, test::k_passphrase, test::quick_environment(clock));
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->identity().device_key().public_half(), key);
  EXPECT_EQ(replica_store::create(home, "x", test::quick_environment(clock)).error().code,
            errc::already_exists);
}

TEST_F(ReplicaActs, AnotherIdentityIsRefused) {
  auto other = server.identity_for(ana.device());
  EXPECT_TRUE(ana->identity().enroll(other, server.tenant_key())) << "the same one again is fine";
  other.user.data()[0] ^= 1;
  EXPECT_EQ(ana->identity().enroll(other, server.tenant_key()).error().code,
            errc::already_enrolled);
}

// Another process may save while everything is being checked.
TEST_F(ReplicaActs, VerifyTakesNoWritingBesideForALoss) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "Ana Teste")));
  const test::hand_clock clock;
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::thread other([&] {
    const auto same =
        *replica_store::open(ana.home(), test::k_passphrase, test::quick_environment(clock));
    for (int i = 0; !stop; ++i) {
      if (same->identity().set_setting("number", std::to_string(i))) ++written;
    }
  });
  for (int checked = 0; checked < 20; checked = std::min(checked + 1, written.load())) {
    EXPECT_EQ(ana->read().verify().missing_commits, 0);
  }
  stop = true;
  other.join();
}

TEST_F(ReplicaActs, ADamagedCountStopsNobodyFromSaving) {
  ASSERT_TRUE(ana->edit().save(patient_edit(k_cpf, "Ana Teste")));
  {
    sqlite::database db(ana.home() + "/replica.sqlite", {.mode = sqlite::open_mode::read_write});
    db.execute("UPDATE setting SET value = randomblob(length(value))");
  }
  EXPECT_FALSE(ana->read().verify().problems.empty());
  EXPECT_TRUE(ana->identity().set_setting("number", "1"));
  EXPECT_TRUE(ana->identity().set_setting("number", "2"));
}

}  // namespace
}  // namespace autocusto::replica
