#pragma once
// A version: an immutable snapshot of one record's editable fields, named by its hash.
//
// It consists of two JSON objects in canonical form (RFC 8785), kept and sent as exactly those
// bytes:
//
//   header  {"author","created_at","device","generation","parents","payload_hash","record":{"id",
//            "kind"},"status","v":1}
//   payload {"fields":{…},"key","salt","summary"}
//
//   payload_hash = SHA-256(payload bytes)      version id = SHA-256(header bytes)
//
// The header goes on for ever; the payload can be erased later and the chain of hashes still
// verifies; the random salt keeps an erased payload from being guessed. `created_at` is for people;
// of the rules only a merge reads it, which takes the latest of its parents'. Values only; any
// thread.
//
// A payload carries all fields of one revision of its kind (record_kind.hpp): the least one that
// holds what it says, so that one value has one text. Fields that came later read as empty. What a
// newer program wrote stays readable: a field that this program does not know is kept as its JSON,
// and a kind that it does not know has such fields only. Whether they are accepted is a rule, not
// form.

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::domain {

struct field_spec;
using kind_revisions = std::map<std::string, std::int64_t, std::less<>>;  // record_kind.hpp

enum class version_status { active, draft };
[[nodiscard]] std::string_view status_name(version_status status);

/// A value that is no text and no boolean: rows, a map (structured.hpp), or the value of a field
/// that this program does not know. It is the canonical JSON text of the value, so equal values are
/// equal texts.
struct structured {
  std::string json;
  friend auto operator<=>(const structured&, const structured&) = default;
};

using field_value = std::variant<std::string, bool, structured>;
/// Field name -> value. Absent text is the empty string, never null.
using field_map = std::map<std::string, field_value, std::less<>>;

struct record_ref {
  std::string kind;
  record_id id;
  friend auto operator<=>(const record_ref&, const record_ref&) = default;
};

struct version_header {
  record_ref record;
  std::vector<version_id> parents;  ///< sorted, unique, at most limits::parents
  std::int64_t generation = 1;      ///< 1 + the greatest of the parents'; 1 for a root
  user_id author;
  device_id device;
  std::string created_at;  ///< RFC 3339, UTC, milliseconds
  version_status status = version_status::active;
  hash256 payload_hash;
  friend bool operator==(const version_header&, const version_header&) = default;
};

struct version_payload {
  std::string key;  ///< natural key: digits, or `digits#legacy id` for odd imports
  salt128 salt;
  std::string summary;
  field_map fields;
  friend bool operator==(const version_payload&, const version_payload&) = default;
};

/// The bytes of a version, exactly as stored and sent.
struct version_bytes {
  std::string header;
  std::string payload;
  friend bool operator==(const version_bytes&, const version_bytes&) = default;
};

struct version {
  version_id id;
  version_header header;
  version_payload payload;
  version_bytes raw;
};

/// First 16 bytes of HMAC-SHA-256(tenant_key, kind + ":" + key): two laptops that register the same
/// key offline name the same record.
[[nodiscard]] record_id make_record_id(std::string_view tenant_key, std::string_view kind,
                                       std::string_view key);

/// Whether a kind or a field may have this name, known or not: 1 to 64 of a-z, 0-9 and _.
[[nodiscard]] bool is_plain_name(std::string_view name);

/// Canonical bytes of a header; its SHA-256 is the version id.
[[nodiscard]] std::string encode_header(const version_header& header);
/// The same of a payload of that kind, in the least revision that holds it.
[[nodiscard]] std::string encode_payload(std::string_view kind, const version_payload& payload);

/// The canonical text of a payload's fields, which come in the order of their names.
class fields_encoder {
 public:
  fields_encoder() { out_.reserve(1024); }
  void add(std::string_view name, std::string_view text);
  void add_flag(std::string_view name, bool flag);
  void add_json(std::string_view name, std::string_view canonical);
  /// `{"name":value,…}`; the encoder is spent.
  [[nodiscard]] std::string take();

 private:
  void begin(std::string_view name);
  std::string out_;
};
/// The same bytes from the text of the fields; does not check UTF-8.
[[nodiscard]] std::string encode_payload(std::string_view fields, std::string_view key,
                                         const salt128& salt, std::string_view summary);

/// Fills in payload_hash, sorts the parents, encodes and names a version. The caller sets
/// everything else, the generation included.
[[nodiscard]] version make_version(version_header header, version_payload payload);

/// Reads a header: strict form and canonical bytes. Errors: malformed, not_canonical, too_large,
/// too_many_parents, with the member that is meant.
[[nodiscard]] result<version_header> decode_header(std::string_view raw);
/// Reads a payload: strict form and canonical bytes; the fields of one revision of the kind with
/// their types, and unknown ones beside all that are known. `fields` has every known field.
/// Errors: malformed, not_canonical, too_large.
[[nodiscard]] result<version_payload> decode_payload(std::string_view raw, std::string_view kind);
/// Reads both, checks the size of the whole and that the payload is the one the header names
/// (hash_mismatch). Does not check field values, authorship or parents: those are rules, not form.
[[nodiscard]] result<version> decode_version(version_bytes raw);

/// One differing field of two snapshots, in form order.
struct field_change {
  std::string field;
  field_value from;
  field_value to;
  friend bool operator==(const field_change&, const field_change&) = default;
};
/// What a side lacks counts as empty. Unknown fields come last, by name.
[[nodiscard]] std::vector<field_change> diff_fields(std::string_view kind, const field_map& from,
                                                    const field_map& to);

/// What a field holds while nobody filled it in: "", false, no rows, no entries.
[[nodiscard]] field_value empty_value(const field_spec& field);
/// The field's value, the empty one where the map lacks it.
[[nodiscard]] field_value value_in(const field_map& fields, const field_spec& field);
/// All fields of a kind with their empty values; none of an unknown kind.
[[nodiscard]] field_map empty_fields(std::string_view kind);

/// The least revision of a kind that holds these fields; 0 for an unknown kind.
[[nodiscard]] std::int64_t revision_of(std::string_view kind, const field_map& fields);

/// Whether a program that knows `known` takes these fields of that kind. Of a kind that this
/// program does not know only the name is asked for.
[[nodiscard]] bool is_within(const kind_revisions& known, std::string_view kind,
                             const field_map& fields);

/// `kind`, or `kind.field` for each field, of what this program does not know.
[[nodiscard]] std::vector<std::string> unknown_names(std::string_view kind,
                                                     const field_map& fields);

/// For command lines: the text itself, `true` or `false`, the JSON of rows and maps.
[[nodiscard]] std::string value_text(const field_value& value);

/// What lists show of a record: the text of its kind's `name_field`, or the names of its rows
/// joined by commas. Empty for an unknown kind.
[[nodiscard]] std::string name_of(std::string_view kind, const field_map& fields);

}  // namespace autocusto::domain
