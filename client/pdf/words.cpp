#include "client/pdf/words.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace autocusto::pdf {
namespace {

struct unit_noun {
  std::string_view singular;
  std::string_view plural;
  bool feminine;
};

// What medicines are counted in. Whatever is regular in all three may be left out.
constexpr std::array k_units = std::to_array<unit_noun>({
    {"comprimido", "comprimidos", false},
    {"cápsula", "cápsulas", true},
    {"capsula", "capsulas", true},
    {"drágea", "drágeas", true},
    {"ampola", "ampolas", true},
    {"seringa", "seringas", true},
    {"caneta", "canetas", true},
    {"bisnaga", "bisnagas", true},
    {"caixa", "caixas", true},
    {"unidade", "unidades", true},
    {"dose", "doses", true},
    {"lata", "latas", true},
    {"gota", "gotas", true},
    {"carga", "cargas", true},
    {"frasco", "frascos", false},
    {"frasco-ampola", "frascos-ampola", false},
    {"frasco ampola", "frascos ampola", false},
    {"frasco-aplicador", "frascos-aplicadores", false},
    {"seringa-carpule", "seringas-carpule", true},
    {"adesivo", "adesivos", false},
    {"sachê", "sachês", false},
    {"sache", "saches", false},
    {"envelope", "envelopes", false},
    {"tubo", "tubos", false},
    {"carpule", "carpules", false},
    {"supositório", "supositórios", false},
    {"implante", "implantes", false},
    {"inalador", "inaladores", false},
    {"aplicador", "aplicadores", false},
    {"refil", "refis", false},
    {"flaconete", "flaconetes", false},
    {"blister", "blisters", false},
    {"pote", "potes", false},
    {"kit", "kits", false},
    {"sistema", "sistemas", false},
    {"grama", "gramas", false},
    {"miligrama", "miligramas", false},
});

// Symbols of units have no plural.
constexpr std::array k_symbols =
    std::to_array<std::string_view>({"g", "mg", "mcg", "µg", "kg", "ml", "mL", "l", "L", "UI", "ui",
                                     "mUI", "MUI", "U", "UT", "mEq", "mmol", "cm", "%"});
// What follows one of these describes the noun and stays as it is: "frascos de 10 mL".
constexpr std::array k_joiners =
    std::to_array<std::string_view>({"de", "com", "para", "por", "em", "a", "da", "do"});

constexpr std::array<std::string_view, 20> k_small{
    "zero",     "um",     "dois",      "três",      "quatro",  "cinco",   "seis",
    "sete",     "oito",   "nove",      "dez",       "onze",    "doze",    "treze",
    "quatorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove"};
constexpr std::array<std::string_view, 10> k_tens{"",         "",          "vinte",    "trinta",
                                                  "quarenta", "cinquenta", "sessenta", "setenta",
                                                  "oitenta",  "noventa"};
constexpr std::array<std::string_view, 10> k_hundreds{
    "",           "cento",      "duzentos",   "trezentos",  "quatrocentos",
    "quinhentos", "seiscentos", "setecentos", "oitocentos", "novecentos"};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

template <class Table>
bool holds(const Table& table, std::string_view word) {
  return std::find(table.begin(), table.end(), word) != table.end();
}

/// `mL`, and what is counted in one of another: `UI/mL`, `mg/dose`.
bool is_symbol(std::string_view word) {
  return holds(k_symbols, word.substr(0, word.find('/')));
}

const unit_noun* known_unit(std::string_view word) {
  const auto at = std::find_if(k_units.begin(), k_units.end(), [&](const unit_noun& unit) {
    return unit.singular == word || unit.plural == word;
  });
  return at == k_units.end() ? nullptr : &*at;
}

std::string below_thousand(int number, bool feminine) {
  if (number == 100) return "cem";
  std::string out;
  const auto add = [&out](std::string_view word) {
    if (!out.empty()) out += " e ";
    out += word;
  };
  if (number >= 100) {
    std::string hundred(k_hundreds[static_cast<std::size_t>(number / 100)]);
    if (feminine && number >= 200) hundred.replace(hundred.size() - 2, 2, "as");
    add(hundred);
    number %= 100;
  }
  if (number >= 20) {
    add(k_tens[static_cast<std::size_t>(number / 10)]);
    number %= 10;
  }
  if (number == 0) return out;
  if (feminine && number <= 2) {
    add(number == 1 ? "uma" : "duas");
  } else {
    add(k_small[static_cast<std::size_t>(number)]);
  }
  return out;
}

/// The plural of a word by its ending.
std::string regular_plural(std::string_view word) {
  if (word.empty() || ends_with(word, "s") || ends_with(word, "x")) return std::string(word);
  const auto stem = [&word](std::size_t cut) {
    return std::string(word.substr(0, word.size() - cut));
  };
  if (ends_with(word, "ão")) return stem(3) + "ões";  // "ão" is three bytes
  if (ends_with(word, "m")) return stem(1) + "ns";
  if (ends_with(word, "r") || ends_with(word, "z") || ends_with(word, "n")) return stem(0) + "es";
  if (ends_with(word, "ável") || ends_with(word, "ível")) return stem(2) + "eis";
  if (ends_with(word, "al") || ends_with(word, "ul")) return stem(1) + "is";
  if (ends_with(word, "el")) return stem(2) + "éis";
  if (ends_with(word, "il")) return stem(1) + "s";
  return stem(0) + "s";
}

std::string plural_of(std::string_view word) {
  if (const auto* unit = known_unit(word)) return std::string(unit->plural);
  const auto hyphen = word.find('-');
  if (hyphen != std::string_view::npos) {
    return plural_of(word.substr(0, hyphen)) + std::string(word.substr(hyphen));
  }
  return regular_plural(word);
}

std::string singular_of(std::string_view word) {
  if (const auto* unit = known_unit(word)) return std::string(unit->singular);
  if (ends_with(word, "ões")) return std::string(word.substr(0, word.size() - 4)) + "ão";
  if (word.size() > 3 && (ends_with(word, "os") || ends_with(word, "as"))) {
    return std::string(word.substr(0, word.size() - 1));
  }
  return std::string(word);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// Without "(s)" or "(es)" at the end, in small letters where the whole is in capitals.
std::string plain_unit(std::string_view unit) {
  std::string out(unit);
  for (const std::string_view end : {"(s)", "(es)", "(S)", "(ES)"}) {
    if (ends_with(out, end)) out.resize(out.size() - end.size());
  }
  if (is_symbol(out.substr(0, out.find(' ')))) return out;
  const bool capitals =
      std::none_of(out.begin(), out.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  for (std::size_t i = 0; i < out.size(); ++i) {
    if ((capitals || i == 0) && out[i] >= 'A' && out[i] <= 'Z')
      out[i] = static_cast<char>(out[i] + 32);
    // U+00C0 to U+00DE in UTF-8: their small letters are 32 further.
    const auto byte = static_cast<unsigned char>(out[i]);
    if (capitals && i > 0 && out[i - 1] == '\xC3' && byte >= 0x80 && byte <= 0x9E) {
      out[i] = static_cast<char>(out[i] + 32);
    }
  }
  return out;
}

}  // namespace

std::string number_in_words(int number, bool feminine) {
  if (number < 0 || number > 9999) throw std::out_of_range("a quantity has at most four digits");
  if (number == 0) return std::string(k_small[0]);
  const int thousands = number / 1000;
  const int rest = number % 1000;
  if (thousands == 0) return below_thousand(rest, feminine);
  std::string out = thousands == 1 ? "mil" : below_thousand(thousands, feminine) + " mil";
  if (rest == 0) return out;
  out += rest < 100 || rest % 100 == 0 ? " e " : " ";
  return out + below_thousand(rest, feminine);
}

bool is_feminine(std::string_view unit) {
  const std::string plain = plain_unit(unit);
  if (const auto* whole = known_unit(plain)) return whole->feminine;
  const auto words = words_of(plain);
  if (words.empty()) return false;
  const auto first = words.front().substr(0, words.front().find('-'));
  if (const auto* known = known_unit(first)) return known->feminine;
  const std::string singular = singular_of(first);
  return !is_symbol(first) &&
         (ends_with(singular, "a") || ends_with(singular, "ção") || ends_with(singular, "dade"));
}

std::string unit_text(std::string_view unit, int number) {
  const std::string plain = plain_unit(unit);
  if (is_symbol(plain)) return plain;
  if (const auto* known = known_unit(plain)) {
    return std::string(number == 1 ? known->singular : known->plural);
  }
  std::string out;
  bool described = false;
  for (const auto word : words_of(plain)) {
    described = described || holds(k_joiners, word) || is_symbol(word) ||
                (word[0] >= '0' && word[0] <= '9');
    if (!out.empty()) out += ' ';
    out += described ? std::string(word) : number == 1 ? singular_of(word) : plural_of(word);
  }
  return out;
}

std::string quantity_in_words(int number, std::string_view unit) {
  std::string out =
      std::to_string(number) + " (" + number_in_words(number, is_feminine(unit)) + ")";
  const std::string noun = unit_text(unit, number);
  return noun.empty() ? out : out + " " + noun;
}

}  // namespace autocusto::pdf
