#include "client/web/search_index.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace autocusto::web {
namespace {

std::string text_of(const domain::field_map& fields, const char* name) {
  const auto at = fields.find(name);
  if (at == fields.end()) return {};
  const auto* text = std::get_if<std::string>(&at->second);
  return text == nullptr ? std::string() : *text;
}

void add_digits(std::string& to, const std::string& text) {
  if (!to.empty()) to += ' ';
  std::copy_if(text.begin(), text.end(), std::back_inserter(to),
               [](char c) { return c >= '0' && c <= '9'; });
}

std::string name_in_index(const replica::list_item& item) {
  return item.kind + ' ' + item.key;
}

bool is_listed(std::string_view kind, const replica::list_item& item) {
  return kind.empty() ? item.kind != "emission" : item.kind == kind;
}

bool passes(const list_filter& filter, const replica::list_item& item) {
  return is_listed(filter.kind, item) && (!filter.draft || item.has_draft) &&
         (!filter.unsent || !item.synced) && (!filter.conflict || item.conflict);
}

}  // namespace

record_details details_of(const replica::record_shown& shown) {
  record_details out;
  out.changed_at = shown.version.created_at;
  const auto& fields = shown.fields;
  if (shown.kind == "patient") {
    out.mother = text_of(fields, "nome_mae");
    out.city = text_of(fields, "cidade_paciente");
    out.born = text_of(fields, "data_nascimento");
    add_digits(out.phones, text_of(fields, "telefone1_paciente"));
    add_digits(out.phones, text_of(fields, "telefone2_paciente"));
  } else if (shown.kind == "clinic") {
    out.city = text_of(fields, "cidade");
    add_digits(out.phones, text_of(fields, "telefone_clinica"));
  }
  return out;
}

bool search_index::before(const entry& a, const entry& b) {
  return std::tie(a.folded.words, a.item.name, a.item.kind, a.item.key) <
         std::tie(b.folded.words, b.item.name, b.item.kind, b.item.key);
}

void search_index::set_details(entry& of, std::optional<record_details> details) {
  of.details = std::move(details);
  of.more = of.details ? domain::fold_name(of.details->mother + ' ' + of.details->city)
                       : domain::folded_name();
}

void search_index::fill(std::vector<replica::list_item> items, std::size_t damaged) {
  damaged_ = damaged;
  learned_ = 0;
  std::unordered_map<std::string, entry> known;
  for (auto& each : entries_) {
    if (each.details) known.emplace(name_in_index(each.item), std::move(each));
  }
  entries_.clear();
  entries_.reserve(items.size());
  for (auto& item : items) {
    entry fresh{domain::fold_name(item.name), std::move(item), std::nullopt, {}};
    const auto old = known.find(name_in_index(fresh.item));
    if (old != known.end() && old->second.item.version == fresh.item.version) {
      fresh.details = std::move(old->second.details);
      fresh.more = std::move(old->second.more);
    }
    entries_.push_back(std::move(fresh));
  }
  std::sort(entries_.begin(), entries_.end(), before);
}

void search_index::put(replica::list_item item, std::optional<record_details> details) {
  std::erase_if(entries_, [&item](const entry& each) {
    return each.item.key == item.key && each.item.kind == item.kind;
  });
  entry fresh{domain::fold_name(item.name), std::move(item), std::nullopt, {}};
  set_details(fresh, std::move(details));
  entries_.insert(std::upper_bound(entries_.begin(), entries_.end(), fresh, before),
                  std::move(fresh));
  learned_ = 0;
}

void search_index::clear() {
  entries_ = {};
  learned_ = 0;
}

bool search_index::learn(const read_details& read, std::size_t most) {
  bool any = false;
  for (; learned_ < entries_.size() && most > 0; ++learned_) {
    auto& each = entries_[learned_];
    if (each.details) continue;
    // What cannot be read is not asked for again.
    set_details(each, read(each.item).value_or(record_details()));
    any = true;
    --most;
  }
  return any;
}

const record_details* search_index::details(const replica::list_item& of,
                                            const read_details& read) {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const entry& each) {
    return each.item.key == of.key && each.item.kind == of.kind;
  });
  if (at == entries_.end()) return nullptr;
  if (!at->details) set_details(*at, read(at->item).value_or(record_details()));
  return &*at->details;
}

found_records search_index::search(std::string_view kind, std::string_view term,
                                   std::size_t limit) const {
  const domain::search_term wanted(term);
  found_records out;
  const auto add = [&](const auto& finds) {
    for (const auto& each : entries_) {
      if (!is_listed(kind, each.item) || !finds(each)) continue;
      ++out.count;
      if (out.items.size() < limit) out.items.push_back(each.item);
    }
  };
  const auto by_name = [&](const entry& e) { return wanted.finds(e.folded, e.item.key); };
  add(by_name);
  add([&](const entry& e) {
    return e.details && wanted.finds_with(e.folded, e.more, e.details->phones) && !by_name(e);
  });
  if (out.count > 0) return out;
  add([&](const entry& e) { return wanted.finds_nearly(e.folded); });
  out.nearly = out.count > 0;
  return out;
}

const replica::list_item* search_index::find(std::string_view kind, std::string_view key) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const entry& each) {
    return each.item.key == key && each.item.kind == kind;
  });
  return at == entries_.end() ? nullptr : &at->item;
}

found_records search_index::list(const list_filter& filter, std::size_t offset,
                                 std::size_t limit) const {
  std::vector<const entry*> all;
  for (const auto& each : entries_) {
    if (passes(filter, each.item)) all.push_back(&each);
  }
  if (filter.newest_first) {
    std::stable_sort(all.begin(), all.end(), [](const entry* a, const entry* b) {
      const auto at = [](const entry* e) {
        return e->details ? std::string_view(e->details->changed_at) : std::string_view();
      };
      return at(a) > at(b);
    });
  }
  found_records out;
  out.count = all.size();
  for (std::size_t i = offset; i < all.size() && out.items.size() < limit; ++i) {
    out.items.push_back(all[i]->item);
  }
  return out;
}

list_counts search_index::counts() const {
  list_counts out;
  for (const auto& [folded, item, details, more] : entries_) {
    if (item.kind == "emission") continue;
    if (item.kind == "patient") ++out.patients;
    if (item.has_draft) ++out.drafts;
    if (item.conflict) ++out.conflicts;
    if (!item.synced) ++out.unsent;
  }
  return out;
}

}  // namespace autocusto::web
