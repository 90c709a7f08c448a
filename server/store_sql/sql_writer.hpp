#pragma once
// The store's queries: every method of `reader` and `writer` over a session, for both databases.
// Internal to server/store_sql; its functions are spread over files by topic (people.cpp,
// records.cpp, versions.cpp, feed.cpp, acts.cpp, imports.cpp, pending.cpp, removal.cpp). One
// thread, one transaction.

#include <set>

#include "server/store_sql/session.hpp"

namespace autocusto::store {

class sql_writer final : public writer {
 public:
  explicit sql_writer(sql_session& session) : session_(session) {}

  std::optional<std::string> setting(std::string_view name) override;
  unix_millis latest_time() override;
  std::optional<user_row> user_by_email(std::string_view email) override;
  bool email_taken(std::string_view email) override;
  std::optional<user_row> user_by_id(const user_id& id) override;
  std::vector<user_row> users_by_pk(std::span<const pk> keys) override;
  std::vector<user_row> users_by_ids(std::span<const user_id> ids) override;
  std::vector<user_row> all_users() override;
  std::optional<device_row> device_by_id(const device_id& id) override;
  std::vector<device_row> devices_by_pk(std::span<const pk> keys) override;
  std::vector<device_row> all_devices() override;
  std::vector<device_row> devices_of_user(pk user) override;
  std::vector<device_row> devices_replacing(pk device) override;
  std::optional<enrollment_row> enrollment(std::string_view code_hash) override;
  std::vector<pk> users_with_code(unix_millis now) override;
  std::vector<enrollment_row> open_enrollments(unix_millis now) override;
  std::optional<session_owner> session(std::string_view token_hash) override;

  std::optional<record_row> record(const record_id& id) override;
  std::vector<record_row> records_by_pk(std::span<const pk> keys) override;
  std::vector<version_node> graphs(std::span<const pk> records, pk owner) override;
  std::vector<version_node> nodes_by_id(std::span<const version_id> ids, pk owner) override;
  std::vector<version_node> leaves_by_id(std::span<const version_id> ids) override;
  std::vector<version_node> history_of_view(pk view) override;
  std::int64_t versions_in_view(pk view) override;
  std::vector<view_row> open_views(std::span<const pk> records, pk owner) override;
  std::vector<pk> records_with_closed_view(std::span<const pk> records, pk owner) override;
  std::vector<std::pair<pk, incarnation_id>> closed_incarnations(std::span<const pk> records,
                                                                 pk owner) override;
  std::vector<view_row> views_by_pk(std::span<const pk> views) override;
  std::vector<view_of_user> views_of_record(pk record) override;
  std::vector<stored_version> versions(std::span<const pk> keys) override;
  std::unordered_map<version_id, pk> version_keys(std::span<const version_id> ids) override;
  std::vector<version_id> visible_versions(std::span<const version_id> ids, pk owner) override;
  std::unordered_map<version_id, pk> records_of(std::span<const version_id> ids) override;
  std::vector<record_summary> record_list(std::optional<std::string> kind, bool divergent_only,
                                          pk after, std::int64_t limit) override;
  std::vector<stored_version> versions_after(pk after, std::int64_t limit) override;
  std::vector<record_row> records_after(pk after, std::int64_t limit) override;
  std::vector<view_row> views_after(pk after, std::int64_t limit) override;
  std::vector<push_row> pushes_after(std::optional<push_id> after, std::int64_t limit) override;

  feed_head head(pk user) override;
  std::optional<hash256> chain_at(pk user, std::int64_t seq) override;
  std::vector<feed_item> feed(pk user, std::int64_t after, std::int64_t limit) override;
  std::vector<pk> versions_by_own_item(pk view, std::span<const pk> versions) override;

  std::optional<push_row> push(const push_id& id) override;
  std::vector<conflict_row> open_conflicts(std::span<const pk> views) override;
  std::vector<conflict_entry> conflict_list(bool include_closed, bool include_dismissed) override;
  std::optional<conflict_entry> conflict(pk key) override;
  quarantine_usage quarantine_used(pk device) override;
  quarantine_usage quarantine_used_by(pk user) override;
  std::vector<quarantine_row> quarantine_list() override;
  std::optional<quarantine_row> quarantine(pk key) override;
  std::vector<audit_row> audit(std::optional<pk> user, std::optional<pk> record, unix_millis since,
                               pk after, std::int64_t limit) override;
  std::optional<audit_row> audit_by_act(const act_id& act) override;
  audit_head_row audit_head() override;
  std::optional<hash256> audit_link(std::int64_t seq) override;
  std::vector<std::pair<pk, wire::audit_line>> audit_lines(std::int64_t after_seq, pk after,
                                                           std::int64_t limit) override;
  std::vector<act_id> journaled(std::span<const act_id> ids) override;
  std::optional<std::string> journaled_object(const act_id& id) override;
  std::optional<unix_millis> newest_journaled(std::string_view subject,
                                              journaled_act what) override;
  std::vector<incarnation_id> removed_incarnations(
      std::span<const incarnation_id> incarnations) override;
  std::vector<incarnation_id> closed_among(std::span<const incarnation_id> incarnations,
                                           pk owner) override;
  std::vector<removal_row> removals(pk owner, unix_millis since, pk device) override;
  std::vector<erasure_row> erasures_of_everything(pk device) override;
  std::vector<incarnation_id> erased_among(std::span<const incarnation_id> incarnations,
                                           pk device) override;
  std::vector<policy_row> policies() override;
  domain::merge_policy policy(pk user, std::string_view kind) override;
  statistics stats() override;

  void set_setting(std::string_view name, std::string_view value) override;
  pk add_user(const user_row& user) override;
  void update_user(const user_row& user) override;
  void set_user_enabled(pk user, bool enabled) override;
  pk add_device(const device_row& device) override;
  void update_device(const device_row& device) override;
  void revoke_device(pk device, unix_millis at, bool lost) override;
  void device_seen(pk device, unix_millis at) override;
  void set_last_push(pk device, const push_id& push) override;
  void device_told(pk device, std::optional<unix_millis> at) override;
  void add_erasure(const erasure_row& row, std::span<const incarnation_id> incarnations) override;
  std::optional<device_row> lock_device(const device_id& id) override;
  void add_enrollment(const enrollment_row& enrollment) override;
  std::optional<enrollment_row> lock_enrollment(std::string_view code_hash) override;
  void use_enrollment(std::string_view code_hash, pk device) override;
  bool void_enrollment(std::string_view code_hash) override;
  void void_enrollments(pk user, unix_millis expiring_until) override;
  void add_session(const session_row& session) override;
  void end_sessions_of_device(pk device) override;
  void end_sessions_of_user(pk user) override;
  void purge_expired(unix_millis now) override;
  bool spend_challenge(std::string_view challenge_hash, unix_millis expires_at) override;

  std::vector<std::optional<record_row>> lock_records(
      std::span<const wanted_record> wanted) override;
  void drop_empty_records(std::span<const pk> records) override;
  std::vector<pk> add_versions(std::span<const new_version> versions) override;
  std::vector<pk> save_views(std::span<const view_row> views) override;

  feed_head lock_head(pk user) override;
  void append_feed(pk user, std::span<const feed_row> rows, const feed_head& head) override;

  void add_push(const push_row& push) override;
  std::vector<pk> save_conflicts(std::span<const conflict_row> conflicts) override;
  void dismiss_conflict(pk key) override;
  void add_quarantine(std::span<const quarantine_row> rows) override;
  void remove_quarantine(pk key) override;
  void add_audit(const audit_row& row) override;
  std::int64_t chain_audit(std::int64_t limit) override;
  void set_policy(const policy_row& policy) override;
  bool add_journaled(const journaled_row& row) override;
  void wake(const user_id& user) override { session_.wake(user); }

  std::vector<import_run_row> import_runs() override;
  std::optional<import_run_row> import_run(pk run) override;
  std::vector<import_user_row> import_users(std::string_view source) override;
  std::vector<imported_version> imported_versions(
      std::string_view source, import_origin origin,
      std::span<const std::int64_t> legacy_ids) override;
  bool has_imported_versions(std::string_view source) override;
  bool is_held(pk user) override;
  std::vector<import_pending_row> pending_rows(pk run, pk record, pk owner,
                                               std::int64_t limit) override;
  std::vector<std::pair<std::int64_t, std::int64_t>> kept_digests(
      std::string_view source, std::string_view origin,
      std::span<const std::int64_t> legacy_ids) override;
  std::vector<import_kept_row> kept_rows(pk run, std::string_view origin, std::int64_t after,
                                         std::int64_t limit) override;
  bool keeps_rows(pk run) override;
  std::vector<view_row> views_of_records(std::span<const pk> records) override;
  std::vector<std::pair<pk, version_id>> last_imported(std::span<const pk> views) override;
  std::vector<shown_version> shown_versions(std::span<const pk> views) override;
  std::vector<import_version_row> import_rows_of(std::string_view source,
                                                 std::span<const pk> versions) override;
  std::vector<import_feed_span> import_spans(pk run, std::span<const pk> owners) override;
  std::vector<record_row> records_by_ids(std::span<const record_id> ids) override;
  pk greatest_version() override;
  pk greatest_view() override;

  pk add_import_run(const import_run_row& run) override;
  void save_import_run(const import_run_row& run) override;
  std::optional<import_run_row> lock_import_run(pk run) override;
  pk add_twin_user(const user_row& user, std::int64_t twin) override;
  void add_import_user(std::string_view source, const import_user_row& user) override;
  void add_import_versions(std::string_view source,
                           std::span<const import_version_row> rows) override;
  void keep_rows(std::string_view source, pk run, std::span<const import_kept_row> rows) override;
  void add_import_views(pk run, std::span<const import_view_row> rows) override;
  void add_pending(pk run, std::span<const import_pending_row> rows) override;
  void remove_pending(pk run) override;
  void release_import_users(std::string_view source, pk run) override;
  std::vector<feed_move> lock_heads(std::span<const pk> users) override;
  void append_feeds(std::span<const feed_row> rows, std::span<const feed_move> heads) override;
  void note_given(pk device, std::int64_t seq) override;
  void begin_removal() override { session_.removal(true); }
  void end_removal() override { session_.removal(false); }
  void cut_feeds(pk run, std::span<const import_feed_span> spans) override;
  std::vector<std::pair<pk, pk>> versions_of_run(pk run, pk after, std::int64_t limit) override;
  std::vector<view_row> views_of_run(pk run, pk after, std::int64_t limit) override;
  std::vector<import_view_row> moved_views(pk run) override;
  void forget_moved_views(pk run, std::span<const pk> views) override;
  void remove_views(std::span<const pk> views) override;
  void remove_versions(std::span<const pk> versions, std::span<const pk> records) override;
  void remove_kept_rows(pk run) override;
  removed_accounts remove_import_users(std::string_view source, pk run,
                                       std::span<const pk> except) override;

 private:
  /// The rows of a query, each made by `make(row)`.
  template <class Make>
  auto list(const sql_query& query, const sql_parameters& parameters, Make make) {
    std::vector<decltype(make(std::declval<const sql_row&>()))> found;
    session_.run(query, parameters, [&](const sql_row& row) { found.push_back(make(row)); });
    return found;
  }
  /// The last row of a query that has at most one.
  template <class Make>
  auto one(const sql_query& query, const sql_parameters& parameters, Make make) {
    std::optional<decltype(make(std::declval<const sql_row&>()))> found;
    session_.run(query, parameters, [&](const sql_row& row) { found = make(row); });
    return found;
  }
  void run(const sql_query& query, const sql_parameters& parameters);
  /// The rows of a query of nodes with their parents, see versions.cpp.
  std::vector<version_node> nodes(const sql_query& query, const sql_parameters& parameters);
  std::set<pk> hand_accounts_over(std::string_view source, std::span<const import_user_row> made);
  void insert_parents(std::span<const new_version> versions, const std::vector<pk>& keys,
                      const std::unordered_map<version_id, pk>& known);

  sql_session& session_;
};

// Columns of each row, in the order in which read_* takes them, for queries that name the table so.
#define SYNC_USER_COLUMNS "a.pk, a.id, a.email, a.role, a.enabled, a.created_at"
#define SYNC_DEVICE_COLUMNS                                                          \
  "d.pk, d.id, d.owner, d.name, d.public_key, d.enrolled_at, d.revoked_at, d.lost, " \
  "d.last_seen, d.last_push, d.replaces, d.told_at, d.pending"
#define SYNC_RECORD_COLUMNS "r.pk, r.id, r.kind, r.natural_key, r.last_number"
#define SYNC_VIEW_COLUMNS                                                                   \
  "w.pk, w.owner, w.record, w.open, w.incarnation, w.heads, w.pinned, w.drafts, w.active, " \
  "w.closed_at, w.import_run"
#define SYNC_STORED_COLUMNS                                                              \
  "v.pk, v.id, v.header, (SELECT p.bytes FROM version_payload p WHERE p.version=v.pk), " \
  "v.archived, v.device, v.author, v.number"

inline constexpr int k_user_columns = 6;
inline constexpr int k_device_columns = 13;
inline constexpr int k_record_columns = 5;
inline constexpr int k_view_columns = 11;

// Each reads its columns starting at `first`.
[[nodiscard]] user_row read_user(const sql_row& row, int first = 0);
/// E-mails are compared without regard to the case of ASCII letters, alike on both databases.
[[nodiscard]] std::string email_key(std::string_view email);
[[nodiscard]] device_row read_device(const sql_row& row, int first = 0);
[[nodiscard]] record_row read_record(const sql_row& row, int first = 0);
[[nodiscard]] view_row read_view(const sql_row& row, int first = 0);
[[nodiscard]] stored_version read_stored(const sql_row& row);

/// Ids, one after the other, as the lists of views and conflicts are stored.
[[nodiscard]] std::string join_ids(std::span<const version_id> ids);
[[nodiscard]] std::vector<version_id> split_ids(std::string_view joined);

}  // namespace autocusto::store
