#pragma once
// A disk that fails: every SQLite file under one folder, with what was flushed kept apart.
//
// The n-th operation that changes the disk (write, flush, truncation) can fail, be cut short, find
// the disk full, or be the moment of a power loss: then nothing works any more until `settle`, and
// `settle` leaves in the files what was flushed, and of what was not yet flushed only what `torn`
// says. Operations are counted from `arm` on, so that a test can try each n until a scenario runs
// through unharmed.
//
// Works by a file layer that is SQLite's default one from the first `fault_disk` on; files outside
// of all such folders pass through it. The connections must be closed before `settle`, and before
// the disk is destroyed. Any thread.

#include <cstdint>
#include <memory>
#include <string>

namespace autocusto::test {

enum class disk_fault {
  none,
  fails,       ///< this one operation fails, nothing of it is done
  cut_short,   ///< half of it is written, then it fails
  full,        ///< this and all later writes find no room, until `mend`
  power_loss,  ///< nothing works any more; see `settle`
};

/// What of the unflushed data a power loss leaves behind.
enum class torn {
  nothing,  ///< only what was flushed
  some,     ///< some of the unflushed writes, each whole or cut, as the seed decides
  all,      ///< everything that was written (as a kill of the process)
};

class fault_disk {
 public:
  /// `folder` must exist and be absolute, and be in no other disk.
  explicit fault_disk(const std::string& folder);
  ~fault_disk();
  fault_disk(const fault_disk&) = delete;
  fault_disk& operator=(const fault_disk&) = delete;

  /// There is no room any more, until `mend`; not even for the shared index of the log.
  void fill();
  /// The n-th operation from now on, from 1.
  void arm(disk_fault fault, std::uint64_t n);
  /// Operations since `arm`.
  [[nodiscard]] std::uint64_t operations() const;
  /// Whether the armed fault has happened, or an earlier one still holds.
  [[nodiscard]] bool struck() const;
  /// The disk works again; a fault that has not happened will not.
  void mend();
  /// After a power loss, with every file closed: what a computer finds that starts again. Mends.
  void settle(torn what, std::uint64_t seed);

  struct state;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace autocusto::test
