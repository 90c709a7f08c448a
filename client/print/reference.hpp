#pragma once
// What a print asks of the reference catalogue, and nothing else of it.
//
// An answer of nothing means that the catalogue does not know the code; a print goes on without.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shared/reference/catalogue.hpp"
#include "shared/reference/index.hpp"

namespace autocusto::printing {

struct disease_facts {
  std::string name;
  std::string retired_on;  ///< a date; empty: it is in force
};

struct medicine_facts {
  std::string retired_on = {};
  std::optional<std::int64_t> max_month = {};  ///< greatest quantity of one month
  std::string control = {};                    ///< list of the ordinance 344, `C1`; empty: none
  std::string unit = {};                       ///< `comprimido`; empty: not known
  std::optional<std::int64_t> age_min = {};    ///< in months, included
  std::optional<std::int64_t> age_max = {};    ///< in months, included
  reference::sex for_sex = reference::sex::any;
  bool for_cid = true;  ///< whether it may be asked for under that CID; true: the catalogue does
                        ///< not say for any
};

/// Any thread may ask one, and it does not change.
class reference_source {
 public:
  virtual ~reference_source() = default;
  /// What names the revision; an emission pins it.
  [[nodiscard]] virtual std::string revision() const = 0;
  [[nodiscard]] virtual std::optional<disease_facts> disease(std::string_view cid) const = 0;
  /// As it is for a CID; an empty one: for any.
  [[nodiscard]] virtual std::optional<medicine_facts> medicine(std::string_view code,
                                                               std::string_view cid) const = 0;
};

/// Over an index that others use too.
[[nodiscard]] std::unique_ptr<reference_source> make_reference(
    std::shared_ptr<const reference::catalogue_index> index);
/// Over a revision of the catalogue.
[[nodiscard]] std::unique_ptr<reference_source> make_reference(reference::catalogue of);
/// The catalogue that is compiled in.
[[nodiscard]] std::unique_ptr<reference_source> starting_reference();

}  // namespace autocusto::printing
