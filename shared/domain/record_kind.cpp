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

constexpr std::array<std::pair<std::string_view, field_type>, 2> k_types{{
    {"text", field_type::text},
    {"boolean", field_type::boolean},
}};
constexpr std::array<std::pair<std::string_view, field_rule>, 8> k_rules{{
    {"none", field_rule::none},
    {"weight", field_rule::weight},
    {"height", field_rule::height},
    {"cns", field_rule::cns},
    {"email", field_rule::email},
    {"phone", field_rule::phone},
    {"cep", field_rule::cep},
    {"choice", field_rule::choice},
}};
constexpr std::array<std::pair<std::string_view, key_rule>, 2> k_key_rules{{
    {"cpf", key_rule::cpf},
    {"cnes", key_rule::cnes},
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

field_spec read_field(json::reader& in) {
  field_spec spec;
  spec.name = in.string("name", 64);
  spec.type = by_name(k_types, in.string("type", 16), spec.name);
  if (spec.type == field_type::text) {
    spec.max_length = static_cast<std::size_t>(in.integer("max", 1, k_max_length));
  }
  spec.required = in.boolean_or("required", false);
  spec.required_when = in.optional_string("required_when", 64).value_or("");
  spec.rule =
      by_name(k_rules, in.optional_string("rule", 16).value_or("none"), spec.name + ".rule");
  if (in.has("choices")) spec.choices = in.strings("choices", k_max_fields, k_max_text);
  spec.group = in.string("group", 64);
  spec.clinical = in.boolean_or("clinical", false);
  read_label(in, spec.label_pt, spec.label_en);
  in.strict();
  return spec;
}

/// What no single field can show: names, groups and references that fit together.
void check(const record_kind& kind) {
  std::map<std::string, bool> group_clinical;
  for (const auto& field : kind.fields) {
    if (field.name.empty() || field.group.empty()) broken(field.name, "name or group is empty");
    const bool plain = std::all_of(field.name.begin(), field.name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!plain) broken(field.name, "names consist of a-z, 0-9 and _");
    if (kind.find(field.name) != &field) broken(field.name, "the name stands twice");
    const auto [at, added] = group_clinical.try_emplace(field.group, field.clinical);
    if (!added && at->second != field.clinical) {
      broken(field.name, "a group is clinical as a whole or not at all");
    }
    if ((field.rule == field_rule::choice) == field.choices.empty()) {
      broken(field.name, "choices and the rule `choice` go together");
    }
    if (field.type == field_type::boolean &&
        (field.rule != field_rule::none || !field.required_when.empty())) {
      broken(field.name, "a boolean has no rule");
    }
    if (field.required_when.empty()) continue;
    const auto* condition = kind.find(field.required_when);
    if (condition == nullptr || condition->type != field_type::boolean) {
      broken(field.name, "required_when names no boolean field");
    }
  }
  const auto* name = kind.find(kind.name_field);
  if (name == nullptr || name->type != field_type::text) broken("name_field", "it names no text");
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

std::string_view type_name(field_type type) {
  return name_of(k_types, type);
}

std::string_view rule_name(field_rule rule) {
  return name_of(k_rules, rule);
}

}  // namespace autocusto::domain
