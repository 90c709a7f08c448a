#pragma once
// Private to the push service: one push inside one transaction.
//
// Made anew for each run of the transaction, so that nothing of a run that was rolled back stays.
// One thread.
//
// What is read for a push depends on the push and on what its owner sees, and on nothing else: the
// time that an answer takes must not tell whether others treat somebody. So a record is looked at
// only if the owner has or had a view of it, a root opens one, or a version comes back with a
// proof; versions are asked for by their ids; and the history is that of the owner's view. Only a
// proof, which the server gives to those who have seen the version, makes it read what others have.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "server/store/conflicts.hpp"
#include "server/store/people.hpp"
#include "server/store/pushes.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/acceptance.hpp"
#include "server/sync/feed_writer.hpp"
#include "server/sync/push_service.hpp"

namespace autocusto::sync::detail {

/// A push that passed every check that needs no database.
struct prepared_push {
  const store::session_owner* who = nullptr;
  wire::push_object object;
  wire::signed_object sent;
  std::vector<candidate> batch;
  bool surrender = false;  ///< of a device without access: everything goes to quarantine
};

struct push_tally {
  bool repeated = false;
  std::int64_t accepted = 0, siblings = 0, merged = 0, duplicates = 0, refused = 0, discarded = 0,
               restored = 0, merges = 0, opened = 0, closed = 0;
};

struct push_run {
  push_answer answer;
  push_tally tally;
};

struct push_environment {
  const sync_keys* keys = nullptr;
  random_source* random = nullptr;
  unix_millis now = 0;
  std::int64_t budget = limits::push_work;
};

/// The answer of a push that was stored before, signed by the key in use: laptops do not believe
/// the one before any more. Nothing when the push is new; `push_id_reused` for another object.
[[nodiscard]] std::optional<push_answer> stored_answer(store::pushes::reads pushes,
                                                       const prepared_push& push,
                                                       const sync_keys& keys);
[[nodiscard]] push_answer signed_anew(std::string stored, const sync_keys& keys);

class push_transaction {
 public:
  push_transaction(store::transaction& tx, const prepared_push& push, const push_environment& env)
      : tx_(tx), people_(tx), versions_(tx), views_(tx), conflicts_(tx), push_(push), env_(env) {}

  [[nodiscard]] push_run run();

 private:
  std::optional<push_answer> check_sender();
  std::optional<push_answer> check_resolve() const;
  void collect_devices();
  void lock_records();
  void load_states();
  std::unordered_set<record_id> records_restored();
  std::optional<error> load_versions();
  void load_for_restoring();
  std::pair<store::pk, store::pk> origin_of(const domain::version_header& header);
  acceptance_plan apply_rules();
  void write(acceptance_plan& plan);
  std::vector<store::pk> write_versions(const acceptance_plan& plan);
  void write_views(const acceptance_plan& plan);
  void write_conflicts(const acceptance_plan& plan);
  void write_feed(const acceptance_plan& plan, const std::vector<store::pk>& version_keys);
  void write_renewals(const acceptance_plan& plan);
  void drop_unused_records(const acceptance_plan& plan);
  void write_quarantine(acceptance_plan& plan);
  void write_audit(const acceptance_plan& plan);
  void count(const acceptance_plan& plan);
  std::string sign_receipt(acceptance_plan& plan);

  store::transaction& tx_;
  store::people::writes people_;
  store::versions::writes versions_;
  store::views::writes views_;
  store::conflicts::writes conflicts_;
  const prepared_push& push_;
  const push_environment& env_;
  store::device_row device_;
  std::optional<error> withdrawn_;  ///< why nothing enters a view
  pusher who_;
  std::vector<record_state> states_;
  std::vector<store::version_node> elsewhere_;  ///< of the batch, known in other records
  std::vector<store::pk> view_keys_;            ///< by record, 0 = not touched
  std::map<user_id, store::pk> authors_;        ///< of restored versions
  std::map<device_id, store::pk> made_on_;      ///< the same
  feed_additions feeds_;                        ///< written last
  push_tally tally_;
};

}  // namespace autocusto::sync::detail
