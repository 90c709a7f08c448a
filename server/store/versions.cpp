#include "server/store/versions.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>

#include "server/store/columns.hpp"

namespace autocusto::store::versions {
namespace {

// Nodes of a query that gives SYNC_NODE_COLUMNS and whether they are visible.
#define SYNC_NODE_COLUMNS                                                                    \
  "v.pk, v.record, v.id, v.number, v.generation, v.author, v.device, v.status, v.archived, " \
  "v.more_parents, (SELECT x.id FROM version x WHERE x.pk=v.parent)"
#define SYNC_NODE_IS_VISIBLE                            \
  "CASE WHEN EXISTS (SELECT 1 FROM view w JOIN feed f " \
  "ON f.view=w.pk AND f.version=v.pk AND f.kind<=1 "    \
  "WHERE w.record=v.record AND w.owner=$2 AND w.open=1) THEN 1 ELSE 0 END"

version_node read_node(const sql_row& row) {
  version_node n;
  n.key = row.integer(0);
  n.record = row.integer(1);
  n.id = row.id<version_id>(2);
  n.number = row.integer(3);
  n.generation = row.integer(4);
  n.author = row.integer(5);
  n.device = row.integer(6);
  n.status = row.integer(7) == 0 ? domain::version_status::active : domain::version_status::draft;
  n.archived = row.integer(8) != 0;
  if (const auto parent = row.optional_id<version_id>(10)) n.parents.push_back(*parent);
  n.visible = row.integer(11) != 0;
  return n;
}

std::unordered_map<version_id, pk> collect(sql_session& session, const sql_query& query,
                                           std::span<const version_id> ids) {
  std::unordered_map<version_id, pk> found;
  session.run(query, {sql_bytes_of(ids)}, [&](const sql_row& row) {
    found.insert_or_assign(row.id<version_id>(0), row.integer(1));
  });
  return found;
}

// A version's parents stand in its own row if there is at most one and it is known.
bool needs_parent_rows(const domain::version& v, const std::unordered_map<version_id, pk>& known) {
  const auto& parents = v.header.parents;
  return parents.size() > 1 || (parents.size() == 1 && !known.contains(parents[0]));
}

std::optional<pk> first_parent(const domain::version& v,
                               const std::unordered_map<version_id, pk>& known) {
  if (v.header.parents.empty()) return std::nullopt;
  const auto at = known.find(v.header.parents[0]);
  return at == known.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace

std::vector<version_node> reads::nodes(const sql_query& query, const sql_parameters& parameters) {
  static constexpr sql_query more{"more_parents",
                                  "SELECT m.version, coalesce((SELECT x.id FROM version x WHERE "
                                  "x.pk=m.parent), m.parent_id) FROM {set u: version=$1} "
                                  "{join version_parent m: m.version=u.version}"};
  std::vector<version_node> found;
  std::vector<pk> with_more;
  std::unordered_map<pk, std::size_t> places;
  session_.run(query, parameters, [&](const sql_row& row) {
    found.push_back(read_node(row));
    if (row.integer(9) == 0) return;
    with_more.push_back(found.back().key);
    places.emplace(found.back().key, found.size() - 1);
  });
  session_.run(more, {sql_integers(with_more)}, [&](const sql_row& row) {
    found[places.at(row.integer(0))].parents.push_back(row.id<version_id>(1));
  });
  for (const auto& [key, place] : places) {
    std::sort(found[place].parents.begin(), found[place].parents.end());
  }
  return found;
}

std::vector<version_node> reads::graphs(std::span<const pk> records, pk owner) {
  static constexpr sql_query q{"graphs", "SELECT " SYNC_NODE_COLUMNS ", " SYNC_NODE_IS_VISIBLE
                                         " FROM {set u: record=$1} "
                                         "{join version v: v.record=u.record} "
                                         "ORDER BY v.record, v.number"};
  return nodes(q, {sql_integers(records), owner});
}

std::vector<version_node> reads::nodes_by_id(std::span<const version_id> ids, pk owner) {
  static constexpr sql_query q{"nodes_by_id", "SELECT " SYNC_NODE_COLUMNS ", " SYNC_NODE_IS_VISIBLE
                                              " FROM {set u: id=$1} {join version v: v.id=u.id}"};
  return nodes(q, {sql_bytes_of(ids), owner});
}

std::vector<version_node> reads::leaves_by_id(std::span<const version_id> ids) {
  static constexpr sql_query q{"leaves_by_id", "SELECT " SYNC_NODE_COLUMNS
                                               ", 1 FROM {set u: id=$1} "
                                               "{join version v: v.id=u.id}"};
  return nodes(q, {sql_bytes_of(ids)});
}

std::vector<version_node> reads::history_of_view(pk view) {
  // An assignment may name a version that came as a version before.
  static constexpr sql_query shown{
      "history_of_view",
      "SELECT " SYNC_NODE_COLUMNS
      ", 1 FROM (SELECT DISTINCT f.version FROM feed f WHERE f.view=$1 AND f.kind<=1) s "
      "{join version v: v.pk=s.version}"};
  static constexpr sql_query older{"ancestors", "SELECT " SYNC_NODE_COLUMNS
                                                ", 0 FROM {above u: key=$1} "
                                                "{join version v: v.pk=u.key}"};
  auto found = nodes(shown, {view});
  std::unordered_set<version_id> known;
  std::unordered_set<version_id> unknown;
  for (std::size_t done = 0; done < found.size();) {
    const auto first = done;
    for (; done < found.size(); ++done) known.insert(found[done].id);
    std::vector<version_id> named;
    for (auto i = first; i < found.size(); ++i) {
      for (const version_id& parent : found[i].parents) {
        if (!known.contains(parent) && unknown.insert(parent).second) named.push_back(parent);
      }
    }
    std::vector<pk> keys;
    for (const auto& [id, key] : version_keys(named)) keys.push_back(key);
    for (auto& node : nodes(older, {sql_integers_at_once(keys)})) {
      if (!known.contains(node.id)) found.push_back(std::move(node));
    }
  }
  return found;
}

std::int64_t reads::versions_in_view(pk view) {
  static constexpr sql_query q{
      "versions_in_view", "SELECT count(DISTINCT version) FROM feed WHERE view=$1 AND kind<=1"};
  return session_.one(q, {view}, read_key).value_or(0);
}

std::vector<stored_version> reads::versions(std::span<const pk> keys) {
  static constexpr sql_query q{"versions", "SELECT " SYNC_STORED_COLUMNS
                                           " FROM {set u: key=$1} {join version v: v.pk=u.key}"};
  return session_.list(q, {sql_integers(keys)}, read_stored);
}

std::unordered_map<version_id, pk> reads::version_keys(std::span<const version_id> ids) {
  static constexpr sql_query q{"version_keys",
                               "SELECT v.id, v.pk FROM {set u: id=$1} {join version v: v.id=u.id}"};
  return collect(session_, q, ids);
}

std::vector<version_id> reads::visible_versions(std::span<const version_id> ids, pk owner) {
  static constexpr sql_query q{
      "visible_versions",
      "SELECT v.id FROM {set u: id=$1} {join version v: v.id=u.id} WHERE EXISTS "
      "(SELECT 1 FROM view w JOIN feed f ON f.view=w.pk AND f.version=v.pk AND f.kind<=1 "
      "WHERE w.record=v.record AND w.owner=$2 AND w.open=1)"};
  return session_.list(q, {sql_bytes_of(ids), owner}, read_id<version_id>);
}

std::unordered_map<version_id, pk> reads::records_of(std::span<const version_id> ids) {
  static constexpr sql_query q{
      "records_of", "SELECT v.id, v.record FROM {set u: id=$1} {join version v: v.id=u.id}"};
  return collect(session_, q, ids);
}

std::vector<stored_version> reads::versions_after(pk after, std::int64_t limit) {
  static constexpr sql_query q{"versions_after", "SELECT " SYNC_STORED_COLUMNS
                                                 " FROM version v"
                                                 " WHERE v.pk>$1 ORDER BY v.pk LIMIT $2"};
  return session_.list(q, {after, limit}, read_stored);
}

std::vector<pk> writes::add_versions(std::span<const new_version> versions) {
  static constexpr sql_query insert{
      "insert_versions",
      "INSERT INTO version (pk, record, number, generation, author, device, status, archived, "
      "parent, more_parents, received_at, import_run, id, header) "
      "SELECT u.key, u.record, u.number, u.generation, u.author, u.device, u.status, u.archived, "
      "u.parent, u.more_parents, u.received_at, u.import_run, u.id, u.header "
      "{rows u: key=$1, record=$2, number=$3, generation=$4, author=$5, device=$6, status=$7, "
      "archived=$8, parent=$9, more_parents=$10, received_at=$11, import_run=$12, id=$13, "
      "header=$14}"};
  static constexpr sql_query payloads{"insert_payloads",
                                      "INSERT INTO version_payload (version, bytes) "
                                      "SELECT u.key, u.bytes {rows u: key=$1, bytes=$2}"};
  static constexpr sql_query numbers{
      "set_last_numbers",
      "UPDATE record SET last_number=u.number {rows u: key=$1, number=$2} "
      "WHERE record.pk=u.key"};
  const std::vector<pk> keys = session_.allocate("version", versions.size());

  std::unordered_map<version_id, pk> known;
  known.reserve(versions.size() * 2);
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (versions[i].parent != 0) known[versions[i].value->header.parents[0]] = versions[i].parent;
    known[versions[i].value->id] = keys[i];
  }
  std::vector<version_id> parents;  // that are not among these versions
  for (const new_version& v : versions) {
    for (const version_id& parent : v.value->header.parents) {
      if (!known.contains(parent)) parents.push_back(parent);
    }
  }
  std::sort(parents.begin(), parents.end());
  parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
  known.merge(version_keys(parents));

  const auto integers = [&versions](auto get) {
    return sql_list(sql_type::integer, versions, get);
  };
  const auto blobs = [&versions](auto get) { return sql_list(sql_type::bytes, versions, get); };
  using in = const new_version&;
  session_.run(
      insert,
      {sql_integers(keys), integers(&new_version::record), integers(&new_version::number),
       integers([](in v) { return v.value->header.generation; }), integers(&new_version::author),
       integers(&new_version::device), integers([](in v) { return v.value->header.status; }),
       integers(&new_version::archived),
       integers([&](in v) { return first_parent(*v.value, known); }),
       integers([&](in v) { return needs_parent_rows(*v.value, known); }),
       integers(&new_version::received_at), integers(&new_version::import_run),
       blobs([](in v) { return v.value->id.raw(); }),
       blobs([](in v) { return std::string_view(v.value->raw.header); })});
  session_.run(payloads, {sql_integers(keys),
                          blobs([](in v) { return std::string_view(v.value->raw.payload); })});
  insert_parents(versions, keys, known);

  std::map<pk, std::int64_t> last;  // in order, as the rows lie on disk
  for (const new_version& v : versions) {
    auto& number = last[v.record];
    number = std::max(number, v.number);
  }
  session_.run(numbers,
               {sql_list(sql_type::integer, last, [](const auto& e) { return e.first; }),
                sql_list(sql_type::integer, last, [](const auto& e) { return e.second; })});
  return keys;
}

void writes::insert_parents(std::span<const new_version> versions, const std::vector<pk>& keys,
                            const std::unordered_map<version_id, pk>& known) {
  static constexpr sql_query insert{
      "insert_parents",
      "INSERT INTO version_parent (version, position, parent, parent_id) "
      "SELECT u.version, u.position, u.parent, u.parent_id "
      "{rows u: version=$1, position=$2, parent=$3, parent_id=$4}"};
  struct entry {
    pk version;
    std::int64_t position;
    std::optional<pk> parent;
    const version_id* id;
  };
  std::vector<entry> rows;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto& parents = versions[i].value->header.parents;
    for (std::size_t position = 0; position < parents.size(); ++position) {
      const auto at = known.find(parents[position]);
      const bool is_known = at != known.end();
      if (position == 0 && is_known) continue;  // in the version's own row
      rows.push_back({keys[i], static_cast<std::int64_t>(position),
                      is_known ? std::optional(at->second) : std::nullopt, &parents[position]});
    }
  }
  session_.run(insert, {sql_list(sql_type::integer, rows, &entry::version),
                        sql_list(sql_type::integer, rows, &entry::position),
                        sql_list(sql_type::integer, rows, &entry::parent),
                        sql_list(sql_type::bytes, rows, [](const entry& e) {
                          return e.parent ? sql_value{} : value_of(*e.id);
                        })});
}

}  // namespace autocusto::store::versions
