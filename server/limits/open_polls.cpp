#include "server/limits/open_polls.hpp"

#include <utility>

namespace autocusto::limits {

open_polls::ticket open_polls::open(const std::string& device, const std::string& user, ender end) {
  std::vector<ender> too_many;
  ticket mine = 0;
  {
    const std::lock_guard lock(mutex_);
    end_oldest(by_device_, device, most_.device, too_many);
    end_oldest(by_user_, user, most_.user, too_many);
    mine = ++last_;
    polls_.emplace(mine, poll{.device = device, .user = user, .end = std::move(end)});
    by_device_[device].insert(mine);
    by_user_[user].insert(mine);
  }
  for (const auto& each : too_many) each();
  return mine;
}

void open_polls::close(ticket which) {
  const std::lock_guard lock(mutex_);
  forget(which);
}

std::uint64_t open_polls::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

/// Makes room for one more.
void open_polls::end_oldest(const of_one& of, const std::string& key, std::int64_t most,
                            std::vector<ender>& to) {
  const auto at = of.find(key);
  if (most == 0 || at == of.end() || at->second.size() < static_cast<std::size_t>(most)) return;
  const ticket oldest = *at->second.begin();
  to.push_back(std::move(polls_.at(oldest).end));
  ++ended_;
  forget(oldest);
}

void open_polls::forget(ticket which) {
  const auto at = polls_.find(which);
  if (at == polls_.end()) return;
  take_out(by_device_, at->second.device, which);
  take_out(by_user_, at->second.user, which);
  polls_.erase(at);
}

void open_polls::take_out(of_one& from, const std::string& key, ticket which) {
  const auto at = from.find(key);
  if (at == from.end()) return;
  at->second.erase(which);
  if (at->second.empty()) from.erase(at);
}

}  // namespace autocusto::limits
