// The feed of each user.
#include "server/store_sql/sql_writer.hpp"

namespace autocusto::store {
namespace {

feed_item read_item(const sql_row& row) {
  feed_item item;
  item.seq = row.integer(0);
  item.kind = static_cast<feed_kind>(row.integer(1));
  item.view_open = row.integer(2) != 0;
  item.view = row.integer(3);
  item.incarnation = row.id<incarnation_id>(4);
  item.record = row.integer(5);
  item.record_public = row.id<record_id>(6);
  item.record_kind = row.bytes(7);
  item.version = row.optional_integer(8);
  item.version_public = row.optional_id<version_id>(9);
  item.item_hash = row.id<hash256>(10);
  item.chain = row.id<hash256>(11);
  item.import_run = row.optional_integer(12);
  return item;
}

feed_head read_head(const sql_row& row) {
  return {row.integer(0), row.id<hash256>(1)};
}

}  // namespace

feed_head sql_writer::head(pk user) {
  static constexpr sql_query q{"feed_head", "SELECT seq, chain FROM feed_head WHERE owner=$1"};
  return one(q, {sql_integer(user)}, read_head).value_or(feed_head{});
}

feed_head sql_writer::lock_head(pk user) {
  static constexpr sql_query lock{
      "lock_feed_head", "SELECT h.seq, h.chain FROM feed_head h WHERE h.owner=$1 {lock h}"};
  static constexpr sql_query create{"create_feed_head",
                                    "INSERT INTO feed_head (owner, seq, chain) VALUES ($1, 0, $2) "
                                    "ON CONFLICT (owner) DO NOTHING"};
  if (const auto found = one(lock, {sql_integer(user)}, read_head)) return *found;
  run(create, {sql_integer(user), sql_bytes(hash256().raw())});
  // Another transaction may have made it meanwhile and moved it on: what counts is what is locked.
  return one(lock, {sql_integer(user)}, read_head).value();
}

std::optional<hash256> sql_writer::chain_at(pk user, std::int64_t seq) {
  static constexpr sql_query q{"chain_at", "SELECT chain FROM feed WHERE owner=$1 AND seq=$2"};
  if (seq == 0) return hash256();
  return one(q, {sql_integer(user), sql_integer(seq)},
             [](const sql_row& row) { return row.id<hash256>(0); });
}

std::vector<feed_item> sql_writer::feed(pk user, std::int64_t after, std::int64_t limit) {
  static constexpr sql_query q{
      "feed",
      "SELECT f.seq, f.kind, w.open, f.view, w.incarnation, w.record, r.id, r.kind, f.version, "
      "(SELECT v.id FROM version v WHERE v.pk=f.version), f.item_hash, f.chain, "
      "f.import_run "
      "FROM (SELECT * FROM feed WHERE owner=$1 AND seq>$2 ORDER BY seq LIMIT $3) f "
      "{join view w: w.pk=f.view} {join record r: r.pk=w.record} ORDER BY f.seq"};
  return list(q, {sql_integer(user), sql_integer(after), sql_integer(limit)}, read_item);
}

std::vector<pk> sql_writer::versions_by_own_item(pk view, std::span<const pk> versions) {
  static constexpr sql_query q{"versions_by_own_item",
                               "SELECT DISTINCT f.version FROM {set u: version=$1} {join feed f: "
                               "f.view=$2 AND f.version=u.version AND f.kind<=1 AND f.kind=0}"};
  return list(q, {sql_integers(versions), sql_integer(view)},
              [](const sql_row& row) { return row.integer(0); });
}

void sql_writer::append_feed(pk user, std::span<const feed_row> rows, const feed_head& head) {
  static constexpr sql_query insert{
      "append_feed",
      "INSERT INTO feed (owner, seq, kind, view, version, import_run, item_hash, chain) "
      "SELECT $1, u.seq, u.kind, u.view, u.version, u.import_run, u.item_hash, u.chain "
      "{rows u: seq=$2, kind=$3, view=$4, version=$5, import_run=$6, item_hash=$7, chain=$8}"};
  static constexpr sql_query move{"move_feed_head",
                                  "UPDATE feed_head SET seq=$2, chain=$3 WHERE owner=$1"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  using in = const feed_row&;
  run(insert, {sql_integer(user), integers([](in r) { return r.seq; }),
               integers([](in r) { return static_cast<std::int64_t>(r.kind); }),
               integers([](in r) { return r.view; }), integers([](in r) { return r.version; }),
               integers([](in r) { return r.import_run; }),
               sql_list(sql_type::bytes, rows, [](in r) { return r.item_hash.raw(); }),
               sql_list(sql_type::bytes, rows, [](in r) { return r.chain.raw(); })});
  run(move, {sql_integer(user), sql_integer(head.seq), sql_bytes(head.chain.raw())});
}

}  // namespace autocusto::store
