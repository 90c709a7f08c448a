#include "shared/passphrase/cost.hpp"

// The lint looks for this text in programs; it is the first thing that stands in the table's file.
extern const char autocusto_cheap_passphrases[];
const char autocusto_cheap_passphrases[] =
    "autocusto: passphrases cost nothing in this test program";

namespace autocusto::passphrase {

const cost_table& costs() noexcept {
  static constexpr crypto::argon2_params nothing{.memory_kib = 8, .passes = 1, .lanes = 1};
  static constexpr cost_table table{
      .profile = {.least = nothing, .most_memory_kib = 8, .aim = std::chrono::milliseconds(0)},
      .sealed_file = nothing};
  // A read that is not optimised away keeps the text in the program.
  static const volatile char* const mark = autocusto_cheap_passphrases;
  static_cast<void>(*mark);
  return table;
}

}  // namespace autocusto::passphrase
