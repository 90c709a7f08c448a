// Wrong input of every kind gets the right exit code and a sentence that names field and limit.

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

TEST(programs, tell_their_version_and_help) {
  for (const std::string name : {"autocusto", "autocusto-server", "autocusto-admin",
                                 "autocusto-import", "autocusto-synthetic"}) {
    const outcome version = run({program(name), "--version"});
    EXPECT_EQ(version.exit, 0) << name;
    EXPECT_THAT(version.out, ContainsRegex("^" + name +
                                           " [0-9.]+ \\(commit ([0-9a-f]{10}, [0-9]{4}-[0-9]{2}-"
                                           "[0-9]{2}(, changed)?|unknown)\\)\n$"));
    const outcome help = run({program(name), "--help"});
    EXPECT_EQ(help.exit, 0) << name;
    EXPECT_THAT(help.out, HasSubstr("--version")) << name;
    EXPECT_EQ(run({program(name), "no-such-command"}).exit, 2) << name;
    EXPECT_EQ(run({program(name)}).exit, 2) << name;
  }
}

struct wrong_input {
  std::vector<std::string> arguments;
  int exit;
  std::string code;
  std::string in_message;
};

class doctor_commands : public ::testing::Test {
 protected:
  doctor_commands() {
    here.start();
    ana.emplace(here.enroll(here.add_doctor("ana@clinica.test"), "ana"));
    ana->must({"patient", "save", cpf, "--set", "nome_paciente=João", "--set", "nome_mae=M",
               "--set", "end_paciente=R"});
  }
  const std::string cpf = "11144477735";
  world here;
  std::optional<laptop> ana;
};

/// A disk that is full: nothing in clear is left lying about.
TEST_F(doctor_commands, an_export_that_is_cut_leaves_no_file) {
  std::string lines;
  for (int n = 0; n < 20; ++n) {
    lines += json{{"key", cpf},
                  {"summary", std::string(400, 'a') + std::to_string(n)},
                  {"fields", {{"rg", std::to_string(n)}}}}
                 .dump() +
             "\n";
  }
  ana->must({"patient", "save", "--from", "-"}, lines);
  const std::string whole = here.folder() + "/whole";
  EXPECT_EQ(ana->must({"export", whole}).at("versions"), 21);
  ASSERT_GT(std::filesystem::file_size(whole), 40U * 1024) << "or the limit below is none";
  const std::string cut = here.folder() + "/cut";
  const outcome refused =
      run({"bash", "-c", "trap '' XFSZ; ulimit -f 40; exec \"$0\" --home \"$1\" export \"$2\"",
           program("autocusto"), ana->home(), cut},
          {.env = {{"AUTOCUSTO_PASSPHRASE", k_passphrase}}, .input = {}});
  EXPECT_EQ(refused.exit, 1) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("disk full"));
  EXPECT_FALSE(std::filesystem::exists(cut));
}

TEST_F(doctor_commands, refuse_wrong_input_with_a_sentence) {
  const std::string long_name(101, 'x');
  const std::vector<wrong_input> table{
      {{"patient", "save", "11144477736", "--set", "nome_paciente=X"}, 3, "invalid_key", "CPF"},
      {{"patient", "save", "111", "--set", "nome_paciente=X"}, 3, "invalid_key", "11"},
      {{"patient", "save", "00000000000", "--set", "nome_paciente=X"},
       3,
       "invalid_key",
       "repeated"},
      {{"clinic", "save", "123", "--set", "nome_clinica=X"}, 3, "invalid_key", "7 digits"},
      {{"patient", "save", cpf, "--set", "nome_paciente=" + long_name}, 3, "invalid_field", "100"},
      {{"patient", "save", cpf, "--set", "nome_paciente="}, 3, "invalid_field", "nome_paciente"},
      {{"patient", "save", cpf, "--set", "peso=900"}, 3, "invalid_field", "500"},
      {{"patient", "save", cpf, "--set", "altura=5"}, 3, "invalid_field", "260"},
      {{"patient", "save", cpf, "--set", "cns_paciente=1"}, 3, "invalid_field", "15"},
      {{"patient", "save", cpf, "--set", "email_paciente=x"}, 3, "invalid_field", "e-mail"},
      {{"patient", "save", cpf, "--set", "telefone1_paciente=1"}, 3, "invalid_field", "10 or 11"},
      {{"patient", "save", cpf, "--set", "cep_paciente=1"}, 3, "invalid_field", "8"},
      {{"patient", "save", cpf, "--set", "etnia=nada"}, 3, "invalid_field", "etnia_branca"},
      {{"patient", "save", cpf, "--set", "incapaz=talvez"}, 3, "invalid_field", "incapaz"},
      {{"patient", "save", cpf, "--set", "incapaz=sim"}, 3, "invalid_field", "nome_responsavel"},
      {{"patient", "save", cpf, "--set", "cor=azul"}, 3, "invalid_field", "cor"},
      {{"patient", "save", cpf, "--set", "novalue"}, 2, "usage", "--set rg="},
      {{"patient", "save", cpf, "--set", "rg=1", "--summary", std::string(501, 's')},
       3,
       "invalid_field",
       "500"},
      {{"patient", "save", cpf, "--from", "/nowhere/at/all.json"},
       2,
       "usage",
       "/nowhere/at/all.json"},
      {{"patient", "save"}, 2, "usage", "KEY"},
      {{"patient", "show", "52998224725"}, 4, "not_found", ""},
      {{"patient", "show", cpf, "--version", "9"}, 4, "not_found", ""},
      {{"patient", "diff", cpf, "1", "zz"}, 4, "not_found", ""},
      {{"patient", "revert", cpf, "7"}, 4, "not_found", ""},
      {{"patient", "publish", cpf}, 4, "not_found", ""},
      {{"patient", "draft", "discard", cpf}, 4, "not_found", ""},
      {{"resolve", "patient", cpf, "--take", "1"}, 4, "not_found", ""},
      {{"resolve", "patient", cpf}, 2, "usage", "--take"},
      {{"resolve", "dog", cpf, "--take", "1"}, 2, "usage", "KIND"},
      {{"refused", "show", "abcdef"}, 4, "not_found", ""},
      {{"refused", "discard", "abcdef"}, 4, "not_found", ""},
      {{"enroll", "https://127.0.0.1:1/enroll#x"}, 2, "", ""},
      {{"enroll", "https://127.0.0.1:1/enroll"}, 2, "", ""},
      {{"patient", "save", cpf, "--from", "-"}, 3, "malformed", "JSON"},
      {{"wipe"}, 2, "usage", "--yes"},
      {{"patient", "list", "--no-such-flag"}, 2, "usage", "--help"},
  };
  for (const auto& line : table) {
    const answer a = (*ana)(line.arguments, "this is no JSON");
    const std::string what = json(line.arguments).dump().substr(0, 200) + "\n" + a.out + a.err;
    EXPECT_EQ(a.exit, line.exit) << what;
    if (!line.code.empty()) {
      EXPECT_EQ(a.error_code(), line.code) << what;
    }
    ASSERT_TRUE(a.json.is_object()) << what;
    EXPECT_THAT(a.json["error"].value("message", ""), HasSubstr(line.in_message)) << what;
  }
  EXPECT_EQ(ana->must({"patient", "show", cpf}).at("number"), 1) << "nothing of it was saved";
}

TEST_F(doctor_commands, refuse_a_file_as_a_whole_when_one_line_is_wrong) {
  const std::string lines =
      R"({"cpf":"529.982.247-25","nome_paciente":"A","nome_mae":"B","end_paciente":"C"})"
      "\n"
      R"({"cpf":"52998224726","nome_paciente":"A","nome_mae":"B","end_paciente":"C"})"
      "\n";
  const answer a = (*ana)({"patient", "save", "--from", "-"}, lines);
  EXPECT_EQ(a.exit, 3) << a.out;
  EXPECT_THAT(a.out, HasSubstr("ine 2"));
  EXPECT_EQ((*ana)({"patient", "show", "52998224725"}).exit, 4);
}

TEST_F(doctor_commands, open_nothing_with_a_wrong_passphrase) {
  run_options other;
  other.env = {{"AUTOCUSTO_PASSPHRASE", "outra senha"}};
  const outcome wrong =
      run({program("autocusto"), "--home", ana->home(), "--json", "patient", "list"}, other);
  EXPECT_EQ(wrong.exit, 7);
  EXPECT_THAT(wrong.out, HasSubstr("wrong_passphrase"));
  run_options change;
  change.env = {{"AUTOCUSTO_PASSPHRASE", k_passphrase},
                {"AUTOCUSTO_NEW_PASSPHRASE", "uma senha nova com tatu e farol"}};
  const outcome changed =
      run({program("autocusto"), "--home", ana->home(), "--json", "passphrase", "change"}, change);
  EXPECT_EQ(changed.exit, 0) << changed.out << changed.err;
  EXPECT_EQ((*ana)({"patient", "list"}).exit, 7) << "the old one opens nothing any more";
}

TEST_F(doctor_commands, leave_no_clear_text_in_any_file_of_the_laptop) {
  ana->must({"patient", "save", cpf, "--set", "nome_mae=Marca D'Água Única"});
  ana->must({"sync"});
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(ana->home())) {
    if (!entry.is_regular_file()) continue;
    ++files;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string all((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    for (const std::string marker : {"Marca D", "gua Única", "11144477735", "clinica.test"}) {
      EXPECT_EQ(all.find(marker), std::string::npos) << entry.path() << " holds " << marker;
    }
  }
  EXPECT_GT(files, 0U);
}

TEST_F(doctor_commands, speak_portuguese_when_the_locale_does) {
  const outcome pt = ana->text({"patient", "show", "52998224725"}, {{"LC_ALL", "pt_BR.UTF-8"}});
  EXPECT_EQ(pt.exit, 4);
  EXPECT_THAT(pt.err, ::testing::Not(HasSubstr("There is no")));
  const outcome long_field =
      ana->text({"patient", "save", cpf, "--set", "nome_paciente=" + std::string(101, 'x')},
                {{"LC_ALL", "pt_BR.UTF-8"}});
  EXPECT_THAT(long_field.err, HasSubstr("Nome do paciente"));
  EXPECT_THAT(long_field.err, HasSubstr("100"));
  EXPECT_THAT(ana->text({"conflicts"}, {{"LC_ALL", "pt_BR.UTF-8"}}).out,
              HasSubstr("Nenhum conflito"));
  EXPECT_THAT(ana->text({"conflicts"}).out, HasSubstr("No conflicts"));
}

TEST_F(doctor_commands, enroll_only_with_a_link_that_fits) {
  const std::string link = here.new_link("ana@clinica.test");
  laptop fresh = here.bare("fresh");
  std::string other_pin = link;
  other_pin.back() = other_pin.back() == 'A' ? 'B' : 'A';
  other_pin[other_pin.size() - 2] = other_pin[other_pin.size() - 2] == 'A' ? 'B' : 'A';
  const answer untrusted = fresh({"enroll", other_pin});
  EXPECT_NE(untrusted.exit, 0) << untrusted.out;
  const std::size_t code = link.find('#') + 1;
  std::string other_code = link;
  other_code[code] = other_code[code] == 'A' ? 'B' : 'A';
  EXPECT_EQ(fresh({"enroll", other_code}).exit, 7);
  EXPECT_EQ(fresh({"status"}).exit, 7) << "a failed enrollment leaves no half profile";
  fresh.must({"enroll", link});
  EXPECT_EQ(fresh({"enroll", link}).exit, 2) << "enrolled already";
  EXPECT_EQ(here.bare("second")({"enroll", link}).exit, 7) << "a code is single use";
}

}  // namespace
}  // namespace autocusto::test
