#pragma once
// Versions: their bytes, and the graph that their parents make.

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/sql/session.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store::versions {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// Every version of these records; `visible` is told for the open view of `owner` (0: for
  /// nobody).
  std::vector<version_node> graphs(std::span<const pk> records, pk owner);
  /// The versions with these ids, as far as there are any; `visible` as in `graphs`.
  std::vector<version_node> nodes_by_id(std::span<const version_id> ids, pk owner);
  /// The same of heads and drafts of an open view: they are visible to its owner, unasked.
  std::vector<version_node> leaves_by_id(std::span<const version_id> ids);
  /// The versions that are visible in this view, and all that they descend from, as far as it is
  /// known: nothing else of the record is read.
  std::vector<version_node> history_of_view(pk view);
  /// How many versions are visible in this view.
  std::int64_t versions_in_view(pk view);
  /// Bytes by key, in no particular order.
  std::vector<stored_version> versions(std::span<const pk> keys);
  /// Keys of known versions by id; unknown ids are missing in the answer.
  std::unordered_map<version_id, pk> version_keys(std::span<const version_id> ids);
  /// Those of the versions that are visible in an open view of `owner`, in no particular order.
  std::vector<version_id> visible_versions(std::span<const version_id> ids, pk owner);
  /// The record that a version belongs to, for known ids.
  std::unordered_map<version_id, pk> records_of(std::span<const version_id> ids);
  /// Walks all versions by key, for verification: those with key > after.
  std::vector<stored_version> versions_after(pk after, std::int64_t limit);

 private:
  std::vector<version_node> nodes(const sql_query& query, const sql_parameters& parameters);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// Adds versions with their parents (which are known already, or earlier in the list; parents
  /// that are not known at all are kept by id) and sets the records' last numbers. Answers the new
  /// keys in order.
  std::vector<pk> add_versions(std::span<const new_version> versions);

 private:
  void insert_parents(std::span<const new_version> versions, const std::vector<pk>& keys,
                      const std::unordered_map<version_id, pk>& known);
};

}  // namespace autocusto::store::versions
