#include "server/api/metrics.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>
#include <tuple>
#include <unordered_map>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "shared/wire/messages.hpp"

namespace autocusto::api {
namespace {

using counter_family = prometheus::Family<prometheus::Counter>;
using histogram_family = prometheus::Family<prometheus::Histogram>;

/// Seconds; from a no-change sync to a long poll.
const prometheus::Histogram::BucketBoundaries& buckets() {
  static const prometheus::Histogram::BucketBoundaries bounds{
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  return bounds;
}

counter_family& counter(prometheus::Registry& in, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(in);
}

histogram_family& histogram(prometheus::Registry& in, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(in);
}

template <class Number>
double number(Number value) {
  return static_cast<double>(value);
}

void add_value(std::vector<prometheus::MetricFamily>& to, const char* name, const char* help,
               double value, prometheus::MetricType type = prometheus::MetricType::Gauge) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  family.metric.push_back(std::move(metric));
  to.push_back(std::move(family));
}

void add_total(std::vector<prometheus::MetricFamily>& to, const char* name, const char* help,
               const std::atomic<std::int64_t>& value) {
  add_value(to, name, help, number(value.load()), prometheus::MetricType::Counter);
}

void add_pushes(std::vector<prometheus::MetricFamily>& to, const sync::push_counters& of) {
  const std::pair<const char*, const std::atomic<std::int64_t>*> results[] = {
      {"accepted", &of.accepted},    {"sibling", &of.siblings}, {"merged", &of.merged},
      {"duplicate", &of.duplicates}, {"refused", &of.refused},  {"discarded", &of.discarded},
      {"restored", &of.restored}};
  prometheus::MetricFamily family;
  family.name = "autocusto_versions_pushed_total";
  family.help = "Pushed versions by what became of them.";
  family.type = prometheus::MetricType::Counter;
  for (const auto& [result, value] : results) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"result", result});
    metric.counter.value = number(value->load());
    family.metric.push_back(std::move(metric));
  }
  to.push_back(std::move(family));
  add_total(to, "autocusto_pushes_repeated_total", "Pushes answered with a stored receipt.",
            of.repeated);
  add_total(to, "autocusto_merges_total", "Records whose heads were merged.", of.merges);
  add_total(to, "autocusto_conflicts_opened_total", "Conflicts opened.", of.conflicts_opened);
  add_total(to, "autocusto_conflicts_closed_total", "Conflicts closed.", of.conflicts_closed);
}

void add_limits(std::vector<prometheus::MetricFamily>& to, const gauges& now) {
  prometheus::MetricFamily family;
  family.name = "autocusto_limited_total";
  family.help = "What was refused because a device, user or address had used up its share.";
  family.type = prometheus::MetricType::Counter;
  for (const auto& each : now.limited) {
    prometheus::ClientMetric line;
    line.label = {{"what", std::string(each.what)}, {"scope", std::string(each.scope)}};
    line.counter.value = number(each.times);
    family.metric.push_back(std::move(line));
  }
  to.push_back(std::move(family));
  const auto add = [&to](const char* name, const char* help, std::uint64_t value) {
    add_value(to, name, help, number(value), prometheus::MetricType::Counter);
  };
  add("autocusto_long_polls_ended_total",
      "Long polls ended for newer ones of the same device or user.", now.long_polls_ended);
  add("autocusto_parallel_pushes_total", "Pushes refused because the device had one running.",
      now.parallel_pushes);
  add("autocusto_connections_evicted_total",
      "Idle connections closed for newer ones of the same address, device or user.",
      now.http.evicted);
  add("autocusto_connections_turned_away_total",
      "Connections closed because their address had too many.", now.http.turned_away);
}

}  // namespace

struct metrics::impl {
  prometheus::Registry registry;
  counter_family& requests =
      counter(registry, "autocusto_http_requests_total", "Requests by route and status.");
  histogram_family& seconds =
      histogram(registry, "autocusto_http_request_seconds", "Time of requests by route.");
  prometheus::Counter& bytes_in =
      counter(registry, "autocusto_http_received_bytes_total", "Bytes of requests, heads included.")
          .Add({});
  prometheus::Counter& bytes_out =
      counter(registry, "autocusto_http_sent_bytes_total", "Bytes of response bodies.").Add({});
  counter_family& pushes =
      counter(registry, "autocusto_pushes_total", "Pushes, answered with a receipt or a problem.");
  counter_family& refused =
      counter(registry, "autocusto_versions_refused_total", "Refused versions by code.");
  prometheus::Counter& pulls =
      counter(registry, "autocusto_pulls_total", "Pages of changes that were answered.").Add({});
  prometheus::Counter& pulled_items =
      counter(registry, "autocusto_pulled_items_total", "Feed items in those pages.").Add({});
  prometheus::Counter& pulled_versions =
      counter(registry, "autocusto_pulled_versions_total", "Versions in those pages.").Add({});
  prometheus::Histogram& delivery =
      histogram(registry, "autocusto_feed_delivery_seconds",
                "From hearing of a change to handing it to a waiting long poll.")
          .Add({}, buckets());
  counter_family& sessions = counter(registry, "autocusto_sessions_total", "Sessions opened.");
  counter_family& enrollments =
      counter(registry, "autocusto_enrollments_total", "Enrollment attempts.");
  prometheus::Counter& enrolled = enrollments.Add({{"result", "enrolled"}});
  prometheus::Counter& not_enrolled = enrollments.Add({{"result", "refused"}});

  /// The counters of one method, route and status: to find them by their labels costs more than
  /// to count.
  struct line_of_requests {
    prometheus::Counter* count = nullptr;
    prometheus::Histogram* seconds = nullptr;
  };
  using request_labels = std::tuple<std::string, std::string, int>;
  std::mutex requests_mutex;
  std::map<request_labels, line_of_requests, std::less<>> request_lines;

  line_of_requests& line_of(const http::access_record& done) {
    const auto route = done.route.empty() ? std::string_view("none") : done.route;
    const std::lock_guard lock(requests_mutex);
    const auto at = request_lines.find(std::tuple(done.method, route, done.status));
    if (at != request_lines.end()) return at->second;
    const std::string method(done.method);
    const std::string path(route);
    line_of_requests made;
    made.count = &requests.Add(
        {{"method", method}, {"route", path}, {"status", std::to_string(done.status)}});
    made.seconds = &seconds.Add({{"method", method}, {"route", path}}, buckets());
    return request_lines.emplace(request_labels(method, path, done.status), made).first->second;
  }

  struct waits {
    std::int64_t seconds = 0;
    unix_millis told_at = 0;
  };
  std::mutex unsent_mutex;
  std::unordered_map<device_id, waits> unsent;
  std::mutex clocks_mutex;
  std::map<device_id, std::int64_t> clocks;
};

metrics::metrics() : impl_(std::make_unique<impl>()) {}
metrics::~metrics() = default;

void metrics::request(const http::access_record& done) {
  const auto& line = impl_->line_of(done);
  line.count->Increment();
  line.seconds->Observe(static_cast<double>(done.micros) / 1e6);
  impl_->bytes_in.Increment(number(done.bytes_in));
  impl_->bytes_out.Increment(number(done.bytes_out));
}

void metrics::push_answered(std::string_view body) {
  impl_->pushes.Add({{"result", "receipt"}}).Increment();
  // Most receipts hold no refusal; only the others are worth reading.
  if (body.find(R"("result":"refused")") == std::string_view::npos) return;
  const auto receipt = wire::decode_push_answer(body);
  if (!receipt) return;
  const auto lines = wire::decode_receipt_object(receipt->object);
  if (!lines) return;
  for (const auto& one : lines->results) {
    if (one.outcome != wire::push_outcome::refused) continue;
    impl_->refused.Add({{"code", one.code}}).Increment();
  }
}

void metrics::push_refused(errc code) {
  impl_->pushes.Add({{"result", std::string(code_name(code))}}).Increment();
}

void metrics::pull(std::size_t items, std::size_t versions) {
  impl_->pulls.Increment();
  impl_->pulled_items.Increment(number(items));
  impl_->pulled_versions.Increment(number(versions));
}

void metrics::delivered(double seconds) {
  impl_->delivery.Observe(seconds);
}

void metrics::session(std::string_view scope) {
  impl_->sessions.Add({{"scope", std::string(scope)}}).Increment();
}

void metrics::enrollment(bool good) {
  (good ? impl_->enrolled : impl_->not_enrolled).Increment();
}

void metrics::unsent(const device_id& device, std::optional<std::int64_t> seconds,
                     unix_millis now) {
  const std::lock_guard lock(impl_->unsent_mutex);
  if (seconds) {
    impl_->unsent[device] = {*seconds, now};
  } else {
    impl_->unsent.erase(device);
  }
}

void metrics::clock(const device_id& device, std::int64_t ahead_seconds) {
  constexpr std::int64_t tolerance = 5 * 60;
  const std::lock_guard lock(impl_->clocks_mutex);
  if (std::abs(ahead_seconds) <= tolerance) {
    impl_->clocks.erase(device);
  } else if (impl_->clocks.contains(device) || impl_->clocks.size() < k_most_unsent) {
    impl_->clocks[device] = ahead_seconds;
  }
}

void metrics::add_clocks(std::vector<prometheus::MetricFamily>& to) const {
  prometheus::MetricFamily ahead{.name = "autocusto_device_clock_ahead_seconds",
                                 .help =
                                     "By how much the device's clock was ahead of the server's "
                                     "at its newest session.",
                                 .type = prometheus::MetricType::Gauge,
                                 .metric = {}};
  const std::lock_guard lock(impl_->clocks_mutex);
  for (const auto& [device, seconds] : impl_->clocks) {
    prometheus::ClientMetric line;
    line.label.push_back({"device", device.text()});
    line.gauge.value = number(seconds);
    ahead.metric.push_back(std::move(line));
  }
  to.push_back(std::move(ahead));
}

void metrics::add_unsent(std::vector<prometheus::MetricFamily>& to, unix_millis at) const {
  std::vector<std::pair<std::string, impl::waits>> longest;
  {
    const std::lock_guard lock(impl_->unsent_mutex);
    for (const auto& [device, waits] : impl_->unsent) longest.emplace_back(device.text(), waits);
  }
  // By when the edit was made: one told long ago has waited longer since.
  std::sort(longest.begin(), longest.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second.told_at - a.second.seconds * 1000, a.first) <
           std::pair(b.second.told_at - b.second.seconds * 1000, b.first);
  });
  if (longest.size() > k_most_unsent) longest.resize(k_most_unsent);
  prometheus::MetricFamily waited{.name = "autocusto_device_unsent_seconds",
                                  .help =
                                      "How long the device's oldest unsent edit had waited "
                                      "when it was heard last.",
                                  .type = prometheus::MetricType::Gauge,
                                  .metric = {}};
  prometheus::MetricFamily told{.name = "autocusto_device_unsent_told_seconds",
                                .help = "How long ago that was.",
                                .type = prometheus::MetricType::Gauge,
                                .metric = {}};
  for (const auto& [device, waits] : longest) {
    prometheus::ClientMetric line;
    line.label.push_back({"device", device});
    line.gauge.value = number(waits.seconds);
    waited.metric.push_back(line);
    line.gauge.value = number(std::max<unix_millis>(0, at - waits.told_at)) / 1e3;
    told.metric.push_back(std::move(line));
  }
  to.push_back(std::move(waited));
  to.push_back(std::move(told));
}

std::string metrics::text(const gauges& now, unix_millis at) const {
  using prometheus::MetricType;
  auto all = impl_->registry.Collect();
  const auto& db = now.database;
  const auto& in = now.stored;
  add_value(all, "autocusto_ready", "1 when the server takes requests.", now.ready ? 1 : 0);
  add_value(all, "autocusto_connections", "Open connections.", number(now.http.connections));
  add_value(all, "autocusto_requests_in_hand", "Requests being answered, long polls included.",
            number(now.http.waiting));
  add_value(all, "autocusto_requests_queued", "Requests that wait for a worker.",
            number(now.http.queued));
  add_value(all, "autocusto_worker_jobs_total", "What workers were given to do.",
            number(now.http.jobs), MetricType::Counter);
  add_value(all, "autocusto_bodies_decoded_total", "Compressed bodies that were unpacked.",
            number(now.http.decoded), MetricType::Counter);
  add_value(all, "autocusto_long_polls", "Long polls that wait.", number(now.long_polls));
  add_pushes(all, *now.pushes);
  add_value(all, "autocusto_database_connections", "Database connections.", number(db.connections));
  add_value(all, "autocusto_database_busy", "Database connections in use.", number(db.busy));
  add_value(all, "autocusto_database_waiting", "Callers that wait for one.", number(db.waiting));
  add_value(all, "autocusto_database_transactions_total", "Transactions.", number(db.transactions),
            MetricType::Counter);
  add_value(all, "autocusto_database_retries_total", "Transactions that were run again.",
            number(db.retries), MetricType::Counter);
  add_value(all, "autocusto_database_seconds_total", "Time inside transactions.", db.seconds,
            MetricType::Counter);
  add_value(all, "autocusto_users", "Users.", number(in.users));
  add_value(all, "autocusto_devices", "Devices.", number(in.devices));
  add_value(all, "autocusto_records", "Records.", number(in.records));
  add_value(all, "autocusto_versions", "Stored versions.", number(in.versions));
  add_value(all, "autocusto_open_views", "Open views.", number(in.open_views));
  add_value(all, "autocusto_conflicts_open", "Open conflicts.", number(in.open_conflicts));
  add_value(all, "autocusto_quarantined", "Items in quarantine.", number(in.quarantined));
  add_unsent(all, at);
  add_limits(all, now);
  add_clocks(all);
  add_value(all, "autocusto_log_lines_dropped_total", "Log lines dropped by a slow sink.",
            number(now.log_lines_dropped), MetricType::Counter);
  add_value(all, "autocusto_time_ahead_seconds",
            "How far the latest time in the database lies in the future; 0: it does not.",
            number(now.time_ahead_seconds));
  return prometheus::TextSerializer().Serialize(all);
}

}  // namespace autocusto::api
