// Laying a conflict out, and building the version that resolves it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/crypto/random.hpp"
#include "shared/domain/version.hpp"
#include "tests/support/domain_builders.hpp"
#include "tools/admin/resolution.hpp"
#include "tools/admin/side_by_side.hpp"

namespace autocusto::admin {
namespace {

using testing::a_patient;
using ::testing::HasSubstr;
using ::testing::Not;

msg::version_shown shown(const domain::version& v, std::int64_t number) {
  msg::version_shown out;
  out.info.version = v.id;
  out.info.number = number;
  out.info.parents = v.header.parents;
  out.info.generation = v.header.generation;
  out.info.author = "ana@clinica.test";
  out.info.created_at = v.header.created_at;
  out.info.summary = v.payload.summary;
  out.info.status = "active";
  out.fields = v.payload.fields;
  return out;
}

class resolution : public ::testing::Test {
 protected:
  resolution() { two_heads(); }

  void heads(const std::vector<domain::version>& made) {
    c.heads.clear();
    c.conflict.heads.clear();
    std::int64_t number = 1;
    for (const auto& v : made) {
      c.heads.push_back(shown(v, ++number));
      c.conflict.heads.push_back(v.id);
    }
    c.active = c.conflict.heads.front();
  }
  /// Weight changed twice, telephone by the first, address by the second.
  void two_heads() {
    const auto base = a_patient().with("peso", "70").make();
    c.conflict.id = 7;
    c.conflict.kind = "patient";
    c.conflict.key = "11144477735";
    c.conflict.user = "ana@clinica.test";
    c.conflict.state = "open";
    c.conflict.base = base.id;
    c.record = base.header.record.id;
    c.base = shown(base, 1);
    c.single_base = true;
    auto first = a_patient().after({&base});
    first.with("peso", "71").with("telefone1_paciente", "11 98888-7777").salt(1);
    auto second = a_patient().after({&base});
    second.with("peso", "74").with("cidade_paciente", "Campinas").salt(2);
    heads({first.make(), second.make()});
  }
  std::string text_of(const result<domain::field_map>& fields, const std::string& name) {
    return fields ? domain::value_text(fields->at(name)) : fields.error().message;
  }

  msg::conflict_shown c;
};

TEST_F(resolution, take_is_the_version_as_it_is) {
  choice how;
  how.take = "3";
  EXPECT_EQ(chosen_fields(c, how).value(), c.heads[1].fields);
  how.take = c.heads[0].info.version.text().substr(0, 8);
  EXPECT_EQ(chosen_fields(c, how).value(), c.heads[0].fields);
  how.take = "1";
  EXPECT_EQ(chosen_fields(c, how).value(), c.base->fields) << "the base may be taken, too";
}

TEST_F(resolution, a_version_that_is_not_there_is_not_found) {
  choice how;
  for (const char* selector : {"9", "ab", "zzzz", "", "-1", "1x"}) {
    how.take = selector;
    EXPECT_EQ(chosen_fields(c, how).error().code, errc::not_found) << selector;
  }
}

TEST_F(resolution, a_prefix_of_two_versions_is_ambiguous) {
  c.heads[1].info.version = c.heads[0].info.version;
  c.heads[1].info.version.data()[31] ^= 1;
  choice how;
  how.take = c.heads[0].info.version.text().substr(0, 10);
  EXPECT_EQ(chosen_fields(c, how).error().code, errc::ambiguous);
}

TEST_F(resolution, what_only_one_head_changed_is_taken_and_the_rest_has_to_be_named) {
  const auto open = chosen_fields(c, {});
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().code, errc::conflict_open);
  EXPECT_EQ(open.error().field, "peso");
  EXPECT_THAT(open.error().message, Not(HasSubstr("telefone1_paciente")));
  choice how;
  how.from = {{"peso", "3"}};
  const auto fields = chosen_fields(c, how);
  EXPECT_EQ(text_of(fields, "peso"), "74");
  EXPECT_EQ(text_of(fields, "telefone1_paciente"), "11 98888-7777");
  EXPECT_EQ(text_of(fields, "cidade_paciente"), "Campinas");
}

TEST_F(resolution, typed_values_count_last) {
  choice how;
  how.from = {{"peso", "3"}};
  how.set["peso"] = std::string("72,5");
  EXPECT_EQ(text_of(chosen_fields(c, how), "peso"), "72,5");
  how.set.clear();
  how.set["pesoo"] = std::string("1");
  EXPECT_EQ(chosen_fields(c, how).error().code, errc::invalid_field);
  how.set.clear();
  how.from = {{"pesoo", "3"}};
  EXPECT_EQ(chosen_fields(c, how).error().field, "pesoo");
}

TEST_F(resolution, without_a_base_everything_that_differs_has_to_be_named) {
  c.base.reset();
  c.single_base = false;
  choice how;
  how.from = {{"peso", "3"}};
  EXPECT_EQ(chosen_fields(c, how).error().field, "telefone1_paciente");
  how.from = {{"peso", "3"}, {"telefone1_paciente", "2"}, {"cidade_paciente", "3"}};
  EXPECT_EQ(text_of(chosen_fields(c, how), "cidade_paciente"), "Campinas");
}

TEST_F(resolution, merge_names_the_group_in_the_way) {
  choice how;
  how.merge = true;
  const auto refused = chosen_fields(c, how);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::not_mergeable);
  EXPECT_THAT(refused.error().message, HasSubstr("medidas"));
}

TEST_F(resolution, merge_joins_clinical_changes_of_different_groups_when_an_admin_asks) {
  c.heads[1].fields["peso"] = std::string("70");
  choice how;
  how.merge = true;
  const auto fields = chosen_fields(c, how);
  EXPECT_EQ(text_of(fields, "peso"), "71");
  EXPECT_EQ(text_of(fields, "cidade_paciente"), "Campinas");
}

TEST_F(resolution, merge_needs_the_base) {
  c.heads[1].fields["peso"] = std::string("70");
  c.base.reset();
  choice how;
  how.merge = true;
  EXPECT_THAT(chosen_fields(c, how).error().message, HasSubstr("sight or was erased"));
  c.single_base = false;
  EXPECT_THAT(chosen_fields(c, how).error().message, HasSubstr("one nearest common ancestor"));
}

TEST_F(resolution, an_erased_version_cannot_be_chosen_from) {
  c.heads[1].info.erased = true;
  c.heads[1].fields.clear();
  choice how;
  how.take = "3";
  EXPECT_EQ(chosen_fields(c, how).error().code, errc::not_found);
  EXPECT_EQ(chosen_fields(c, {}).error().code, errc::not_found);
  how.take = "2";
  EXPECT_TRUE(chosen_fields(c, how));
  how.take.reset();
  how.merge = true;
  EXPECT_EQ(chosen_fields(c, how).error().code, errc::not_mergeable);
}

TEST_F(resolution, the_version_has_all_heads_as_parents_and_the_admin_as_author) {
  c.heads[1].info.generation = 9;
  const resolver who{testing::nth<user_id>(5), testing::nth<device_id>(6)};
  const auto made = resolving_version(c, c.heads[0].fields, "Resolvido", who,
                                      crypto::system_random(), 1'700'000'000'000)
                        .value();
  EXPECT_TRUE(domain::decode_version(made.raw)) << "it is a version that anybody can read";
  EXPECT_THAT(made.header.parents, ::testing::UnorderedElementsAreArray(c.conflict.heads));
  EXPECT_EQ(made.header.generation, 10);
  EXPECT_EQ(made.header.author, who.user);
  EXPECT_EQ(made.header.device, who.device);
  EXPECT_EQ(made.header.record.id, c.record);
  EXPECT_EQ(made.payload.key, c.conflict.key);
  EXPECT_EQ(made.payload.summary, "Resolvido");
}

TEST_F(resolution, what_the_server_would_refuse_is_told_before_sending) {
  auto fields = c.heads[0].fields;
  fields["email_paciente"] = std::string("no address");
  ASSERT_EQ(problems_of(c, fields).size(), 1U);
  EXPECT_EQ(problems_of(c, fields)[0].field, "email_paciente");
  // An odd value that the owner can see elsewhere stays possible.
  c.visible.push_back(c.heads[0]);
  c.visible.back().info.version.data()[0] ^= 1;
  c.visible.back().fields["email_paciente"] = std::string("no address");
  EXPECT_TRUE(problems_of(c, fields).empty());
}

TEST_F(resolution, too_long_fields_are_refused) {
  auto fields = c.heads[0].fields;
  fields["nome_paciente"] = std::string(70'000, 'x');
  const auto made = resolving_version(c, fields, "", {}, crypto::system_random(), 0);
  EXPECT_EQ(made.error().code, errc::too_large);
  EXPECT_EQ(made.error().limit, 65536);
}

TEST_F(resolution, groups_are_judged_as_wholes) {
  std::map<std::string, domain::conflict_group> groups;
  for (const auto& group : compare_groups(c)) groups[group.name] = group;
  EXPECT_EQ(groups.at("medidas").state, domain::group_state::contested);
  EXPECT_TRUE(groups.at("medidas").clinical);
  EXPECT_EQ(groups.at("tel1").state, domain::group_state::one_change);
  EXPECT_TRUE(groups.at("tel1").differs);
  EXPECT_EQ(groups.at("nome").state, domain::group_state::same);
  // Both heads made the same change: new against the base, but they agree.
  c.heads[0].fields["rg"] = c.heads[1].fields["rg"] = std::string("123");
  for (const auto& group : compare_groups(c)) groups[group.name] = group;
  EXPECT_EQ(groups.at("rg").state, domain::group_state::one_change);
  EXPECT_FALSE(groups.at("rg").differs);
}

std::string line_with(const std::string& text, const std::string& word) {
  const auto at = text.find(word);
  if (at == std::string::npos) return {};
  const auto begin = text.rfind('\n', at) + 1;
  return text.substr(begin, text.find('\n', at) - begin);
}

TEST_F(resolution, side_by_side_marks_what_differs_and_what_each_head_changed) {
  const auto text = side_by_side(c, false);
  EXPECT_THAT(line_with(text, "peso "), HasSubstr("!"));
  EXPECT_THAT(line_with(text, "peso "), HasSubstr("* 71"));
  EXPECT_THAT(line_with(text, "peso "), HasSubstr("* 74"));
  EXPECT_THAT(line_with(text, "altura "), Not(HasSubstr("!"))) << "the same everywhere";
  EXPECT_THAT(line_with(text, "cidade_paciente"), HasSubstr("~"));
  EXPECT_THAT(line_with(text, "cidade_paciente"), HasSubstr("* Campinas"));
  EXPECT_THAT(text, Not(HasSubstr("nome_mae")));
  EXPECT_THAT(text, HasSubstr("head, active"));
  EXPECT_LT(text.find("peso "), text.find("telefone1")) << "contested ones come first";
  EXPECT_THAT(side_by_side(c, true), HasSubstr("nome_mae"));
}

TEST_F(resolution, side_by_side_tells_the_same_as_json) {
  const auto rows = side_by_side_json(c);
  EXPECT_EQ(rows.size(), 21U) << "every field of the kind";
  EXPECT_EQ(rows[0].at("field"), "peso");
  EXPECT_EQ(rows[0].at("state"), "contested");
  EXPECT_EQ(rows[0].at("base"), "70");
  EXPECT_EQ(rows[0].at("values")[1].at("value"), "74");
  EXPECT_EQ(rows[0].at("values")[1].at("changed"), true);
}

TEST_F(resolution, marks_what_nobody_can_see_and_decides_it) {
  const auto base = a_patient().make();
  heads({a_patient().after({&base}).with("end_paciente", "Rua A").make(),
         a_patient().after({&base}).with("end_paciente", "Rua\u00A0A ").make()});
  c.base = shown(base, 1);
  const auto text = side_by_side(c, false);
  EXPECT_THAT(text, HasSubstr("Rua‹U+00A0›A␣"));
  for (const auto& group : compare_groups(c)) {
    EXPECT_NE(group.state, domain::group_state::contested) << group.name;
  }
  EXPECT_EQ(chosen_fields(c, choice{}).value().at("end_paciente"),
            domain::field_value(std::string("Rua A")));
}

}  // namespace
}  // namespace autocusto::admin
