// Listing and searching: an index built in memory by each call, so that no folded name stands in
// the file.
#include "shared/domain/search.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/replica_file.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::replica {
namespace {

struct found_item {
  domain::folded_name folded;
  list_item item;
};

found_item item_of(copy_state state) {
  return {.folded = domain::fold_name(state.name),
          .item = {.kind = std::move(state.record.kind),
                   .key = std::move(state.key),
                   .name = std::move(state.name),
                   .version = *state.shown.front(),
                   .number = state.number,
                   .conflict = state.shown.conflict(),
                   .synced = state.unsynced == 0,
                   .draft = !state.shown.active,
                   .has_draft = !state.shown.drafts.empty()}};
}

/// The list item of the record, with the name from the version that is shown now.
std::optional<found_item> named_now(replica_file& file, std::int64_t row) {
  unit_of_work set(file);
  auto* held = set.load(row);
  if (held == nullptr) return std::nullopt;
  auto state = held->state();
  try {
    state.name = held->name_of(*state.shown.front());
  } catch (const error_exception&) {
    // It is damaged; `verify` and opening it say so.
  }
  return item_of(std::move(state));
}

}  // namespace

result<std::vector<list_item>> reader::search(std::string_view kind, std::string_view term,
                                              std::size_t* damaged) const {
  if (domain::find_record_kind(kind) == nullptr) {
    return fail(errc::not_found, "There is no such kind of record; see the list of kinds.");
  }
  auto& file = *file_;
  const domain::search_term wanted(term);
  std::vector<found_item> found;
  const sqlite::snapshot now(file.db());
  if (const auto open = check_open(file); !open) return open.error();
  // What cannot be read must not keep the other records from being found.
  std::vector<std::int64_t> nameless;
  const std::size_t unread = each_sound_copy(file, [&](std::int64_t row, copy_state state) {
    if (state.hidden || state.record.kind != kind) return;
    const auto front = state.shown.front();
    if (!front) return;
    if (state.name.empty()) {
      nameless.push_back(row);  // seen first when this program did not know the kind
      return;
    }
    auto item = item_of(std::move(state));
    if (wanted.finds(item.folded, item.item.key)) found.push_back(std::move(item));
  });
  for (const auto row : nameless) {
    auto item = named_now(file, row);
    if (item && wanted.finds(item->folded, item->item.key)) found.push_back(*std::move(item));
  }
  if (damaged != nullptr) *damaged = unread;
  std::sort(found.begin(), found.end(), [](const found_item& a, const found_item& b) {
    return std::tie(a.folded.words, a.item.name, a.item.key) <
           std::tie(b.folded.words, b.item.name, b.item.key);
  });
  std::vector<list_item> out;
  out.reserve(found.size());
  for (auto& each : found) out.push_back(std::move(each.item));
  return out;
}

}  // namespace autocusto::replica
