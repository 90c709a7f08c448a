#pragma once
// Devices and those that stand in for them (`enroll --again`), directly or not: one tree for each
// device that was enrolled with a code. All devices of a tree belong to one user. Functions of the
// caller's transaction; the work is linear in the user's devices.

#include <cstddef>
#include <vector>

#include "server/store/people.hpp"

namespace autocusto::store {

/// The devices that stand in for this one, directly or not, in no particular order.
[[nodiscard]] std::vector<device_row> stand_ins_of(people::reads people, const device_row& device);

/// What counts against the limits of re-enrollment: devices in use (not revoked) that stand in for
/// another one.
struct stand_in_count {
  std::size_t of_root = 0;  ///< in the tree of that device's first one, whoever revoked that one
  std::size_t of_user = 0;
};
[[nodiscard]] stand_in_count stand_ins_in_use(people::reads people, const device_row& device);

/// Locks the row that all re-enrollments of this user and all revocations of their devices take
/// first, so that none of them overlooks another.
void lock_family(people::writes people, pk user);

}  // namespace autocusto::store
