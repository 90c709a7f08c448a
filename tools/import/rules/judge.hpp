#pragma once
// From rows of the source to records: the rulings, in one place and without any I/O.
//
//  - Masters whose valid keys are equal are one record; the lowest id survives. A key that is not
//    valid is flagged, never merged and never completed.
//  - Versions are in the order of (number, creation, id) of each master, masters by id. A master
//    without versions gets one from its own values: in a layout without version tables for
//    everybody who is related, else for nobody.
//  - A version's parent is its author's newest earlier one; else the version that the legacy
//    migration made, if the author had an assignment before; else none.
//  - A user sees what the own relation is assigned (own versions first, then the newest); without
//    an assignment the newest version that they made; else nothing. Older own versions, and other
//    assignments on masters that became one, are their history.
//  - What cannot come in is quarantined with a reason.
//
// Records refer to the bundle, which must outlive them. One thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/import/rules/report.hpp"
#include "tools/import/rules/rows.hpp"

namespace autocusto::import {

struct planned_version {
  store::import_origin origin = store::import_origin::patient_version;
  legacy_id id = 0;
  std::int64_t number = 0;               ///< as the source numbers it
  const field_values* values = nullptr;  ///< of patients and clinics
  std::string fields;                    ///< of the other kinds: canonical JSON
  std::optional<legacy_id> author;       ///< none: the system user
  std::optional<std::int64_t> created;   ///< microseconds; none: made from a master
  std::string_view summary;              ///< of a version made from a master: the kind's
  bool draft = false;
  bool archived = false;
  std::optional<std::size_t> parent;  ///< an earlier position
};

struct planned_visible {
  std::size_t version = 0;
  bool assigned = false;
};

struct planned_view {
  legacy_id user = 0;
  std::vector<planned_visible> visible;  ///< the last one is what is shown
};

struct planned_record {
  const legacy_kind* kind = nullptr;
  std::string key;
  legacy_id survivor = 0;
  std::vector<legacy_id> masters;         ///< all that are this record, the survivor first
  std::vector<planned_version> versions;  ///< in order; numbers here are 1, 2, 3 …
  std::vector<planned_view> views;        ///< by user
};

struct judge_input {
  const legacy_kind* kind = nullptr;
  bool versioned = true;  ///< the layout has version tables
  std::function<bool(legacy_id)> user_exists;
};

[[nodiscard]] std::vector<planned_record> judge(const judge_input& input, const bundle& rows,
                                                report& to);

}  // namespace autocusto::import
