#include "client/web/search_index.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace autocusto::web {
bool search_index::before(const entry& a, const entry& b) {
  return std::tie(a.folded.words, a.item.name, a.item.kind, a.item.key) <
         std::tie(b.folded.words, b.item.name, b.item.kind, b.item.key);
}

void search_index::fill(std::vector<replica::list_item> items, std::size_t damaged) {
  damaged_ = damaged;
  entries_.clear();
  entries_.reserve(items.size());
  for (auto& item : items) {
    auto folded = domain::fold_name(item.name);
    entries_.push_back({std::move(folded), std::move(item)});
  }
  std::sort(entries_.begin(), entries_.end(), before);
}

void search_index::put(replica::list_item item) {
  std::erase_if(entries_, [&item](const entry& each) {
    return each.item.key == item.key && each.item.kind == item.kind;
  });
  entry fresh{domain::fold_name(item.name), std::move(item)};
  entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), fresh, before),
                  std::move(fresh));
}

void search_index::clear() {
  entries_ = {};
}

found_records search_index::search(std::string_view kind, std::string_view term,
                                   std::size_t limit) const {
  const domain::search_term wanted(term);
  found_records out;
  for (const auto& each : entries_) {
    if (kind.empty() ? each.item.kind == "emission" : each.item.kind != kind) continue;
    if (!wanted.finds(each.folded, each.item.key)) continue;
    ++out.count;
    if (out.items.size() < limit) out.items.push_back(each.item);
  }
  return out;
}

const replica::list_item* search_index::find(std::string_view kind, std::string_view key) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const entry& each) {
    return each.item.key == key && each.item.kind == kind;
  });
  return at == entries_.end() ? nullptr : &at->item;
}

}  // namespace autocusto::web
