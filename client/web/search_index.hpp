#pragma once
// Names and keys of all records, in memory, so that searching while typing is quick.
//
// It holds the items of `reader::list` with their folded names. A search gives the same records in
// the same order as `reader::search` (the rule is shared/domain/search.hpp). It exists only while
// the page is unlocked. One thread at a time.

#include <string>
#include <string_view>
#include <vector>

#include "client/replica/types.hpp"
#include "shared/domain/search.hpp"

namespace autocusto::web {

struct found_records {
  std::vector<replica::list_item> items;  ///< at most as many as were asked for
  std::size_t count = 0;                  ///< how many there are in all
};

class search_index {
 public:
  /// Replaces everything; `damaged` records could not be listed.
  void fill(std::vector<replica::list_item> items, std::size_t damaged = 0);
  /// Adds or replaces one record.
  void put(replica::list_item item);
  void clear();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t damaged() const { return damaged_; }

  /// `kind` empty: all kinds but emissions, which are found by their process.
  [[nodiscard]] found_records search(std::string_view kind, std::string_view term,
                                     std::size_t limit) const;
  [[nodiscard]] const replica::list_item* find(std::string_view kind, std::string_view key) const;

 private:
  struct entry {
    domain::folded_name folded;
    replica::list_item item;
  };
  static bool before(const entry& a, const entry& b);

  std::vector<entry> entries_;  ///< sorted
  std::size_t damaged_ = 0;
};

}  // namespace autocusto::web
