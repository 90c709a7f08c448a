#include "shared/passphrase/cost.hpp"

namespace autocusto::passphrase {

const cost_table& costs() noexcept {
  // A profile's passphrase costs at least RFC 9106's setting for little memory (64 MiB, three
  // passes), and at most what a laptop of 4 GB can spare. A sealed file's costs some ten times
  // more.
  static constexpr std::uint32_t k_mib = 1024;
  static constexpr cost_table table{
      .profile = {.least = {.memory_kib = 64 * k_mib, .passes = 3, .lanes = 1},
                  .most_memory_kib = 256 * k_mib,
                  .aim = std::chrono::milliseconds(500)},
      .sealed_file = {.memory_kib = 512 * k_mib, .passes = 4, .lanes = 1}};
  return table;
}

}  // namespace autocusto::passphrase
