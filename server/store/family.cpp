#include "server/store/family.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace autocusto::store {
namespace {

using rows = std::vector<device_row>;

/// `from` and everything behind it; each once, whatever a damaged database says.
std::unordered_set<pk> tree_of(const rows& all, pk from) {
  std::unordered_map<pk, std::vector<pk>> behind;
  for (const auto& device : all) {
    if (device.replaces) behind[*device.replaces].push_back(device.key);
  }
  std::unordered_set<pk> seen{from};
  std::vector<pk> open{from};
  while (!open.empty()) {
    const auto next = behind.find(open.back());
    open.pop_back();
    if (next == behind.end()) continue;
    for (const auto key : next->second) {
      if (seen.insert(key).second) open.push_back(key);
    }
  }
  return seen;
}

pk root_of(const rows& all, const device_row& device) {
  std::unordered_map<pk, std::optional<pk>> before;
  for (const auto& each : all) before.emplace(each.key, each.replaces);
  std::unordered_set<pk> seen;
  pk at = device.key;
  while (seen.insert(at).second) {
    const auto found = before.find(at);
    if (found == before.end() || !found->second) break;
    at = *found->second;
  }
  return at;
}

bool counts(const device_row& device) {
  return device.replaces && !device.revoked_at;
}

}  // namespace

rows stand_ins_of(people::reads people, const device_row& device) {
  auto all = people.devices_of_user(device.user);
  const auto tree = tree_of(all, device.key);
  std::erase_if(all, [&](const device_row& each) {
    return each.key == device.key || !tree.contains(each.key);
  });
  return all;
}

stand_in_count stand_ins_in_use(people::reads people, const device_row& device) {
  const auto all = people.devices_of_user(device.user);
  const auto tree = tree_of(all, root_of(all, device));
  stand_in_count out;
  for (const auto& each : all) {
    if (!counts(each)) continue;
    ++out.of_user;
    if (tree.contains(each.key)) ++out.of_root;
  }
  return out;
}

void lock_family(people::writes people, pk user) {
  const auto all = people.devices_of_user(user);
  if (!all.empty()) static_cast<void>(people.lock_device(all.front().id));
}

}  // namespace autocusto::store
