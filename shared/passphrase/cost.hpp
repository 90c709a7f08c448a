#pragma once
// What it costs to make a key from a passphrase: for what a person opens every day, and for a file
// that leaves the machine.
//
// The cost stands in each file. For a profile it is chosen by measuring this machine once, when the
// profile is made or its passphrase changes: about half a second of processor time, within bounds.
// A profile with less than the lower bound (one of an older program) is wrapped anew at its next
// unlock.
//
// The values are not compiled into whoever uses them. Each program links one definition of
// `costs()`: cost_real.cpp what is installed and used, cost_test.cpp what tests run (in
// build/…/test-bin), because a test opens thousands of profiles. No option, variable or file
// changes the choice, so an installed program cannot be talked into a cheap one.
// tests/lint/passphrase_cost.py reads the built programs; tests/e2e/real_programs_test.cpp reads
// what they write.
//
// Any thread.

#include <chrono>
#include <functional>

#include "shared/crypto/kdf.hpp"

namespace autocusto::passphrase {

/// From `least` (memory, passes) up to `most_memory_kib`, then more passes, for `aim` of processor
/// time. An `aim` of zero: always `least`.
struct cost_range {
  crypto::argon2_params least;
  std::uint32_t most_memory_kib = 0;
  std::chrono::milliseconds aim{0};
};

struct cost_table {
  cost_range profile;                 ///< a laptop's or an administrator's profile
  crypto::argon2_params sealed_file;  ///< backups and key bundles
};

[[nodiscard]] const cost_table& costs() noexcept;

/// What a machine affords that works off `kib_per_second` KiB of memory, once over, in a second.
[[nodiscard]] crypto::argon2_params affordable(const cost_range& range, double kib_per_second);
/// The same after measuring this machine (0.1 s of processor time, `least.memory_kib` of memory).
[[nodiscard]] crypto::argon2_params choose(const cost_range& range);
/// Whether it is below the range: less memory, or less work.
[[nodiscard]] bool too_cheap(const crypto::argon2_params& params, const cost_range& range);

}  // namespace autocusto::passphrase
