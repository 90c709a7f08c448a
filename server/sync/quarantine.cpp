#include "server/sync/quarantine.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "server/store/people.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/sync/candidate.hpp"
#include "shared/domain/dag.hpp"

namespace autocusto::sync {
namespace {

/// The keys of the author and the device that the version names, if they are those of its sender.
result<std::pair<store::pk, store::pk>> origin_of(store::people::reads people,
                                                  const store::quarantine_row& item,
                                                  const domain::version_header& header) {
  const auto author = people.user_by_id(header.author);
  if (!author || author->key != item.user) {
    return fail(errc::author_mismatch,
                "The version is not by the user who sent it; it can only be rejected.", "author");
  }
  const auto device = people.device_by_id(header.device);
  if (!device || device->user != author->key) {
    return fail(errc::device_mismatch,
                "The version was not made on a device of its author; it can only be rejected.",
                "device");
  }
  return std::pair(author->key, device->key);
}

std::optional<error> parent_problem(const std::vector<store::version_node>& graph,
                                    const domain::version_header& header) {
  domain::version_dag dag;
  for (const auto& n : graph) {
    dag.add({n.id, n.parents, n.generation, n.status == domain::version_status::draft});
  }
  const bool known = std::all_of(header.parents.begin(), header.parents.end(),
                                 [&dag](const version_id& parent) { return dag.contains(parent); });
  if (!known) {
    return fail(
        errc::parent_unavailable,
        "The version goes on from one that the server does not have; accept that one first.",
        "parents");
  }
  if (header.parents.empty() ? header.generation != 1
                             : dag.next_generation(header.parents) != header.generation) {
    return fail(errc::bad_generation,
                "The version's generation must be one more than the greatest of its parents'.",
                "generation");
  }
  return std::nullopt;
}

/// Stores the version unless it is there already.
result<void> store_version(store::transaction& tx, const act_environment& env,
                           const store::quarantine_row& item, const domain::version& v) {
  store::versions::writes versions(tx);
  const auto origin = origin_of(tx, item, v.header);
  if (!origin) return origin.error();
  const store::wanted_record wanted[] = {
      {v.header.record.id, v.header.record.kind, v.payload.key, v.header.parents.empty()}};
  const auto record = store::records::writes(tx).lock_records(wanted)[0];
  if (!record) {
    return fail(
        errc::parent_unavailable,
        "The version goes on from one that the server does not have; accept that one first.",
        "parents");
  }
  const store::pk key[] = {record->key};
  const auto graph = versions.graphs(key, 0);
  const bool known = std::any_of(graph.begin(), graph.end(),
                                 [&v](const store::version_node& n) { return n.id == v.id; });
  if (known) return {};
  if (auto e = parent_problem(graph, v.header)) return *std::move(e);
  store::new_version row;
  row.record = record->key;
  row.number = record->last_number + 1;
  row.author = origin->first;
  row.device = origin->second;
  row.value = &v;
  row.received_at = env.now;
  const store::new_version rows[] = {row};
  static_cast<void>(versions.add_versions(rows));
  return {};
}

}  // namespace

result<act_outcome> accept_quarantined(store::transaction& tx, const act_environment& env,
                                       std::string_view tenant_key,
                                       const store::quarantine_row& item,
                                       const store::user_row& owner,
                                       std::vector<version_id> expect_heads) {
  const auto read = examine({item.header, item.payload}, tenant_key);
  if (read.flaw) return *read.flaw;
  const auto& v = *read.value;
  if (v.header.status == domain::version_status::draft) {
    return fail(errc::invalid_field, "A draft cannot be accepted; its author publishes it first.",
                "version");
  }
  if (auto stored = store_version(tx, env, item, v); !stored) return stored.error();
  auto done = assign(tx, env, owner, v.header.record.id, v.id, std::move(expect_heads));
  if (!done) return done;
  store::quarantine::writes(tx).remove_quarantine(item.key);
  return done;
}

}  // namespace autocusto::sync
