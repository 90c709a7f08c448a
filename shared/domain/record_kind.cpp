#include "shared/domain/record_kind.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "shared/domain/record_kind_texts.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"

namespace autocusto::domain {
namespace {

constexpr std::size_t k_max_text = 1000;   // of one label, summary or name
constexpr std::size_t k_max_fields = 200;  // far above what a form has
constexpr std::int64_t k_max_length = 60'000;

constexpr std::int64_t k_max_items = 500;
constexpr std::int64_t k_max_revision = 1000;

constexpr std::array<std::pair<std::string_view, field_type>, 4> k_types{{
    {"text", field_type::text},
    {"boolean", field_type::boolean},
    {"rows", field_type::rows},
    {"map", field_type::map},
}};
constexpr std::array<std::pair<std::string_view, field_rule>, 12> k_rules{{
    {"none", field_rule::none},
    {"weight", field_rule::weight},
    {"height", field_rule::height},
    {"cns", field_rule::cns},
    {"email", field_rule::email},
    {"phone", field_rule::phone},
    {"cep", field_rule::cep},
    {"choice", field_rule::choice},
    {"cpf", field_rule::cpf},
    {"cnes", field_rule::cnes},
    {"date", field_rule::date},
    {"digits", field_rule::digits},
}};
constexpr std::array<std::pair<std::string_view, key_rule>, 5> k_key_rules{{
    {"cpf", key_rule::cpf},
    {"cnes", key_rule::cnes},
    {"registration", key_rule::registration},
    {"process", key_rule::process},
    {"emission", key_rule::emission},
}};

[[noreturn]] void broken(const std::string& where, const std::string& what) {
  throw std::invalid_argument("The kind is wrong at " + where + ": " + what + ".");
}

template <class Table>
auto by_name(const Table& table, std::string_view name, const std::string& where) {
  for (const auto& [known, value] : table) {
    if (known == name) return value;
  }
  broken(where, "it has an unknown value");
}

template <class Table, class Value>
std::string_view name_of(const Table& table, Value value) {
  for (const auto& [name, known] : table) {
    if (known == value) return name;
  }
  throw std::logic_error("a value without a name in its table");
}

void read_label(json::reader& in, std::string& pt, std::string& en) {
  auto label = in.object("label");
  pt = label.string("pt", k_max_text);
  en = label.string("en", k_max_text);
  label.strict();
}

column_spec read_column(json::reader& in) {
  column_spec spec;
  spec.name = in.string("name", 64);
  spec.max_length = static_cast<std::size_t>(in.integer("max", 1, k_max_length));
  spec.required = in.boolean_or("required", false);
  spec.rule =
      by_name(k_rules, in.optional_string("rule", 16).value_or("none"), spec.name + ".rule");
  read_label(in, spec.label_pt, spec.label_en);
  in.strict();
  return spec;
}

/// What a field's type asks for beyond its name.
void read_type(json::reader& in, field_spec& spec) {
  const auto size = [&in](const char* name, std::int64_t most) {
    return static_cast<std::size_t>(in.integer(name, 1, most));
  };
  switch (spec.type) {
    case field_type::text:
      spec.max_length = size("max", k_max_length);
      spec.lines = in.boolean_or("lines", false);
      break;
    case field_type::rows:
      spec.max_items = size("max_rows", k_max_items);
      in.objects("columns", k_max_fields,
                 [&spec](json::reader& column) { spec.columns.push_back(read_column(column)); });
      break;
    case field_type::map:
      spec.max_items = size("max_entries", k_max_items);
      spec.max_length = size("max", k_max_length);
      spec.pattern = in.string("pattern", 16);
      break;
    case field_type::boolean:
    case field_type::unknown:
      break;
  }
}

/// `incapaz`, or `tratou=sim`.
void read_condition(json::reader& in, field_spec& spec) {
  const auto text = in.optional_string("required_when", 128).value_or("");
  const auto mark = text.find('=');
  spec.required_when = text.substr(0, mark);
  if (mark != std::string::npos) spec.required_value = text.substr(mark + 1);
}

field_spec read_field(json::reader& in) {
  field_spec spec;
  spec.name = in.string("name", 64);
  spec.type = by_name(k_types, in.string("type", 16), spec.name);
  spec.since = in.has("since") ? in.integer("since", 1, k_max_revision) : 1;
  read_type(in, spec);
  spec.required = in.boolean_or("required", false);
  read_condition(in, spec);
  spec.rule =
      by_name(k_rules, in.optional_string("rule", 16).value_or("none"), spec.name + ".rule");
  if (in.has("choices")) spec.choices = in.strings("choices", k_max_fields, k_max_text);
  spec.group = in.string("group", 64);
  spec.clinical = in.boolean_or("clinical", false);
  read_label(in, spec.label_pt, spec.label_en);
  in.strict();
  return spec;
}

void check_name(const std::string& name) {
  if (name.empty()) broken(name, "a name is empty");
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!plain) broken(name, "names consist of a-z, 0-9 and _");
}

/// What one field can be wrong in by itself.
void check_field(const field_spec& field) {
  check_name(field.name);
  if (field.group.empty()) broken(field.name, "the group is empty");
  if ((field.rule == field_rule::choice) == field.choices.empty()) {
    broken(field.name, "choices and the rule `choice` go together");
  }
  if (field.type == field_type::boolean && !field.required_when.empty()) {
    broken(field.name, "a boolean has no rule");
  }
  if (field.type != field_type::text && field.rule != field_rule::none) {
    broken(field.name, "only a text has a rule");
  }
  std::map<std::string, bool> columns;
  for (const auto& column : field.columns) {
    check_name(column.name);
    if (column.rule == field_rule::choice) broken(column.name, "a column has no choices");
    if (!columns.emplace(column.name, true).second) broken(column.name, "the name stands twice");
  }
  if (field.type == field_type::rows && columns.empty()) broken(field.name, "rows need columns");
  if (field.type == field_type::map) check_name(field.pattern);
}

/// What no single field can show: names, groups and references that fit together.
void check(const record_kind& kind) {
  std::map<std::string, bool> group_clinical;
  for (const auto& field : kind.fields) {
    check_field(field);
    if (kind.find(field.name) != &field) broken(field.name, "the name stands twice");
    const auto [at, added] = group_clinical.try_emplace(field.group, field.clinical);
    if (!added && at->second != field.clinical) {
      broken(field.name, "a group is clinical as a whole or not at all");
    }
    if (field.required && field.since > 1) {
      broken(field.name, "a field that comes later cannot be required");
    }
    if (field.required_when.empty()) continue;
    const auto* condition = kind.find(field.required_when);
    const auto type = field.required_value.empty() ? field_type::boolean : field_type::text;
    if (condition == nullptr || condition->type != type) {
      broken(field.name, "required_when names no boolean field, and no text with `=`");
    }
  }
  const auto* name = kind.find(kind.name_field);
  if (name == nullptr || (name->type != field_type::text && name->type != field_type::rows)) {
    broken("name_field", "it names no text and no rows");
  }
}

std::vector<record_kind> load_all() {
  std::vector<record_kind> all;
  for (const auto& [name, text] : record_kind_texts()) {
    all.push_back(parse_record_kind(text));
    if (all.back().kind != name) broken("kind", "it differs from the file's name");
  }
  return all;
}

}  // namespace

record_kind parse_record_kind(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) throw std::invalid_argument(value.error().message);
  if (!value->is_object()) broken("its start", "it is no object");

  json::reader in(*value);
  record_kind out;
  out.kind = in.string("kind", 64);
  read_label(in, out.label_pt, out.label_en);
  {
    auto key = in.object("key");
    out.key_name = key.string("name", 64);
    out.rule = by_name(k_key_rules, key.string("rule", 16), "key.rule");
    read_label(key, out.key_label_pt, out.key_label_en);
    key.strict();
  }
  out.name_field = in.string("name_field", 64);
  {
    auto summaries = in.object("summaries");
    out.initial_summary = summaries.string("initial", k_max_text);
    out.update_template = summaries.string("update", k_max_text);
    out.migrated_summary = summaries.string("migrated", k_max_text);
    summaries.strict();
  }
  in.objects("fields", k_max_fields,
             [&out](json::reader& field) { out.fields.push_back(read_field(field)); });
  in.strict();
  if (const auto e = in.finish()) throw std::invalid_argument(e->message);

  out.by_name.resize(out.fields.size());
  std::iota(out.by_name.begin(), out.by_name.end(), std::size_t{0});
  std::sort(out.by_name.begin(), out.by_name.end(), [&out](std::size_t a, std::size_t b) {
    return out.fields[a].name < out.fields[b].name;
  });
  for (const auto& field : out.fields) out.revision = std::max(out.revision, field.since);
  check(out);
  return out;
}

const field_spec* record_kind::find(std::string_view name) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [name](const field_spec& f) { return f.name == name; });
  return at == fields.end() ? nullptr : &*at;
}

std::string record_kind::update_summary(std::string_view email) const {
  constexpr std::string_view mark = "{email}";
  std::string text = update_template;
  if (const auto at = text.find(mark); at != std::string::npos) {
    text.replace(at, mark.size(), email);
  }
  return text;
}

std::span<const record_kind> record_kinds() {
  static const std::vector<record_kind> all = load_all();
  return all;
}

const record_kind* find_record_kind(std::string_view kind) {
  for (const auto& known : record_kinds()) {
    if (known.kind == kind) return &known;
  }
  return nullptr;
}

const kind_revisions& known_revisions() {
  static const kind_revisions all = [] {
    kind_revisions out;
    for (const auto& kind : record_kinds()) out.emplace(kind.kind, kind.revision);
    return out;
  }();
  return all;
}

const kind_revisions& first_revisions() {
  static const kind_revisions first{{"clinic", 1}, {"patient", 1}};
  return first;
}

bool covers(const kind_revisions& have, const kind_revisions& want) {
  return std::all_of(want.begin(), want.end(), [&have](const auto& kind) {
    const auto at = have.find(kind.first);
    return at != have.end() && at->second >= kind.second;
  });
}

std::string_view type_name(field_type type) {
  return name_of(k_types, type);
}

std::string_view rule_name(field_rule rule) {
  return name_of(k_rules, rule);
}

}  // namespace autocusto::domain
