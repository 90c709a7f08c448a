#include "client/web/search_index.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "shared/domain/validate.hpp"

namespace autocusto::web {
namespace {

std::string digits_of(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c >= '0' && c <= '9'; });
  return out;
}

bool looks_like_a_key(std::string_view term) {
  return term.find_first_not_of("0123456789.-/ ") == std::string_view::npos;
}

}  // namespace

bool search_index::before(const entry& a, const entry& b) {
  return std::tie(a.folded, a.item.name, a.item.kind, a.item.key) <
         std::tie(b.folded, b.item.name, b.item.kind, b.item.key);
}

void search_index::fill(std::vector<replica::list_item> items) {
  entries_.clear();
  entries_.reserve(items.size());
  for (auto& item : items) {
    auto folded = domain::fold_text(item.name);
    entries_.push_back({std::move(folded), std::move(item)});
  }
  std::sort(entries_.begin(), entries_.end(), before);
}

void search_index::put(replica::list_item item) {
  std::erase_if(entries_, [&item](const entry& each) {
    return each.item.key == item.key && each.item.kind == item.kind;
  });
  entry fresh{domain::fold_text(item.name), std::move(item)};
  entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), fresh, before),
                  std::move(fresh));
}

void search_index::clear() {
  entries_ = {};
}

found_records search_index::search(std::string_view kind, std::string_view term,
                                   std::size_t limit) const {
  const auto folded = domain::fold_text(term);
  const auto digits = looks_like_a_key(term) ? digits_of(term) : std::string();
  found_records out;
  for (const auto& each : entries_) {
    if (!kind.empty() && each.item.kind != kind) continue;
    const bool by_name = each.folded.find(folded) != std::string::npos;
    const bool by_key = !digits.empty() && each.item.key.find(digits) != std::string::npos;
    if (!by_name && !by_key) continue;
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
