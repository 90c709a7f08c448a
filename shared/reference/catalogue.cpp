#include "shared/reference/catalogue.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "shared/crypto/hash.hpp"
#include "shared/domain/entry.hpp"
#include "shared/json/canonical.hpp"
#include "shared/reference/encode.hpp"

namespace autocusto::reference {
namespace {

template <class Value>
void put(nlohmann::json& to, const char* name, const std::optional<Value>& value) {
  if (value) to[name] = *value;
}

nlohmann::json encode(const protocol_field& field) {
  return {{"name", field.name},
          {"type", std::string(type_name(field.type))},
          {"label", field.label},
          {"choices", field.choices},
          {"required", field.required}};
}

nlohmann::json encode(const source& from) {
  return {{"name", from.name}, {"version", from.version}};
}

nlohmann::json encode(const disease& one) {
  nlohmann::json out = {{"cid", one.cid}, {"nome", one.nome}};
  put(out, "retired_on", one.retired_on);
  return out;
}

nlohmann::json encode(const protocol& one) {
  nlohmann::json fields = nlohmann::json::array();
  for (const auto& field : one.fields) fields.push_back(encode(field));
  nlohmann::json out = {{"code", one.code},
                        {"nome", one.nome},
                        {"cids", one.cids},
                        {"medicines", one.medicines},
                        {"fields", std::move(fields)},
                        {"documents", one.documents},
                        {"report_first_time", one.report_first_time}};
  put(out, "renew_months", one.renew_months);
  put(out, "retired_on", one.retired_on);
  return out;
}

nlohmann::json encode(const medicine& one) {
  nlohmann::json out = {{"code", one.code},
                        {"name", one.name},
                        {"print_name", one.print_name},
                        {"unit", one.unit},
                        {"control", one.control},
                        {"sex", std::string(sex_name(one.for_sex))},
                        {"cids", one.cids},
                        {"legacy_ids", one.legacy_ids}};
  put(out, "max_month", one.max_month);
  put(out, "age_min", one.age_min);
  put(out, "age_max", one.age_max);
  put(out, "retired_on", one.retired_on);
  return out;
}

template <class Value>
nlohmann::json encode_all(const std::vector<Value>& values) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& value : values) out.push_back(encode(value));
  return out;
}

void sort_codes(std::vector<std::string>& codes) {
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
}

template <class Value>
void sort_by(std::vector<Value>& values, std::string Value::*code) {
  std::stable_sort(values.begin(), values.end(),
                   [code](const Value& a, const Value& b) { return a.*code < b.*code; });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

nlohmann::json encode(const catalogue& value) {
  return {{"v", k_format},
          {"revision", value.revision},
          {"valid_from", value.valid_from},
          {"sources", encode_all(value.sources)},
          {"diseases", encode_all(value.diseases)},
          {"protocols", encode_all(value.protocols)},
          {"medicines", encode_all(value.medicines)}};
}

std::string write_catalogue(const catalogue& value) {
  return json::canonical(encode(value));
}

hash256 catalogue_hash(std::string_view canonical_text) {
  return crypto::sha256(canonical_text);
}

void sort_catalogue(catalogue& value) {
  sort_by(value.sources, &source::name);
  sort_by(value.diseases, &disease::cid);
  sort_by(value.protocols, &protocol::code);
  sort_by(value.medicines, &medicine::code);
  for (auto& one : value.protocols) {
    sort_codes(one.cids);
    sort_codes(one.medicines);
  }
  for (auto& one : value.medicines) {
    sort_codes(one.cids);
    sort_codes(one.legacy_ids);
  }
}

std::optional<std::string> canonical_cid(std::string_view typed) {
  std::string seen = domain::clean_number(typed);
  if (!seen.empty() && seen[0] >= 'a' && seen[0] <= 'z') {
    seen[0] = static_cast<char>(seen[0] - 'a' + 'A');
  }
  if (seen.size() == 4 && seen[3] != '.') seen.insert(3, ".");
  const bool shaped = (seen.size() == 3 || (seen.size() == 5 && seen[3] == '.')) &&
                      seen[0] >= 'A' && seen[0] <= 'Z' && is_digit(seen[1]) && is_digit(seen[2]) &&
                      (seen.size() == 3 || is_digit(seen[4]));
  if (!shaped) return std::nullopt;
  return seen;
}

std::string_view type_name(field_type type) {
  switch (type) {
    case field_type::choice:
      return "choice";
    case field_type::boolean:
      return "boolean";
    case field_type::number:
      return "number";
    case field_type::text:
      return "text";
    case field_type::textarea:
      return "textarea";
    case field_type::date:
      return "date";
  }
  return {};
}

std::string_view sex_name(sex value) {
  switch (value) {
    case sex::any:
      return "any";
    case sex::female:
      return "F";
    case sex::male:
      return "M";
  }
  return {};
}

}  // namespace autocusto::reference
