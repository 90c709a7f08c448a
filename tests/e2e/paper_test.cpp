// The doctor's job with the real program: records from lines, a PDF, renewal, the same bytes again.

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/support/print_samples.hpp"
#include "tests/support/world.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

json medicine(const std::string& name, int quantity) {
  json row = {{"nome", name}, {"via", "Oral"}, {"unidade", "comprimido"}};
  for (int month = 1; month <= 6; ++month) {
    row["qtd_" + std::to_string(month)] = quantity;
    row["pos_" + std::to_string(month)] = "Tomar 1 ao dia";
  }
  return row;
}

class paper : public ::testing::Test {
 protected:
  paper() {
    here.start();
    ana.emplace(here.enroll(here.add_doctor("ana@clinica.test"), "ana"));
    ana->must({"clinic", "save", "2345678", "--set", "nome_clinica=Clínica do Marajó", "--set",
               "logradouro=Rua A", "--set", "logradouro_num=1", "--set", "bairro=Centro", "--set",
               "cidade=Belém", "--set", "cep=66000-000", "--set", "telefone_clinica=9132123456"});
    ana->must({"doctor", "save", "12345/PA", "--set", "nome_medico=Ana Souza", "--set",
               "cns_medico=700000000000005"});
    patient(cpf, "João Antônio");
    ana->must({"process", "save", "--from", "-"}, process_line(key).dump() + "\n");
  }
  void patient(const std::string& of, const std::string& name) {
    ana->must({"patient", "save", of, "--set", "nome_paciente=" + name, "--set", "nome_mae=Maria",
               "--set", "end_paciente=Rua B", "--set", "peso=70", "--set", "altura=170"});
  }
  static json process_line(const std::string& of) {
    return {{"key", of},
            {"clinica", "2345678"},
            {"anamnese", "Surtos desde 2019."},
            {"tratou", "nao"},
            {"preenchido_por", "paciente"},
            {"prescricao", {medicine("Fingolimode 0,5 mg", 30)}},
            {"condicionais", {{"opt_edss", "2,5"}}}};
  }
  std::string file(const std::string& name) const { return here.folder() + "/" + name; }

  const std::string cpf = "11144477735";
  const std::string key = cpf + "/G35";
  world here;
  std::optional<laptop> ana;
};

TEST_F(paper, from_records_to_the_same_bytes_twice) {
  EXPECT_EQ(ana->must({"process", "check", key}).at("problems"), json::array());
  const auto first = ana->must(
      {"process", "print", key, "--start", "2027-01-31", "--months", "6", "--out", file("a.pdf")});
  EXPECT_EQ(first.at("pages"), 7);
  EXPECT_EQ(first.at("documents").size(), 7U);
  const std::string emission = first.at("emission");
  EXPECT_THAT(emission, MatchesRegex("11144477735/G35@2027-01-31-[0-9a-f]{16}"));
  const auto mode = std::filesystem::status(file("a.pdf")).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::string text;
  for (const auto& word : words_of_pdf(bytes_of(file("a.pdf")))) text += word.text + ' ';
  EXPECT_THAT(text, HasSubstr("João Antônio"));
  EXPECT_THAT(text, HasSubstr("Fingolimode"));

  const auto second = ana->must(
      {"process", "print", key, "--start", "2027-01-31", "--months", "6", "--out", file("b.pdf")});
  EXPECT_EQ(second.at("sha256"), first.at("sha256"));
  EXPECT_EQ(second.at("emission"), emission);
  EXPECT_EQ(ana->must({"emission", "list"}).at("count"), 1);
  EXPECT_EQ(ana->must({"emission", "history", emission}).at("versions").size(), 1U);

  ana->must({"process", "save", key, "--set", "anamnese=Outra história."});
  const auto third = ana->must(
      {"process", "print", key, "--start", "2027-01-31", "--months", "6", "--out", file("c.pdf")});
  EXPECT_NE(third.at("emission"), emission);

  const std::string mark = emission.substr(emission.size() - 16);
  const auto again = ana->must({"emission", "reprint", mark.substr(0, 8), "--out", file("d.pdf")});
  EXPECT_EQ(again.at("sha256"), first.at("sha256"));
  EXPECT_EQ(bytes_of(file("d.pdf")), bytes_of(file("a.pdf")));
  const auto to_stdout = ana->text({"emission", "reprint", mark, "--out", "-"});
  EXPECT_EQ(to_stdout.out, bytes_of(file("a.pdf")));
}

TEST_F(paper, refusals_have_their_exit_codes) {
  ana->must({"process", "save", key, "--set", "anamnese="});
  const auto refused = (*ana)({"process", "print", key, "--out", file("a.pdf")});
  EXPECT_EQ(refused.exit, 3);
  const auto problems = refused.json.at("error").at("problems");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].at("box"), "11");
  EXPECT_EQ(problems[0].at("field"), "anamnese");
  EXPECT_EQ(problems[0].at("code"), "missing");
  EXPECT_FALSE(std::filesystem::exists(file("a.pdf")));
  const auto checked = (*ana)({"process", "check", key});
  EXPECT_EQ(checked.exit, 3);
  EXPECT_EQ(checked.json.at("problems"), problems);
  ana->must({"process", "save", key, "--set", "anamnese=História."});

  const std::vector<std::pair<std::vector<std::string>, int>> table{
      {{"process", "print", "52998224725/G35"}, 4},
      {{"process", "print", key, "--start", "2027-02-30"}, 2},
      {{"process", "print", key, "--months", "7"}, 2},
      {{"process", "print", key, "--dates", "never"}, 2},
      {{"process", "print", key, "--documents", "lme,foo"}, 2},
      {{"process", "print", key, "--allow", "all"}, 2},
      {{"process", "print", key, "--template", "foo"}, 4},
      {{"process", "print", key, "--clinic", "7654321"}, 4},
      {{"process", "print", key, "--out", "-"}, 2},
      {{"process", "print", key, "--out", "/nowhere/at/all.pdf"}, 2},
      {{"process", "renew", key, "--due", "2027-01"}, 2},
      {{"process", "renew", "--due", "2027-13"}, 2},
      {{"process", "renew", "--due", "2031-01"}, 3},
      {{"process", "due", "--within", "x"}, 2},
      {{"process", "close", key}, 2},
      {{"process", "recode", key, "Z", "--reason", "r"}, 3},
      {{"emission", "save", key}, 2},
      {{"emission", "reprint", "abcd"}, 4},
      {{"emission", "set", "abcd", "--situacao", "deferida"}, 4},
      {{"doctor", "use", "1/SP"}, 4},
  };
  for (const auto& [arguments, exit] : table) {
    EXPECT_EQ((*ana)(arguments).exit, exit) << json(arguments);
  }
  EXPECT_EQ(ana->must({"emission", "list"}).at("count"), 0);

  auto line = process_line(key);
  line["prescricao"].push_back(medicine("Segundo", 8));
  line["prescricao"][1]["qtd_3"] = "muitos";
  const auto wrong = (*ana)({"process", "save", "--from", "-"}, line.dump());
  EXPECT_EQ(wrong.exit, 3);
  EXPECT_EQ(wrong.json.at("error").at("field"), "prescricao.2.qtd_3");
}

TEST_F(paper, replaces_no_file_without_force) {
  std::ofstream(file("a.pdf")) << "mine";
  EXPECT_EQ((*ana)({"process", "print", key, "--out", file("a.pdf")}).exit, 3);
  EXPECT_EQ(bytes_of(file("a.pdf")), "mine");
  EXPECT_EQ(ana->must({"emission", "list"}).at("count"), 0);
  ana->must({"process", "print", key, "--out", file("a.pdf"), "--force"});
  EXPECT_THAT(bytes_of(file("a.pdf")), HasSubstr("%PDF"));
  for (const auto& entry : std::filesystem::directory_iterator(here.folder())) {
    EXPECT_THAT(entry.path().filename().string(), Not(HasSubstr(".lme-")));
  }
}

TEST_F(paper, issues_nothing_that_cannot_be_written) {
  std::filesystem::create_directory(file("folder"));
  for (const auto& out : {file("folder"), file("folder/"), file("missing/a.pdf")}) {
    for (const auto* command : {"print", "renew"}) {
      const auto refused = (*ana)({"process", command, key, "--out", out, "--force"});
      EXPECT_EQ(refused.exit, 2) << command << ' ' << out;
    }
  }
  EXPECT_EQ(ana->must({"emission", "list"}).at("count"), 0);
}

TEST_F(paper, renews_what_is_due) {
  const std::string other = "52998224725/G35";
  patient("52998224725", "Zélia Prado");
  ana->must({"process", "save", "--from", "-"}, process_line(other).dump());
  for (const auto& each : {key, other}) {
    ana->must({"process", "print", each, "--start", "2026-08-10", "--months", "6", "--out",
               file(each.substr(0, 3) + ".pdf")});
  }
  const auto found = ana->must({"process", "search", "zelia"});
  ASSERT_EQ(found.at("count"), 1);
  EXPECT_EQ(found.at("items")[0].at("patient"), "Zélia Prado");
  EXPECT_EQ(found.at("items")[0].at("due"), "2027-02-10");
  const auto due = ana->must({"process", "due", "--within", "9999"});
  EXPECT_EQ(due.at("count"), 2);
  EXPECT_EQ(due.at("items")[0].at("key"), key);
  EXPECT_EQ(due.at("items")[0].at("name"), "João Antônio");
  EXPECT_EQ(due.at("items")[0].at("due"), "2027-02-10");

  ana->must({"process", "save", other, "--set", "tratou="});
  const auto renewed = ana->must(
      {"process", "renew", "--due", "2027-02", "--start", "2027-02-10", "--out", file("r.pdf")});
  EXPECT_EQ(renewed.at("printed"), 1);
  EXPECT_EQ(renewed.at("pages"), 7);
  ASSERT_EQ(renewed.at("refused").size(), 1U);
  EXPECT_EQ(renewed.at("refused")[0].at("key"), other);
  EXPECT_EQ(renewed.at("refused")[0].at("code"), "missing");
  EXPECT_EQ((*ana)({"process", "renew", other, "--out", file("none.pdf")}).exit, 3);

  ana->must({"process", "close", other, "--reason", "Mudou de cidade"});
  EXPECT_EQ(ana->must({"process", "due", "--within", "9999"}).at("count"), 1);
  const std::string emission = renewed.at("items")[0].at("emission");
  ana->must({"emission", "set", emission, "--situacao", "devolvida", "--nota", "Faltou o CNS"});
  EXPECT_EQ(ana->must({"emission", "show", emission}).at("fields").at("nota"), "Faltou o CNS");
  ana->must({"process", "recode", key, "G36.0", "--reason", "CID errado"});
  EXPECT_EQ(ana->must({"process", "show", cpf + "/G36.0"}).at("fields").at("situacao"), "ativo");
  ana->must({"sync"});
  EXPECT_EQ(ana->must({"status"}).at("pending"), 0);
}

/// Two laptops print the same thing without a network: one emission, no conflict.
TEST_F(paper, the_same_print_on_two_laptops_is_one_emission) {
  ana->must({"sync"});
  auto second = here.enroll(here.new_link("ana@clinica.test"), "ana-2");
  second.must({"sync"});
  const std::vector<std::string> print{"process", "print", key, "--start", "2027-01-31", "--out"};
  std::vector<std::string> emissions;
  for (const auto& [on, out] : {std::pair(&*ana, "a.pdf"), std::pair(&second, "b.pdf")}) {
    auto arguments = print;
    arguments.push_back(file(out));
    emissions.push_back(on->must(arguments).at("emission"));
  }
  EXPECT_EQ(emissions[0], emissions[1]);
  EXPECT_EQ(bytes_of(file("a.pdf")), bytes_of(file("b.pdf")));
  ana->must({"sync"});
  second.must({"sync"});
  ana->must({"sync"});
  for (const auto* on : {&*ana, &second}) {
    EXPECT_EQ(on->must({"conflicts"}).at("count"), 0);
    EXPECT_EQ(on->must({"emission", "list"}).at("count"), 1);
  }
  const auto again = second.must({"emission", "reprint", emissions[0], "--out", file("c.pdf")});
  EXPECT_EQ(bytes_of(file("c.pdf")), bytes_of(file("a.pdf")));
  EXPECT_EQ(again.at("emission"), emissions[0]);
}

/// Continued by a colleague: the process is the one that was assigned, all else is the colleague's.
TEST_F(paper, an_assigned_process_is_printed_in_the_name_of_who_has_it_now) {
  ana->must({"process", "print", key, "--out", file("ana.pdf")});
  ana->must({"sync"});
  const auto bruno = here.enroll(here.add_doctor("bruno@clinica.test"), "bruno");
  bruno.must({"clinic", "save", "7654321", "--set", "nome_clinica=Hospital do Norte", "--set",
              "logradouro=Rua C", "--set", "logradouro_num=2", "--set", "bairro=Sul", "--set",
              "cidade=Macapá", "--set", "cep=68900-000", "--set", "telefone_clinica=9632123456"});
  bruno.must({"doctor", "save", "999/AP", "--set", "nome_medico=Bruno Lima", "--set",
              "cns_medico=700000000000005"});
  bruno.must({"patient", "save", cpf, "--set", "nome_paciente=João Antônio Prado", "--set",
              "nome_mae=Mariana", "--set", "end_paciente=Rua Nova", "--set", "peso=88", "--set",
              "altura=171"});
  bruno.must({"sync"});

  // Nothing of hers is here, neither to ask for nor in what the laptop holds.
  for (const auto* kind : {"process", "emission"}) {
    EXPECT_EQ(bruno.must({kind, "list"}).at("count"), 0) << kind;
  }
  EXPECT_EQ(bruno({"process", "show", key}).exit, 4);
  EXPECT_EQ(bruno({"doctor", "show", "12345/PA"}).exit, 4);
  const auto held = [&] { return bruno.must({"verify"}).at("versions").get<int>(); };
  EXPECT_EQ(held(), 3);
  bruno.must({"export", file("bruno.jsonl")});
  for (const auto* word : {"Surtos", "Fingolimode", "Ana Souza", "Marajó", "G35"}) {
    EXPECT_THAT(bytes_of(file("bruno.jsonl")), Not(HasSubstr(word)));
  }

  here.admin().must({"assign", "process", key, "1", "--user", "bruno@clinica.test"});
  bruno.must({"sync"});
  EXPECT_EQ(held(), 4) << "the process alone";
  EXPECT_EQ((bruno({"process", "print", key, "--out", file("b.pdf")})).exit, 4)
      << "her clinic is not his";
  const auto printed = bruno.must({"process", "print", key, "--clinic", "7654321", "--start",
                                   "2027-01-31", "--out", file("b.pdf")});
  std::string text;
  for (const auto& word : words_of_pdf(bytes_of(file("b.pdf")))) text += word.text + ' ';
  for (const auto* his : {"Bruno Lima", "999", "Hospital do Norte", "João Antônio Prado", "Mariana",
                          "88", "Surtos desde 2019"}) {
    EXPECT_THAT(text, HasSubstr(his));
  }
  for (const auto* hers : {"Ana Souza", "Marajó", "Rua B"}) {
    EXPECT_THAT(text, Not(HasSubstr(hers)));
  }
  bruno.must({"sync"});
  ana->must({"sync"});
  EXPECT_EQ(ana->must({"emission", "list"}).at("count"), 1) << "his emission is not hers";

  // Taken away with the patient: process and emission go, the laptop has erased them.
  here.admin().must({"unassign", "patient", cpf, "--user", "bruno@clinica.test"});
  bruno.must({"sync"});
  EXPECT_EQ(bruno({"process", "show", key}).exit, 4);
  EXPECT_EQ(bruno({"emission", "show", printed.at("emission")}).exit, 4);
  EXPECT_EQ(held(), 2) << "clinic and profile";
  EXPECT_EQ(bruno({"emission", "reprint", printed.at("emission"), "--out", file("c.pdf")}).exit, 4);
  EXPECT_EQ(ana->must({"process", "list"}).at("count"), 1);
  ana->must({"emission", "reprint", ana->must({"emission", "list"}).at("items")[0].at("key"),
             "--out", file("ana-2.pdf")});
  EXPECT_EQ(bytes_of(file("ana-2.pdf")), bytes_of(file("ana.pdf")));
}

/// A dose that two laptops changed: printed after a choice only, and resolved by the doctor.
TEST_F(paper, a_conflict_of_doses_needs_a_person) {
  ana->must({"sync"});
  auto second = here.enroll(here.new_link("ana@clinica.test"), "ana-2");
  second.must({"sync"});
  ana->must({"process", "save", key, "--set", "anamnese=Uma história."});
  second.must({"process", "save", key, "--set", "anamnese=Outra história."});
  ana->must({"sync"});
  second(std::vector<std::string>{"sync"});
  (*ana)({"sync"});
  EXPECT_EQ((*ana)({"process", "print", key, "--out", file("a.pdf")}).exit, 6);
  ana->must({"process", "print", key, "--version", "2", "--out", file("a.pdf")});
  ana->must({"resolve", "process", key, "--take", "2"});
  ana->must({"process", "print", key, "--out", file("b.pdf")});
}

/// What stands on a screen, and what files are called, names no patient.
TEST_F(paper, keeps_patients_out_of_file_names) {
  const outcome done = run(
      {"bash", "-c",
       "cd \"$1\" && exec \"$0\" --home \"$2\" process print \"$3\" --start "
       "2027-01-31",
       program("autocusto"), file(""), ana->home(), key},
      {.env = {{"AUTOCUSTO_PASSPHRASE", k_passphrase}, {"LC_ALL", "pt_BR.UTF-8"}}, .input = {}});
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("páginas"));
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(here.folder())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, Contains(MatchesRegex("lme-[0-9a-f]{6}-2027-01-31\\.pdf")));
  for (const auto& name : names) EXPECT_THAT(name, Not(HasSubstr(cpf)));
}

}  // namespace
}  // namespace autocusto::test
