// Whatever the rules of a record answer, a doctor who reads Portuguese can read.

#include <gmock/gmock.h>

#include "client/cli/text.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/text.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// What no rule takes, or too much of what one takes.
std::vector<domain::field_value> wrong_values(const domain::field_spec& field) {
  const std::string bad = "\xC2\xA7\xC2\xA7";
  const std::string endless(field.max_length + 1, '1');
  std::vector<domain::field_value> out{bad, endless, std::string(), std::string("a\0b", 3), true};
  if (field.type == domain::field_type::rows) {
    for (const auto& column : field.columns) {
      const std::string most(column.max_length + 1, '1');
      for (const auto& text : {bad, most})
        out.push_back(domain::from_rows({{{column.name, text}}}));
    }
    out.push_back(domain::from_rows(domain::row_list(field.max_items + 1, {{"nome", "x"}})));
  }
  if (field.type == domain::field_type::map) {
    out.push_back(domain::from_map({{field.pattern + "a", endless}}));
    out.push_back(domain::from_map({{"other", "x"}}));
    domain::text_map many;
    for (std::size_t i = 0; i <= field.max_items; ++i)
      many[field.pattern + std::to_string(i)] = "x";
    out.push_back(domain::from_map(many));
  }
  return out;
}

TEST(Sentences, EveryRuleOfARecordSpeaksPortuguese) {
  init_language();
  speak_both_languages();
  std::size_t told = 0;
  for (const auto* name : {"patient", "clinic", "doctor", "process", "emission"}) {
    const auto* kind = domain::find_record_kind(name);
    ASSERT_NE(kind, nullptr);
    domain::field_map empty;
    for (const auto& field : kind->fields) empty[field.name] = domain::empty_value(field);
    for (const auto& field : kind->fields) {
      for (const auto& value : wrong_values(field)) {
        auto fields = empty;
        fields[field.name] = value;
        for (const auto& e :
             domain::validate_fields(*kind, fields, domain::version_status::active, {})) {
          const auto text = translate(e, name, true);
          EXPECT_THAT(text, Not(HasSubstr(e.message))) << name;
          EXPECT_THAT(text, Not(HasSubstr("{"))) << name;
          ++told;
        }
      }
    }
    for (const auto* key : {"", "x", "1", "111", "11111111111", "1111111", "12345/XX", "1/2/3"}) {
      const auto typed = domain::normalise_key(name, key);
      if (typed) continue;
      EXPECT_THAT(translate(typed.error(), name, true), Not(HasSubstr(typed.error().message)));
      ++told;
    }
  }
  EXPECT_GT(told, 300U);
}

TEST(Sentences, ChoicesAndLimitsAreFilledIn) {
  init_language();
  speak_both_languages();
  const auto* kind = domain::find_record_kind("process");
  const auto choice = domain::rule_problem(*kind->find("meses"), "7");
  ASSERT_TRUE(choice);
  EXPECT_THAT(translate(*choice, "process", true), HasSubstr("um destes: 1, 2, 3, 4, 5, 6."));
  const auto cnes = domain::rule_problem(*kind->find("clinica"), "12");
  ASSERT_TRUE(cnes);
  EXPECT_THAT(translate(*cnes, "process", true), HasSubstr("7 algarismos"));
}

/// A number or a name of the sentence's own hides no translation.
TEST(Sentences, DetailsHideNoTranslation) {
  init_language();
  speak_both_languages();
  const auto device = domain::check_device_name("");
  ASSERT_FALSE(device);
  const std::pair<error, const char*> table[] = {
      {device.error(), "1 a 100 caracteres"},
      {fail(errc::body_too_large, "The body is larger than this call accepts; send less at once.",
            {}, 4096),
       "maior do que se aceita"},
      {fail(errc::usage, "The file “/tmp/x” is larger than 4096 bytes; split it.", {}, 4096),
       "O arquivo “/tmp/x” tem mais de 4096 bytes"},
      {fail(errc::usage,
            "The variable “https_proxy” does not name a proxy as http://HOST:PORT; correct it, or "
            "take it out of the environment."),
       "A variável “https_proxy” não dá um proxy"},
      {fail(errc::usage, "The value “abc” is not a number that can stand there; see --help."),
       "O valor “abc” não é um número"},
      {fail(errc::usage,
            "Line 5: The record names no key; give KEY on the command line, or "
            "\"key\" in the record."),
       "Linha 5: O registro não traz a chave"},
  };
  for (const auto& [e, said] : table) {
    const auto text = translate(e, "patient", true);
    EXPECT_THAT(text, HasSubstr(said));
    EXPECT_THAT(text, Not(HasSubstr("{")));
    EXPECT_THAT(text, Not(HasSubstr("(The "))) << "no general sentence in front";
  }
}

}  // namespace
}  // namespace autocusto::cli
