#include "tools/import/target.hpp"

#include "server/local/socket.hpp"

namespace autocusto::import {
namespace {

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
    auto door = local::connect_door(folder);
    if (!door) return door.error();
    return target{std::move(*home), std::move(*lock), std::move(*door)};
  }
  target out{std::move(*home), std::move(*lock), nullptr};
  out.door = intake::open_door(*out.home.database);
  return out;
}

}  // namespace autocusto::import
