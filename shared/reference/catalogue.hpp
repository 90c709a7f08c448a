#pragma once
// The reference catalogue: which diseases, medicines and protocols exist.
//
// A catalogue is public data that belongs to nobody: it has no views, no versions of users and no
// conflicts. An administrator publishes a revision, the server signs it, and laptops look things up
// in the newest one that they have. A revision is one canonical JSON object; the SHA-256 of its
// text names it:
//
//   {v: 1, revision, valid_from, sources: [{name, version}],
//    diseases: [{cid, nome, retired_on?}],
//    protocols: [{code, nome, cids, medicines, fields: [{name, type, label, choices, required}],
//                 documents, report_first_time, renew_months?, retired_on?}],
//    medicines: [{code, name, print_name, unit, control, max_month?, age_min?, age_max?, sex, cids,
//                 legacy_ids, retired_on?}]}
//
// Lists of things are sorted by their code, lists of codes and CIDs are sorted, and nothing stands
// twice. Every CID and medicine that something names is there. Members with `?` are left out when
// there is no value, so a revision has one text only. Nothing is ever removed: what has gone from
// its source stays with the date of that in `retired_on`, so that old processes can be read.
// Values and pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::reference {

inline constexpr std::size_t k_catalogue_bytes = 4 * 1024 * 1024;  ///< of one revision's text
inline constexpr std::size_t k_most_diseases = 20'000;
inline constexpr std::size_t k_most_medicines = 2'000;
inline constexpr std::size_t k_most_protocols = 500;
inline constexpr std::int64_t k_format = 1;  ///< the `v` that this release writes

/// Where the content comes from.
struct source {
  std::string name;     ///< `SIGTAP`
  std::string version;  ///< `2026-08`
  friend bool operator==(const source&, const source&) = default;
};

struct disease {
  std::string cid;   ///< `G35`, `G40.0`: upper case, with the dot
  std::string nome;  ///< Portuguese
  std::optional<std::string> retired_on = std::nullopt;
  friend bool operator==(const disease&, const disease&) = default;
};

enum class field_type { choice, boolean, number, text, textarea, date };

/// A question that a protocol adds to the form of a process. Scores have no preset values.
struct protocol_field {
  std::string name;  ///< `opt_edss`
  field_type type = field_type::text;
  std::string label;
  std::vector<std::string> choices;  ///< of type choice, in form order; else empty
  bool required = false;
  friend bool operator==(const protocol_field&, const protocol_field&) = default;
};

struct protocol {
  std::string code;
  std::string nome;
  std::vector<std::string> cids;
  std::vector<std::string> medicines;  ///< codes
  std::vector<protocol_field> fields;  ///< in form order
  std::vector<std::string> documents;  ///< names of what is printed with it, in printing order
  std::string report_first_time;       ///< standard text of the first report; may be empty
  std::optional<std::int64_t> renew_months = std::nullopt;  ///< 1 to 12
  std::optional<std::string> retired_on = std::nullopt;
  friend bool operator==(const protocol&, const protocol&) = default;
};

enum class sex { any, female, male };

struct medicine {
  std::string code;        ///< SIGTAP's 10 digits, or `legacy:57` of an import
  std::string name;        ///< as its source writes it
  std::string print_name;  ///< as it is printed
  std::string unit;        ///< `comprimido`; empty when not known
  std::string control;     ///< list of Anvisa's ordinance 344, `C1`; empty for none
  std::optional<std::int64_t> max_month =
      std::nullopt;                                    ///< greatest quantity of one month, in units
  std::optional<std::int64_t> age_min = std::nullopt;  ///< in months, included
  std::optional<std::int64_t> age_max = std::nullopt;  ///< in months, included
  sex for_sex = sex::any;
  std::vector<std::string> cids;
  std::vector<std::string> legacy_ids;  ///< ids of imported databases that mean this medicine
  std::optional<std::string> retired_on = std::nullopt;  ///< a date, `2026-08-01`
  friend bool operator==(const medicine&, const medicine&) = default;
};

struct catalogue {
  std::int64_t revision = 0;  ///< 0 for the one that is compiled in, then 1, 2, …
  std::string valid_from;     ///< a date, `2026-08-01`
  std::vector<source> sources;
  std::vector<disease> diseases;    ///< by CID
  std::vector<protocol> protocols;  ///< by code
  std::vector<medicine> medicines;  ///< by code
  friend bool operator==(const catalogue&, const catalogue&) = default;
};

/// Reads the text of a revision. It must be the canonical one of a catalogue that keeps all rules
/// above. Errors: too_large; malformed and not_canonical with the member (`medicines[3].code`);
/// schema_too_new for a format of a newer release.
[[nodiscard]] result<catalogue> read_catalogue(std::string_view text);
/// The same for a file that a person wrote: white space and any order of members are allowed.
[[nodiscard]] result<catalogue> parse_catalogue(std::string_view text);

/// Whether a value keeps all rules; the errors of `read_catalogue`.
[[nodiscard]] result<void> check_catalogue(const catalogue& value);

/// The canonical text, of a value that keeps the rules.
[[nodiscard]] std::string write_catalogue(const catalogue& value);
/// The name of a revision: the SHA-256 of its canonical text.
[[nodiscard]] hash256 catalogue_hash(std::string_view canonical_text);

/// Sorts all lists that are sorted, and drops what stands in a list of codes twice. For who makes
/// one.
void sort_catalogue(catalogue& value);

/// A CID as the catalogue writes it, from what somebody typed or a table holds: `g400 ` is `G40.0`.
/// Nothing for what is no CID.
[[nodiscard]] std::optional<std::string> canonical_cid(std::string_view typed);

/// Names of the members' values: `choice`, `textarea`; `any`, `F`, `M`.
[[nodiscard]] std::string_view type_name(field_type type);
[[nodiscard]] std::string_view sex_name(sex value);

}  // namespace autocusto::reference
