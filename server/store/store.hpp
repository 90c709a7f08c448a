#pragma once
// The store: masters, all versions, views, feeds, and the acts around them; one interface over an
// embedded SQLite file and PostgreSQL.
//
// The rules live above it: a store keeps and finds, in calls that take and give whole sets, so that
// a push of 1,000 versions costs about as many round trips as a push of one. Writing needs a
// `writer`, which exists only inside `database::write`; everything that one call of `write` did is
// durable when it returns (synchronous=FULL, synchronous_commit=on), or nothing of it is there.
//
// Lock order, kept by the callers: lock_records (sorted inside), then rules, then feed heads, then
// the head of the audit log (add_audit), last. A feed head stays locked until commit: so sequence
// numbers become visible in order and no reader ever skips one. The same holds for the log.
//
// Threads: `database` may be used from any thread. A `reader` or `writer` belongs to the call that
// was given it, on the thread that runs the call, and must not outlive it.
//
// Errors: expected outcomes are values (optional, result). A lost or full database throws
// `database_error`; `in_doubt` says that a commit's outcome is unknown and must be settled by
// asking again with the same push id.

#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/store/import.hpp"
#include "server/store/journal_entry.hpp"
#include "server/store/rows.hpp"
#include "shared/wire/audit_chain.hpp"

namespace autocusto::store {

class database_error : public std::runtime_error {
 public:
  database_error(const std::string& what, bool retryable, bool in_doubt)
      : std::runtime_error(what), retryable_(retryable), in_doubt_(in_doubt) {}
  /// The same call may succeed when it is made again.
  [[nodiscard]] bool retryable() const { return retryable_; }
  /// The commit may or may not have happened.
  [[nodiscard]] bool in_doubt() const { return in_doubt_; }

 private:
  bool retryable_;
  bool in_doubt_;
};

struct record_summary {
  record_row record;
  std::int64_t users = 0;  ///< open views
  std::int64_t versions = 0;
  bool divergent = false;  ///< open views whose heads differ
};

struct view_of_user {
  view_row view;
  user_row user;
};

struct conflict_entry {
  conflict_row conflict;
  view_row view;
  record_row record;
  user_row user;
};

struct statistics {
  std::int64_t users = 0, devices = 0, records = 0, versions = 0, open_views = 0,
               open_conflicts = 0, quarantined = 0, pushes = 0, feed_items = 0;
};

struct quarantine_usage {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
};

struct policy_row {
  std::string kind;
  std::optional<pk> user;  ///< none: the default of the kind
  domain::merge_policy policy = domain::merge_policy::automatic;
};

/// What a transaction asked of its database. On the embedded one a set is asked about row by row,
/// and each counts.
struct statement_counts {
  std::int64_t statements = 0;
  std::int64_t rows = 0;  ///< that came back
};

/// Queries; a consistent snapshot for the time of one `read` call.
class reader : public import_reader {
 public:
  // Settings of the installation (server id, schema facts); small texts.
  virtual std::optional<std::string> setting(std::string_view name) = 0;
  /// The latest time that devices, sessions, the newest push and the newest line of the audit log
  /// tell of; 0: none.
  virtual unix_millis latest_time() = 0;

  // People and devices
  /// In any case; of imported accounts that share an e-mail but for case, the one with exactly this
  /// text (a twin also as `e-mail#legacy id`).
  virtual std::optional<user_row> user_by_email(std::string_view email) = 0;
  /// Whether some account has this e-mail, in any case.
  virtual bool email_taken(std::string_view email) = 0;
  virtual std::optional<user_row> user_by_id(const user_id& id) = 0;
  virtual std::vector<user_row> users_by_pk(std::span<const pk> keys) = 0;
  virtual std::vector<user_row> users_by_ids(std::span<const user_id> ids) = 0;
  virtual std::vector<user_row> all_users() = 0;
  virtual std::optional<device_row> device_by_id(const device_id& id) = 0;
  virtual std::vector<device_row> devices_by_pk(std::span<const pk> keys) = 0;
  virtual std::vector<device_row> all_devices() = 0;
  /// Oldest first.
  virtual std::vector<device_row> devices_of_user(pk user) = 0;
  /// Those that stand in for this one, oldest first.
  virtual std::vector<device_row> devices_replacing(pk device) = 0;
  virtual std::optional<enrollment_row> enrollment(std::string_view code_hash) = 0;
  /// Users with a code that is unused and still good at `now`; each once, in no particular order.
  virtual std::vector<pk> users_with_code(unix_millis now) = 0;
  /// Codes that are unused and still good at `now`, the first to expire first.
  virtual std::vector<enrollment_row> open_enrollments(unix_millis now) = 0;
  virtual std::optional<session_owner> session(std::string_view token_hash) = 0;

  // Records and versions
  virtual std::optional<record_row> record(const record_id& id) = 0;
  virtual std::vector<record_row> records_by_pk(std::span<const pk> keys) = 0;
  /// Every version of these records; `visible` is told for the open view of `owner` (0: for
  /// nobody).
  virtual std::vector<version_node> graphs(std::span<const pk> records, pk owner) = 0;
  /// The versions with these ids, as far as there are any; `visible` as in `graphs`.
  virtual std::vector<version_node> nodes_by_id(std::span<const version_id> ids, pk owner) = 0;
  /// The same of heads and drafts of an open view: they are visible to its owner, unasked.
  virtual std::vector<version_node> leaves_by_id(std::span<const version_id> ids) = 0;
  /// The versions that are visible in this view, and all that they descend from, as far as it is
  /// known: nothing else of the record is read.
  virtual std::vector<version_node> history_of_view(pk view) = 0;
  /// How many versions are visible in this view.
  virtual std::int64_t versions_in_view(pk view) = 0;
  /// The open view of `owner` on each of these records, where there is one.
  virtual std::vector<view_row> open_views(std::span<const pk> records, pk owner) = 0;
  /// Those of the records on which `owner` has a closed view (whether or not an open one, too).
  virtual std::vector<pk> records_with_closed_view(std::span<const pk> records, pk owner) = 0;
  /// The incarnations of `owner` on these records that are closed, with their records.
  virtual std::vector<std::pair<pk, incarnation_id>> closed_incarnations(
      std::span<const pk> records, pk owner) = 0;
  /// Those of the incarnations that are closed views of `owner`, in no particular order.
  virtual std::vector<incarnation_id> closed_among(std::span<const incarnation_id> incarnations,
                                                   pk owner) = 0;
  /// The owner's views that were closed since then, the oldest first, with what this device's
  /// receipts say of them.
  virtual std::vector<removal_row> removals(pk owner, unix_millis since, pk device) = 0;
  /// The device's receipts that nothing is left on it, the oldest first.
  virtual std::vector<erasure_row> erasures_of_everything(pk device) = 0;
  /// Those of the incarnations for which there is a receipt of this device.
  virtual std::vector<incarnation_id> erased_among(std::span<const incarnation_id> incarnations,
                                                   pk device) = 0;
  virtual std::vector<view_row> views_by_pk(std::span<const pk> views) = 0;
  /// All open views on a record, with their users, by e-mail.
  virtual std::vector<view_of_user> views_of_record(pk record) = 0;
  /// Bytes by key, in no particular order.
  virtual std::vector<stored_version> versions(std::span<const pk> keys) = 0;
  /// Keys of known versions by id; unknown ids are missing in the answer.
  virtual std::unordered_map<version_id, pk> version_keys(std::span<const version_id> ids) = 0;
  /// Those of the versions that are visible in an open view of `owner`, in no particular order.
  virtual std::vector<version_id> visible_versions(std::span<const version_id> ids, pk owner) = 0;
  /// The record that a version belongs to, for known ids.
  virtual std::unordered_map<version_id, pk> records_of(std::span<const version_id> ids) = 0;
  virtual std::vector<record_summary> record_list(std::optional<std::string> kind,
                                                  bool divergent_only, pk after,
                                                  std::int64_t limit) = 0;
  /// Walks all versions by key, for verification: those with key > after.
  virtual std::vector<stored_version> versions_after(pk after, std::int64_t limit) = 0;
  virtual std::vector<record_row> records_after(pk after, std::int64_t limit) = 0;
  virtual std::vector<view_row> views_after(pk after, std::int64_t limit) = 0;
  virtual std::vector<push_row> pushes_after(std::optional<push_id> after, std::int64_t limit) = 0;

  // Feed
  virtual feed_head head(pk user) = 0;
  /// The chain at a position; nothing if there is no such item. Position 0 has the zero chain.
  virtual std::optional<hash256> chain_at(pk user, std::int64_t seq) = 0;
  /// Items with seq > after, in order.
  virtual std::vector<feed_item> feed(pk user, std::int64_t after, std::int64_t limit) = 0;
  /// Of these versions, the ones that came into this view by an item of kind `version`.
  virtual std::vector<pk> versions_by_own_item(pk view, std::span<const pk> versions) = 0;

  // Pushes, conflicts, quarantine, audit, policy
  virtual std::optional<push_row> push(const push_id& id) = 0;
  virtual std::vector<conflict_row> open_conflicts(std::span<const pk> views) = 0;
  virtual std::vector<conflict_entry> conflict_list(bool include_closed,
                                                    bool include_dismissed) = 0;
  virtual std::optional<conflict_entry> conflict(pk key) = 0;
  virtual quarantine_usage quarantine_used(pk device) = 0;
  /// Of all devices of the user.
  virtual quarantine_usage quarantine_used_by(pk user) = 0;
  /// Newest first; bytes left out (empty) in the list.
  virtual std::vector<quarantine_row> quarantine_list() = 0;
  virtual std::optional<quarantine_row> quarantine(pk key) = 0;
  /// In order of writing, keys > after.
  virtual std::vector<audit_row> audit(std::optional<pk> user, std::optional<pk> record,
                                       unix_millis since, pk after, std::int64_t limit) = 0;
  virtual std::optional<audit_row> audit_by_act(const act_id& act) = 0;
  virtual audit_head_row audit_head() = 0;
  /// The link of that line of the log; nothing where the log is shorter.
  virtual std::optional<hash256> audit_link(std::int64_t seq) = 0;
  /// Lines behind that key with the ids that their links cover, in order; `seq` counts on from
  /// `after_seq`.
  virtual std::vector<std::pair<pk, wire::audit_line>> audit_lines(std::int64_t after_seq, pk after,
                                                                   std::int64_t limit) = 0;
  // What the journal of acts and this database have in common
  virtual std::vector<act_id> journaled(std::span<const act_id> ids) = 0;  ///< those done here
  virtual std::optional<std::string> journaled_object(const act_id& id) = 0;
  /// When the newest act of that kind about that subject happened.
  virtual std::optional<unix_millis> newest_journaled(std::string_view subject,
                                                      journaled_act what) = 0;
  /// Those of the incarnations whose removal was journaled, whether or not their views are here.
  virtual std::vector<incarnation_id> removed_incarnations(
      std::span<const incarnation_id> incarnations) = 0;

  virtual std::vector<policy_row> policies() = 0;
  /// The user's own policy for the kind, else the kind's default, else automatic.
  virtual domain::merge_policy policy(pk user, std::string_view kind) = 0;
  virtual statistics stats() = 0;
};

/// Reads and writes inside one transaction. A function given to `database::write` may be run again
/// from the start (serialisation failure): it must set its outputs anew each time.
class writer : public reader, public import_writer {
 public:
  virtual void set_setting(std::string_view name, std::string_view value) = 0;

  // People and devices. `add_*` return the new key.
  virtual pk add_user(const user_row& user) = 0;
  /// Everything but key and id; for stand-ins only.
  virtual void update_user(const user_row& user) = 0;
  /// An account that an import holds and that is disabled meanwhile stays so when the import ends.
  virtual void set_user_enabled(pk user, bool enabled) = 0;
  virtual pk add_device(const device_row& device) = 0;
  /// Everything but key, id, last_seen and last_push; for stand-ins only.
  virtual void update_device(const device_row& device) = 0;
  virtual void revoke_device(pk device, unix_millis at, bool lost) = 0;
  virtual void device_seen(pk device, unix_millis at) = 0;
  virtual void set_last_push(pk device, const push_id& push) = 0;
  virtual void device_told(pk device, std::optional<unix_millis> at) = 0;
  /// Keeps a receipt; of the incarnations those for which there is none yet.
  virtual void add_erasure(const erasure_row& row,
                           std::span<const incarnation_id> incarnations) = 0;
  /// Locks the device's row until the end, so that two pushes of one device follow each other.
  virtual std::optional<device_row> lock_device(const device_id& id) = 0;
  virtual void add_enrollment(const enrollment_row& enrollment) = 0;
  /// Locks the code's row until the end, so that of two devices that use one code at once the
  /// second sees the first.
  virtual std::optional<enrollment_row> lock_enrollment(std::string_view code_hash) = 0;
  virtual void use_enrollment(std::string_view code_hash, pk device) = 0;
  /// Removes a code that nobody has used, so that nobody can. False: there is none.
  virtual bool void_enrollment(std::string_view code_hash) = 0;
  /// The like for all codes of a user that expire until then.
  virtual void void_enrollments(pk user, unix_millis expiring_until) = 0;
  virtual void add_session(const session_row& session) = 0;
  virtual void end_sessions_of_device(pk device) = 0;
  virtual void end_sessions_of_user(pk user) = 0;
  virtual void purge_expired(unix_millis now) = 0;  ///< sessions, challenges, unused enrollments
  /// False if this challenge was spent before.
  virtual bool spend_challenge(std::string_view challenge_hash, unix_millis expires_at) = 0;

  // Records and versions
  /// Finds and locks these records, in the order of their ids whatever the order given; those with
  /// `create` that do not exist are inserted. With a `viewer` a record is as good as none unless
  /// this user has a view of it, open or closed: nothing tells whether others have one. The answer
  /// has one entry per wanted record, in the order given: its row, or nothing.
  struct wanted_record {
    record_id id;
    std::string kind;
    std::string natural_key;
    bool create = false;
    pk viewer = 0;  ///< 0: whoever has a view of it
  };
  virtual std::vector<std::optional<record_row>> lock_records(
      std::span<const wanted_record> wanted) = 0;
  /// Removes records that got no version in this transaction after all.
  virtual void drop_empty_records(std::span<const pk> records) = 0;
  /// Adds versions with their parents (which are known already, or earlier in the list; parents
  /// that are not known at all are kept by id) and sets the records' last numbers. Answers the new
  /// keys in order.
  virtual std::vector<pk> add_versions(std::span<const new_version> versions) = 0;
  /// Inserts views with key 0, updates the others; answers all keys in order.
  virtual std::vector<pk> save_views(std::span<const view_row> views) = 0;

  // Feed: lock_head first (created when missing), last of all locks.
  virtual feed_head lock_head(pk user) = 0;
  virtual void append_feed(pk user, std::span<const feed_row> rows, const feed_head& head) = 0;

  // The rest
  virtual void add_push(const push_row& push) = 0;
  virtual std::vector<pk> save_conflicts(std::span<const conflict_row> conflicts) = 0;
  virtual void dismiss_conflict(pk key) = 0;
  virtual void add_quarantine(std::span<const quarantine_row> rows) = 0;
  virtual void remove_quarantine(pk key) = 0;
  /// Appends a line and its link. Locks the log's head until the end, after all other locks.
  virtual void add_audit(const audit_row& row) = 0;
  /// Chains at most so many lines that have no link yet (of a release before the chain); how many
  /// those were.
  virtual std::int64_t chain_audit(std::int64_t limit) = 0;
  virtual void set_policy(const policy_row& policy) = 0;
  /// False if that act is there already; then nothing is done.
  virtual bool add_journaled(const journaled_row& row) = 0;

  /// Wakes waiting readers of this user's feed, in every server process, after the commit.
  virtual void wake(const user_id& user) = 0;
};

/// What a command may want to know or do about the schema.
struct migration_state {
  int number = 0;
  std::string name;
  bool applied = false;
  std::optional<unix_millis> applied_at;
  bool checksum_matches = true;
};

struct database_metrics {
  std::int64_t connections = 0, busy = 0, waiting = 0;
  std::int64_t transactions = 0, retries = 0;
  double seconds = 0;        ///< time spent inside transactions, summed
  statement_counts written;  ///< by the work of `write` that came to its end
};

class database {
 public:
  virtual ~database() = default;

  /// Runs `work` in one read-only snapshot, on the calling thread or a connection's own.
  virtual void read(const std::function<void(reader&)>& work) = 0;
  /// Runs `work` in one transaction and commits it durably; several callers' work may share one
  /// commit. What `work` throws rolls back its own changes only and is thrown here.
  virtual void write(const std::function<void(writer&)>& work) = 0;

  /// Called (from any thread) with the users whose feeds moved, also by other processes; set once,
  /// before the first write. An empty id means: anybody's may have.
  virtual void on_wake(std::function<void(const user_id&)> callback) = 0;

  [[nodiscard]] virtual bool healthy() = 0;
  [[nodiscard]] virtual database_metrics metrics() const = 0;

  virtual std::vector<migration_state> migrations() = 0;
  /// Migrates up or down to `target` (nothing: the newest); `dry_run` only tells. Answers what was
  /// (or would be) done, in order. Error schema_too_new when the database is newer than the
  /// program.
  virtual result<std::vector<migration_state>> migrate(std::optional<int> target, bool dry_run) = 0;
};

/// The embedded database in `folder`/store.sqlite. `create` false: the file must exist. Throws
/// database_error when another process holds it (`read_only` opens beside a running server).
[[nodiscard]] std::unique_ptr<database> open_sqlite(const std::string& folder, bool create,
                                                    bool read_only);
/// A PostgreSQL database by its URL, with `connections` pooled connections, made on demand.
[[nodiscard]] std::unique_ptr<database> open_postgres(const std::string& url, int connections);

}  // namespace autocusto::store
