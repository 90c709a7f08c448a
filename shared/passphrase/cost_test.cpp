#include "shared/passphrase/cost.hpp"

// The lint looks for this text in programs; it is the first thing that stands in the table's file.
extern const char autocusto_cheap_passphrases[];
const char autocusto_cheap_passphrases[] =
    "autocusto: passphrases cost nothing in this test program";

namespace autocusto::passphrase {

const cost_table& costs() noexcept {
  static constexpr cost_table table{.profile = {.n = 16, .r = 1, .p = 1},
                                    .sealed_file = {.n = 16, .r = 1, .p = 1}};
  // A read that is not optimised away keeps the text in the program.
  static const volatile char* const mark = autocusto_cheap_passphrases;
  static_cast<void>(*mark);
  return table;
}

}  // namespace autocusto::passphrase
