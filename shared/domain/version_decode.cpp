// Reading versions. The common case, canonical text, is scanned; what the scanner does not take
// goes to the general reader, which says what is wrong. Both end in the same checks.
#include "shared/domain/version_decode.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "shared/base/clock.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/scan.hpp"
#include "shared/domain/structured.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"
#include "shared/json/text.hpp"

namespace autocusto::domain {
namespace {

constexpr std::size_t k_key_bytes = 64;
constexpr std::size_t k_name_bytes = 64;
constexpr std::size_t k_fields = 500;     // of one version, known or not
constexpr std::size_t k_time_bytes = 24;  // 2026-11-22T10:00:00.123Z
constexpr auto k_size_limit = static_cast<std::int64_t>(limits::version_bytes);

error too_large() {
  return fail(errc::too_large,
              "The version is larger than 65536 bytes in all; shorten the longest texts.", {},
              k_size_limit);
}

/// What the form of a header asks beyond its members' types.
std::optional<error> header_problem(const version_header& h) {
  const auto wrong = [](const char* member, const char* what) {
    return fail(errc::malformed, std::string("The version's ") + member + " " + what + ".", member);
  };
  if (!is_plain_name(h.record.kind)) {
    return wrong("record.kind", "is no name of a kind of record");
  }
  if (!parse_time(h.created_at)) {
    return wrong("created_at", "is no UTC time with milliseconds (2026-11-22T10:00:00.123Z)");
  }
  if (std::adjacent_find(h.parents.begin(), h.parents.end(), std::greater_equal<>()) !=
      h.parents.end()) {
    return wrong("parents", "are not sorted or name one version twice");
  }
  if (h.parents.empty() != (h.generation == 1)) {
    return wrong("generation", "must be 1 without parents and greater with them");
  }
  return std::nullopt;
}

/// Controls of ASCII and of Latin 1 (U+0080 to U+009F, written C2 80 to C2 9F).
bool has_control_character(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

std::optional<error> payload_problem(const version_payload& p) {
  if (p.key.empty() || p.key.size() > k_key_bytes) {
    return fail(errc::malformed, "The version's key must have 1 to 64 bytes.", "key", k_key_bytes);
  }
  if (has_control_character(p.key)) {
    return fail(errc::malformed, "The version's key has a control character.", "key");
  }
  return std::nullopt;
}

template <class Id>
bool scan_id(canonical_scanner& in, std::size_t characters, Id& out) {
  std::string_view text;
  if (!in.raw(characters, text)) return false;
  const auto id = Id::parse(text);
  if (id) out = *id;
  return id.has_value();
}

bool scan_parents(canonical_scanner& in, std::vector<version_id>& out) {
  if (!in.literal("[")) return false;
  while (!in.literal("]")) {
    if (out.size() == limits::parents || (!out.empty() && !in.literal(","))) return false;
    if (!in.literal("\"") || !scan_id(in, 64, out.emplace_back()) || !in.literal("\"")) {
      return false;
    }
  }
  return true;
}

bool scan_status(canonical_scanner& in, version_status& out) {
  out = in.next_is("draft") ? version_status::draft : version_status::active;
  return in.literal(status_name(out));
}

bool scan_header(std::string_view raw, version_header& h) {
  canonical_scanner in(raw);
  std::string_view time;
  const bool ok = in.literal(R"({"author":")") && scan_id(in, 36, h.author) &&
                  in.literal(R"(","created_at":")") && in.raw(k_time_bytes, time) &&
                  in.literal(R"(","device":")") && scan_id(in, 36, h.device) &&
                  in.literal(R"(","generation":)") && in.integer(h.generation) &&
                  h.generation >= 1 && in.literal(R"(,"parents":)") &&
                  scan_parents(in, h.parents) && in.literal(R"(,"payload_hash":")") &&
                  scan_id(in, 64, h.payload_hash) && in.literal(R"(","record":{"id":")") &&
                  scan_id(in, 32, h.record.id) && in.literal(R"(","kind":)") &&
                  in.string(h.record.kind) && in.literal(R"(},"status":")") &&
                  scan_status(in, h.status) && in.literal(R"(","v":1})") && in.at_end();
  // An escape in the time would be cut by its fixed length: only a real time is taken as it is.
  if (!ok || !parse_time(time)) return false;
  h.created_at = time;
  return true;
}

/// Takes the value of a known field, behind its name.
bool scan_value(canonical_scanner& in, const field_spec& field, field_value& value) {
  switch (field.type) {
    case field_type::text:
      return in.string(value.emplace<std::string>());
    case field_type::boolean:
      return in.boolean(value.emplace<bool>());
    case field_type::rows:
    case field_type::map: {
      std::string_view json;
      if (!in.value(json, limits::json_depth - 2)) return false;  // below payload and fields
      const auto& parts = value.emplace<structured>(structured{std::string(json)});
      return check_form(field, parts).has_value();
    }
    case field_type::unknown:
      break;
  }
  return false;
}

/// Which fields a payload may leave out: those that came after its revision.
class revision_check {
 public:
  void present(const field_spec& field) { newest_ = std::max(newest_, field.since); }
  void absent(const field_spec& field) { oldest_absent_ = std::min(oldest_absent_, field.since); }
  void unknown() { newest_ = std::numeric_limits<std::int64_t>::max() - 1; }
  /// Whether all fields of one revision are there, and no less one holds `fields`.
  [[nodiscard]] bool ok(const record_kind& kind, const field_map& fields) const {
    if (oldest_absent_ <= newest_) return false;
    return newest_ > kind.revision || newest_ == 1 || revision_of(kind.kind, fields) == newest_;
  }

 private:
  std::int64_t newest_ = 1;
  std::int64_t oldest_absent_ = std::numeric_limits<std::int64_t>::max();
};

bool scan_payload(std::string_view raw, const record_kind& kind, version_payload& p) {
  if (json::invalid_utf8_at(raw)) return false;
  canonical_scanner in(raw);
  if (!in.literal(R"({"fields":{)")) return false;
  revision_check revision;
  for (bool first = true; const auto i : kind.by_name) {
    const auto& field = kind.fields[i];
    field_value value;
    if (in.member(field.name, first)) {
      if (!scan_value(in, field, value)) return false;
      first = false;
      revision.present(field);
    } else {
      revision.absent(field);
      value = empty_value(field);
    }
    p.fields.emplace_hint(p.fields.end(), field.name, std::move(value));
  }
  return revision.ok(kind, p.fields) && in.literal(R"(},"key":)") && in.string(p.key) &&
         in.literal(R"(,"salt":")") && scan_id(in, 32, p.salt) && in.literal(R"(","summary":)") &&
         in.string(p.summary) && in.literal("}") && in.at_end();
}

result<version_header> read_header(std::string_view raw) {
  const auto value = json::parse_canonical(raw);
  if (!value) return value.error();
  if (!value->is_object()) return fail(errc::malformed, "The version's header is no object.");
  if (const auto parents = value->find("parents");
      parents != value->end() && parents->is_array() && parents->size() > limits::parents) {
    return fail(errc::too_many_parents, "The version has more than 16 parents; join fewer at once.",
                "parents", static_cast<std::int64_t>(limits::parents));
  }
  version_header h;
  json::reader in(*value);
  static_cast<void>(in.integer("v", 1, 1));
  auto record = in.object("record");
  h.record.kind = record.string("kind", 64);
  h.record.id = record.id<record_id>("id");
  record.strict();
  h.parents = in.ids<version_id>("parents", limits::parents);
  h.generation = in.integer("generation", 1, limits::json_integer);
  h.author = in.id<user_id>("author");
  h.device = in.id<device_id>("device");
  h.created_at = in.string("created_at", k_time_bytes);
  const auto status = in.string("status", 16);
  if (status == status_name(version_status::draft)) {
    h.status = version_status::draft;
  } else if (status != status_name(version_status::active)) {
    in.refuse("status", "is neither active nor draft");
  }
  h.payload_hash = in.id<hash256>("payload_hash");
  in.strict();
  if (auto e = in.finish()) return *std::move(e);
  return h;
}

/// A field that this program knows, with the type of its kind.
field_value read_known(json::reader& fields, const field_spec& field) {
  switch (field.type) {
    case field_type::text:
      return fields.string(field.name, limits::version_bytes);
    case field_type::boolean:
      return fields.boolean(field.name);
    case field_type::rows:
    case field_type::map: {
      structured parts{json::canonical(fields.value(field.name))};
      if (const auto form = check_form(field, parts); !form) {
        fields.refuse(field.name, "has not the form of its type");
      }
      return parts;
    }
    case field_type::unknown:
      break;
  }
  throw std::logic_error("a known field of an unknown type");
}

/// What this program does not know, as its JSON.
std::optional<error> read_unknown(const nlohmann::json& fields, const record_kind& kind,
                                  revision_check& revision, field_map& out) {
  if (fields.size() > k_fields) {
    return fail(errc::malformed, "The version has more than 500 fields.", "fields", k_fields);
  }
  for (const auto& [name, value] : fields.items()) {
    if (kind.find(name) != nullptr) continue;
    if (!is_plain_name(name)) {
      return fail(errc::malformed, "A field's name is not 1 to 64 of a-z, 0-9 and _.", "fields");
    }
    revision.unknown();
    out.emplace(name, structured{json::canonical(value)});
  }
  return std::nullopt;
}

result<version_payload> read_payload(std::string_view raw, const record_kind& kind) {
  const auto value = json::parse_canonical(raw);
  if (!value) return value.error();
  if (!value->is_object()) return fail(errc::malformed, "The version's payload is no object.");
  version_payload p;
  json::reader in(*value);
  auto fields = in.object("fields");
  if (auto e = in.finish()) return *std::move(e);
  const auto& members = value->at("fields");
  revision_check revision;
  for (const auto& field : kind.fields) {
    if (members.contains(field.name) || field.since == 1) {
      p.fields.emplace(field.name, read_known(fields, field));
      revision.present(field);
    } else {
      p.fields.emplace(field.name, empty_value(field));
      revision.absent(field);
    }
  }
  p.key = in.string("key", k_key_bytes);
  p.salt = in.id<salt128>("salt");
  p.summary = in.string("summary", limits::version_bytes);
  in.strict();
  if (auto e = in.finish()) return *std::move(e);
  if (auto e = read_unknown(members, kind, revision, p.fields)) return *std::move(e);
  if (!revision.ok(kind, p.fields)) {
    return fail(errc::malformed,
                "The version has not exactly the fields of the least revision that holds it.",
                "fields");
  }
  return p;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= k_name_bytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

result<version_header> decode_header(std::string_view raw) {
  if (raw.size() > limits::version_bytes) return too_large();
  version_header header;
  if (!scan_header(raw, header)) {
    auto read = read_header(raw);
    if (!read) return read;
    header = *std::move(read);
  }
  if (auto e = header_problem(header)) return *std::move(e);
  return header;
}

result<version_payload> decode_payload(std::string_view raw, std::string_view kind) {
  if (raw.size() > limits::version_bytes) return too_large();
  static const record_kind k_unknown;  // it has no field that is known
  const auto* known = find_record_kind(kind);
  if (known == nullptr) known = &k_unknown;
  version_payload payload;
  if (!scan_payload(raw, *known, payload)) {
    auto read = read_payload(raw, *known);
    if (!read) return read;
    payload = *std::move(read);
  }
  if (auto e = payload_problem(payload)) return *std::move(e);
  return payload;
}

result<version> decode_version(version_bytes raw) {
  const auto id = *version_id::from_raw(crypto::sha256(raw.header).raw());
  return decode_version(std::move(raw), id);
}

result<version> decode_version(version_bytes&& raw, const version_id& id) {
  if (raw.header.size() + raw.payload.size() > limits::version_bytes) return too_large();
  auto header = decode_header(raw.header);
  if (!header) return header.error();
  if (crypto::sha256(raw.payload) != header->payload_hash) {
    return fail(errc::hash_mismatch,
                "The version's payload is not the one that its header names; send both unchanged.",
                "payload_hash");
  }
  auto payload = decode_payload(raw.payload, header->record.kind);
  if (!payload) return payload.error();
  version out;
  out.id = id;
  out.header = *std::move(header);
  out.payload = *std::move(payload);
  out.raw = std::move(raw);
  return out;
}

}  // namespace autocusto::domain
