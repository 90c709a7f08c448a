// Where a resolution starts: a table of conflicts on a small kind.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shared/domain/conflict.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::domain {
namespace {

const record_kind& small_kind() {
  static const record_kind made = parse_record_kind(R"({
    "kind": "sample", "label": {"pt": "x", "en": "x"},
    "key": {"name": "cpf", "rule": "cpf", "label": {"pt": "x", "en": "x"}}, "name_field": "name",
    "summaries": {"initial": "x", "update": "x", "migrated": "x"},
    "fields": [
      {"name": "street", "type": "text", "max": 9, "group": "home", "label": {"pt": "x", "en": "x"}},
      {"name": "name", "type": "text", "max": 9, "group": "name", "label": {"pt": "x", "en": "x"}},
      {"name": "town", "type": "text", "max": 9, "group": "home", "label": {"pt": "x", "en": "x"}},
      {"name": "dose", "type": "text", "max": 9, "group": "drug", "clinical": true,
       "label": {"pt": "x", "en": "x"}}]})");
  return made;
}

field_map sample(const std::string& text) {
  field_map out;
  for (const auto& f : small_kind().fields) out[f.name] = std::string("-");
  for (const auto& word : testing::words_of(text)) {
    const auto at = word.find('=');
    out.at(word.substr(0, at)) = word.substr(at + 1);
  }
  return out;
}

/// Groups that are not the same everywhere, with what they start from: `home! A,-?Rio` …
std::string told(const std::vector<std::string>& heads, const char* base) {
  std::vector<field_map> maps;
  for (const auto& head : heads) maps.push_back(sample(head));
  std::vector<const field_map*> sides;
  for (const auto& map : maps) sides.push_back(&map);
  const auto before = sample(base == nullptr ? "" : base);
  std::string out;
  for (const auto& g : conflict_groups(small_kind(), sides, base == nullptr ? nullptr : &before)) {
    if (g.state == group_state::same && !g.differs) continue;
    out += out.empty() ? "" : " ";
    out += g.name + (g.state == group_state::contested    ? "!"
                     : g.state == group_state::one_change ? "~"
                                                          : "");
    out += g.differs ? "" : "=";
    for (std::size_t i = 0; i < g.fields.size(); ++i) {
      out += (i == 0 ? ":" : ",") + value_text(g.values[i]);
      out += g.undecided.contains(g.fields[i]->name) ? "?" : "";
    }
  }
  return out;
}

TEST(Conflict, GroupsDecideThemselvesOrWaitForAPerson) {
  const struct {
    const char* name;
    std::vector<std::string> heads;
    const char* base;
    const char* groups;
  } rows[] = {
      {"nothing changed", {"", ""}, "", ""},
      {"one head changed", {"name=Ana", ""}, "", "name~:Ana"},
      {"different groups", {"name=Ana", "dose=5"}, "", "name~:Ana drug~:5"},
      {"both made the same change", {"name=Ana", "name=Ana"}, "", "name~=:Ana"},
      {"both changed it", {"name=Ana", "name=Bea"}, "", "name!:Ana?"},
      {"a clinical group like others", {"dose=5", "dose=6"}, "", "drug!:5?"},
      {"other fields of one group", {"street=A", "town=Rio"}, "", "home!:A?,-?"},
      {"one field of the group agrees", {"street=A town=B", "street=C town=B"}, "", "home!:A?,B"},
      {"back to the base is no change", {"name=Ana", "name=-", "name=Ana"}, "", "name~:Ana"},
      {"three heads, two values", {"name=Ana", "name=Bea", ""}, "", "name!:Ana?"},
      {"no base", {"name=Ana", ""}, nullptr, "name!:Ana?"},
      {"no base, equal heads", {"name=Ana", "name=Ana"}, nullptr, ""},
  };
  for (const auto& row : rows) EXPECT_EQ(told(row.heads, row.base), row.groups) << row.name;
}

TEST(Conflict, WhatLooksTheSameIsOneValue) {
  auto plain = sample("name=Ana");
  auto blank = sample("");
  blank.at("name") = std::string("Ana\u00A0");
  for (const field_map* base : std::vector<const field_map*>{nullptr, &plain}) {
    const auto groups = conflict_groups(small_kind(), {&blank, &plain}, base);
    const auto start = start_of(groups);
    EXPECT_TRUE(start.undecided.empty());
    EXPECT_EQ(groups.at(1).name, "name");
    EXPECT_TRUE(groups.at(1).differs);
  }
  EXPECT_EQ(start_of(conflict_groups(small_kind(), {&blank, &plain}, nullptr)).fields.at("name"),
            field_value(std::string("Ana")));
}

TEST(Conflict, StartsFromEveryFieldInFormOrder) {
  const auto a = sample("street=A dose=5");
  const auto b = sample("street=B town=Rio name=Ana");
  const auto base = sample("");
  const auto start = start_of(conflict_groups(small_kind(), {&a, &b}, &base));
  EXPECT_EQ(start.fields, sample("street=A town=- name=Ana dose=5"));
  EXPECT_EQ(in_form_order(small_kind(), start.undecided), "street, town");
  EXPECT_EQ(in_form_order(small_kind(), {}), "");
}

}  // namespace
}  // namespace autocusto::domain
