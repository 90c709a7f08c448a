#pragma once
// Synthetic patients and clinics for tests, benchmarks and the demo.
//
// Everything is invented: names are drawn from lists of common Brazilian names (with accents), CPF,
// CNES and CNS get valid check digits, addresses and e-mails (`.test`) exist nowhere. The n-th
// person of a seed is always the same, whatever was drawn before. Pure functions; any thread.

#include <cstdint>
#include <string>

#include "shared/domain/version.hpp"

namespace autocusto::synthetic {

struct entry {
  std::string key;           ///< eleven digits of a CPF, or seven of a CNES
  domain::field_map fields;  ///< all fields of the kind, all valid
};

/// Different n of one seed have different keys, for n below 999,999,990 (patients) and 10^6
/// (clinics).
[[nodiscard]] entry patient(std::uint64_t seed, std::uint64_t n);
[[nodiscard]] entry clinic(std::uint64_t seed, std::uint64_t n);

/// One line of `save --from FILE.jsonl`: {"key":"…","fields":{…}}, without the line break.
[[nodiscard]] std::string json_line(const entry& e);

/// A CPF with valid check digits from its first nine digits (0 to 999,999,999). Repeated digits are
/// not avoided here.
[[nodiscard]] std::string cpf_from(std::uint32_t nine_digits);

}  // namespace autocusto::synthetic
