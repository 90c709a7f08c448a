#pragma once
// Which row of the source became what, rows kept whole for later, and the views that a run moves.
//
// `source` names one legacy installation (runs.hpp).

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

/// Tables of the source whose rows become versions.
enum class import_origin {
  patient_version,
  clinic_version,
  patient_master,
  clinic_master,
  process,
  doctor
};

struct import_version_row {
  import_origin origin = import_origin::patient_version;
  std::int64_t legacy_id = 0;
  pk version = 0;
  pk run = 0;
  std::int64_t number = 0;  ///< as the source numbers it
  std::int64_t digest = 0;  ///< of the row's content
};

/// A version that an earlier run made, found by its row.
struct imported_version {
  import_version_row row;
  version_id id;
  record_id record;
  std::int64_t generation = 1;
};

enum class kept_outcome { deferred, quarantined };

struct import_kept_row {
  std::string origin;  ///< the table
  std::int64_t legacy_id = 0;
  kept_outcome outcome = kept_outcome::deferred;
  std::int64_t digest = 0;  ///< of outcome, reason and content
  std::string reason;       ///< empty for deferred rows that nothing is wrong with
  std::string content;      ///< the row as JSON
};

struct import_view_row {
  pk view = 0;
  domain::view_state before;
  std::optional<version_id> active_before;
};

namespace imports::rows {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// For each row that became versions, the newest one.
  std::vector<imported_version> imported_versions(std::string_view source, import_origin origin,
                                                  std::span<const std::int64_t> legacy_ids);
  /// Whether any run of this source has brought versions in that are still there.
  bool has_imported_versions(std::string_view source);
  /// The rows that these versions came from.
  std::vector<import_version_row> import_rows_of(std::string_view source,
                                                 std::span<const pk> versions);
  /// Digests of kept rows, of the newest run that kept each: (legacy id, digest).
  std::vector<std::pair<std::int64_t, std::int64_t>> kept_digests(
      std::string_view source, std::string_view origin, std::span<const std::int64_t> legacy_ids);
  /// What the source's runs up to this one keep of that table, each row as the newest of them has
  /// it, by id: those behind `after`.
  std::vector<import_kept_row> kept_rows(pk run, std::string_view origin, std::int64_t after,
                                         std::int64_t limit);
  /// Whether rows were kept by that very run.
  bool keeps_rows(pk run);
  /// For each of these views that has imported items, the version of the last one.
  std::vector<std::pair<pk, version_id>> last_imported(std::span<const pk> views);
  /// All views of these records, open and closed, in no order.
  std::vector<view_row> views_of_records(std::span<const pk> records);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  void add_import_versions(std::string_view source, std::span<const import_version_row> rows);
  void keep_rows(std::string_view source, pk run, std::span<const import_kept_row> rows);
  void add_import_views(pk run, std::span<const import_view_row> rows);
};

}  // namespace imports::rows

}  // namespace autocusto::store
