#pragma once
// Records: one row for each patient, clinic, process and so on, whoever has views of it. A process
// or an emission names the patient that it belongs to.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

struct record_summary {
  record_row record;
  std::int64_t users = 0;  ///< open views
  std::int64_t versions = 0;
  bool divergent = false;  ///< open views whose heads differ
};

/// A record to find and lock.
struct wanted_record {
  record_id id;
  std::string kind;
  std::string natural_key;
  bool create = false;  ///< where there is none
  pk viewer = 0;        ///< 0: whoever has a view of it
};

namespace records {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  std::optional<record_row> record(const record_id& id);
  std::vector<record_row> records_by_pk(std::span<const pk> keys);
  /// Known ones only, in no order.
  std::vector<record_row> records_by_ids(std::span<const record_id> ids);
  std::vector<record_row> records_after(pk after, std::int64_t limit);
  /// The processes and emissions of a patient (by the patient's key) of which this user has an open
  /// view, by id.
  std::vector<record_row> records_of_patient(std::string_view patient, pk user, std::int64_t limit);
  std::vector<record_summary> record_list(std::optional<std::string> kind, bool divergent_only,
                                          pk after, std::int64_t limit);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// Finds and locks these records, in the order of their ids whatever the order given; those with
  /// `create` that do not exist are inserted. With a `viewer` a record is as good as none unless
  /// this user has a view of it, open or closed: nothing tells whether others have one. The answer
  /// has one entry per wanted record, in the order given: its row, or nothing.
  std::vector<std::optional<record_row>> lock_records(std::span<const wanted_record> wanted);
  /// Removes records that got no version in this transaction after all.
  void drop_empty_records(std::span<const pk> records);
};

}  // namespace records

}  // namespace autocusto::store
