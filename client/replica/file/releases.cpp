#include "client/replica/file/releases.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "client/replica/file/codec.hpp"
#include "client/replica/file/record_copy.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::replica {
namespace {

constexpr std::size_t k_most_names = 100;

bool is_known(const std::string& name) {
  const auto dot = name.find('.');
  const auto* kind = domain::find_record_kind(name.substr(0, dot));
  return kind != nullptr &&
         (dot == std::string::npos || kind->find(name.substr(dot + 1)) != nullptr);
}

std::vector<std::string> noted_names(replica_file& file) {
  const auto cell = file.get(k_unknown);
  if (!cell) return {};
  return nlohmann::json::parse(*cell).get<std::vector<std::string>>();
}

bool is_beyond(unit_of_work& set, std::int64_t id, const waiting_entry& entry,
               const domain::kind_revisions& server) {
  auto* held = set.load(copy_row(id));
  const auto* meta = held == nullptr ? nullptr : held->find(entry.version);
  if (meta == nullptr) throw_damaged("a version that waits");
  const auto version = held->read(*meta);
  return !domain::is_within(server, version.header.record.kind, version.payload.fields);
}

}  // namespace

std::optional<domain::kind_revisions> server_kinds(replica_file& file) {
  const auto cell = file.get(k_server_kinds);
  if (!cell) return std::nullopt;
  return nlohmann::json::parse(*cell).get<domain::kind_revisions>();
}

result<void> note_server_kinds(replica_file& file, const domain::kind_revisions& kinds) {
  if (server_kinds(file) == kinds) return {};
  auto scope = file.begin();
  if (!scope) return scope.error();
  file.put(k_server_kinds, json::canonical(nlohmann::json(kinds)));
  (*scope)->commit();
  return {};
}

std::set<std::int64_t> records_beyond_server(
    replica_file& file, const std::optional<domain::kind_revisions>& server_takes) {
  std::set<std::int64_t> out;
  const auto server = server_takes ? server_takes : server_kinds(file);
  if (!server) return out;
  if (domain::covers(*server, domain::known_revisions()) && noted_names(file).empty()) return out;
  auto& known = file.beyond();
  auto takes = json::canonical(nlohmann::json(*server));
  if (known.server != takes) known = {std::move(takes), {}};
  std::map<std::int64_t, bool> seen;
  unit_of_work set(file);
  each_waiting(file, k_waiting, [&](std::int64_t id, const waiting_entry& entry) {
    const auto at = known.of.find(id);
    const bool beyond = at != known.of.end() ? at->second : is_beyond(set, id, entry, *server);
    seen.emplace(id, beyond);
    if (beyond) out.insert(copy_row(id));
  });
  known.of = std::move(seen);
  return out;
}

void note_unknown(replica_file& file, const std::vector<std::string>& names) {
  if (names.empty()) return;
  auto noted = noted_names(file);
  const auto before = noted.size();
  for (const auto& name : names) {
    if (noted.size() == k_most_names) break;
    if (std::find(noted.begin(), noted.end(), name) == noted.end()) noted.push_back(name);
  }
  if (noted.size() > before) file.put(k_unknown, json::canonical(nlohmann::json(noted)));
}

std::vector<std::string> unknown_here(replica_file& file) {
  auto names = noted_names(file);
  std::erase_if(names, is_known);
  return names;
}

}  // namespace autocusto::replica
