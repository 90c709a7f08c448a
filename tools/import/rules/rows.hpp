#pragma once
// Rows of the source as values, and the names of its tables. Texts are as they stand there, byte
// for byte; NULL texts are empty. Any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/imports/rows.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::import {

using legacy_id = std::int64_t;

/// Times that can be kept, in microseconds since 1970: the years 0 to 9999. Whatever lies outside,
/// infinity too, is read as the nearest of the two.
inline constexpr std::int64_t k_first_time = -62'167'219'200'000'000;
inline constexpr std::int64_t k_last_time = 253'402'300'799'999'999;
/// Whether a time was outside (or is the very first or last one).
[[nodiscard]] constexpr bool is_out_of_range(std::int64_t micros) {
  return micros <= k_first_time || micros >= k_last_time;
}

/// A kind of record, as the source keeps it. Processes and doctors have a master table only.
struct legacy_kind {
  const domain::record_kind* spec = nullptr;
  std::string_view master, relation, version, assignment;  ///< tables
  std::string_view key_column;
  std::string_view master_column;    ///< of relations and versions
  std::string_view relation_column;  ///< of assignments
  std::string_view what;             ///< PATIENT, CLINIC: as reason codes call it
  std::string_view key_name;         ///< CPF, CNES
  store::import_origin version_origin, master_origin;
  /// What the source has of them: the fields of the kind's first revision, in the order of names.
  std::vector<const domain::field_spec*> fields = fields_of(*spec);

  [[nodiscard]] static std::vector<const domain::field_spec*> fields_of(
      const domain::record_kind& kind);
};
[[nodiscard]] const legacy_kind& patient_kind();
[[nodiscard]] const legacy_kind& clinic_kind();
[[nodiscard]] const legacy_kind& process_kind();
[[nodiscard]] const legacy_kind& doctor_kind();

/// The editable fields in the order of `legacy_kind::fields`, booleans apart.
struct field_values {
  std::vector<std::string> texts;  ///< one for each field; empty for booleans
  std::vector<bool> flags;         ///< one for each field; false for texts
};

struct master_row {
  legacy_id id = 0;
  std::string key;
  field_values values;
};

struct relation_row {
  legacy_id id = 0;
  std::optional<legacy_id> master, user;
};

struct version_row {
  legacy_id id = 0;
  legacy_id master = 0;
  std::int64_t number = 0;
  std::optional<legacy_id> author;
  std::int64_t created = 0;  ///< microseconds since 1970
  std::string summary, status;
  field_values values;
};

/// With what it points to, as far as that exists.
struct assignment_row {
  legacy_id id = 0;
  legacy_id relation = 0, version = 0;
  bool relation_exists = false;
  std::optional<legacy_id> relation_master, relation_user;
  std::optional<legacy_id> version_master;  ///< none: there is no such version
  std::int64_t assigned = 0;                ///< microseconds since 1970
};

/// Masters that may be one record, with everything that hangs on them; or, without masters, rows
/// whose master does not exist.
struct bundle {
  std::vector<master_row> masters;
  std::vector<relation_row> relations;
  std::vector<version_row> versions;
  std::vector<assignment_row> assignments;
};

}  // namespace autocusto::import
