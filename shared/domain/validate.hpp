#pragma once
// What may be entered: keys, field values, texts.
//
// "What changes must be valid; what stays may be odd": types, encoding and sizes hold always;
// length, format, choices and required are not checked for a value that equals that field in a
// parent or in any version of the record that its owner can see, so that imported oddities stay
// editable and can be reverted to. Key form and check digits are checked for root versions only.
// Messages name the field and the limit and never repeat the value. Pure functions; any thread.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {

/// The eleven digits of a CPF after removing usual punctuation (dots, hyphen, blanks, and what
/// nobody sees: `clean_number` of entry.hpp), both check
/// digits verified, repeated digits 000…0 to 999…9 refused. Error: invalid_key.
[[nodiscard]] result<std::string> normalise_cpf(std::string_view text);
/// Exactly seven digits after removing usual punctuation, not one repeated digit. Error:
/// invalid_key.
[[nodiscard]] result<std::string> normalise_cnes(std::string_view text);
/// A doctor's registration, `12345/PA`: 1 to 10 digits and a federative unit, from `12345 PA`,
/// `CRM 12345-PA` and the like. Error: invalid_key.
[[nodiscard]] result<std::string> normalise_registration(std::string_view text);
/// The key of a process, `CPF/CID`, or `CPF/CID/2` to `/9` for a further request under the same
/// CID. The patient's part may be an imported key, the CID's part `#` and a legacy id. Error:
/// invalid_key.
[[nodiscard]] result<std::string> normalise_process_key(std::string_view text);
/// The key of an emission, `PROCESS@2027-01-31-` and 16 hexadecimal digits. Error: invalid_key.
[[nodiscard]] result<std::string> normalise_emission_key(std::string_view text);

/// The patient's part of a process's or an emission's key.
[[nodiscard]] std::string patient_of_key(std::string_view key);
/// The key of the patient to whom a record belongs; empty for kinds that belong to none.
[[nodiscard]] std::string patient_of(std::string_view kind, std::string_view key);
/// The CID's part of a process's or an emission's key.
[[nodiscard]] std::string cid_of_key(std::string_view key);
/// The process's part of an emission's key.
[[nodiscard]] std::string process_of_key(std::string_view key);

/// The key rule of a kind applied to what a person typed. Errors: invalid_key; not_found for an
/// unknown kind.
[[nodiscard]] result<std::string> normalise_key(std::string_view kind, std::string_view text);
/// Looks up by what a person typed: a valid key normalised; an imported `digits#legacy id` (the
/// digits may be missing: `#60`) as it is, without surrounding blanks. Errors: invalid_key;
/// not_found for an unknown kind.
[[nodiscard]] result<std::string> lookup_key(std::string_view kind, std::string_view text);

/// True for 15 digits with the mod-11 check of the Cartão Nacional de Saúde (definitive 1, 2 and
/// provisional 7, 8, 9 numbers).
[[nodiscard]] bool valid_cns(std::string_view text);
/// True for 8 digits, with or without a hyphen after the fifth.
[[nodiscard]] bool valid_cep(std::string_view text);
/// True for 10 or 11 digits among blanks, parentheses, hyphens and dots; no country prefix.
[[nodiscard]] bool valid_phone(std::string_view text);
/// True for `local@domain` in ASCII: a dot-atom of at most 64 bytes (RFC 5321 4.5.3.1), at least
/// two labels, 254 bytes in all. No quoted forms, no comments.
[[nodiscard]] bool valid_email(std::string_view text);
/// True for 0,5 to 500 kg: digits, comma or point, at most three decimals, optionally kg, kgs,
/// quilo or quilos in any case.
[[nodiscard]] bool valid_weight(std::string_view text);
/// True for 20 to 260 cm: as it is or with `cm` in centimetres, with `m` in metres (`1,70m`).
[[nodiscard]] bool valid_height(std::string_view text);
/// True for a date of the calendar from 1800-01-01 to 2999-12-31, as `2027-01-31`.
[[nodiscard]] bool valid_date(std::string_view text);
/// True for the two letters of one of the 27 federative units, in capitals.
[[nodiscard]] bool valid_uf(std::string_view text);
/// A CID-10 code in its canonical form, `A00` or `A00.0`, from any case, with or without the dot.
/// Error: invalid_key `cid`.
[[nodiscard]] result<std::string> normalise_cid(std::string_view text);
/// True for text without any visible character.
[[nodiscard]] bool is_blank(std::string_view text);

/// Number of Unicode code points; nothing for invalid UTF-8.
[[nodiscard]] std::optional<std::size_t> count_code_points(std::string_view text);
/// Normalisation form C, for text that a person enters. Error: malformed for invalid UTF-8.
[[nodiscard]] result<std::string> to_nfc(std::string_view text);
/// For searching and sorting: case folded, accents and other marks removed. Invalid UTF-8 is
/// returned unchanged.
[[nodiscard]] std::string fold_text(std::string_view text);

/// True when this exact value of this field is exempt: it stands in a parent or in a version of the
/// record that the owner can see. It is only asked about values that break a rule, so a caller may
/// look versions up lazily. An empty function exempts nothing.
using known_value = std::function<bool(const std::string& field, const field_value& value)>;

/// The versions whose values are exempt: parents, and what the owner can see of the record. A value
/// counts whatever the status of its version, but for an absence: a draft may lack required fields,
/// so only an `active` version makes blank text exempt (else publishing an incomplete draft would
/// never be refused). The field maps must outlive it. One thread at a time.
class known_values {
 public:
  void add(const field_map& fields, version_status status) { known_.push_back({&fields, status}); }
  /// Whether this value of this field stands in one of the versions.
  [[nodiscard]] bool operator()(const std::string& field, const field_value& value) const;
  /// Whether an active version has this blank value although its condition held in it.
  [[nodiscard]] bool absent_while(const field_spec& field, const field_value& value) const;

 private:
  struct entry {
    const field_map* fields;
    version_status status;
  };
  std::vector<entry> known_;
};

/// What the rule of a field or column asks of a text that is not empty. Error: invalid_field with
/// the name of the field.
[[nodiscard]] std::optional<error> rule_problem(const field_spec& field, const std::string& text);

/// Checks all fields of a snapshot; every problem, in form order, unknown names last (empty =
/// fine), of unknown names only the first. An unknown field is exempt where a known version has the
/// same value: a newer program wrote it, and an edit carries it along. A draft may lack required
/// fields. Blank text counts as missing. A field that is required only while another is true is
/// exempt only if both values are known: turning the condition on is a change and must be valid.
/// Each error: invalid_field with field and limit.
[[nodiscard]] std::vector<error> validate_fields(const record_kind& kind, const field_map& fields,
                                                 version_status status, const known_value& exempt);
/// The same with the versions that exempt: what acceptance and the laptop's saves use. Stricter in
/// one point: a missing field that another makes required is exempt only if one known version has
/// both values, so that nobody clears a guardian's name by way of two old versions.
[[nodiscard]] std::vector<error> validate_edit(const record_kind& kind, const field_map& fields,
                                               version_status status, const known_values& known);

/// Summary: valid UTF-8, at most limits::summary_code_points. Error: invalid_field, `summary`.
[[nodiscard]] result<void> validate_summary(std::string_view summary);

}  // namespace autocusto::domain
