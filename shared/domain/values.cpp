// The formats of single values, as a person may enter them.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "shared/domain/characters.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::domain {
namespace {

constexpr std::size_t k_email_bytes = 254;  // RFC 5321 4.5.3.1.3, less the angle brackets
constexpr std::size_t k_email_local = 64;
constexpr std::size_t k_dns_label = 63;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view without_blanks_around(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

struct measure {
  std::int64_t thousandths = 0;
  std::string_view unit;  ///< what follows the number, without blanks
};

/// A number with at most four digits and three decimals, and what follows it.
std::optional<measure> read_measure(std::string_view text) {
  text = without_blanks_around(text);
  measure out;
  std::size_t at = 0;
  while (at < text.size() && is_digit(text[at])) {
    out.thousandths = out.thousandths * 10 + (text[at] - '0');
    if (++at > 4) return std::nullopt;
  }
  if (at == 0) return std::nullopt;
  std::size_t decimals = 0;
  if (at < text.size() && (text[at] == ',' || text[at] == '.')) {
    ++at;
    while (at < text.size() && is_digit(text[at])) {
      out.thousandths = out.thousandths * 10 + (text[at++] - '0');
      if (++decimals > 3) return std::nullopt;
    }
    if (decimals == 0) return std::nullopt;
  }
  for (; decimals < 3; ++decimals) out.thousandths *= 10;
  out.unit = without_blanks_around(text.substr(at));
  return out;
}

bool is_local_part(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+/=?^_`{|}~-";
  if (text.empty() || text.size() > k_email_local) return false;
  if (text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || is_letter(c) || c == '.' || others.find(c) != std::string_view::npos;
  });
}

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > k_dns_label) return false;
  if (text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_digit(c) || is_letter(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  std::size_t labels = 0;
  for (;;) {
    const auto dot = text.find('.');
    if (!is_dns_label(text.substr(0, dot))) return false;
    ++labels;
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  // A last label of digits alone would be an address of the network, not of a person.
  return labels >= 2 && !std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace

bool valid_cns(std::string_view text) {
  constexpr std::size_t count = 15;
  if (text.size() != count || !std::all_of(text.begin(), text.end(), is_digit)) return false;
  if (std::string_view("12789").find(text.front()) == std::string_view::npos) return false;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += static_cast<std::size_t>(text[i] - '0') * (count - i);
  }
  return sum % 11 == 0;
}

bool valid_cep(std::string_view text) {
  constexpr std::size_t before_hyphen = 5;
  constexpr std::size_t digits = 8;
  if (text.size() == digits + 1 && text[before_hyphen] == '-') {
    return std::all_of(text.begin(), text.begin() + before_hyphen, is_digit) &&
           std::all_of(text.begin() + before_hyphen + 1, text.end(), is_digit);
  }
  return text.size() == digits && std::all_of(text.begin(), text.end(), is_digit);
}

bool valid_phone(std::string_view text) {
  constexpr std::string_view punctuation = " ()-.";
  const auto digits = std::count_if(text.begin(), text.end(), is_digit);
  return (digits == 10 || digits == 11) && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_digit(c) || punctuation.find(c) != std::string_view::npos;
         });
}

bool valid_email(std::string_view text) {
  if (text.size() > k_email_bytes) return false;
  const auto at = text.find('@');
  if (at == std::string_view::npos) return false;
  return is_local_part(text.substr(0, at)) && is_domain(text.substr(at + 1));
}

bool valid_weight(std::string_view text) {
  const auto kilograms = read_measure(text);
  if (!kilograms || kilograms->thousandths < 500 || kilograms->thousandths > 500'000) return false;
  const auto is_unit = [&](std::string_view u) { return equal_without_case(kilograms->unit, u); };
  return kilograms->unit.empty() || is_unit("kg") || is_unit("kgs") || is_unit("quilo") ||
         is_unit("quilos");
}

bool valid_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto number = [&text](std::size_t at, std::size_t count) {
    int out = 0;
    for (std::size_t i = at; i < at + count; ++i) {
      if (!is_digit(text[i])) return -1;
      out = out * 10 + (text[i] - '0');
    }
    return out;
  };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  if (year < 1800 || year > 2999 || month < 1 || day < 1) return false;
  return std::chrono::year_month_day{std::chrono::year{year},
                                     std::chrono::month{static_cast<unsigned>(month)},
                                     std::chrono::day{static_cast<unsigned>(day)}}
      .ok();
}

bool valid_uf(std::string_view text) {
  static constexpr std::array<std::string_view, 27> k_units{
      "AC", "AL", "AM", "AP", "BA", "CE", "DF", "ES", "GO", "MA", "MG", "MS", "MT", "PA",
      "PB", "PE", "PI", "PR", "RJ", "RN", "RO", "RR", "RS", "SC", "SE", "SP", "TO"};
  return std::find(k_units.begin(), k_units.end(), text) != k_units.end();
}

bool valid_height(std::string_view text) {
  const auto height = read_measure(text);
  if (!height) return false;
  std::int64_t micrometres = height->thousandths * 10;
  if (equal_without_case(height->unit, "m")) {
    micrometres *= 100;
  } else if (!height->unit.empty() && !equal_without_case(height->unit, "cm")) {
    return false;
  }
  return micrometres >= 200'000 && micrometres <= 2'600'000;
}

}  // namespace autocusto::domain
