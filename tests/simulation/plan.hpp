#pragma once
// What happens in one run: a list of operations with their times, made from a seed, or read from
// text. An operation means something whatever came before it, so that any of them can be left out
// when a failing run is shrunk. Values only.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/clock.hpp"

namespace autocusto::simulation {

enum class verb {
  // the doctor's, on laptop `who`, on record `what`
  edit,
  draft,
  publish,
  discard,
  revert,
  resolve,
  reapply,
  discard_refused,
  // the laptop's
  sync,
  watch,
  stop,
  restart,
  power_loss,
  disk_fails,
  disk_full,
  cut_off,  ///< no network for a while
  clock,
  enroll,  ///< one more laptop
  // the administrator's
  assign,
  unassign,
  settle_conflict,
  policy,
  revoke,
  disable,
  enable,
  // the server's and the network's
  server_restart,
  server_power_loss,
  server_disk_fails,
  server_clock,
  server_upgrade,  ///< to the program with the next schema, or back; only with a database
  weather,
  // One side goes back in time; only with `plan_options::recovery`
  laptop_copy,
  laptop_goes_back,
  server_copy,
  server_goes_back,
  /// A copy of the folder comes into use beside it.
  laptop_twin,
};
inline constexpr std::size_t k_verbs = static_cast<std::size_t>(verb::laptop_twin) + 1;
[[nodiscard]] std::string_view verb_name(verb v);

struct operation {
  verb what = verb::sync;
  unix_millis at = 0;  ///< after the start of the run
  std::uint32_t who = 0;
  std::uint32_t record = 0;
  std::uint32_t how = 0;  ///< whatever else the operation has to choose
};
/// `12500 edit 1 0 3141`: time, verb, who, record, how.
[[nodiscard]] std::string text_of(const operation& o);
[[nodiscard]] std::optional<operation> operation_of(const std::string& line);

struct plan {
  std::uint64_t stream = 0;  ///< of all random numbers of the run, see base.hpp
  std::uint32_t users = 1;
  std::uint32_t laptops = 2;
  std::uint32_t records = 1;
  bool faults = true;
  std::uint32_t servers = 1;  ///< processes that serve one database
  std::vector<operation> operations;
};

struct plan_options {
  bool faults = true;
  /// Laptops and server that start from an older copy.
  bool recovery = false;
  /// Folders that are copied, and both copies used.
  bool clones = false;
  /// The server has a database, with a schema that can be migrated.
  bool database = true;
  std::uint32_t operations = 0;  ///< 0: as the seed says
};
[[nodiscard]] plan make_plan(std::uint64_t seed, const plan_options& options);

}  // namespace autocusto::simulation
