#pragma once
// What the server counts, in the text form that Prometheus reads.
//
//   autocusto_http_requests_total{method,route,status},
//   autocusto_http_request_seconds{method,route}, autocusto_http_received_bytes_total,
//   autocusto_http_sent_bytes_total, autocusto_pushes_total{result},
//   autocusto_versions_pushed_total{result}, autocusto_versions_refused_total{code},
//   autocusto_pushes_repeated_total, autocusto_merges_total,
//   autocusto_conflicts_{opened,closed}_total, autocusto_pulls_total,
//   autocusto_pulled_items_total, autocusto_pulled_versions_total
//   autocusto_feed_delivery_seconds: of long polls that were waiting, the time from the moment this
//     process learned that the user's feed had moved (after the commit) until the page was written
//     to the socket
//   autocusto_sessions_total{scope}, autocusto_enrollments_total{result}
//   autocusto_long_polls, autocusto_connections, autocusto_requests_in_hand,
//   autocusto_requests_queued, autocusto_worker_jobs_total, autocusto_bodies_decoded_total,
//   autocusto_ready
//   autocusto_database_{connections,busy,waiting}, autocusto_database_{transactions,retries}_total,
//   autocusto_database_seconds_total
//   autocusto_{users,devices,records,versions,open_views,conflicts_open,quarantined}: as stored
//   autocusto_device_unsent_seconds{device}, autocusto_device_unsent_told_seconds{device}: of each
//     device that told this process last that edits wait on it: how long the oldest had waited
//     then, and how long ago that was; the k_most_unsent longest
//   autocusto_device_clock_ahead_seconds{device}: of each device whose clock was more than five
//     minutes off at its newest session with this process; at most k_most_unsent
//   autocusto_time_ahead_seconds: how far the latest time in the database lies in the future
//   autocusto_log_lines_dropped_total
//   autocusto_limited_total{what,scope}: what was refused because a limit was used up;
//   autocusto_long_polls_ended_total, autocusto_parallel_pushes_total,
//   autocusto_connections_evicted_total, autocusto_connections_turned_away_total
//
// Labels come from the endpoint table, from closed lists, and from the ids of devices, of which a
// bounded number is told, so nothing of a patient can be in one. Any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/limits/usage.hpp"
#include "server/store/database.hpp"
#include "server/store/settings.hpp"
#include "server/sync/push_service.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/http/server.hpp"

namespace prometheus {
struct MetricFamily;
}

namespace autocusto::api {

/// What is read at the moment of asking rather than counted.
struct gauges {
  http::server_stats http;
  store::database_metrics database;
  store::statistics stored;
  const sync::push_counters* pushes = nullptr;  ///< must be set
  std::size_t long_polls = 0;
  std::uint64_t log_lines_dropped = 0;
  std::vector<limits::refusal_count> limited;
  std::uint64_t long_polls_ended = 0;   ///< for newer ones of the same device or user
  std::uint64_t parallel_pushes = 0;    ///< refused because the device had one running
  std::int64_t time_ahead_seconds = 0;  ///< of the latest time in the database; 0: none is ahead
  bool ready = false;
};

/// How many devices with waiting edits are told; those that have waited longest.
inline constexpr std::size_t k_most_unsent = 1000;

class metrics {
 public:
  metrics();
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;
  ~metrics();

  void request(const http::access_record& done);
  /// A push was answered with this receipt; counts refusals by code (a receipt that is sent again
  /// counts again).
  void push_answered(std::string_view body);
  void push_refused(errc code);
  void pull(std::size_t items, std::size_t versions);
  void delivered(double seconds);
  void session(std::string_view scope);
  void enrollment(bool good);
  /// What a device tells of itself at every page that it asks for: how many seconds its oldest edit
  /// has waited; nothing when none waits.
  void unsent(const device_id& device, std::optional<std::int64_t> seconds, unix_millis now);

  /// By how many seconds a device's clock was ahead at its newest session (negative: behind); kept
  /// where it is more than five minutes.
  void clock(const device_id& device, std::int64_t ahead_seconds);

  /// The whole page, text form 0.0.4.
  [[nodiscard]] std::string text(const gauges& now, unix_millis at) const;

 private:
  struct impl;
  void add_unsent(std::vector<prometheus::MetricFamily>& to, unix_millis at) const;
  void add_clocks(std::vector<prometheus::MetricFamily>& to) const;
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::api
