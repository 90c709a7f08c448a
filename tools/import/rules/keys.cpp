#include "tools/import/rules/keys.hpp"

#include <algorithm>

#include <utf8proc.h>

#include "shared/domain/validate.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_cpf = 11;
constexpr std::size_t k_cnes = 7;

bool has_letter(std::string_view text) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t c = 0;
    const auto size = utf8proc_iterate(at, left, &c);
    if (size <= 0) return false;
    const auto category = utf8proc_category(c);
    if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return true;
    at += size;
    left -= size;
  }
  return false;
}

bool one_digit_repeated(std::string_view digits) {
  return std::all_of(digits.begin(), digits.end(), [&](char c) { return c == digits.front(); });
}

std::string_view cpf_problem(std::string_view text, std::string_view digits) {
  if (has_letter(text)) return "CPF_LETTERS";
  if (digits.empty()) return "CPF_EMPTY";
  if (digits.size() != k_cpf) return "CPF_LENGTH";
  if (one_digit_repeated(digits)) return "CPF_REPEATED";
  return domain::normalise_cpf(digits) ? "" : "CPF_CHECK_DIGITS";
}

std::string_view cnes_problem(std::string_view text, std::string_view digits) {
  if (digits.size() != k_cnes || text.size() != k_cnes) return "CNES_INVALID";
  return one_digit_repeated(digits) ? "CNES_PLACEHOLDER" : "";
}

}  // namespace

legacy_key read_key(domain::key_rule rule, std::string_view text) {
  legacy_key key;
  std::copy_if(text.begin(), text.end(), std::back_inserter(key.digits),
               [](char c) { return c >= '0' && c <= '9'; });
  switch (rule) {
    case domain::key_rule::cpf:
      key.problem = cpf_problem(text, key.digits);
      break;
    case domain::key_rule::cnes:
      key.problem = cnes_problem(text, key.digits);
      break;
    case domain::key_rule::registration:
    case domain::key_rule::process:
    case domain::key_rule::emission:
      throw std::logic_error("the source has no such keys");
  }
  return key;
}

std::string record_key(const legacy_key& key, std::int64_t legacy_id) {
  if (key.problem.empty()) return key.digits;
  return key.digits + "#" + std::to_string(legacy_id);
}

}  // namespace autocusto::import
