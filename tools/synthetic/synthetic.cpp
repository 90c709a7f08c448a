#include "tools/synthetic/synthetic.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/domain/structured.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::synthetic {
namespace {

constexpr std::array<std::string_view, 24> k_women{
    "Ana",    "Beatriz",  "Cecília",  "Débora", "Elisângela", "Fátima",
    "Glória", "Helena",   "Inês",     "Júlia",  "Lívia",      "Márcia",
    "Mônica", "Natália",  "Patrícia", "Raquel", "Rosângela",  "Sônia",
    "Tânia",  "Verônica", "Vitória",  "Zélia",  "Lúcia",      "Conceição"};
constexpr std::array<std::string_view, 24> k_men{
    "André",   "Antônio", "Caio",    "César",     "Cláudio", "Édson", "Fábio",    "Flávio",
    "Getúlio", "Inácio",  "João",    "José",      "Júlio",   "Luís",  "Márcio",   "Mário",
    "Otávio",  "Paulo",   "Rogério", "Sebastião", "Sérgio",  "Tomás", "Vinícius", "Zacarias"};
constexpr std::array<std::string_view, 28> k_surnames{
    "Almeida", "Araújo",    "Assunção", "Barbosa",   "Brandão",   "Cândido", "Conceição",
    "Falcão",  "Fernandes", "Galvão",   "Gonçalves", "Guimarães", "Leitão",  "Magalhães",
    "Martins", "Mendonça",  "Muñoz",    "Nóbrega",   "Oliveira",  "Paixão",  "Peçanha",
    "Ribeiro", "Romão",     "Sá",       "Simões",    "Teixeira",  "Valadão", "Vilaça"};
constexpr std::array<std::string_view, 12> k_streets{
    "Rua das Acácias",      "Avenida São João",       "Rua Conceição",     "Travessa do Poço",
    "Rua José Bonifácio",   "Avenida Getúlio Vargas", "Rua Três Marias",   "Praça da Sé",
    "Rua Sete de Setembro", "Alameda dos Ipês",       "Rua Padre Antônio", "Estrada do Açude"};
constexpr std::array<std::string_view, 12> k_cities{
    "Brasília", "São Luís",      "Goiânia", "Maceió",     "Belém",     "Macapá",
    "Cuiabá",   "Florianópolis", "Maringá", "Uberlândia", "São Paulo", "Taguatinga"};
constexpr std::array<std::string_view, 10> k_districts{
    "Centro",    "Asa Norte",  "Asa Sul",  "Jardim América", "Vila Mariana",
    "Boa Vista", "Água Verde", "São José", "Santo Antônio",  "Lagoa"};
constexpr std::array<std::string_view, 5> k_skin{"etnia_branca", "etnia_preta", "etnia_parda",
                                                 "etnia_amarela", "etnia_indigena"};
constexpr std::array<std::string_view, 8> k_clinic_kinds{
    "Clínica",  "Policlínica", "Centro Médico", "Instituto",
    "Hospital", "Ambulatório", "Consultórios",  "Unidade de Saúde"};

/// splitmix64: a small generator whose state is a number, so that entry n can start from its own.
class draws {
 public:
  draws(std::uint64_t seed, std::uint64_t n) : state_(seed * 0x9E3779B97F4A7C15U + n) { next(); }
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <std::size_t N>
  std::string pick(const std::array<std::string_view, N>& from) {
    return std::string(from[below(N)]);
  }

 private:
  std::uint64_t state_;
};

std::string person(draws& d, bool woman) {
  std::string name = woman ? d.pick(k_women) : d.pick(k_men);
  name += ' ' + d.pick(k_surnames);
  if (d.chance(70)) name += (d.chance(30) ? " de " : " ") + d.pick(k_surnames);
  return name;
}

std::string cep(draws& d) {
  return fmt::format("{:05}-{:03}", d.below(90'000) + 10'000, d.below(1000));
}

std::string mobile(draws& d) {
  return fmt::format("({}) 9{:04}-{:04}", d.below(89) + 11, d.below(10'000), d.below(10'000));
}

std::string landline(draws& d) {
  return fmt::format("({}) 3{:03}-{:04}", d.below(89) + 11, d.below(1000), d.below(10'000));
}

/// A provisional card number (first digit 7, 8 or 9): the weighted sum of its 15 digits, weights 15
/// down to 1, is a multiple of 11.
std::string cns(draws& d) {
  for (;;) {
    std::string digits = fmt::format("{}{:012}0", d.below(3) + 7, d.below(1'000'000'000'000));
    unsigned sum = 0;
    for (unsigned i = 0; i < 14; ++i) {
      sum += static_cast<unsigned>(digits[i] - '0') * (15 - i);
    }
    const unsigned last = (11 - sum % 11) % 11;
    if (last < 10) return digits + static_cast<char>('0' + last);
  }
}

/// A number below `range` that is different for each n below `range`: n times a factor without
/// common divisor, shifted by the seed.
std::uint64_t scatter(std::uint64_t seed, std::uint64_t n, std::uint64_t range) {
  constexpr std::uint64_t factor = 618'033'989;  // prime, so it shares no divisor with the ranges
  return ((n + 1) * factor + seed * 7'919) % range;
}

constexpr std::uint32_t k_nine_digits = 999'999'990;

}  // namespace

std::string cpf_from(std::uint32_t nine_digits) {
  std::string cpf = fmt::format("{:09}", nine_digits);
  for (unsigned weight = 10; weight <= 11; ++weight) {
    unsigned sum = 0;
    for (unsigned i = 0; i < cpf.size(); ++i) {
      sum += static_cast<unsigned>(cpf[i] - '0') * (weight - i);
    }
    const unsigned rest = sum * 10 % 11;
    cpf += static_cast<char>('0' + rest % 10);
  }
  return cpf;
}

entry patient(std::uint64_t seed, std::uint64_t n) {
  draws d(seed, n);
  auto nine = static_cast<std::uint32_t>(scatter(seed, n, k_nine_digits));
  // Nine equal digits would give a CPF of one repeated digit, which is refused: those nine starts
  // are replaced by the numbers above the range that is drawn from.
  if (nine % 111'111'111 == 0) nine = k_nine_digits + nine / 111'111'111;
  const bool woman = d.chance(55);
  const bool ward = d.chance(6);
  entry e;
  e.key = cpf_from(nine);
  e.fields = {
      {"nome_paciente", person(d, woman)},
      {"nome_mae", person(d, true)},
      {"incapaz", ward},
      {"nome_responsavel", ward ? person(d, d.chance(50)) : std::string()},
      {"peso", fmt::format("{},{}", d.below(70) + 40, d.below(10))},
      {"altura", fmt::format("{}", d.below(50) + 145)},
      {"idade", fmt::format("{}", d.below(70) + 18)},
      {"sexo", std::string(woman ? "Feminino" : "Masculino")},
      {"rg", fmt::format("{}", d.below(9'000'000) + 1'000'000)},
      {"cns_paciente", cns(d)},
      {"escolha_etnia", std::string()},
      {"etnia", d.pick(k_skin)},
      {"email_paciente", fmt::format("paciente{}@exemplo.test", n)},
      {"telefone1_paciente", landline(d)},
      {"telefone2_paciente", mobile(d)},
      {"end_paciente",
       fmt::format("{}, {}, ap. {}", d.pick(k_streets), d.below(2000) + 1, d.below(300) + 1)},
      {"cidade_paciente", d.pick(k_cities)},
      {"cep_paciente", cep(d)},
  };
  return e;
}

entry clinic(std::uint64_t seed, std::uint64_t n) {
  draws d(seed, n + 1'000'000'007);
  entry e;
  e.key = fmt::format("{:07}", 2'000'000 + scatter(seed, n, 1'000'000));
  if (e.key == "2222222") e.key = "3000001";
  e.fields = {
      {"nome_clinica", fmt::format("{} {}", d.pick(k_clinic_kinds), d.pick(k_surnames))},
      {"logradouro", d.pick(k_streets)},
      {"logradouro_num", fmt::format("{}", d.below(2000) + 1)},
      {"bairro", d.pick(k_districts)},
      {"cidade", d.pick(k_cities)},
      {"cep", cep(d)},
      {"telefone_clinica", landline(d)},
  };
  return e;
}

std::string json_line(const entry& e) {
  nlohmann::json line = {{"key", e.key}, {"fields", domain::json_of(e.fields)}};
  return json::canonical(line);
}

}  // namespace autocusto::synthetic
