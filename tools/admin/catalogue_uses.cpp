#include "tools/admin/catalogue_uses.hpp"

#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"

namespace autocusto::admin {

std::optional<process_uses> read_uses(session& s) {
  process_uses out;
  msg::catalogue_uses_query query;
  try {
    do {
      const auto page = s.ask<msg::catalogue_uses>("/v1/admin/catalogue/uses", query);
      for (const auto& one : page.items) out[{one.of, one.code}][one.user] += one.processes;
      query.after = page.next;
    } while (query.after != 0);
  } catch (const error_exception& e) {
    if (e.get().code != errc::not_found) throw;
    return std::nullopt;
  }
  return out;
}

nlohmann::json with_uses(nlohmann::json changes, const std::optional<process_uses>& uses) {
  for (auto& change : changes) {
    change["processes"] = nullptr;
    change["users"] = nullptr;
    if (!uses) continue;
    const auto at = uses->find({change.at("of"), change.at("code")});
    auto users = nlohmann::json::array();
    std::int64_t all = 0;
    if (at != uses->end()) {
      for (const auto& [user, processes] : at->second) {
        users.push_back({{"user", user}, {"processes", processes}});
        all += processes;
      }
    }
    change["processes"] = all;
    change["users"] = std::move(users);
  }
  return changes;
}

std::string uses_text(const std::vector<reference::change>& changes,
                      const std::optional<process_uses>& uses) {
  if (!uses) return {};
  std::vector<std::vector<std::string>> rows;
  std::set<std::pair<std::string, std::string>> told;
  for (const auto& change : changes) {
    if (change.kind == reference::change_kind::added) continue;
    const std::string of(reference::subject_name(change.of));
    const auto at = uses->find({of, change.code});
    if (at == uses->end() || !told.emplace(of, change.code).second) continue;
    for (const auto& [user, processes] : at->second) {
      rows.push_back({of, change.code, user, std::to_string(processes)});
    }
  }
  if (rows.empty()) return "No process names what changes.\n";
  return "Processes that name what changes:\n" +
         cli::table({"", "code", "user", "processes"}, rows);
}

}  // namespace autocusto::admin
