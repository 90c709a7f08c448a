#include "tools/import/target.hpp"

#include <algorithm>

#include "server/local/socket.hpp"

namespace autocusto::import {
namespace {

// PostgreSQL writes one batch while another is on its way; more would wait for the feeds' locks.
constexpr int k_parallel_batches = 2;

/// Each batch needs a connection of its own while it waits for the earlier ones.
int parallelism_of(const app::config& settings) {
  return settings.embedded() ? 1 : std::min(k_parallel_batches, settings.connections);
}

result<sqlite::lock_file> lock_import(const std::string& folder) {
  auto lock = sqlite::lock_file::acquire(folder + "/import.lock", std::chrono::milliseconds(0));
  if (lock) return lock;
  return fail(errc::replica_busy, "Another import into " + folder + " is running; wait for it.");
}

}  // namespace

result<target> open_target(const std::string& folder, bool writes) {
  if (!writes) {
    auto home = app::open_installation(folder, app::folder_use::reading);
    if (!home) return home.error();
    return target{std::move(*home), std::nullopt, nullptr};
  }
  const auto settings = app::load_config(folder);
  if (!settings) return settings.error();
  auto lock = lock_import(folder);
  if (!lock) return lock.error();
  auto home = app::open_installation(
      folder, settings->embedded() ? app::folder_use::serving : app::folder_use::reading);
  const bool served = !home && home.error().code == errc::replica_busy;
  if (!home && !served) return home.error();
  if (served) {
    // The server writes for us; we read beside it.
    home = app::open_installation(folder, app::folder_use::reading);
    if (!home) return home.error();
    auto writer = local::connect_import_writer(folder);
    if (!writer) return writer.error();
    return target{std::move(*home), std::move(*lock), std::move(*writer)};
  }
  target out{std::move(*home), std::move(*lock), nullptr};
  out.writer = intake::open_import_writer(*out.home.database, parallelism_of(*settings));
  return out;
}

}  // namespace autocusto::import
