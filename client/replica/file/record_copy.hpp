#pragma once
// One record in one incarnation, loaded to be read or changed, and the set of those that one
// transaction works on. Private to client/replica.
//
// Changes stay in memory until `flush`, which works the shown view out again and writes what
// changed. Pointers to versions are valid until the next `add`. Inside one transaction or snapshot,
// one thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/replica/file/replica_file.hpp"
#include "client/replica/file/rows.hpp"
#include "client/vault/vault.hpp"
#include "shared/domain/dag.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::replica {

class record_copy {
 public:
  /// What a new one stands under in the file.
  struct new_row {
    bytes wrap;
    vault::lookup_hash record{};
  };
  /// `made` is empty for one that stands in the file.
  record_copy(replica_file& file, std::int64_t row, vault::cell_sealer sealer, copy_state state,
              std::optional<new_row> made);

  [[nodiscard]] std::int64_t row() const { return row_; }
  [[nodiscard]] vault::cell_sealer& sealer() { return sealer_; }
  /// As it stands; what is worked out (shown, name, number) may be behind the changes.
  [[nodiscard]] const copy_state& state() const { return state_; }
  /// The same with everything worked out.
  [[nodiscard]] const copy_state& settled();
  /// For changing it.
  [[nodiscard]] copy_state& change();

  [[nodiscard]] const version_meta* find(const version_id& id);
  /// For changing it; `id` must be here.
  [[nodiscard]] version_meta& change(const version_id& id);
  /// Adds a version that is not here yet. `name`: what lists show.
  void add(version_meta meta, domain::version_bytes raw, std::string name);
  /// Adds what lies in another copy of the record; the key comes with it where none is known.
  version_meta& add_from(record_copy& other, const version_meta& there);
  /// Takes a version's row away.
  void remove(const version_id& id);
  /// All versions, in no order.
  [[nodiscard]] std::vector<const version_meta*> versions();
  /// The visible ones in the order of their numbers: by the feed, then those whose item is still to
  /// come, then the local ones in the order of saving.
  [[nodiscard]] std::vector<const version_meta*> history();
  /// Those of `is_local`, in the order of saving.
  [[nodiscard]] std::vector<local_version> local_versions();
  /// All visible versions.
  [[nodiscard]] domain::version_dag dag();

  [[nodiscard]] domain::version_bytes raw(const version_meta& of);
  /// The version, decoded; throws error_exception (database) when it does not decode. With an
  /// erased payload, key, summary and fields are empty.
  [[nodiscard]] domain::version read(const version_meta& of);
  /// What lists show of that version, worked out now; empty when it is not here or erased.
  [[nodiscard]] std::string name_of(const version_id& front);

  void flush();

 private:
  struct slot {
    version_meta meta;
    bool fresh = false;
    bool dirty = false;
    domain::version_bytes raw;        // of a fresh one
    std::optional<std::string> name;  // if known
  };

  void load();
  slot* slot_of(const version_id& id);
  [[nodiscard]] std::int64_t free_row();
  void refresh();
  void write_versions();
  void write_state();
  void write_mark();

  replica_file& file_;
  std::int64_t row_;
  vault::cell_sealer sealer_;
  copy_state state_;
  std::optional<new_row> made_;
  bool dirty_ = false;
  bool stale_ = false;
  bool loaded_ = false;
  mark_entry mark_;
  std::vector<slot> slots_;
};

class unit_of_work {
 public:
  explicit unit_of_work(replica_file& file) : file_(file) {}

  /// The record copy of that row, or null.
  [[nodiscard]] record_copy* load(std::int64_t row);
  /// That of a version's row; throws error_exception (database) when it is not here.
  [[nodiscard]] record_copy& of_version(std::int64_t row);
  /// The one that is not hidden, or null.
  [[nodiscard]] record_copy* open_view(const record_id& record);
  /// The one of that incarnation, or null.
  [[nodiscard]] record_copy* of_incarnation(const record_id& record,
                                            const incarnation_id& incarnation);
  /// As above; else the open one without incarnation, which it gets now; else a new one.
  [[nodiscard]] record_copy& obtain(const domain::record_ref& record,
                                    const incarnation_id& incarnation);
  record_copy& create(const domain::record_ref& record, std::string key,
                      const std::optional<incarnation_id>& incarnation);
  /// All record copies of a record.
  [[nodiscard]] std::vector<record_copy*> all_of(const record_id& record);

  /// Writes what changed and forgets everything, so that a long transaction stays small.
  void flush();
  [[nodiscard]] std::size_t size() const { return loaded_.size(); }

 private:
  /// The record copies of one record.
  struct record_rows {
    vault::lookup_hash hash{};
    std::vector<std::int64_t> rows;
  };
  [[nodiscard]] record_rows& rows_of(const record_id& record);
  [[nodiscard]] std::int64_t new_row();

  replica_file& file_;
  std::unordered_map<std::int64_t, std::unique_ptr<record_copy>> loaded_;
  std::unordered_map<record_id, record_rows> rows_;
  std::int64_t region_ = 0;    // where the rows of new record copies are drawn from
  std::size_t in_region_ = 0;  // how many were
};

/// Reads every record copy's state in turn, one in memory at a time. `each` must not write.
void each_copy(replica_file& file,
               const std::function<void(std::int64_t row, copy_state state)>& each);
/// The same, but passes over those that were changed or damaged; answers how many those are.
[[nodiscard]] std::size_t each_sound_copy(
    replica_file& file, const std::function<void(std::int64_t row, copy_state state)>& each);

/// The versions of `waiting` or `unpulled`, by row.
void each_waiting(replica_file& file, const entry_table& table,
                  const std::function<void(std::int64_t row, const waiting_entry& entry)>& each);
/// The discards that the server does not show yet, by row of the draft.
void each_discard(replica_file& file,
                  const std::function<void(std::int64_t row, const discard_entry& entry)>& each);
/// The rows of the record copies that carry that mark.
[[nodiscard]] std::vector<std::int64_t> marked_rows(replica_file& file, bool mark_entry::*mark);

}  // namespace autocusto::replica
