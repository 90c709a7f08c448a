#include "shared/passphrase/cost.hpp"

namespace autocusto::passphrase {

const cost_table& costs() noexcept {
  static constexpr cost_table table{.profile = {.n = std::uint64_t{1} << 15, .r = 8, .p = 1},
                                    .sealed_file = {.n = std::uint64_t{1} << 15, .r = 8, .p = 1}};
  return table;
}

}  // namespace autocusto::passphrase
