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
// verifies; the random salt keeps an erased payload from being guessed. A version always carries
// all fields of its kind. `created_at` is for people, no rule reads it. Values only; any thread.

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

enum class version_status { active, draft };
[[nodiscard]] std::string_view status_name(version_status status);

using field_value = std::variant<std::string, bool>;
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

/// Canonical bytes of a header; its SHA-256 is the version id.
[[nodiscard]] std::string encode_header(const version_header& header);
[[nodiscard]] std::string encode_payload(const version_payload& payload);

/// The canonical text of a payload's fields, which come in the order of their names.
class fields_encoder {
 public:
  fields_encoder() { out_.reserve(1024); }
  void add(std::string_view name, std::string_view text);
  void add_flag(std::string_view name, bool flag);
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
/// Reads a payload: strict form and canonical bytes; field names must be exactly those of the
/// kind with their types. Errors: malformed, not_canonical, too_large.
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
[[nodiscard]] std::vector<field_change> diff_fields(std::string_view kind, const field_map& from,
                                                    const field_map& to);

/// All fields of a kind with their empty values: "" and false.
[[nodiscard]] field_map empty_fields(std::string_view kind);

/// For people and command lines: the text itself, `true` or `false`.
[[nodiscard]] std::string value_text(const field_value& value);

}  // namespace autocusto::domain
