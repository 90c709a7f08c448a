#pragma once
// Names and keys of all records, in memory, so that searching while typing is quick.
//
// It holds the items of `reader::list` with their folded names. What `reader::search` finds comes
// first, in the same order (the rule is shared/domain/search.hpp); then what is found by mother,
// city and telephone; where all that is nothing, names with one wrong letter. The details for that
// are read little by little, since they lie in the records themselves; a search finds by those that
// are known. It exists only while the page is unlocked. One thread at a time.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/replica/types.hpp"
#include "shared/domain/search.hpp"

namespace autocusto::web {

/// What lists show of a record beside its name, from its fields.
struct record_details {
  std::string mother;
  std::string city;
  std::string born;        ///< a date
  std::string phones;      ///< digits, with blanks between
  std::string changed_at;  ///< of the version that is shown
};
[[nodiscard]] record_details details_of(const replica::record_shown& shown);

struct found_records {
  std::vector<replica::list_item> items;  ///< at most as many as were asked for
  std::size_t count = 0;                  ///< how many there are in all
  bool nearly = false;                    ///< found only with one wrong letter
};

/// Which records a list shows.
struct list_filter {
  std::string kind;  ///< empty: all but emissions
  bool draft = false, unsent = false, conflict = false;
  bool newest_first = false;  ///< by the last change; else by name
};

struct list_counts {
  std::size_t patients = 0, drafts = 0, conflicts = 0, unsent = 0;
};

class search_index {
 public:
  /// Reads a record's details; nothing for one that cannot be read.
  using read_details = std::function<std::optional<record_details>(const replica::list_item& item)>;

  /// Replaces everything; `damaged` records could not be listed. Details of versions that are still
  /// the shown ones are kept.
  void fill(std::vector<replica::list_item> items, std::size_t damaged = 0);
  /// Adds or replaces one record.
  void put(replica::list_item item, std::optional<record_details> details = std::nullopt);
  void clear();
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t damaged() const { return damaged_; }

  /// Reads details that are missing, of at most so many records. False: none was missing.
  bool learn(const read_details& read, std::size_t most);
  /// Those of one record, read now if they are missing; null when there is no such record.
  [[nodiscard]] const record_details* details(const replica::list_item& of,
                                              const read_details& read);

  /// `kind` empty: all kinds but emissions, which are found by their process.
  [[nodiscard]] found_records search(std::string_view kind, std::string_view term,
                                     std::size_t limit) const;
  [[nodiscard]] const replica::list_item* find(std::string_view kind, std::string_view key) const;
  /// Those that pass, in the order that the filter names, from `offset` on. By the last change only
  /// once all details are known (`learn`).
  [[nodiscard]] found_records list(const list_filter& filter, std::size_t offset,
                                   std::size_t limit) const;
  [[nodiscard]] list_counts counts() const;

 private:
  struct entry {
    domain::folded_name folded;
    replica::list_item item;
    std::optional<record_details> details;
    domain::folded_name more;  ///< mother and city
  };
  static bool before(const entry& a, const entry& b);
  static void set_details(entry& of, std::optional<record_details> details);

  std::vector<entry> entries_;  ///< sorted
  std::size_t learned_ = 0;     ///< before this one none is missing
  std::size_t damaged_ = 0;
};

}  // namespace autocusto::web
