#include "tools/import/encode.hpp"

#include <algorithm>

#include "shared/crypto/hash.hpp"
#include "shared/domain/scan.hpp"
#include "shared/domain/version.hpp"
#include "tools/import/rules/changed.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_id_bytes = 16;

std::string encode_fields(const legacy_kind& kind, const field_values& values) {
  domain::fields_encoder out;
  for (std::size_t i = 0; i < kind.fields.size(); ++i) {
    const auto& field = *kind.fields[i];
    if (field.type == domain::field_type::text) {
      out.add(field.name, values.texts[i]);
    } else {
      out.add_flag(field.name, values.flags[i]);
    }
  }
  return out.take();
}

/// A UUID of version 4 in shape.
template <class Id>
Id uuid_from(std::string_view raw) {
  Id id = *Id::from_raw(raw.substr(0, k_id_bytes));
  id.data()[6] = static_cast<std::uint8_t>((id.data()[6] & 0x0F) | 0x40);
  id.data()[8] = static_cast<std::uint8_t>((id.data()[8] & 0x3F) | 0x80);
  return id;
}

std::string_view table_of(const planned_record& record, const planned_version& v) {
  return v.origin == record.kind->version_origin ? record.kind->version : record.kind->master;
}

unix_millis to_millis(std::int64_t micros) {
  // Down, also before 1970.
  return micros >= 0 ? micros / 1000 : (micros - 999) / 1000;
}

}  // namespace

std::uint64_t known_key(store::import_origin origin, legacy_id id) {
  return (static_cast<std::uint64_t>(id) << 3) | static_cast<std::uint64_t>(origin);
}

std::int64_t digest_of(std::string_view text) {
  const auto hash = crypto::sha256(text);
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = (value << 8) | hash.data()[i];
  return static_cast<std::int64_t>(value);
}

std::string encoder::derive(std::string_view what, std::string_view a, std::string_view b,
                            std::string_view c) const {
  std::string text = "[\"import/";
  text.append(what).append("\",");
  domain::append_canonical_string(text, source_);
  for (const auto part : {a, b, c}) {
    text.push_back(',');
    domain::append_canonical_string(text, part);
  }
  text.push_back(']');
  return std::string(crypto::hmac_sha256(keys_.server_secret, text).raw());
}

user_id encoder::account_id(legacy_id user) const {
  return uuid_from<user_id>(derive("user", std::to_string(user), "", ""));
}

encoder::encoded_row encoder::content_of(const planned_record& record,
                                         const planned_version& v) const {
  encoded_row c;
  c.fields = v.values != nullptr ? encode_fields(*record.kind, *v.values) : v.fields;
  c.created_at = format_time(v.created ? to_millis(*v.created) : default_time_);
  std::string all = c.fields;
  all.append(1, '\n').append(record.key).append(1, '\n').append(v.summary);
  all.append(1, '\n').append(v.created ? c.created_at : "");
  all.append(v.draft ? "\ndraft" : "\nactive").append(v.archived ? "\narchived" : "\n");
  all.append(1, '\n').append(v.author ? std::to_string(*v.author) : "");
  c.digest = digest_of(all);
  return c;
}

intake::record_entry encoder::encode(const planned_record& record,
                                     const known_versions& known) const {
  intake::record_entry out;
  out.kind = record.kind->spec->kind;
  out.key = record.key;
  out.id = domain::make_record_id(keys_.tenant_key, out.kind, out.key);
  out.versions.reserve(record.versions.size());
  for (const auto& v : record.versions) {
    const auto content = content_of(record, v);
    auto& entry = out.versions.emplace_back();
    entry.origin = v.origin;
    entry.legacy_id = v.id;
    entry.legacy_number = v.number;
    entry.digest = content.digest;
    auto& header = entry.value.header;
    const store::imported_version* before = nullptr;
    if (const auto at = known.find(known_key(v.origin, v.id));
        at != known.end() && at->second.record == out.id) {
      before = &at->second;
    }
    if (before != nullptr && before->row.digest == content.digest) {
      entry.known = before->row.version;
      entry.value.id = before->id;
      header.generation = before->generation;
      continue;
    }
    header.record = {out.kind, out.id};
    header.author = system_user();
    if (v.author) {
      const auto& author = entry_of(users_, *v.author);
      header.author = author.id;
      entry.author = author.key;
    }
    header.device = import_device();
    header.created_at = content.created_at;
    header.status = v.draft ? domain::version_status::draft : domain::version_status::active;
    entry.archived = v.archived;
    if (before != nullptr) {
      // The row has changed in the source: the new content continues the old.
      header.parents = {before->id};
      header.generation = before->generation + 1;
    } else if (v.parent) {
      const auto& parent = out.versions[*v.parent].value;
      header.parents = {parent.id};
      header.generation = parent.header.generation + 1;
    }
    const auto table = table_of(record, v);
    const auto salt =
        derive("version", table, std::to_string(v.id), std::to_string(content.digest));
    auto& raw = entry.value.raw;
    raw.payload = domain::encode_payload(
        content.fields, record.key,
        *salt128::from_raw(std::string_view(salt).substr(0, k_id_bytes)), v.summary);
    header.payload_hash = crypto::sha256(raw.payload);
    raw.header = domain::encode_header(header);
    entry.value.id = *version_id::from_raw(crypto::sha256(raw.header).raw());
  }
  for (const auto& v : record.views) {
    const auto& user = entry_of(users_, v.user);
    auto& view = out.views.emplace_back();
    view.user = user.key;
    view.user_public = user.id;
    view.incarnation = uuid_from<incarnation_id>(derive("view", out.id.text(), user.id.text(), ""));
    for (const auto& visible : v.visible) {
      view.visible.push_back({static_cast<std::uint32_t>(visible.version), visible.assigned});
    }
  }
  return out;
}

}  // namespace autocusto::import
