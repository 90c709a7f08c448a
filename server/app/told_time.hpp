#pragma once
// The latest time that this installation has sent to any client.
//
// Laptops and administrators' profiles keep the latest time that they got from the server. They
// check its certificate against that time, even after a wrong clock of the server was corrected. So
// the server keeps it, too, in the setting `latest_time` of the database, which all its processes
// share. Its value is at least the latest time in the rows of devices, sessions and pushes and in
// the audit log. Functions without state; any thread.

#include <string>

#include "server/app/config.hpp"
#include "server/store/database.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::app {

/// A time in the database that lies further in the future than this means that a clock was wrong;
/// the clocks of an installation's processes may differ by seconds.
inline constexpr unix_millis k_clock_tolerance = 5 * 60 * 1000;

/// Stores `now` if it is later than the stored time. Returns the latest time that was ever sent, at
/// least `now`. Writes at most once in ten minutes. Throws what the store throws.
[[nodiscard]] unix_millis remember_time(store::database& in, unix_millis now);

/// The latest time that was ever sent, at least `now`; for commands that issue a certificate while
/// no server runs. Returns `now` where the database cannot be read; `serve` checks again when it
/// starts. Writes nothing.
[[nodiscard]] unix_millis latest_told(const std::string& folder, const config& settings,
                                      unix_millis now);

}  // namespace autocusto::app
