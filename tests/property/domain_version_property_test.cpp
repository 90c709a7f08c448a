// Laws of versions' bytes and of merges. A failure prints how to replay it (RC_PARAMS).
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "shared/domain/entry.hpp"
#include "shared/domain/merge.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/scan.hpp"
#include "shared/domain/search.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/validate.hpp"
#include "shared/domain/version.hpp"
#include "shared/json/canonical.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::domain {
namespace {

/// Text of letters with and without accents, quotes, escapes, controls and characters outside the
/// basic plane; never U+0000.
rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::element<std::string>(
      "a", "Z", "9", " ", "\"", "\\", "/", "\n", "\t", "\b", "\f", "\r", "\x01", "\x1f", "\x7f",
      "é", "ã", "\u0303", "\u0080", "\u2028", "\uFFFD", "😀", "u0041", "<b>", "%");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const auto& p : pieces) out += p;
                        return out;
                      });
}

/// With what nobody sees, and what names and numbers are written with.
rc::Gen<std::string> pasted_text() {
  const auto piece = rc::gen::element<std::string>(
      "a", "É", "9", " ", "\n", "\u0303", "\u00A0", "\u200B", "\u200C", "\u200D", "\u00AD",
      "\uFEFF", "\u202E", "\u0D28", "\u0D4D", "\u2019", "\u2011", "-", ".", "@", "m", "\uFF11",
      "\uFF0E", "\u00B4", "01310100", "11912345678");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const auto& p : pieces) out += p;
                        return out;
                      });
}

field_value any_value(const field_spec& field) {
  switch (field.type) {
    case field_type::boolean:
      return *rc::gen::arbitrary<bool>();
    case field_type::rows: {
      row_list rows(*rc::gen::inRange<std::size_t>(0, 4));
      for (auto& row : rows) {
        for (const auto& column : field.columns) {
          if (*rc::gen::arbitrary<bool>()) row[column.name] = *any_text();
        }
      }
      return from_rows(rows);
    }
    case field_type::map: {
      text_map map;
      for (std::size_t i = *rc::gen::inRange<std::size_t>(0, 4); i > 0; --i) {
        map[field.pattern + std::to_string(i)] = *any_text();
      }
      return from_map(map);
    }
    default:
      return *any_text();
  }
}

version any_version() {
  const std::string kind = *rc::gen::element<std::string>("patient", "clinic", "process");
  testing::version_builder b(kind, *rc::gen::element<std::string>("11144477735", "#60", "1#2"));
  for (const auto& field : find_record_kind(kind)->fields) {
    // Fields that came later are often empty.
    if (field.since > 1 && *rc::gen::arbitrary<bool>()) continue;
    b.payload().fields[field.name] = any_value(field);
  }
  b.payload().summary = *any_text();
  b.salt(*rc::gen::inRange<std::size_t>(0, 1000));
  const auto parents = *rc::gen::inRange<std::size_t>(0, 17);
  for (std::size_t n = 0; n < parents; ++n) {
    b.header().parents.push_back(testing::nth<version_id>(n + 1));
  }
  b.header().generation = parents == 0 ? 1 : *rc::gen::inRange<std::int64_t>(2, 100000);
  if (*rc::gen::arbitrary<bool>()) b.draft();
  return b.make();
}

RC_GTEST_PROP(VersionProperty, ComesBackAsItWas, ()) {
  const auto v = any_version();
  const auto back = decode_version(v.raw);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->header == v.header);
  RC_ASSERT(back->payload == v.payload);
  RC_ASSERT(back->id == v.id);
  RC_ASSERT(json::parse_canonical(v.raw.header).has_value());
  RC_ASSERT(json::parse_canonical(v.raw.payload).has_value());
}

/// Bytes that are accepted must be the only bytes of what they mean.
void expect_refused_or_itself(const std::string& header) {
  const auto read = decode_header(header);
  if (read) RC_ASSERT(encode_header(*read) == header);
}

RC_GTEST_PROP(VersionProperty, EveryChangedByteIsRefusedOrNamesAnotherVersion, ()) {
  const auto v = any_version();
  const auto at_header = *rc::gen::inRange<std::size_t>(0, v.raw.header.size());
  const auto at_payload = *rc::gen::inRange<std::size_t>(0, v.raw.payload.size());
  const auto flip = static_cast<char>(*rc::gen::inRange(1, 256));

  auto raw = v.raw;
  raw.header[at_header] = static_cast<char>(raw.header[at_header] ^ flip);
  const auto other = decode_version(raw);
  RC_ASSERT((!other || other->id != v.id));
  expect_refused_or_itself(raw.header);

  raw = v.raw;
  raw.payload[at_payload] = static_cast<char>(raw.payload[at_payload] ^ flip);
  const auto refused = decode_version(raw);
  RC_ASSERT(!refused);
  RC_ASSERT(refused.error().code == errc::hash_mismatch);
  const auto payload = decode_payload(raw.payload, v.header.record.kind);
  if (payload) RC_ASSERT(encode_payload(v.header.record.kind, *payload) == raw.payload);
}

TEST(VersionExhaustive, EveryByteOfOneVersionByEveryOtherByte) {
  const auto root = testing::a_patient().make();
  const auto v = testing::a_patient().after({&root}).with("rg", "a\"\n\x01 é").make();
  for (std::size_t at = 0; at < v.raw.header.size(); ++at) {
    for (int flip = 1; flip < 256; ++flip) {
      auto raw = v.raw;
      raw.header[at] = static_cast<char>(raw.header[at] ^ flip);
      const auto read = decode_version(raw);
      ASSERT_TRUE(!read || (read->id != v.id && encode_header(read->header) == raw.header)) << at;
    }
  }
  for (std::size_t at = 0; at < v.raw.payload.size(); ++at) {
    for (int flip = 1; flip < 256; flip += 5) {
      auto text = v.raw.payload;
      text[at] = static_cast<char>(text[at] ^ flip);
      const auto read = decode_payload(text, "patient");
      ASSERT_TRUE(!read || encode_payload("patient", *read) == text) << at;
    }
  }
}

RC_GTEST_PROP(VersionProperty, StringsAreWrittenAndReadAsTheGeneralReaderDoes, ()) {
  const auto text = *any_text();
  std::string written;
  append_canonical_string(written, text);
  RC_ASSERT(written == json::canonical(nlohmann::json(text)));
  canonical_scanner in(written);
  std::string back;
  RC_ASSERT(in.string(back));
  RC_ASSERT(in.at_end());
  RC_ASSERT(back == text);
}

RC_GTEST_PROP(TextProperty, FoldingAndNormalisingTwiceChangeNothingMore, ()) {
  const auto text = *any_text();
  RC_ASSERT(fold_text(fold_text(text)) == fold_text(text));
  RC_ASSERT(to_nfc(to_nfc(text).value()).value() == to_nfc(text).value());
  RC_ASSERT(fold_text(to_nfc(text).value()) == fold_text(text));
}

RC_GTEST_PROP(TextProperty, WhatIsEnteredTwiceStaysAndANameFindsItself, ()) {
  const auto text = *pasted_text();
  RC_ASSERT(visible_text(visible_text(text)) == visible_text(text));
  RC_ASSERT(clean_number(clean_number(text)) == clean_number(text));
  for (const auto& kind : record_kinds()) {
    for (const auto& field : kind.fields) {
      const auto entered = entered_text(field, text).value();
      RC_ASSERT(entered_text(field, entered).value() == entered);
    }
  }
  const auto name = fold_name(text);
  RC_ASSERT(name.words.empty() || search_term(text).finds(name, ""));
  RC_ASSERT(fold_name(visible_text(text)).words == name.words);
  // By the long way: a character at the end that the short one does not know.
  const auto longer = fold_name(text + " \u0416");
  RC_ASSERT(longer.words == (name.words.empty() ? "" : name.words + " ") + "\u0436");
}

/// A base and heads that change some of its fields; few values, so that heads often agree.
struct merge_case {
  field_map base;
  std::vector<field_map> heads;

  [[nodiscard]] std::vector<const field_map*> pointers() const {
    std::vector<const field_map*> out;
    for (const auto& head : heads) out.push_back(&head);
    return out;
  }
};

/// As `inRange`, but over the whole range from the first try on.
std::size_t below(std::size_t end) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, end));
}

merge_case any_case() {
  static const std::vector<std::string> names{
      "nome_paciente", "incapaz",      "nome_responsavel", "peso",
      "altura",        "end_paciente", "cidade_paciente",  "rg",
      "sexo",          "idade"};
  merge_case out{testing::a_patient().payload().fields, {}};
  const auto count = 2 + below(3);
  for (std::size_t h = 0; h < count; ++h) {
    auto fields = out.base;
    const auto changes = below(3);
    for (std::size_t c = 0; c < changes; ++c) {
      auto& value = fields.at(names[below(names.size())]);
      if (std::holds_alternative<bool>(value)) {
        value = below(2) == 1;
      } else {
        value = std::string(below(2) == 1 ? "x" : "y");
      }
    }
    out.heads.push_back(std::move(fields));
  }
  return out;
}

using outcome = std::variant<field_map, merge_refusal>;

outcome merge(const merge_case& c, const merge_options& options = {}) {
  return merge_fields("patient", c.pointers(), &c.base, true, options);
}

/// Per group, the distinct changed values, written anew without looking at the code.
std::map<std::string, std::size_t> changed_values(const merge_case& c, bool clinical_as_one) {
  std::map<std::string, std::set<std::string>> values;
  for (const auto& head : c.heads) {
    std::map<std::string, std::string> now;
    std::map<std::string, std::string> before;
    for (const auto& field : find_record_kind("patient")->fields) {
      if (clinical_as_one && !field.clinical) continue;
      const auto group = clinical_as_one ? std::string("all") : field.group;
      now[group] += field.name + "=" + value_text(head.at(field.name)) + "\n";
      before[group] += field.name + "=" + value_text(c.base.at(field.name)) + "\n";
    }
    for (const auto& [group, text] : now) {
      if (text != before[group]) values[group].insert(text);
    }
  }
  std::map<std::string, std::size_t> out;
  for (const auto& [group, texts] : values) out[group] = texts.size();
  return out;
}

bool all_equal(const merge_case& c) {
  return std::all_of(c.heads.begin(), c.heads.end(),
                     [&](const field_map& head) { return head == c.heads.front(); });
}

RC_GTEST_PROP(MergeProperty, TheOrderOfHeadsDoesNotMatter, ()) {
  auto c = any_case();
  const auto first = merge(c);
  std::reverse(c.heads.begin(), c.heads.end());
  RC_ASSERT(merge(c) == first);
  std::rotate(c.heads.begin(), c.heads.begin() + 1, c.heads.end());
  RC_ASSERT(merge(c) == first);
}

RC_GTEST_PROP(MergeProperty, WhatNobodySeesChangesNothingOfTheOutcome, ()) {
  const auto plain = any_case();
  auto odd = plain;
  for (auto& head : odd.heads) {
    for (auto& [name, value] : head) {
      if (auto* text = std::get_if<std::string>(&value); text != nullptr && below(3) == 0) {
        *text += below(2) == 1 ? " " : "\u00A0";
      }
    }
  }
  const auto expected = merge(plain);
  const auto got = merge(odd);
  RC_ASSERT(expected.index() == got.index());
  if (const auto* refusal = std::get_if<merge_refusal>(&got)) {
    RC_ASSERT(*refusal == std::get<merge_refusal>(expected));
  } else {
    for (const auto& [name, value] : std::get<field_map>(got)) {
      const auto& other = std::get<field_map>(expected).at(name);
      RC_ASSERT(visible_text(value_text(value)) == visible_text(value_text(other)));
    }
  }
  std::reverse(odd.heads.begin(), odd.heads.end());
  RC_ASSERT(merge(odd) == got);
}

RC_GTEST_PROP(MergeProperty, EqualHeadsMergeToThemselves, ()) {
  auto c = any_case();
  for (auto& head : c.heads) head = c.heads.front();
  const auto policy = *rc::gen::element(merge_policy::automatic, merge_policy::manual);
  const merge_options options{policy, *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
  RC_ASSERT(merge(c, options) == outcome(c.heads.front()));
  RC_ASSERT(merge_fields("patient", c.pointers(), nullptr, false, options) ==
            outcome(c.heads.front()));
}

RC_GTEST_PROP(MergeProperty, NothingIsDroppedAndNothingInvented, ()) {
  const auto c = any_case();
  const auto result = merge(c);
  RC_CLASSIFY(std::holds_alternative<field_map>(result), "merged");
  if (!std::holds_alternative<field_map>(result)) return;
  const auto& fields = std::get<field_map>(result);
  RC_ASSERT(fields.size() == c.base.size());
  for (const auto& [name, value] : fields) {
    bool from_somewhere = value == c.base.at(name);
    for (const auto& head : c.heads) {
      if (head.at(name) != c.base.at(name)) RC_ASSERT(head.at(name) == value);
      from_somewhere = from_somewhere || head.at(name) == value;
    }
    RC_ASSERT(from_somewhere);
  }
}

RC_GTEST_PROP(MergeProperty, RefusesExactlyWhenOneGroupChangedDifferently, ()) {
  const auto c = any_case();
  std::vector<std::string> clashing;
  for (const auto& [group, count] : changed_values(c, false)) {
    if (count > 1) clashing.push_back(group);
  }
  const auto clinical = changed_values(c, true);
  const bool clinical_clash = clinical.contains("all") && clinical.at("all") > 1;
  const auto result = merge(c);
  if (all_equal(c)) {
    RC_ASSERT(std::holds_alternative<field_map>(result));
  } else if (!clashing.empty()) {
    RC_ASSERT(result == outcome(merge_refusal{merge_obstacle::same_group, clashing}));
  } else {
    RC_ASSERT(std::holds_alternative<field_map>(result) == !clinical_clash);
  }
}

RC_GTEST_PROP(MergeProperty, MergingIntoTheResultChangesNothingMore, ()) {
  const auto c = any_case();
  const auto first = merge(c);
  RC_PRE(std::holds_alternative<field_map>(first));
  merge_case again{c.base, c.heads};
  again.heads.push_back(std::get<field_map>(first));
  // The result has every head's change of a group as its own; only groups with several changed
  // fields from one head keep their tuple, so it never clashes with a head.
  merge_options asked;
  asked.admin_asked = true;
  RC_ASSERT(merge(again, asked) == first);
}

RC_GTEST_PROP(MergeProperty, EqualInputsGiveEqualIds, ()) {
  const auto root = testing::a_patient().make();
  std::vector<version> heads;
  const auto count = *rc::gen::inRange<std::size_t>(2, 6);
  for (std::size_t n = 0; n < count; ++n) {
    heads.push_back(testing::a_patient().after({&root}).salt(n + 1).make());
  }
  std::vector<const version*> pointers;
  for (const auto& head : heads) pointers.push_back(&head);
  const auto first = make_merge(pointers, root.payload.fields, "secret");
  std::reverse(pointers.begin(), pointers.end());
  const auto second = make_merge(pointers, root.payload.fields, "secret");
  RC_ASSERT(first.id == second.id);
  RC_ASSERT(first.raw == second.raw);
  RC_ASSERT(make_merge(pointers, root.payload.fields, "other").id != first.id);
  RC_ASSERT(decode_version(first.raw).has_value());
}

}  // namespace
}  // namespace autocusto::domain
