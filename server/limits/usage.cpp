#include "server/limits/usage.hpp"

namespace autocusto::limits {
namespace {

constexpr unix_millis k_minute = 60'000;
constexpr unix_millis k_day = 24 * 60 * k_minute;
/// For each kind and scope; some 100 bytes each.
constexpr std::size_t k_keys = 20'000;

constexpr std::array<std::string_view, k_used_kinds> k_kinds{
    "session",  "push",         "refused_push", "version",
    "megabyte", "failed_token", "push_work",    "request_work"};
constexpr std::array<std::string_view, 3> k_scope_names{"device", "user", "address"};

std::array<const std::string*, 3> keys_of(const user_keys& who) {
  return {&who.device, &who.user, &who.address};
}

}  // namespace

usage::usage(const usage_settings& with) {
  const auto add = [this](const by_scope& of, unix_millis period) {
    for (const auto allowance : {of.device, of.user, of.address}) {
      tables_.emplace_back(allowance, period, k_keys);
    }
  };
  add(with.sessions_per_minute, k_minute);
  add(with.pushes_per_minute, k_minute);
  add(with.refused_per_minute, k_minute);
  add(with.versions_per_day, k_day);
  add(with.megabytes_per_day, k_day);
  add(with.failed_tokens_per_minute, k_minute);
  add(with.push_work_per_minute, k_minute);
  add(with.request_work_per_minute, k_minute);
}

result<void> usage::may(std::initializer_list<used> kinds, const user_keys& who, unix_millis now) {
  const std::lock_guard lock(mutex_);
  const auto keys = keys_of(who);
  for (const auto kind : kinds) {
    for (std::size_t scope = 0; scope < k_scopes; ++scope) {
      if (keys[scope]->empty()) continue;
      const auto at = static_cast<std::size_t>(kind) * k_scopes + scope;
      const auto seconds = tables_[at].wait(*keys[scope], 1, now);
      if (seconds == 0) continue;
      ++refused_[at];
      auto refusal = fail(errc::too_many_requests, "This is more than the server takes from one " +
                                                       std::string(k_scope_names[scope]) +
                                                       " for now; try again later.");
      refusal.retry_after = seconds;
      return refusal;
    }
  }
  return {};
}

void usage::note(used kind, const user_keys& who, double amount, unix_millis now) {
  const std::lock_guard lock(mutex_);
  const auto keys = keys_of(who);
  for (std::size_t scope = 0; scope < k_scopes; ++scope) {
    if (keys[scope]->empty()) continue;
    tables_[static_cast<std::size_t>(kind) * k_scopes + scope].use(*keys[scope], amount, now);
  }
}

std::vector<refusal_count> usage::refusals() const {
  const std::lock_guard lock(mutex_);
  std::vector<refusal_count> out;
  for (std::size_t kind = 0; kind < k_used_kinds; ++kind) {
    for (std::size_t scope = 0; scope < k_scopes; ++scope) {
      out.push_back({.what = k_kinds[kind],
                     .scope = k_scope_names[scope],
                     .times = refused_[kind * k_scopes + scope]});
    }
  }
  return out;
}

}  // namespace autocusto::limits
