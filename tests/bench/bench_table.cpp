#include "tests/bench/bench_table.hpp"

#include <functional>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace autocusto::bench {
namespace {

using nlohmann::json;
using pointer = json::json_pointer;

struct line {
  const char* what;
  const char* unit;
  const char* figure;  ///< where it stands in a database's object
  const char* raw;     ///< what it is compared with; empty: nothing
  double factor = 1;
  bool inverse = false;  ///< the raw value is milliseconds, the figure a rate
};

constexpr double k_kib_to_mb = 1024.0 / 1e6;

const std::vector<line>& lines() {
  static const std::vector<line> all{
      {"First sync of a fresh laptop, best", "versions/s", "/first_sync_versions_per_s/best",
       "/raw/versions_per_s"},
      {"First sync of a fresh laptop, median", "versions/s", "/first_sync_versions_per_s/median",
       "/raw/versions_per_s"},
      {"— processor time of the laptop, best", "µs/version",
       "/cpu_us_per_version/first_sync_laptop/best", ""},
      {"— processor time of the server, best", "µs/version",
       "/cpu_us_per_version/first_sync_server/best", ""},
      {"Push of new versions, best", "versions/s", "/push_versions_per_s/best",
       "/raw/versions_per_s"},
      {"Push of new versions, median", "versions/s", "/push_versions_per_s/median",
       "/raw/versions_per_s"},
      {"— processor time of the laptop, best", "µs/version", "/cpu_us_per_version/push_laptop/best",
       ""},
      {"— processor time of the server, best", "µs/version", "/cpu_us_per_version/push_server/best",
       ""},
      {"Saving on the laptop, median", "versions/s", "/save_versions_per_s/median", ""},
      {"Sync without a change, median", "ms", "/no_change_ms/median", ""},
      {"Sync of ten changes, median", "ms", "/ten_changes_ms/median", "/raw/ten_rows_ms"},
      {"Single pushes of many clients", "requests/s", "/single_pushes/requests_per_s",
       "/raw/one_row_ms", 1, true},
      {"— half of them within", "ms", "/single_pushes/p50_ms", "/raw/one_row_ms"},
      {"— 99 of 100 within", "ms", "/single_pushes/p99_ms", "/raw/one_row_ms"},
      {"Server's memory, peak", "MB", "/memory/server_peak_kib", "", k_kib_to_mb},
      {"Laptop's memory, first sync, peak", "MB", "/memory/laptop_first_sync_peak_kib", "",
       k_kib_to_mb},
      {"Laptop's memory, push, peak", "MB", "/memory/laptop_push_peak_kib", "", k_kib_to_mb},
      {"Grown server's memory, peak", "MB", "/grown/server_peak_kib", "", k_kib_to_mb},
      {"Grown server's memory, resident", "MB", "/grown/server_resident_kib", "", k_kib_to_mb},
      {"First sync from the grown server", "versions/s", "/grown/first_sync_versions_per_s",
       "/raw/versions_per_s"},
  };
  return all;
}

std::string number(double value) {
  return value < 100 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::string cell(const json& figures, const char* where, const std::function<double(double)>& to) {
  const pointer at(where);
  if (*where == '\0' || !figures.contains(at)) return "";
  return number(to(figures.at(at).get<double>()));
}

}  // namespace

std::string table_of(const json& all) {
  std::string head = "| |";
  std::string rule = "|---|";
  for (const auto& [name, figures] : all.at("databases").items()) {
    head += fmt::format(" {} | its raw limit |", name);
    rule += "---:|---:|";
  }
  std::string out = head + '\n' + rule + '\n';
  for (const line& each : lines()) {
    out += fmt::format("| {} ({}) |", each.what, each.unit);
    for (const auto& [name, figures] : all.at("databases").items()) {
      const auto plain = [&each](double v) { return v * each.factor; };
      const auto raw = [&each](double v) { return each.inverse ? 1000 / v : v; };
      out += fmt::format(" {} | {} |", cell(figures, each.figure, plain),
                         cell(figures, each.raw, raw));
    }
    out += '\n';
  }
  return out;
}

}  // namespace autocusto::bench
