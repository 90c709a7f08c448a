#pragma once
// The old database's medicines, diseases and protocols as a catalogue (shared/reference).
//
// Codes are `legacy:` and the row's id, as processes name them. What a catalogue cannot hold is
// left out and counted by a reason; the counts of a table add up to its rows. Preset answers of a
// protocol's questions are never taken over: a form that was submitted untouched would be an
// invented examination. Pure; any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/reference/catalogue.hpp"
#include "tools/import/rules/rows.hpp"

namespace autocusto::import {

struct reference_rows {
  struct medicine {
    legacy_id id = 0;
    std::string name, strength, presentation;
  };
  struct disease {
    legacy_id id = 0;
    std::string cid, name;
    std::optional<legacy_id> protocol;
  };
  struct protocol {
    legacy_id id = 0;
    std::string name;
    std::string conditions;  ///< `dados_condicionais` as JSON; may be empty or `null`
  };
  std::vector<medicine> medicines;
  std::vector<disease> diseases;
  std::vector<protocol> protocols;
  std::vector<std::pair<legacy_id, legacy_id>> links;  ///< protocol, medicine
};

/// What became of the rows of one table: `taken`, `merged`, `left_out`.
using reference_counts = std::map<std::string, std::int64_t>;

struct reference_made {
  reference::catalogue value;                      ///< keeps all rules of a catalogue
  std::map<std::string, reference_counts> tables;  ///< by table
  std::map<std::string, std::int64_t> reasons;     ///< rows by reason; a taken row may have some
};

/// `source` names the old database, `day` the day from which the catalogue is valid.
[[nodiscard]] reference_made make_catalogue(const reference_rows& rows, std::string_view source,
                                            std::string_view day);

}  // namespace autocusto::import
