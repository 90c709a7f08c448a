#include "server/store/feed.hpp"

#include <algorithm>

#include "server/store/sql/session.hpp"

namespace autocusto::store::feed {
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

feed_head reads::head(pk user) {
  static constexpr sql_query q{"feed_head", "SELECT seq, chain FROM feed_head WHERE owner=$1"};
  return session_.one(q, {user}, read_head).value_or(feed_head{});
}

std::optional<hash256> reads::chain_at(pk user, std::int64_t seq) {
  static constexpr sql_query q{"chain_at", "SELECT chain FROM feed WHERE owner=$1 AND seq=$2"};
  if (seq == 0) return hash256();
  return session_.one(q, {user, seq}, read_id<hash256>);
}

std::vector<feed_item> reads::feed(pk user, std::int64_t after, std::int64_t limit) {
  static constexpr sql_query q{
      "feed",
      "SELECT f.seq, f.kind, w.open, f.view, w.incarnation, w.record, r.id, r.kind, f.version, "
      "(SELECT v.id FROM version v WHERE v.pk=f.version), f.item_hash, f.chain, "
      "f.import_run "
      "FROM (SELECT * FROM feed WHERE owner=$1 AND seq>$2 ORDER BY seq LIMIT $3) f "
      "{join view w: w.pk=f.view} {join record r: r.pk=w.record} ORDER BY f.seq"};
  return session_.list(q, {user, after, limit}, read_item);
}

std::vector<pk> reads::versions_by_own_item(pk view, std::span<const pk> versions) {
  static constexpr sql_query q{"versions_by_own_item",
                               "SELECT DISTINCT f.version FROM {set u: version=$1} {join feed f: "
                               "f.view=$2 AND f.version=u.version AND f.kind<=1 AND f.kind=0}"};
  return session_.list(q, {sql_integers(versions), view}, read_key);
}

std::vector<shown_version> reads::shown_versions(std::span<const pk> views) {
  static constexpr sql_query q{
      "shown_versions",
      "SELECT f.view, f.version, f.import_run, f.seq FROM {set u: view=$1} "
      "{join feed f: f.view=u.view AND f.kind<=1}"};
  return session_.list(q, {sql_integers(views)}, [](const sql_row& row) {
    return shown_version{row.integer(0), row.integer(1), row.optional_integer(2), row.integer(3)};
  });
}

std::vector<feed_move> writes::lock_heads(std::span<const pk> users) {
  static constexpr sql_query create{
      "create_feed_heads",
      "INSERT INTO feed_head (owner, seq, chain) SELECT u.owner, 0, $2 {rows u: owner=$1} "
      "WHERE true ON CONFLICT (owner) DO NOTHING"};
  static constexpr sql_query lock{"lock_feed_heads",
                                  "SELECT h.owner, h.seq, h.chain FROM {set u: owner=$1} "
                                  "{join feed_head h: h.owner=u.owner} ORDER BY h.owner {lock h}"};
  std::vector<pk> sorted(users.begin(), users.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  const auto read = [](const sql_row& row) {
    return feed_move{row.integer(0), {row.integer(1), row.id<hash256>(2)}};
  };
  auto heads = session_.list(lock, {sql_integers(sorted)}, read);
  if (heads.size() == sorted.size()) return heads;
  session_.run(create, {sql_integers(sorted), hash256()});
  // Others may have made some of them meanwhile and moved them on: what counts is what is locked.
  return session_.list(lock, {sql_integers(sorted)}, read);
}

void writes::append(std::span<const feed_row> rows, std::span<const feed_move> heads) {
  static constexpr sql_query insert{
      "append_feed",
      "INSERT INTO feed (owner, seq, kind, view, version, import_run, item_hash, chain) "
      "SELECT u.owner, u.seq, u.kind, u.view, u.version, u.import_run, u.item_hash, u.chain "
      "{rows u: owner=$1, seq=$2, kind=$3, view=$4, version=$5, import_run=$6, item_hash=$7, "
      "chain=$8}"};
  static constexpr sql_query move{"move_feed_heads",
                                  "UPDATE feed_head SET seq=u.seq, chain=u.chain "
                                  "{rows u: owner=$1, seq=$2, chain=$3} "
                                  "WHERE feed_head.owner=u.owner"};
  const auto integers = [&rows](auto get) { return sql_list(sql_type::integer, rows, get); };
  const auto blobs = [&rows](auto get) { return sql_list(sql_type::bytes, rows, get); };
  session_.run(insert, {integers(&feed_row::user), integers(&feed_row::seq),
                        integers(&feed_row::kind), integers(&feed_row::view),
                        integers(&feed_row::version), integers(&feed_row::import_run),
                        blobs(&feed_row::item_hash), blobs(&feed_row::chain)});
  using to = const feed_move&;
  session_.run(move, {sql_list(sql_type::integer, heads, &feed_move::user),
                      sql_list(sql_type::integer, heads, [](to h) { return h.head.seq; }),
                      sql_list(sql_type::bytes, heads, [](to h) { return h.head.chain.raw(); })});
}

void writes::note_given(pk device, std::int64_t seq) {
  static constexpr sql_query q{"note_given", "UPDATE device SET given=$2 WHERE pk=$1 AND given<$2"};
  session_.run(q, {device, seq});
}

void writes::wake(const user_id& user) {
  session_.wake(user);
}

}  // namespace autocusto::store::feed
