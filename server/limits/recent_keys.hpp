#pragma once
// The keys (of devices or tokens) that were authenticated lately. Known callers are let through
// when strangers have used up the limit of an address. A bounded LRU set in memory: when it is
// full, the key that was noted longest ago is dropped. Any thread.

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace autocusto::limits {

class recent_keys {
 public:
  explicit recent_keys(std::size_t most) : most_(most) {}

  void note(std::string_view key) {
    const std::lock_guard lock(mutex_);
    if (const auto at = by_key_.find(key); at != by_key_.end()) {
      keys_.splice(keys_.begin(), keys_, at->second);
      return;
    }
    if (keys_.size() >= most_) {
      by_key_.erase(keys_.back());
      keys_.pop_back();
    }
    keys_.emplace_front(key);
    by_key_.emplace(keys_.front(), keys_.begin());
  }
  void forget(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return;
    const auto line = at->second;
    by_key_.erase(at);
    keys_.erase(line);
  }
  [[nodiscard]] bool contains(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    return by_key_.contains(key);
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return keys_.size();
  }

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::list<std::string> keys_;  ///< the one that was noted last in front
  std::unordered_map<std::string_view, std::list<std::string>::iterator>
      by_key_;  ///< views into keys_
};

}  // namespace autocusto::limits
