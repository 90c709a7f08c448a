#pragma once
// Private to the changes service: one page, built inside one snapshot.

#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "server/store/feed.hpp"
#include "server/store/people.hpp"
#include "server/sync/sync_keys.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync::detail {

class page_builder {
 public:
  /// All arguments must outlive it. One use, one thread. `with_own`: nothing is left out because
  /// the device made it.
  page_builder(store::snapshot& snapshot, const store::session_owner& who, const sync_keys& keys,
               bool with_own)
      : snapshot_(snapshot),
        feed_(snapshot),
        people_(snapshot),
        who_(who),
        keys_(keys),
        with_own_(with_own) {}

  /// The page behind `from`, whose chain the caller has checked; at most `limit` items.
  [[nodiscard]] wire::page build(const wire::cursor& from, std::int64_t limit);
  /// The last item that an import wrote and of which the page that was built gives anything: its
  /// own items, and those whose versions are carried ahead as heads of a view.
  [[nodiscard]] const std::optional<wire::cursor>& imported_upto() const { return imported_; }

 private:
  /// What one item adds to the page, and how many bytes of JSON that is at most.
  struct addition {
    wire::item item;
    std::vector<store::pk> versions;
    const store::view_row* view = nullptr;
    std::size_t bytes = 0;
  };

  bool add_chunk(std::span<const store::feed_item> chunk);
  void load_views(std::span<const store::feed_item> chunk);
  void load_versions(std::span<const store::feed_item> chunk);
  void find_own(std::span<const store::feed_item> chunk);
  addition weigh(const store::feed_item& from) const;
  void carry(const store::feed_item& from, addition&& what);
  void carry_view(const store::view_row& view, const store::feed_item& from);
  void carry_version(store::pk key, const incarnation_id& incarnation);
  void find_given_ahead();
  void name_authors();

  store::snapshot& snapshot_;
  store::feed::reads feed_;
  store::people::reads people_;
  const store::session_owner& who_;
  const sync_keys& keys_;
  bool with_own_;
  wire::page page_;
  std::size_t bytes_ = 0;
  std::optional<wire::cursor> imported_;
  std::unordered_map<store::pk, store::view_row> views_;
  std::unordered_map<store::pk, store::conflict_row> conflicts_;   ///< open ones, by view
  std::unordered_map<version_id, store::pk> version_keys_;         ///< of heads and drafts
  std::unordered_map<store::pk, store::stored_version> versions_;  ///< fetched, not yet carried
  std::unordered_set<store::pk> own_;  ///< versions that the asking device has already
  std::unordered_set<store::pk> carried_versions_;
  std::unordered_set<store::pk> carried_views_;
  /// Versions carried by another item than their own, by view.
  std::unordered_map<store::pk, std::unordered_set<store::pk>> ahead_;
  std::optional<bool> replaced_;  ///< whether a device stands in for the asking one; once asked
  std::set<store::pk> authors_;
  std::set<store::pk> devices_;
};

}  // namespace autocusto::sync::detail
