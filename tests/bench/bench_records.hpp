#pragma once
// The records of the benchmark: synthetic patients with every field filled, about 700 bytes of
// JSON. Functions only.

#include "tools/synthetic/synthetic.hpp"

namespace autocusto::bench {

inline constexpr const char* k_summary =
    "Cadastro inicial: dados conferidos na recepção com a paciente e com a responsável";

/// The n-th patient of a seed.
[[nodiscard]] inline synthetic::entry patient(std::uint64_t seed, std::uint64_t n) {
  synthetic::entry person = synthetic::patient(seed, n);
  person.fields["nome_responsavel"] = "Responsável de " + std::to_string(n);
  return person;
}

}  // namespace autocusto::bench
