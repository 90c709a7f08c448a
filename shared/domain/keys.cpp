// The natural keys of records: a CPF and a CNES.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "shared/domain/characters.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::domain {
namespace {

constexpr std::size_t k_cpf_digits = 11;
constexpr std::size_t k_cnes_digits = 7;

/// The digits without dots, hyphens, blanks and what nobody sees; empty if anything else stands
/// among them.
std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : clean_number(text)) {
    if (is_digit(c)) {
      out.push_back(c);
    } else if (c != '.' && c != '-' && c != ' ') {
      return {};
    }
  }
  return out;
}

bool one_repeated(std::string_view digits) {
  return digits.find_first_not_of(digits.front()) == std::string_view::npos;
}

/// The check digit over the first `count` digits, weights count+1 down to 2 (Receita Federal).
char cpf_check_digit(std::string_view digits, std::size_t count) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += static_cast<std::size_t>(digits[i] - '0') * (count + 1 - i);
  }
  const std::size_t rest = sum % 11;
  return static_cast<char>('0' + (rest < 2 ? 0 : 11 - rest));
}

/// `digits#legacy id`: an imported key that is not valid, made unique by the old row's id.
bool is_imported_key(std::string_view text) {
  const auto mark = text.find('#');
  if (mark == std::string_view::npos || mark + 1 == text.size()) return false;
  const auto digits = text.substr(0, mark);
  const auto id = text.substr(mark + 1);
  return text.size() <= 64 && std::all_of(digits.begin(), digits.end(), is_digit) &&
         std::all_of(id.begin(), id.end(), is_digit);
}

}  // namespace

result<std::string> normalise_cpf(std::string_view text) {
  auto digits = digits_of(text);
  if (digits.size() != k_cpf_digits) {
    return fail(errc::invalid_key,
                "The CPF must have 11 digits, with or without dots and hyphen; check it.", "cpf",
                static_cast<std::int64_t>(k_cpf_digits));
  }
  if (one_repeated(digits)) {
    return fail(errc::invalid_key, "The CPF cannot be one digit repeated 11 times; check it.",
                "cpf");
  }
  if (digits[9] != cpf_check_digit(digits, 9) || digits[10] != cpf_check_digit(digits, 10)) {
    return fail(errc::invalid_key,
                "The CPF's check digits do not fit its other digits; check it for a mistyped one.",
                "cpf");
  }
  return digits;
}

result<std::string> normalise_cnes(std::string_view text) {
  auto digits = digits_of(text);
  if (digits.size() != k_cnes_digits) {
    return fail(errc::invalid_key, "The CNES must have 7 digits; check it.", "cnes",
                static_cast<std::int64_t>(k_cnes_digits));
  }
  if (one_repeated(digits)) {
    return fail(errc::invalid_key, "The CNES cannot be one digit repeated 7 times; check it.",
                "cnes");
  }
  return digits;
}

result<std::string> normalise_key(std::string_view kind, std::string_view text) {
  const auto* known = find_record_kind(kind);
  if (known == nullptr) {
    return fail(errc::not_found, "There is no such kind of record; use patient or clinic.");
  }
  switch (known->rule) {
    case key_rule::cpf:
      return normalise_cpf(text);
    case key_rule::cnes:
      return normalise_cnes(text);
  }
  throw std::logic_error("a key rule without a function");
}

result<std::string> lookup_key(std::string_view kind, std::string_view text) {
  auto bare = clean_number(text);
  if (find_record_kind(kind) != nullptr && is_imported_key(bare)) return bare;
  return normalise_key(kind, text);
}

}  // namespace autocusto::domain
