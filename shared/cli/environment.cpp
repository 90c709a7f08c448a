#include "shared/cli/environment.hpp"

#include <array>
#include <cstdlib>
#include <cstring>

namespace autocusto::cli {
namespace {

constexpr std::array<const char*, 2> k_names = {"AUTOCUSTO_PASSPHRASE", "AUTOCUSTO_NEW_PASSPHRASE"};

struct taken {
  bool present = false;
  crypto::secret value;
};

std::array<taken, k_names.size()>& all_taken() {
  static std::array<taken, k_names.size()> all;
  return all;
}

/// A loop that the compiler may not leave out.
void overwrite(char* text) {
  for (volatile char* at = text; *at != '\0'; ++at) *at = 'x';
}

}  // namespace

void take_passphrases() {
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    char* value = std::getenv(k_names[i]);
    if (value == nullptr) continue;
    all_taken()[i] = {.present = true, .value = crypto::secret::copy_of(value)};
    overwrite(value);
    ::unsetenv(k_names[i]);
  }
}

const crypto::secret* taken_passphrase(std::string_view name) {
  take_passphrases();
  for (std::size_t i = 0; i < k_names.size(); ++i) {
    if (k_names[i] == name && all_taken()[i].present) return &all_taken()[i].value;
  }
  return nullptr;
}

}  // namespace autocusto::cli
