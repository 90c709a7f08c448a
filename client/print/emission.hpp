#pragma once
// What an issued document is made of, and the record that keeps it (ADR 54).
//
// Pins name every input of a print by its version, and the bytes that came of it by their hash.
// They are one canonical JSON object; its SHA-256 names the emission. So printing the same thing
// again is the same record, on any laptop. Values and pure functions; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/request.hpp"
#include "shared/base/error.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::printing {

struct pins {
  std::string process;  ///< key
  std::string process_version;
  std::string patient_version;
  std::string clinic;  ///< CNES
  std::string clinic_version;
  std::string doctor;  ///< `12345/PA`
  std::string doctor_version;
  std::string catalogue;  ///< revision of the reference catalogue
  std::string form;       ///< `lme`, or the ids of the templates, which are hashes
  pdf::date start{};
  int months = 6;
  pdf::date_policy dates = pdf::date_policy::every_30_days;
  std::string documents;  ///< `lme,receita`
  std::string pdf_sha256;

  friend bool operator==(const pins&, const pins&) = default;
};

/// The canonical JSON of all pins.
[[nodiscard]] std::string pins_text(const pins& what);
/// `<process>@<start>-<first 16 hexadecimal digits of the SHA-256 of the text>`
[[nodiscard]] std::string emission_key(const pins& what);

/// The fields of the record.
[[nodiscard]] domain::field_map emission_fields(const pins& what, int pages,
                                                const std::vector<pdf::prescription_row>& rows);
/// The pins of a record. Error: invalid_field for one that no print made.
[[nodiscard]] result<pins> pins_of(std::string_view key, const domain::field_map& fields);

/// The 16 digits at the end of an emission's key.
[[nodiscard]] std::string mark_of(std::string_view emission_key);

}  // namespace autocusto::printing
