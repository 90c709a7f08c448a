#pragma once
// What it costs to make a key from a passphrase: for what a person opens every day, and for a file
// that leaves the machine.
//
// The values are not compiled into whoever uses them. Each program links one definition of
// `costs()`: cost_real.cpp what is installed and used, cost_test.cpp what tests run (in
// build/…/test-bin), because a test opens thousands of profiles. No option, variable or file
// changes the choice, so an installed program cannot be talked into a cheap one.
// tests/lint/passphrase_cost.py reads the built programs; tests/e2e/real_programs_test.cpp reads
// what they write.
//
// Any thread.

#include "shared/crypto/kdf.hpp"

namespace autocusto::passphrase {

struct cost_table {
  crypto::scrypt_params profile;      ///< a laptop's or an administrator's profile
  crypto::scrypt_params sealed_file;  ///< backups and key bundles
};

[[nodiscard]] const cost_table& costs() noexcept;

}  // namespace autocusto::passphrase
