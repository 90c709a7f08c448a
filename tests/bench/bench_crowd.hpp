#pragma once
// Many clients at once, each a device of its own that pushes one version after the other over its
// kept connection, without a replica.

#include <cstddef>
#include <string>
#include <vector>

namespace autocusto::bench {

struct crowd_figures {
  std::size_t requests = 0;
  double seconds = 0;  ///< from the first to the last request
  double p50_ms = 0;
  double p99_ms = 0;
  [[nodiscard]] double per_second() const { return static_cast<double>(requests) / seconds; }
};

/// Enrolls one client for each link, opens their sessions, then lets all of them push for so many
/// seconds, each in a thread of its own. The time of a request is from its sending to its verified
/// receipt. Throws when a push is not accepted.
[[nodiscard]] crowd_figures push_singly(const std::vector<std::string>& links, double seconds);

/// The value below which a share of the values (0 to 1) lies; the values may be in any order, and
/// there is at least one.
[[nodiscard]] double quantile(std::vector<double> values, double share);

}  // namespace autocusto::bench
