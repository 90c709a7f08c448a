#pragma once
// What may be entered: keys, field values, texts.
//
// "What changes must be valid; what stays may be odd": types, encoding and sizes hold always;
// length, format, choices and required are not checked for a value that equals that field in a
// parent or in any version of the record that its owner can see, so that imported oddities stay
// editable and can be reverted to. Key form and check digits are checked for root versions only.
// Messages name the field and the limit and never repeat the value. Pure functions; any thread.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {

/// The eleven digits of a CPF after removing usual punctuation (dots, hyphen, blanks), both check
/// digits verified, repeated digits 000…0 to 999…9 refused. Error: invalid_key.
[[nodiscard]] result<std::string> normalise_cpf(std::string_view text);
/// Exactly seven digits after removing usual punctuation, not one repeated digit. Error:
/// invalid_key.
[[nodiscard]] result<std::string> normalise_cnes(std::string_view text);
/// The key rule of a kind applied to what a person typed. Errors: invalid_key; not_found for an
/// unknown kind.
[[nodiscard]] result<std::string> normalise_key(std::string_view kind, std::string_view text);
/// Looks up by what a person typed: a valid key normalised; an imported `digits#legacy id` as it
/// is.
[[nodiscard]] result<std::string> lookup_key(std::string_view kind, std::string_view text);

/// True for 15 digits with the mod-11 check of the Cartão Nacional de Saúde (definitive 1, 2 and
/// provisional 7, 8, 9 numbers).
[[nodiscard]] bool valid_cns(std::string_view text);
[[nodiscard]] bool valid_cep(std::string_view text);
[[nodiscard]] bool valid_phone(std::string_view text);
[[nodiscard]] bool valid_email(std::string_view text);
[[nodiscard]] bool valid_weight(std::string_view text);
[[nodiscard]] bool valid_height(std::string_view text);

/// Number of Unicode code points; nothing for invalid UTF-8.
[[nodiscard]] std::optional<std::size_t> count_code_points(std::string_view text);
/// Normalisation form C, for text that a person enters. Error: malformed for invalid UTF-8.
[[nodiscard]] result<std::string> to_nfc(std::string_view text);
/// For searching and sorting: case folded, accents and other marks removed. Invalid UTF-8 is
/// returned unchanged.
[[nodiscard]] std::string fold_text(std::string_view text);

/// True when this exact value of this field is exempt: it stands in a parent or in a version of the
/// record that the owner can see.
using known_value = std::function<bool(const std::string& field, const field_value& value)>;

/// Checks all fields of a snapshot; every problem, in form order (empty = fine). A draft may lack
/// required fields. Each error: invalid_field with field and limit.
[[nodiscard]] std::vector<error> validate_fields(const catalogue& kind, const field_map& fields,
                                                 version_status status, const known_value& exempt);

/// Summary: valid UTF-8, at most limits::summary_code_points. Error: invalid_field, `summary`.
[[nodiscard]] result<void> validate_summary(std::string_view summary);

}  // namespace autocusto::domain
