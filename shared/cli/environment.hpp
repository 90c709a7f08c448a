#pragma once
// Passphrases that the environment holds: AUTOCUSTO_PASSPHRASE and AUTOCUSTO_NEW_PASSPHRASE.
//
// Every process that a program starts inherits its environment: a browser, `pg_dump`. So each
// `main` takes these variables first, before it starts a thread or a process: their bytes are
// overwritten in place, which empties /proc/PID/environ too, and the names are removed. What was
// taken lives in memory that is wiped at the end of the program.
//
// Not for several threads: changing the environment is safe only while there is one.

#include <string_view>

#include "shared/crypto/secret.hpp"

namespace autocusto::cli {

/// Takes what is there now. Calling it again takes what was set since.
void take_passphrases();

/// What was taken under that name, after taking what is there now; null when there was none. Valid
/// until the next call of either function.
[[nodiscard]] const crypto::secret* taken_passphrase(std::string_view name);

}  // namespace autocusto::cli
