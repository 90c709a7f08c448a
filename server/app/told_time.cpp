#include "server/app/told_time.hpp"

#include <algorithm>
#include <exception>

#include "server/app/installation.hpp"
#include "server/store/settings.hpp"

namespace autocusto::app {
namespace {

constexpr std::string_view k_setting = "latest_time";
constexpr unix_millis k_write_every = 10 * 60 * 1000;

unix_millis kept(store::settings::reads settings) {
  const auto text = settings.setting(k_setting);
  const auto at = text ? parse_time(*text) : std::nullopt;
  return at.value_or(0);
}

}  // namespace

unix_millis remember_time(store::database& in, unix_millis now) {
  unix_millis known = 0;
  unix_millis latest = 0;
  in.read([&](store::snapshot& snapshot) {
    known = kept(snapshot);
    latest = std::max({known, store::settings::reads(snapshot).latest_time(), now});
  });
  if (latest < known + k_write_every) return latest;
  in.write([&](store::transaction& tx) {
    // Another process may have kept a later one meanwhile.
    latest = std::max(latest, kept(tx));
    store::settings::writes(tx).set_setting(k_setting, format_time(latest));
  });
  return latest;
}

unix_millis latest_told(const std::string& folder, const config& settings, unix_millis now) {
  unix_millis latest = now;
  try {
    const auto database = open_database(folder, settings, false, true);
    if (!database) return now;
    (*database)->read([&](store::settings::reads stored) {
      latest = std::max({kept(stored), stored.latest_time(), now});
    });
  } catch (const std::exception&) {
    return now;
  }
  return latest;
}

}  // namespace autocusto::app
