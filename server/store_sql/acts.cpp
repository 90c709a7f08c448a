// Pushes, conflicts, quarantine, reading the audit log, policy, statistics.
#include <algorithm>

#include "server/store_sql/sql_writer.hpp"

namespace autocusto::store {
namespace {

#define SYNC_PUSH_COLUMNS "p.id, p.device, p.object, p.signature, p.answer, p.received_at"
// An open conflict is about the view's heads as they are now.
#define SYNC_CONFLICT_COLUMNS                                                                  \
  "c.pk, c.view, c.state, c.dismissed, c.base, CASE WHEN c.state=0 THEN w.heads ELSE c.heads " \
  "END, "                                                                                      \
  "c.opened_at, c.closed_at"
#define SYNC_CONFLICT_ENTRY                                                       \
  "SELECT " SYNC_CONFLICT_COLUMNS ", " SYNC_VIEW_COLUMNS ", " SYNC_RECORD_COLUMNS \
  ", " SYNC_USER_COLUMNS                                                          \
  " FROM conflict c {join view w: w.pk=c.view} {join record r: r.pk=w.record} "   \
  "{join app_user a: a.pk=w.owner} "
#define SYNC_AUDIT_COLUMNS                                                                     \
  "l.pk, l.at, l.act, l.actor, l.device, l.what, l.subject_user, l.subject_record, l.object, " \
  "l.signature"

constexpr int k_conflict_columns = 8;

push_row read_push(const sql_row& row) {
  push_row p;
  p.id = row.id<push_id>(0);
  p.device = row.integer(1);
  p.object = row.bytes(2);
  p.signature = row.bytes(3);
  p.answer = row.bytes(4);
  p.received_at = row.integer(5);
  return p;
}

conflict_row read_conflict(const sql_row& row) {
  conflict_row c;
  c.key = row.integer(0);
  c.view = row.integer(1);
  c.state = static_cast<conflict_state>(row.integer(2));
  c.dismissed = row.integer(3) != 0;
  c.base = row.optional_id<version_id>(4);
  c.heads = split_ids(row.bytes(5));
  c.opened_at = row.integer(6);
  c.closed_at = row.optional_integer(7);
  return c;
}

conflict_entry read_conflict_entry(const sql_row& row) {
  conflict_entry e;
  e.conflict = read_conflict(row);
  e.view = read_view(row, k_conflict_columns);
  e.record = read_record(row, k_conflict_columns + k_view_columns);
  e.user = read_user(row, k_conflict_columns + k_view_columns + k_record_columns);
  return e;
}

// With or without the bytes, as the query has the columns.
quarantine_row read_quarantine(const sql_row& row) {
  quarantine_row q;
  q.key = row.integer(0);
  q.device = row.integer(1);
  q.user = row.integer(2);
  q.code = row.bytes(3);
  q.message = row.bytes(4);
  q.version = row.optional_id<version_id>(5);
  q.received_at = row.integer(6);
  q.header = row.bytes(7);
  q.payload = row.bytes(8);
  return q;
}

audit_row read_audit(const sql_row& row) {
  audit_row a;
  a.key = row.integer(0);
  a.at = row.integer(1);
  a.act = row.optional_id<act_id>(2);
  a.actor = row.integer(3);
  a.device = row.optional_integer(4);
  a.what = row.bytes(5);
  a.subject_user = row.optional_integer(6);
  a.subject_record = row.optional_integer(7);
  a.object = row.bytes(8);
  a.signature = row.bytes(9);
  return a;
}

}  // namespace

std::optional<push_row> sql_writer::push(const push_id& id) {
  static constexpr sql_query q{"push", "SELECT " SYNC_PUSH_COLUMNS " FROM push p WHERE p.id=$1"};
  return one(q, {sql_bytes(id.raw())}, read_push);
}

std::vector<push_row> sql_writer::pushes_after(std::optional<push_id> after, std::int64_t limit) {
  static constexpr sql_query q{"pushes_after", "SELECT " SYNC_PUSH_COLUMNS
                                               " FROM push p WHERE p.id>$1 ORDER BY p.id LIMIT $2"};
  const std::string_view from = after ? after->raw() : std::string_view();
  return list(q, {sql_bytes(from), sql_integer(limit)}, read_push);
}

void sql_writer::add_push(const push_row& push) {
  static constexpr sql_query q{
      "add_push",
      "INSERT INTO push (id, device, object, signature, answer, received_at) "
      "VALUES ($1, $2, $3, $4, $5, $6)"};
  run(q, {sql_bytes(push.id.raw()), sql_integer(push.device), sql_bytes(push.object),
          sql_bytes(push.signature), sql_bytes(push.answer), sql_integer(push.received_at)});
}

std::vector<conflict_row> sql_writer::open_conflicts(std::span<const pk> views) {
  static constexpr sql_query q{
      "open_conflicts", "SELECT " SYNC_CONFLICT_COLUMNS
                        " FROM {set u: view=$1} {join conflict c: c.view=u.view AND c.state=0} "
                        "{join view w: w.pk=c.view}"};
  return list(q, {sql_integers(views)}, read_conflict);
}

std::vector<conflict_entry> sql_writer::conflict_list(bool include_closed, bool include_dismissed) {
  static constexpr sql_query q{
      "conflict_list",
      SYNC_CONFLICT_ENTRY "WHERE (c.state=0 OR $1=1) AND (c.dismissed=0 OR $2=1) ORDER BY c.pk"};
  return list(q,
              {sql_integer(std::int64_t{include_closed ? 1 : 0}),
               sql_integer(std::int64_t{include_dismissed ? 1 : 0})},
              read_conflict_entry);
}

std::optional<conflict_entry> sql_writer::conflict(pk key) {
  static constexpr sql_query q{"conflict", SYNC_CONFLICT_ENTRY "WHERE c.pk=$1"};
  return one(q, {sql_integer(key)}, read_conflict_entry);
}

std::vector<pk> sql_writer::save_conflicts(std::span<const conflict_row> conflicts) {
  static constexpr sql_query insert{
      "insert_conflicts",
      "INSERT INTO conflict (pk, view, state, dismissed, base, heads, opened_at, closed_at) "
      "SELECT u.key, u.view, u.state, u.dismissed, u.base, u.heads, u.opened_at, u.closed_at "
      "{rows u: key=$1, view=$2, state=$3, dismissed=$4, base=$5, heads=$6, opened_at=$7, "
      "closed_at=$8}"};
  static constexpr sql_query update{
      "update_conflicts",
      "UPDATE conflict SET state=u.state, dismissed=u.dismissed, base=u.base, heads=u.heads, "
      "opened_at=u.opened_at, closed_at=u.closed_at "
      "{rows u: key=$1, view=$2, state=$3, dismissed=$4, base=$5, heads=$6, opened_at=$7, "
      "closed_at=$8} WHERE conflict.pk=u.key AND conflict.view=u.view"};
  struct entry {
    pk key;
    const conflict_row* conflict;
    std::string heads;
  };
  const auto fresh_count = static_cast<std::size_t>(std::count_if(
      conflicts.begin(), conflicts.end(), [](const conflict_row& c) { return c.key == 0; }));
  const std::vector<pk> fresh = session_.allocate("conflict", fresh_count);
  std::vector<entry> added;
  std::vector<entry> changed;
  std::vector<pk> keys;
  for (const conflict_row& c : conflicts) {
    keys.push_back(c.key == 0 ? fresh[added.size()] : c.key);
    (c.key == 0 ? added : changed).push_back({keys.back(), &c, join_ids(c.heads)});
  }
  const auto parameters = [](const std::vector<entry>& of) {
    const auto integers = [&of](auto get) { return sql_list(sql_type::integer, of, get); };
    using in = const entry&;
    return sql_parameters{
        integers([](in e) { return e.key; }),
        integers([](in e) { return e.conflict->view; }),
        integers([](in e) { return static_cast<std::int64_t>(e.conflict->state); }),
        integers([](in e) { return std::int64_t{e.conflict->dismissed ? 1 : 0}; }),
        sql_list(sql_type::bytes, of,
                 [](in e) {
                   return e.conflict->base ? value_of(e.conflict->base->raw()) : sql_value{};
                 }),
        sql_list(sql_type::bytes, of, [](in e) { return std::string_view(e.heads); }),
        integers([](in e) { return e.conflict->opened_at; }),
        integers([](in e) { return e.conflict->closed_at; })};
  };
  // A conflict that closes makes room for a new one of the same view, so it goes first.
  run(update, parameters(changed));
  run(insert, parameters(added));
  return keys;
}

void sql_writer::dismiss_conflict(pk key) {
  static constexpr sql_query q{"dismiss_conflict", "UPDATE conflict SET dismissed=1 WHERE pk=$1"};
  run(q, {sql_integer(key)});
}

static quarantine_usage read_usage(const sql_row& row) {
  return {row.integer(0), row.integer(1)};
}

quarantine_usage sql_writer::quarantine_used(pk device) {
  static constexpr sql_query q{
      "quarantine_used",
      "SELECT count(*), CAST(coalesce(sum(size), 0) AS bigint) FROM quarantine WHERE device=$1"};
  return one(q, {sql_integer(device)}, read_usage).value();
}

quarantine_usage sql_writer::quarantine_used_by(pk user) {
  static constexpr sql_query q{
      "quarantine_used_by",
      "SELECT count(*), CAST(coalesce(sum(size), 0) AS bigint) FROM quarantine WHERE owner=$1"};
  return one(q, {sql_integer(user)}, read_usage).value();
}

std::vector<quarantine_row> sql_writer::quarantine_list() {
  static constexpr sql_query q{
      "quarantine_list",
      "SELECT q.pk, q.device, q.owner, q.code, q.message, q.version, q.received_at, '', '' "
      "FROM quarantine q ORDER BY q.pk DESC"};
  return list(q, {}, read_quarantine);
}

std::optional<quarantine_row> sql_writer::quarantine(pk key) {
  static constexpr sql_query q{"quarantine",
                               "SELECT q.pk, q.device, q.owner, q.code, q.message, q.version, "
                               "q.received_at, q.header, q.payload FROM quarantine q "
                               "WHERE q.pk=$1"};
  return one(q, {sql_integer(key)}, read_quarantine);
}

void sql_writer::remove_quarantine(pk key) {
  static constexpr sql_query q{"remove_quarantine", "DELETE FROM quarantine WHERE pk=$1"};
  run(q, {sql_integer(key)});
}

void sql_writer::add_quarantine(std::span<const quarantine_row> rows) {
  static constexpr sql_query q{
      "add_quarantine",
      "INSERT INTO quarantine (device, owner, size, code, message, version, received_at, header, "
      "payload) SELECT u.device, u.owner, u.size, u.code, u.message, u.version, u.received_at, "
      "u.header, u.payload {rows u: device=$1, owner=$2, size=$3, code=$4, message=$5, "
      "version=$6, received_at=$7, header=$8, payload=$9}"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  const auto texts = [&rows](auto get) { return sql_list(sql_type::text, rows, get); };
  const auto blobs = [&rows](auto get) { return sql_list(sql_type::bytes, rows, get); };
  using in = const quarantine_row&;
  run(q,
      {integers([](in r) { return r.device; }), integers([](in r) { return r.user; }),
       integers([](in r) { return static_cast<std::int64_t>(r.header.size() + r.payload.size()); }),
       texts([](in r) { return std::string_view(r.code); }),
       texts([](in r) { return std::string_view(r.message); }),
       blobs([](in r) { return r.version ? value_of(r.version->raw()) : sql_value{}; }),
       integers([](in r) { return r.received_at; }),
       blobs([](in r) { return std::string_view(r.header); }),
       blobs([](in r) { return std::string_view(r.payload); })});
}

std::vector<audit_row> sql_writer::audit(std::optional<pk> user, std::optional<pk> record,
                                         unix_millis since, pk after, std::int64_t limit) {
  static constexpr sql_query q{"audit", "SELECT " SYNC_AUDIT_COLUMNS
                                        " FROM audit_log l WHERE l.pk>$1 AND l.at>=$2 "
                                        "AND ($3=0 OR l.actor=$3 OR l.subject_user=$3) "
                                        "AND ($4=0 OR l.subject_record=$4) ORDER BY l.pk LIMIT $5"};
  return list(q,
              {sql_integer(after), sql_integer(since), sql_integer(user.value_or(0)),
               sql_integer(record.value_or(0)), sql_integer(limit)},
              read_audit);
}

std::optional<audit_row> sql_writer::audit_by_act(const act_id& act) {
  static constexpr sql_query q{"audit_by_act",
                               "SELECT " SYNC_AUDIT_COLUMNS " FROM audit_log l WHERE l.act=$1"};
  return one(q, {sql_bytes(act.raw())}, read_audit);
}

std::vector<policy_row> sql_writer::policies() {
  static constexpr sql_query q{"policies",
                               "SELECT kind, owner, policy FROM policy ORDER BY kind, owner"};
  return list(q, {}, [](const sql_row& row) {
    policy_row p;
    p.kind = row.bytes(0);
    if (row.integer(1) != 0) p.user = row.integer(1);
    p.policy = static_cast<domain::merge_policy>(row.integer(2));
    return p;
  });
}

domain::merge_policy sql_writer::policy(pk user, std::string_view kind) {
  static constexpr sql_query q{
      "policy",
      "SELECT policy FROM policy WHERE kind=$1 AND owner IN (0, $2) ORDER BY owner DESC LIMIT 1"};
  return one(q, {sql_text(kind), sql_integer(user)},
             [](const sql_row& row) { return static_cast<domain::merge_policy>(row.integer(0)); })
      .value_or(domain::merge_policy::automatic);
}

void sql_writer::set_policy(const policy_row& policy) {
  static constexpr sql_query q{"set_policy",
                               "INSERT INTO policy (kind, owner, policy) VALUES ($1, $2, $3) "
                               "ON CONFLICT (kind, owner) DO UPDATE SET policy=excluded.policy"};
  run(q, {sql_text(policy.kind), sql_integer(policy.user.value_or(0)),
          sql_integer(static_cast<std::int64_t>(policy.policy))});
}

statistics sql_writer::stats() {
  // Versions and feed items are numbered without a gap, so sums of last numbers count them without
  // walking the two greatest tables.
  static constexpr sql_query q{
      "stats",
      "SELECT (SELECT count(*) FROM app_user), (SELECT count(*) FROM device), "
      "(SELECT count(*) FROM record), "
      "(SELECT CAST(coalesce(sum(last_number), 0) AS bigint) FROM record), "
      "(SELECT count(*) FROM view WHERE open=1), (SELECT count(*) FROM conflict WHERE state=0), "
      "(SELECT count(*) FROM quarantine), (SELECT count(*) FROM push), "
      "(SELECT CAST(coalesce(sum(seq), 0) AS bigint) FROM feed_head)"};
  return one(q, {},
             [](const sql_row& row) {
               statistics s;
               s.users = row.integer(0);
               s.devices = row.integer(1);
               s.records = row.integer(2);
               s.versions = row.integer(3);
               s.open_views = row.integer(4);
               s.open_conflicts = row.integer(5);
               s.quarantined = row.integer(6);
               s.pushes = row.integer(7);
               s.feed_items = row.integer(8);
               return s;
             })
      .value();
}

}  // namespace autocusto::store
