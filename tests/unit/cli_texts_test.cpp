// Errors of the rules as sentences for the doctor: what stands in a message is told from it.

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "client/cli/text.hpp"

namespace autocusto::cli {
namespace {

struct sentence_case {
  std::string name;
  error given;
  std::string kind;
  std::string said;
};

TEST(cli_texts, english_names_the_field_by_its_label) {
  const std::vector<sentence_case> cases{
      {"a field with a label",
       fail(errc::too_large, "The field nome_paciente is too long.", "nome_paciente"), "patient",
       "The field “Patient's name” (nome_paciente) is too long."},
      {"a field of another kind", fail(errc::too_large, "The field x is too long.", "x"), "patient",
       "The field x is too long."},
      {"no field", fail(errc::usage, "Say what you want."), "", "Say what you want."},
      {"a limit", fail(errc::too_large, "At most 12 characters.", "", 12), "",
       "At most 12 characters."},
      {"a path", fail(errc::usage, "The file /a/b is missing; look at /a/b.", "/a/b"), "",
       "The file /a/b is missing; look at /a/b."},
      {"a line", fail(errc::malformed, "Line 12: The cell is empty."), "",
       "Line 12: The cell is empty."},
      {"offered words", fail(errc::usage, "Too easy; take others, for example: um dois."), "",
       "Too easy; take others, for example: um dois."},
      {"a quoted name", fail(errc::usage, "The form “Um” is unknown."), "",
       "The form “Um” is unknown."},
  };
  for (const auto& c : cases) EXPECT_EQ(translate(c.given, c.kind, false), c.said) << c.name;
}

TEST(cli_texts, a_sentence_without_translation_is_led_by_a_general_one) {
  init_language();
  speak_both_languages();
  const std::vector<std::pair<errc, std::string>> cases{
      {errc::usage, "A linha de comando não está certa; veja --help."},
      {errc::unreachable,
       "O servidor não pôde ser alcançado; o que está salvo continua salvo. Tente mais tarde."},
      {errc::untrusted_server,
       "O servidor não provou ser o certo; nada foi enviado. Avise o administrador."},
      {errc::device_revoked, "O acesso foi retirado ou falta; fale com o administrador."},
      {errc::malformed, "O que foi informado não pode ser lido; corrija e tente de novo."},
      {errc::protocol_error,
       "A resposta do servidor não pode ser usada; nada mudou aqui. Avise o administrador."},
  };
  for (const auto& [code, general] : cases) {
    EXPECT_EQ(translate(fail(code, "Zq."), "", true), general + " (Zq.)") << code_name(code);
  }
  EXPECT_EQ(translate(fail(errc::not_found, "Zq."), "", true), "Zq.") << "nothing general to say";
}

TEST(cli_texts, a_clock_is_told_in_minutes) {
  EXPECT_EQ(clock_text({}), "");
  EXPECT_EQ(clock_text(125).rfind("This laptop's clock is 2 minutes ahead", 0), 0U);
  EXPECT_EQ(clock_text(-3600).rfind("This laptop's clock is 60 minutes behind", 0), 0U);
}

TEST(cli_texts, times_are_local_and_other_texts_stay) {
  ::setenv("TZ", "America/Sao_Paulo", 1);
  ::tzset();
  EXPECT_EQ(local_time("2026-11-22T10:00:00.123Z"), "2026-11-22 07:00");
  EXPECT_EQ(local_time("yesterday"), "yesterday");
}

}  // namespace
}  // namespace autocusto::cli
