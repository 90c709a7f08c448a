#include "shared/passphrase/cost.hpp"

namespace autocusto::passphrase {

const cost_table& costs() noexcept {
  // A profile: from what RFC 9106 recommends where memory is short (64 MiB, three passes) to what a
  // laptop of 4 GB has to spare. A sealed file: a guess costs some ten times as much.
  static constexpr std::uint32_t k_mib = 1024;
  static constexpr cost_table table{
      .profile = {.least = {.memory_kib = 64 * k_mib, .passes = 3, .lanes = 1},
                  .most_memory_kib = 256 * k_mib,
                  .aim = std::chrono::milliseconds(500)},
      .sealed_file = {.memory_kib = 512 * k_mib, .passes = 4, .lanes = 1}};
  return table;
}

}  // namespace autocusto::passphrase
