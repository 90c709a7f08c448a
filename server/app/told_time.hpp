#pragma once
// The latest time that this installation has told anybody.
//
// Laptops and administrators' profiles keep the latest time that the server told them and judge its
// certificate by it, also after a wrong clock of the server was put right. So the server keeps it,
// too: in the setting `latest_time` of the database, which several processes share, at least as
// late as what devices, sessions, pushes and the audit log say. Functions of one moment; any
// thread.

#include <string>

#include "server/app/config.hpp"
#include "server/store/database.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::app {

/// From how far in the future on a time in the database means that a clock was wrong: processes of
/// one installation may differ by seconds.
inline constexpr unix_millis k_clock_tolerance = 5 * 60 * 1000;

/// Keeps `now` if it is later than what is kept; answers the latest time that was ever told, never
/// before `now`. Writes once in ten minutes at most. Throws what the store throws.
[[nodiscard]] unix_millis remember_time(store::database& in, unix_millis now);

/// The latest time that was ever told, for commands that issue a certificate while nobody serves;
/// never before `now`. Where the database cannot be asked it is `now`: `serve` looks again when it
/// starts. Writes nothing.
[[nodiscard]] unix_millis latest_told(const std::string& folder, const config& settings,
                                      unix_millis now);

}  // namespace autocusto::app
