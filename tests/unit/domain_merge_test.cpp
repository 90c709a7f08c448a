// The merge rules one by one, on a kind made for it: two plain groups and two clinical ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/merge.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::domain {
namespace {

using testing::a_clinic;
using testing::a_patient;

const record_kind& kind() {
  static const record_kind made = parse_record_kind(R"({
    "kind": "sample", "label": {"pt": "x", "en": "x"},
    "key": {"name": "cpf", "rule": "cpf", "label": {"pt": "x", "en": "x"}}, "name_field": "name",
    "summaries": {"initial": "x", "update": "x", "migrated": "x"},
    "fields": [
      {"name": "name", "type": "text", "max": 9, "group": "name", "label": {"pt": "x", "en": "x"}},
      {"name": "street", "type": "text", "max": 9, "group": "home", "label": {"pt": "x", "en": "x"}},
      {"name": "town", "type": "text", "max": 9, "group": "home", "label": {"pt": "x", "en": "x"}},
      {"name": "dose", "type": "text", "max": 9, "group": "drug", "clinical": true,
       "label": {"pt": "x", "en": "x"}},
      {"name": "pulse", "type": "text", "max": 9, "group": "vital", "clinical": true,
       "label": {"pt": "x", "en": "x"}}]})");
  return made;
}

/// "name=Ana town=Rio": the base's fields with these values.
field_map fields(const std::string& text) {
  field_map out;
  for (const auto& f : kind().fields) out[f.name] = std::string("-");
  for (const auto& word : testing::words_of(text)) {
    const auto at = word.find('=');
    out.at(word.substr(0, at)) = word.substr(at + 1);
  }
  return out;
}

/// The changed fields of the result, or what stood in the way with its groups.
std::string merged(const std::vector<std::string>& heads, const merge_options& options = {}) {
  std::vector<field_map> maps;
  for (const auto& head : heads) maps.push_back(fields(head));
  std::vector<const field_map*> pointers;
  for (const auto& map : maps) pointers.push_back(&map);
  const auto base = fields("");
  const auto result = merge_fields(kind(), pointers, &base, true, options);
  std::string out;
  if (const auto* refused = std::get_if<merge_refusal>(&result)) {
    out = obstacle_name(refused->why);
    for (const auto& group : refused->groups) out += " " + group;
    return out;
  }
  for (const auto& f : kind().fields) {
    const auto text = value_text(std::get<field_map>(result).at(f.name));
    if (text != "-") out += (out.empty() ? "" : " ") + f.name + "=" + text;
  }
  return out;
}

constexpr merge_options k_manual{merge_policy::manual, false, false};
constexpr merge_options k_pinned{merge_policy::automatic, true, false};
constexpr merge_options k_admin{merge_policy::manual, true, true};

TEST(Merge, DisjointGroupsJoin) {
  EXPECT_EQ(merged({"name=Ana", "town=Rio"}), "name=Ana town=Rio");
  EXPECT_EQ(merged({"name=Ana", "town=Rio", "dose=5"}), "name=Ana town=Rio dose=5");
  EXPECT_EQ(merged({"", "town=Rio"}), "town=Rio") << "a head that is as the base";
}

TEST(Merge, EqualChangesOfOneGroupAreOneValue) {
  EXPECT_EQ(merged({"name=Ana town=Rio", "name=Ana"}), "name=Ana town=Rio");
  EXPECT_EQ(merged({"street=A town=Rio", "street=A town=Rio name=B"}), "name=B street=A town=Rio");
}

TEST(Merge, OneGroupChangedDifferentlyStops) {
  EXPECT_EQ(merged({"name=Ana", "name=Bea"}), "same_group name");
  EXPECT_EQ(merged({"street=A", "town=Rio"}), "same_group home")
      << "fields of one group make sense only together";
  EXPECT_EQ(merged({"street=A town=Rio", "town=Rio"}), "same_group home");
  EXPECT_EQ(merged({"name=Ana street=A", "name=Bea town=Rio"}), "same_group home name");
  EXPECT_EQ(merged({"name=Ana", "name=Ana", "name=Bea"}), "same_group name");
  EXPECT_EQ(merged({"name=Ana", "name=Bea"}, k_admin), "same_group name");
}

TEST(Merge, ClinicalGroupsTouchedDifferentlyStop) {
  EXPECT_EQ(merged({"dose=5", "pulse=60"}), "clinical drug vital");
  EXPECT_EQ(merged({"dose=5", "dose=5 pulse=60"}), "clinical drug vital");
  EXPECT_EQ(merged({"dose=5", "dose=6"}), "same_group drug");
  EXPECT_EQ(merged({"dose=5 pulse=60 name=Ana", "dose=5 pulse=60"}), "name=Ana dose=5 pulse=60");
  EXPECT_EQ(merged({"dose=5 name=Ana", "name=Ana"}), "name=Ana dose=5")
      << "one head touched clinical groups";
  EXPECT_EQ(merged({"dose=5", "pulse=60"}, k_admin), "dose=5 pulse=60");
}

TEST(Merge, PolicyAndPinStopUnlessAnAdminAsks) {
  EXPECT_EQ(merged({"name=Ana", "town=Rio"}, k_manual), "policy");
  EXPECT_EQ(merged({"name=Ana", "town=Rio"}, k_pinned), "pinned");
  EXPECT_EQ(merged({"name=Ana", "town=Rio"}, k_admin), "name=Ana town=Rio");
}

TEST(Merge, EqualHeadsAlwaysMerge) {
  for (const auto& options : {merge_options{}, k_manual, k_pinned, k_admin}) {
    EXPECT_EQ(merged({"name=Ana dose=5", "name=Ana dose=5"}, options), "name=Ana dose=5");
  }
  const auto head = fields("name=Ana");
  const auto result = merge_fields(kind(), {&head, &head}, nullptr, false, k_manual);
  ASSERT_TRUE(std::holds_alternative<field_map>(result));
  EXPECT_EQ(std::get<field_map>(result), head);
}

TEST(Merge, ADifferenceThatNobodySeesIsNone) {
  const auto joined = [](const field_map& a, const field_map& b, const field_map& base,
                         const merge_options& options = {}) {
    const auto one = merge_fields(kind(), {&a, &b}, &base, true, options);
    EXPECT_EQ(one, merge_fields(kind(), {&b, &a}, &base, true, options)) << "order of the heads";
    const auto* out = std::get_if<field_map>(&one);
    return out == nullptr ? std::string("refused") : value_text(out->at("name"));
  };
  const auto with = [](const char* name) {
    auto out = fields("");
    out.at("name") = std::string(name);
    return out;
  };
  const auto ana = with("Ana Sá");
  const auto blank = with("Ana Sá ");
  const auto no_break = with("Ana\u00A0Sá");
  const auto bea = with("Bea");
  EXPECT_EQ(joined(ana, blank, bea), "Ana Sá") << "both changed it, to what looks the same";
  EXPECT_EQ(joined(blank, no_break, bea), "Ana Sá ") << "of two with unseen things the least";
  EXPECT_EQ(joined(blank, bea, ana), "Bea") << "a blank yields to what can be seen";
  EXPECT_EQ(joined(blank, ana, ana), "Ana Sá ") << "alone, it is a change like others";
  EXPECT_EQ(joined(blank, no_break, ana), "Ana Sá ");
  EXPECT_EQ(joined(bea, with("Cid"), ana), "refused");
  for (const auto& options : {k_manual, k_pinned}) {
    EXPECT_EQ(joined(ana, blank, bea, options), "Ana Sá") << "equal for everybody, so always";
    EXPECT_EQ(joined(blank, bea, ana, options), "refused");
  }
  EXPECT_EQ(std::get<field_map>(merge_fields(kind(), {&blank, &ana}, nullptr, false, {})), ana)
      << "no base is needed";
  auto dose = fields("dose=5");
  auto pulse = fields("");
  pulse.at("pulse") = std::string("- ");
  const auto base = fields("");
  EXPECT_TRUE(
      std::holds_alternative<field_map>(merge_fields(kind(), {&dose, &pulse}, &base, true, {})))
      << "a blank touches nothing clinical";
}

TEST(Merge, OneGroupByItself) {
  const std::vector<const field_spec*> home{kind().find("street"), kind().find("town")};
  const auto a = fields("street=A town=Rio");
  const auto b = fields("street=A");
  const auto base = fields("");
  using values = std::vector<field_value>;
  EXPECT_EQ(merged_group(home, {&a, &base}, &base), (values{"A", "Rio"}));
  EXPECT_EQ(merged_group(home, {&a, &a}, nullptr), (values{"A", "Rio"}));
  EXPECT_EQ(merged_group(home, {&base, &base}, &base), (values{"-", "-"}));
  EXPECT_EQ(merged_group(home, {&a, &b}, &base), std::nullopt);
  EXPECT_EQ(merged_group(home, {&a, &b}, nullptr), std::nullopt);
}

TEST(Merge, NeedsOneBaseThatIsThere) {
  const auto a = fields("name=Ana");
  const auto b = fields("town=Rio");
  const auto why = [&](const field_map* base, bool single) {
    return std::get<merge_refusal>(merge_fields(kind(), {&a, &b}, base, single, k_admin)).why;
  };
  const auto base = fields("");
  EXPECT_EQ(why(nullptr, false), merge_obstacle::no_single_base);
  EXPECT_EQ(why(&base, false), merge_obstacle::no_single_base);
  EXPECT_EQ(why(nullptr, true), merge_obstacle::base_unavailable);
}

TEST(Merge, FewerThanTwoHeadsAreABug) {
  const auto a = fields("");
  EXPECT_THROW(static_cast<void>(merge_fields(kind(), {&a}, &a, true, {})), std::logic_error);
  EXPECT_THROW(static_cast<void>(merge_fields("protocol", {&a, &a}, &a, true, {})),
               std::logic_error);
}

TEST(Merge, ThePatientsMeasuresAreOneClinicalGroup) {
  const auto base = a_patient().payload().fields;
  const auto weight = a_patient().with("peso", "70").payload().fields;
  const auto height = a_patient().with("altura", "170").payload().fields;
  const auto town = a_patient().with("cidade_paciente", "Recife").payload().fields;
  const auto refused = std::get<merge_refusal>(
      merge_fields("patient", {&weight, &height}, &base, true, merge_options{}));
  EXPECT_EQ(refused, (merge_refusal{merge_obstacle::same_group, {"medidas"}}));
  const auto joined =
      std::get<field_map>(merge_fields("patient", {&weight, &town}, &base, true, merge_options{}));
  EXPECT_EQ(value_text(joined.at("peso")), "70");
  EXPECT_EQ(value_text(joined.at("cidade_paciente")), "Recife");
}

TEST(Merge, TheVersionIsAPureFunctionOfItsHeads) {
  const auto root = a_patient().make();
  const auto b =
      a_patient().after({&root}).with("peso", "70").at("2026-11-23T10:00:00.000Z").make();
  const auto mid = a_patient().after({&root}).with("rg", "1").make();
  const auto c = a_patient().after({&mid}).at("2026-11-22T23:59:59.999Z").make();
  const auto fields_of = b.payload.fields;
  const auto m = make_merge({&b, &c}, fields_of, "server secret for tests");

  EXPECT_EQ(m.id, make_merge({&c, &b}, fields_of, "server secret for tests").id);
  EXPECT_NE(m.id, make_merge({&c, &b}, fields_of, "another").id);
  EXPECT_EQ(m.header.record, root.header.record);
  EXPECT_EQ(m.header.generation, 4) << "one more than the greatest of its parents";
  EXPECT_EQ(m.header.author, system_user());
  EXPECT_EQ(m.header.device, merge_device());
  EXPECT_EQ(m.header.created_at, "2026-11-23T10:00:00.000Z");
  EXPECT_EQ(m.header.status, version_status::active);
  EXPECT_EQ(m.payload.key, "11144477735");
  EXPECT_EQ(m.payload.summary, "Mesclagem automática");
  EXPECT_EQ(m.payload.fields, fields_of);
  auto parents = std::vector{b.id, c.id};
  std::sort(parents.begin(), parents.end());
  EXPECT_EQ(m.header.parents, parents);
  const auto mac = crypto::hmac_sha256(
      "server secret for tests", "[\"" + parents[0].text() + "\",\"" + parents[1].text() + "\"]");
  EXPECT_EQ(m.payload.salt.raw(), mac.raw().substr(0, 16));
  EXPECT_TRUE(decode_version(m.raw));
}

TEST(Merge, DoesNotJoinDifferentRecords) {
  const auto a = a_patient("11144477735").make();
  const auto b = a_patient("52998224725").make();
  const auto c = a_clinic().make();
  EXPECT_THROW(static_cast<void>(make_merge({&a, &b}, a.payload.fields, "s")), std::logic_error);
  EXPECT_THROW(static_cast<void>(make_merge({&a, &c}, a.payload.fields, "s")), std::logic_error);
  EXPECT_THROW(static_cast<void>(make_merge({&a}, a.payload.fields, "s")), std::logic_error);
}

}  // namespace
}  // namespace autocusto::domain
