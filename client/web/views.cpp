#include "client/web/views.hpp"

#include <nlohmann/json.hpp>

#include "client/replica/replica.hpp"
#include "shared/base/clock.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/structured.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

json label_json(const std::string& pt, const std::string& en) {
  return {{"pt", pt}, {"en", en}};
}

json columns_json(const std::vector<domain::column_spec>& columns) {
  json out = json::array();
  for (const auto& c : columns) {
    out.push_back({{"name", c.name},
                   {"max", c.max_length},
                   {"required", c.required},
                   {"rule", domain::rule_name(c.rule)},
                   {"label", label_json(c.label_pt, c.label_en)}});
  }
  return out;
}

error bad_member(const std::string& name) {
  return fail(errc::malformed, "The member " + name + " of the request is not right.", name);
}

}  // namespace

json to_json(const domain::record_kind& kind) {
  json fields = json::array();
  for (const auto& f : kind.fields) {
    fields.push_back({{"name", f.name},
                      {"type", domain::type_name(f.type)},
                      {"max", f.max_length},
                      {"required", f.required},
                      {"required_when", f.required_when},
                      {"required_value", f.required_value},
                      {"since", f.since},
                      {"lines", f.lines},
                      {"max_rows", f.type == domain::field_type::rows ? f.max_items : 0},
                      {"max_entries", f.type == domain::field_type::map ? f.max_items : 0},
                      {"pattern", f.pattern},
                      {"columns", columns_json(f.columns)},
                      {"rule", domain::rule_name(f.rule)},
                      {"choices", f.choices},
                      {"group", f.group},
                      {"clinical", f.clinical},
                      {"label", label_json(f.label_pt, f.label_en)}});
  }
  return {{"kind", kind.kind},
          {"key", kind.key_name},
          {"key_label", label_json(kind.key_label_pt, kind.key_label_en)},
          {"label", label_json(kind.label_pt, kind.label_en)},
          {"name_field", kind.name_field},
          {"fields", std::move(fields)}};
}

json to_json(const domain::field_map& fields) {
  return domain::json_of(fields);
}

json to_json(const replica::version_info& v) {
  return {{"version_id", v.id.text()},
          {"number", v.number},
          {"parents", to_json(v.parents)},
          {"author", v.author},
          {"device", v.device},
          {"created_at", v.created_at},
          {"summary", v.summary},
          {"status", domain::status_name(v.status)},
          {"set_aside", v.set_aside},
          {"active", v.active},
          {"head", v.head},
          {"synced", v.synced},
          {"archived", v.archived},
          {"erased", v.erased}};
}

json to_json(const replica::list_item& item) {
  return {{"kind", item.kind},          {"key", item.key},
          {"name", item.name},          {"version_id", item.version.text()},
          {"number", item.number},      {"conflict", item.conflict},
          {"synced", item.synced},      {"draft", item.draft},
          {"has_draft", item.has_draft}};
}

json to_json(const replica::saved& s) {
  return {{"kind", s.kind},     {"key", s.key},         {"version_id", s.version.text()},
          {"number", s.number}, {"created", s.created}, {"changed", s.changed}};
}

json to_json(const std::vector<domain::field_change>& changes) {
  json out = json::array();
  for (const auto& each : changes) {
    out.push_back({{"field", each.field},
                   {"from", domain::json_of(each.from)},
                   {"to", domain::json_of(each.to)}});
  }
  return out;
}

json to_json(const std::vector<version_id>& ids) {
  json out = json::array();
  for (const auto& id : ids) out.push_back(id.text());
  return out;
}

json to_json(const printing::problem& what, bool english) {
  return {{"code", what.code},
          {"box", what.box},
          {"field", what.field},
          {"message", what.message(english ? pdf::language::en : pdf::language::pt)}};
}

json time_or_null(const std::optional<unix_millis>& at) {
  return at ? json(format_time(*at)) : json(nullptr);
}

result<domain::field_map> read_fields(std::string_view kind, const json& sent) {
  const auto* known = domain::find_record_kind(kind);
  if (!sent.is_object() || known == nullptr) return bad_member("fields");
  domain::field_map out;
  for (const auto& [name, value] : sent.items()) {
    if (value.is_null() || value.is_number()) return bad_member("fields");
    auto read = domain::entered_json(*known, name, value);
    if (!read) return read.error();
    out[name] = *std::move(read);
  }
  return out;
}

domain::field_map as_kept(std::string_view kind, domain::field_map typed) {
  const auto* known = domain::find_record_kind(kind);
  for (auto& [name, value] : typed) {
    const auto* spec = known == nullptr ? nullptr : known->find(name);
    auto* text = std::get_if<std::string>(&value);
    if (spec == nullptr || text == nullptr) continue;
    if (auto kept = domain::entered_text(*spec, *text)) value = *std::move(kept);
  }
  return typed;
}

}  // namespace autocusto::web
