#pragma once
// Who descends from whom, told from a picture by the simplest code that can tell it: the checks do
// not ask the code that they check. One thread.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "tests/simulation/sim_server.hpp"

namespace autocusto::simulation {

class ancestry {
 public:
  explicit ancestry(const server_state& of) {
    for (const auto& [id, v] : of.versions) {
      if (auto header = domain::decode_header(v.raw.header)) headers_.emplace(id, *header);
    }
  }

  [[nodiscard]] const domain::version_header* header(const version_id& id) const {
    const auto at = headers_.find(id);
    return at == headers_.end() ? nullptr : &at->second;
  }

  [[nodiscard]] bool is_ancestor(const version_id& older, const version_id& younger) const {
    return above(younger).contains(older);
  }

  /// The one common ancestor (or member) of all that no other common one descends from.
  [[nodiscard]] std::optional<version_id> single_base(const std::vector<version_id>& of) const {
    std::optional<std::set<version_id>> common;
    for (const auto& id : of) {
      auto mine = above(id);
      mine.insert(id);
      if (!common) {
        common = std::move(mine);
      } else {
        std::erase_if(*common, [&mine](const version_id& c) { return !mine.contains(c); });
      }
    }
    std::vector<version_id> nearest;
    for (const auto& each : *common) {
      bool covered = false;
      for (const auto& other : *common) covered = covered || is_ancestor(each, other);
      if (!covered) nearest.push_back(each);
    }
    if (nearest.size() != 1) return std::nullopt;
    return nearest.front();
  }

 private:
  [[nodiscard]] std::set<version_id> above(const version_id& id) const {
    std::set<version_id> found;
    std::vector<version_id> open{id};
    while (!open.empty()) {
      const auto* one = header(open.back());
      open.pop_back();
      if (one == nullptr) continue;
      for (const auto& parent : one->parents) {
        if (found.insert(parent).second) open.push_back(parent);
      }
    }
    return found;
  }

  std::map<version_id, domain::version_header> headers_;
};

}  // namespace autocusto::simulation
