#pragma once
// Which long polls are open, so that one device or user cannot hold more than its share: one more
// ends the oldest. Any thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/limits/settings.hpp"

namespace autocusto::limits {

class open_polls {
 public:
  using ticket = std::uint64_t;  ///< later ones are greater
  /// Ends the poll; called once at most, without a lock held, in the thread that opens another one.
  using ender = std::function<void()>;

  explicit open_polls(const by_scope& most) : most_(most) {}

  /// Opens one, after ending the oldest of the device, and of the user, if they have their share.
  ticket open(const std::string& device, const std::string& user, ender end);
  /// Idempotent.
  void close(ticket which);

  [[nodiscard]] std::uint64_t ended() const;

 private:
  struct poll {
    std::string device;
    std::string user;
    ender end;
  };
  using of_one = std::unordered_map<std::string, std::set<ticket>>;

  void forget(ticket which);
  static void take_out(of_one& from, const std::string& key, ticket which);
  void end_oldest(const of_one& of, const std::string& key, std::int64_t most,
                  std::vector<ender>& to);

  const by_scope most_;
  mutable std::mutex mutex_;
  ticket last_ = 0;
  std::uint64_t ended_ = 0;
  std::unordered_map<ticket, poll> polls_;
  of_one by_device_;
  of_one by_user_;
};

}  // namespace autocusto::limits
