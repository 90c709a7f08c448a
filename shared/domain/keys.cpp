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

namespace {

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string in_capitals(std::string_view text) {
  std::string out;
  for (const char c : text) out += upper(c);
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

error wrong_process_key() {
  return fail(errc::invalid_key,
              "A process is named by CPF and CID, such as 111.444.777-35/G35; check both.",
              "processo");
}

/// The CID's part of a process: a CID, or `#` and the legacy id of a process without one.
result<std::string> cid_part(std::string_view text) {
  if (text.starts_with('#') && all_digits(text.substr(1))) return std::string(text);
  return normalise_cid(text);
}

}  // namespace

result<std::string> normalise_cid(std::string_view text) {
  std::string bare;
  for (const char c : clean_number(text)) {
    if (c != '.' && c != ' ' && c != '-') bare += upper(c);
  }
  const bool ok = (bare.size() == 3 || bare.size() == 4) && bare[0] >= 'A' && bare[0] <= 'Z' &&
                  all_digits(std::string_view(bare).substr(1));
  if (!ok) {
    return fail(errc::invalid_key,
                "The CID must be a letter and two or three digits, such as G35 or G40.0.", "cid");
  }
  return bare.size() == 3 ? bare : bare.substr(0, 3) + '.' + bare[3];
}

result<std::string> normalise_registration(std::string_view text) {
  constexpr std::size_t k_most_digits = 10;
  std::string all;  // letters and digits, in their order
  for (const char c : in_capitals(clean_number(text))) {
    if (is_digit(c) || (c >= 'A' && c <= 'Z')) all += c;
  }
  std::string_view rest = all;
  if (rest.starts_with("CRM")) rest.remove_prefix(3);
  const auto first = rest.find_first_of("0123456789");
  const auto last = rest.find_last_of("0123456789");
  const auto wrong = [] {
    return fail(errc::invalid_key,
                "The registration must be the CRM's number and state, such as 12345/PA; check it.",
                "crm", static_cast<std::int64_t>(k_most_digits));
  };
  if (first == std::string_view::npos) return wrong();
  // The state stands before the number or behind it.
  const auto state = first == 0 ? rest.substr(last + 1) : rest.substr(0, first);
  const bool both = first != 0 && last + 1 != rest.size();
  auto number = rest.substr(first, last - first + 1);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size() - 1));
  if (!all_digits(number) || number.size() > k_most_digits || number == "0" || both ||
      !valid_uf(state)) {
    return wrong();
  }
  return std::string(number) + '/' + std::string(state);
}

result<std::string> normalise_process_key(std::string_view text) {
  const auto bare = clean_number(text);
  const std::string_view all(bare);
  const auto slash = all.find('/');
  if (slash == std::string_view::npos) return wrong_process_key();
  const auto patient = lookup_key("patient", all.substr(0, slash));
  if (!patient) return patient.error();
  auto rest = all.substr(slash + 1);
  std::string further;
  if (const auto second = rest.find('/'); second != std::string_view::npos) {
    const auto number = rest.substr(second + 1);
    if (number.size() != 1 || number[0] < '2' || number[0] > '9') return wrong_process_key();
    further = '/' + std::string(number);
    rest = rest.substr(0, second);
  }
  const auto cid = cid_part(rest);
  if (!cid) return cid.error();
  auto key = *patient + '/' + *cid + further;
  if (key.size() > 64) return wrong_process_key();
  return key;
}

result<std::string> normalise_emission_key(std::string_view text) {
  constexpr std::size_t k_tail = 1 + 10 + 1 + 16;  // @date-hash
  const auto wrong = [] {
    return fail(errc::invalid_key,
                "An emission is named by its process, date and mark; copy the name from a list.",
                "emissao");
  };
  const auto bare = clean_number(text);
  if (bare.size() <= k_tail || bare.size() > 64) return wrong();
  const auto tail = std::string_view(bare).substr(bare.size() - k_tail);
  const auto mark = tail.substr(12);
  const bool hex = std::all_of(mark.begin(), mark.end(),
                               [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  if (tail[0] != '@' || !valid_date(tail.substr(1, 10)) || tail[11] != '-' || !hex) return wrong();
  const auto process =
      normalise_process_key(std::string_view(bare).substr(0, bare.size() - k_tail));
  if (!process) return process.error();
  return *process + std::string(tail);
}

std::string patient_of_key(std::string_view key) {
  return std::string(key.substr(0, key.find('/')));
}

std::string patient_of(std::string_view kind, std::string_view key) {
  const auto* known = find_record_kind(kind);
  const bool of_patient =
      known != nullptr && (known->rule == key_rule::process || known->rule == key_rule::emission);
  return of_patient ? patient_of_key(key) : std::string();
}

std::string cid_of_key(std::string_view key) {
  const auto slash = key.find('/');
  if (slash == std::string_view::npos) return {};
  const auto rest = key.substr(slash + 1);
  return std::string(rest.substr(0, rest.find_first_of("/@")));
}

std::string process_of_key(std::string_view key) {
  return std::string(key.substr(0, key.find('@')));
}

result<std::string> normalise_key(std::string_view kind, std::string_view text) {
  const auto* known = find_record_kind(kind);
  if (known == nullptr) {
    return fail(errc::not_found, "There is no such kind of record; see the list of kinds.");
  }
  switch (known->rule) {
    case key_rule::cpf:
      return normalise_cpf(text);
    case key_rule::cnes:
      return normalise_cnes(text);
    case key_rule::registration:
      return normalise_registration(text);
    case key_rule::process:
      return normalise_process_key(text);
    case key_rule::emission:
      return normalise_emission_key(text);
  }
  throw std::logic_error("a key rule without a function");
}

result<std::string> lookup_key(std::string_view kind, std::string_view text) {
  auto bare = clean_number(text);
  if (const auto* known = find_record_kind(kind);
      known != nullptr && (known->rule == key_rule::cpf || known->rule == key_rule::cnes) &&
      is_imported_key(bare)) {
    return bare;
  }
  return normalise_key(kind, text);
}

}  // namespace autocusto::domain
