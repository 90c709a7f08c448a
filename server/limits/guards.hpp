#pragma once
// The limits of one server process together. Any thread.

#include "server/limits/open_polls.hpp"
#include "server/limits/recent_keys.hpp"
#include "server/limits/running_requests.hpp"
#include "server/limits/usage.hpp"

namespace autocusto::limits {

struct guards {
  static constexpr std::size_t k_known = 20'000;  ///< some 150 bytes each

  explicit guards(const usage_settings& with)
      : connections(with.connections),
        used(with),
        polls(with.long_polls),
        requests(with.requests_at_once.device),
        long_bodies(with.long_bodies_at_once.device) {}

  const by_scope connections;
  usage used;
  open_polls polls;
  running_requests pushes{1};
  running_requests requests;     ///< that have a worker; a long poll that waits has none
  running_requests long_bodies;  ///< that are being read
  recent_keys tokens{k_known};   ///< hashes of those that were good lately
  recent_keys devices{k_known};  ///< address and id of those that opened a session lately
};

}  // namespace autocusto::limits
