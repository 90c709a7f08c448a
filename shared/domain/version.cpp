#include "shared/domain/version.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "shared/crypto/hash.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/scan.hpp"
#include "shared/domain/structured.hpp"
#include "shared/json/text.hpp"

namespace autocusto::domain {
namespace {

void append_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

/// Programs make versions, so text that our JSON cannot hold is a bug of theirs.
void require_utf8(std::string_view text) {
  if (json::invalid_utf8_at(text)) {
    throw std::logic_error("a version cannot hold text that is not UTF-8");
  }
}

/// One without known fields for an unknown kind.
const record_kind& known_kind(std::string_view kind) {
  static const record_kind unknown;
  const auto* known = find_record_kind(kind);
  return known == nullptr ? unknown : *known;
}

/// The greatest revision of the fields that are filled in, and of all when one is unknown: only a
/// newer program wrote that.
std::int64_t needed_revision(const record_kind& kind, const field_map& fields) {
  if (kind.revision == 1) return 1;
  std::int64_t revision = 1;
  std::size_t known = 0;
  for (const auto& field : kind.fields) {
    const auto at = fields.find(field.name);
    if (at == fields.end()) continue;
    ++known;
    if (field.since > revision && at->second != empty_value(field)) revision = field.since;
  }
  return known == fields.size() ? revision : kind.revision;
}

/// The fields that the revision of these does not have.
std::vector<std::string_view> later_fields(std::string_view kind, const field_map& fields) {
  std::vector<std::string_view> out;
  const auto* known = find_record_kind(kind);
  if (known == nullptr || known->revision == 1) return out;
  const auto revision = needed_revision(*known, fields);
  for (const auto& field : known->fields) {
    if (field.since > revision) out.push_back(field.name);
  }
  return out;
}

}  // namespace

std::string_view status_name(version_status status) {
  switch (status) {
    case version_status::active:
      return "active";
    case version_status::draft:
      return "draft";
  }
  throw std::logic_error("a version status without a name");
}

record_id make_record_id(std::string_view tenant_key, std::string_view kind, std::string_view key) {
  std::string text;
  text.reserve(kind.size() + 1 + key.size());
  text.append(kind).append(":").append(key);
  return *record_id::from_raw(crypto::hmac_sha256(tenant_key, text).raw().substr(0, 16));
}

std::string encode_header(const version_header& header) {
  std::string out;
  out.reserve(420 + 67 * header.parents.size());
  out.append(R"({"author":")").append(header.author.text());
  out.append(R"(","created_at":)");
  append_canonical_string(out, header.created_at);
  out.append(R"(,"device":")").append(header.device.text());
  out.append(R"(","generation":)");
  append_integer(out, header.generation);
  out.append(R"(,"parents":[)");
  for (std::size_t i = 0; i < header.parents.size(); ++i) {
    out.append(i == 0 ? "\"" : ",\"").append(header.parents[i].text()).append("\"");
  }
  out.append(R"(],"payload_hash":")").append(header.payload_hash.text());
  out.append(R"(","record":{"id":")").append(header.record.id.text());
  out.append(R"(","kind":)");
  append_canonical_string(out, header.record.kind);
  out.append(R"(},"status":")").append(status_name(header.status));
  out.append(R"(","v":1})");
  require_utf8(out);
  return out;
}

std::string encode_payload(std::string_view fields, std::string_view key, const salt128& salt,
                           std::string_view summary) {
  std::string out;
  out.reserve(fields.size() + key.size() + summary.size() + 128);
  out.append(R"({"fields":)").append(fields).append(R"(,"key":)");
  append_canonical_string(out, key);
  out.append(R"(,"salt":")").append(salt.text()).append(R"(","summary":)");
  append_canonical_string(out, summary);
  out.push_back('}');
  return out;
}

void fields_encoder::begin(std::string_view name) {
  out_.push_back(out_.empty() ? '{' : ',');
  append_canonical_string(out_, name);
  out_.push_back(':');
}

void fields_encoder::add(std::string_view name, std::string_view text) {
  begin(name);
  append_canonical_string(out_, text);
}

void fields_encoder::add_flag(std::string_view name, bool flag) {
  begin(name);
  out_.append(flag ? "true" : "false");
}

void fields_encoder::add_json(std::string_view name, std::string_view canonical) {
  begin(name);
  out_.append(canonical);
}

std::string fields_encoder::take() {
  out_.append(out_.empty() ? "{}" : "}");
  return std::move(out_);
}

std::string encode_payload(std::string_view kind, const version_payload& payload) {
  const auto left_out = later_fields(kind, payload.fields);
  fields_encoder fields;
  // Field names are ASCII, so the map's order is that of canonical JSON.
  for (const auto& [name, value] : payload.fields) {
    if (std::find(left_out.begin(), left_out.end(), name) != left_out.end()) continue;
    if (const auto* text = std::get_if<std::string>(&value)) {
      fields.add(name, *text);
    } else if (const auto* parts = std::get_if<structured>(&value)) {
      fields.add_json(name, parts->json);
    } else {
      fields.add_flag(name, std::get<bool>(value));
    }
  }
  auto out = encode_payload(fields.take(), payload.key, payload.salt, payload.summary);
  require_utf8(out);
  return out;
}

version make_version(version_header header, version_payload payload) {
  version out;
  out.raw.payload = encode_payload(header.record.kind, payload);
  header.payload_hash = crypto::sha256(out.raw.payload);
  std::sort(header.parents.begin(), header.parents.end());
  out.raw.header = encode_header(header);
  out.id = *version_id::from_raw(crypto::sha256(out.raw.header).raw());
  out.header = std::move(header);
  out.payload = std::move(payload);
  return out;
}

std::vector<field_change> diff_fields(std::string_view kind, const field_map& from,
                                      const field_map& to) {
  std::vector<field_change> out;
  const auto& known = known_kind(kind);
  for (const auto& field : known.fields) {
    auto before = value_in(from, field);
    auto after = value_in(to, field);
    if (before != after) out.push_back({field.name, std::move(before), std::move(after)});
  }
  field_map others;
  for (const auto* side : {&from, &to}) {
    for (const auto& [name, value] : *side) {
      if (known.find(name) == nullptr) others.emplace(name, structured{});
    }
  }
  for (const auto& [name, none] : others) {
    const auto before = from.find(name);
    const auto after = to.find(name);
    field_change change{name, before == from.end() ? none : before->second,
                        after == to.end() ? none : after->second};
    if (change.from != change.to) out.push_back(std::move(change));
  }
  return out;
}

field_value empty_value(const field_spec& field) {
  switch (field.type) {
    case field_type::text:
      return std::string();
    case field_type::boolean:
      return false;
    case field_type::rows:
      return structured{"[]"};
    case field_type::map:
      return structured{"{}"};
    case field_type::unknown:
      return structured{};
  }
  throw std::logic_error("a field type without an empty value");
}

field_value value_in(const field_map& fields, const field_spec& field) {
  const auto at = fields.find(field.name);
  return at == fields.end() ? empty_value(field) : at->second;
}

field_map empty_fields(std::string_view kind) {
  field_map out;
  for (const auto& field : known_kind(kind).fields) out.emplace(field.name, empty_value(field));
  return out;
}

std::int64_t revision_of(std::string_view kind, const field_map& fields) {
  const auto* known = find_record_kind(kind);
  return known == nullptr ? 0 : needed_revision(*known, fields);
}

bool is_within(const kind_revisions& known, std::string_view kind, const field_map& fields) {
  const auto at = known.find(kind);
  if (at == known.end()) return false;
  return revision_of(kind, fields) <= at->second;
}

std::vector<std::string> unknown_names(std::string_view kind, const field_map& fields) {
  const auto* known = find_record_kind(kind);
  if (known == nullptr) return {std::string(kind)};
  std::vector<std::string> out;
  if (fields.size() <= known->fields.size()) return out;
  for (const auto& [name, value] : fields) {
    if (known->find(name) == nullptr) out.push_back(std::string(kind) + '.' + name);
  }
  return out;
}

std::string value_text(const field_value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* parts = std::get_if<structured>(&value)) return parts->json;
  return std::get<bool>(value) ? "true" : "false";
}

std::string name_of(std::string_view kind, const field_map& fields) {
  const auto* known = find_record_kind(kind);
  if (known == nullptr) return {};
  const auto at = fields.find(known->name_field);
  if (at == fields.end()) return {};
  const auto* parts = std::get_if<structured>(&at->second);
  if (parts == nullptr) return value_text(at->second);
  std::string out;
  if (const auto rows = rows_of(*parts)) {
    for (const auto& row : *rows) {
      if (const auto name = cell(row, "nome"); !name.empty()) {
        out += (out.empty() ? "" : ", ") + name;
      }
    }
  }
  return out;
}

}  // namespace autocusto::domain
