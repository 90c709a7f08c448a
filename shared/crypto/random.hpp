#pragma once
// The operating system's random numbers, by OpenSSL's generator.

#include "shared/base/clock.hpp"

namespace autocusto::crypto {

/// Fit for keys. Lives for ever; any thread. `fill` throws std::runtime_error when the generator
/// fails: nothing may go on with bytes that are not random.
[[nodiscard]] random_source& system_random();

}  // namespace autocusto::crypto
