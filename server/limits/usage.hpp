#pragma once
// Whether a device, its user or its address may do something more now, on this server process.
//
// What is counted, and for whom, stands in settings.hpp. Everything is in memory: a process that
// starts anew begins with nothing used, and several processes count each for itself. Memory is
// bounded (quota_table.hpp). What is refused is counted for the metrics.
//
// Any thread; a call takes some map look-ups under one lock and no I/O.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/limits/quota_table.hpp"
#include "server/limits/settings.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"

namespace autocusto::limits {

/// Whom use is counted for. An empty key is not counted.
struct user_keys {
  std::string device;
  std::string user;
  std::string address;
};

enum class used {
  session,
  push,
  refused_push,
  version,
  megabyte,
  failed_token,
  push_work,
  request_work
};
inline constexpr std::size_t k_used_kinds = 8;

/// How often something was refused, for the metrics.
struct refusal_count {
  std::string_view what;   ///< `push`
  std::string_view scope;  ///< `device`, `user`, `address`
  std::uint64_t times = 0;
};

class usage {
 public:
  explicit usage(const usage_settings& with);

  /// `too_many_requests` with `retry_after` when one of the keys has no more of any of these kinds.
  /// Uses nothing.
  [[nodiscard]] result<void> may(std::initializer_list<used> kinds, const user_keys& who,
                                 unix_millis now);
  void note(used kind, const user_keys& who, double amount, unix_millis now);

  [[nodiscard]] std::vector<refusal_count> refusals() const;

 private:
  static constexpr std::size_t k_scopes = 3;
  mutable std::mutex mutex_;
  std::vector<quota_table> tables_;  ///< by kind, then by scope
  std::array<std::uint64_t, k_used_kinds * k_scopes> refused_{};
};

}  // namespace autocusto::limits
