#pragma once
// A catalogue that is ready to be asked: by CID, by code, and by words that somebody types.
//
// Made once for a revision (some 50 ms for the whole CID table), then immutable: any number of
// threads may ask it. It owns its catalogue; what it returns points into it and lives as long.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "shared/domain/search.hpp"
#include "shared/reference/catalogue.hpp"

namespace autocusto::reference {

/// What a search found, the best first: whose code was typed, whose name begins with what was
/// typed, the others by name; retired ones last.
struct hits {
  std::vector<const disease*> diseases;
  std::vector<const medicine*> medicines;
  std::vector<const protocol*> protocols;
  bool more = false;  ///< some were left out because of the limit
};

class catalogue_index {
 public:
  explicit catalogue_index(catalogue of);
  catalogue_index(const catalogue_index&) = delete;
  catalogue_index& operator=(const catalogue_index&) = delete;
  ~catalogue_index() = default;

  [[nodiscard]] const catalogue& whole() const { return whole_; }

  /// Null for an unknown one. A CID may be typed as `canonical_cid` reads it.
  [[nodiscard]] const disease* find_disease(std::string_view cid) const;
  [[nodiscard]] const medicine* find_medicine(std::string_view code) const;
  [[nodiscard]] const protocol* find_protocol(std::string_view code) const;
  /// The medicine that an imported database knew by this id; null for none.
  [[nodiscard]] const medicine* find_legacy(std::string_view legacy_id) const;

  /// What may be asked for under a CID, by name; retired ones last.
  [[nodiscard]] std::vector<const medicine*> medicines_for(std::string_view cid) const;
  [[nodiscard]] std::vector<const protocol*> protocols_for(std::string_view cid) const;

  /// Folds case and accents; each word has to stand in the name (shared/domain/search.hpp). A CID
  /// or code is found by its beginning, with or without the dot. At most `limit` of each list. A
  /// blank text finds nothing. Milliseconds, for a search at each key stroke.
  [[nodiscard]] hits search(std::string_view typed, std::size_t limit = 50) const;

 private:
  using positions = std::unordered_map<std::string_view, std::size_t>;
  using lists = std::unordered_map<std::string_view, std::vector<std::size_t>>;

  catalogue whole_;
  std::vector<domain::folded_name> disease_names_;
  std::vector<domain::folded_name> medicine_names_;
  std::vector<domain::folded_name> protocol_names_;
  positions disease_of_;
  positions medicine_of_;
  positions protocol_of_;
  positions legacy_of_;
  lists medicines_of_cid_;
  lists protocols_of_cid_;
};

}  // namespace autocusto::reference
