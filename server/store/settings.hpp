#pragma once
// What holds for the whole installation: settings, merge policies, figures about everything.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

struct statistics {
  std::int64_t users = 0, devices = 0, records = 0, versions = 0, open_views = 0,
               open_conflicts = 0, quarantined = 0, pushes = 0, feed_items = 0;
};

struct policy_row {
  std::string kind;
  std::optional<pk> user;  ///< none: the default of the kind
  domain::merge_policy policy = domain::merge_policy::automatic;
};

namespace settings {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  std::optional<std::string> setting(std::string_view name);
  /// The latest time that devices, sessions, the newest push and the newest line of the audit log
  /// tell of; 0: none.
  unix_millis latest_time();
  std::vector<policy_row> policies();
  /// The user's own policy for the kind, else the kind's default, else automatic.
  domain::merge_policy policy(pk user, std::string_view kind);
  statistics stats();
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  void set_setting(std::string_view name, std::string_view value);
  void set_policy(const policy_row& policy);
  /// Whether there was one: the user's own, or the kind's default where no user is named.
  bool remove_policy(std::string_view kind, std::optional<pk> user);
};

}  // namespace settings

}  // namespace autocusto::store
