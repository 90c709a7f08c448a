// Feeds, and the views that follow from them.
#include <algorithm>
#include <tuple>

#include "server/store/conflicts.hpp"
#include "server/store/feed.hpp"
#include "server/store/views.hpp"
#include "server/sync/feed_writer.hpp"
#include "server/sync/verify_parts.hpp"
#include "shared/domain/view_lineage.hpp"

namespace autocusto::sync::detail {
namespace {

constexpr std::int64_t k_items = 1000;
constexpr std::size_t k_steps = 1000;  // views are replayed for about this many items at a time
constexpr std::int64_t k_views = 1000;

std::string view_name(store::pk view) {
  return "view " + std::to_string(view);
}

/// What one item does to its view; no version for `removed`.
void replay(store::view_row& view, domain::view_lineage& lineage, store::feed_kind kind,
            const store::version_node* version, const domain::version_dag& dag) {
  switch (kind) {
    case store::feed_kind::version:
      lineage.add(view.state, dag, version->id, version->status);
      break;
    case store::feed_kind::assigned:
      domain::assign_version(view.state, version->id);
      break;
    case store::feed_kind::discarded:
      static_cast<void>(domain::discard_draft(view.state, version->id));
      break;
    case store::feed_kind::removed:
      view.open = false;
      break;
  }
}

}  // namespace

void verifier::walk_feeds() {
  for (const auto& [key, id] : users_) {
    store::user_row user;
    user.key = key;
    user.id = id;
    ++report_.counts.users;
    check_views_of(user, walk_feed(user));
    tell("feed_items", report_.counts.feed_items);
  }
}

std::vector<verifier::step> verifier::walk_feed(const store::user_row& user) {
  const std::string feed_name = "feed of user " + std::to_string(user.key);
  std::vector<step> steps;
  std::int64_t last = 0;
  hash256 chain;
  for (;;) {
    const auto items = store::feed::reads(snapshot_).feed(user.key, last, k_items);
    if (items.empty()) break;
    std::int64_t expected = last;
    for (const auto& item : items) {
      const std::string where = feed_name + ", item " + std::to_string(item.seq);
      check_item(item, ++expected, chain, where);
      expected = item.seq;
      steps.push_back({item.record, item.view, item.seq, item.kind, item.version.value_or(0)});
    }
    last = items.back().seq;
    report_.counts.feed_items += static_cast<std::int64_t>(items.size());
  }
  const auto head = store::feed::reads(snapshot_).head(user.key);
  if (head.seq != last || head.chain != chain) find("feed_head", feed_name);
  return steps;
}

/// `chain` goes from the one before the item to the one behind it, as it is stored: so one damaged
/// item is one finding and not one for every later item.
void verifier::check_item(const store::feed_item& item, std::int64_t seq, hash256& chain,
                          const std::string& where) {
  if (item.seq != seq) find("feed_gap", where);
  wire::item plain;
  plain.seq = item.seq;
  plain.kind = item_kind_of(item.kind);
  plain.incarnation = item.incarnation;
  plain.record = item.record_public;
  plain.version = item.version_public;
  const bool has_version = item.version.has_value();
  if (has_version == (item.kind == store::feed_kind::removed)) find("item_version", where);
  if (wire::item_hash(plain) != item.item_hash) find("item_hash", where);
  if (wire::next_chain(chain, item.item_hash) != item.chain) find("item_chain", where);
  chain = item.chain;
}

/// Replays the user's views record by record, some at a time.
void verifier::check_views_of(const store::user_row& user, std::vector<step> steps) {
  std::sort(steps.begin(), steps.end(), [](const step& a, const step& b) {
    return std::tie(a.record, a.seq) < std::tie(b.record, b.seq);
  });
  const std::span<const step> all(steps);
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = std::min(all.size(), from + k_steps);
    while (to < all.size() && all[to].record == all[to - 1].record) ++to;
    check_views(user, all.subspan(from, to - from));
    from = to;
  }
}

void verifier::check_views(const store::user_row& user, std::span<const step> steps) {
  std::vector<store::pk> records;
  std::vector<store::pk> keys;
  std::unordered_map<store::pk, store::view_row> replayed;
  for (const auto& s : steps) {
    if (records.empty() || records.back() != s.record) records.push_back(s.record);
    auto [at, is_new] = replayed.try_emplace(s.view);
    if (!is_new) continue;
    keys.push_back(s.view);
    replayed_views_.insert(s.view);
    at->second.user = user.key;
    at->second.record = s.record;
  }
  std::unordered_map<store::pk, domain::version_dag> dags;
  std::unordered_map<store::pk, store::version_node> versions;
  for (auto& node : versions_.graphs(records, 0)) {
    dags[node.record].add(
        {node.id, node.parents, node.generation, node.status == domain::version_status::draft});
    const auto key = node.key;
    versions.emplace(key, std::move(node));
  }
  std::unordered_map<store::pk, domain::view_lineage> lineages;
  for (const auto& s : steps) {
    const auto at = versions.find(s.version);
    // A version of another record is as good as none.
    const bool found = at != versions.end() && at->second.record == s.record;
    if (!found && s.kind != store::feed_kind::removed) {
      find("item_version",
           "feed of user " + std::to_string(user.key) + ", item " + std::to_string(s.seq));
      continue;
    }
    auto& view = replayed.at(s.view);
    if (!view.open) find("item_after_removed", view_name(s.view));
    replay(view, lineages[s.view], s.kind, found ? &at->second : nullptr, dags[s.record]);
  }
  const auto conflicts = store::conflicts::reads(snapshot_).open_conflicts(keys);
  std::unordered_map<store::pk, std::vector<const store::conflict_row*>> open;
  for (const auto& conflict : conflicts) open[conflict.view].push_back(&conflict);
  const auto rows = store::views::reads(snapshot_).views_by_pk(keys);
  if (rows.size() != keys.size()) {
    find("view_missing", "feed of user " + std::to_string(user.key));
  }
  for (const auto& row : rows) {
    check_view(row, replayed.at(row.key), dags[row.record]);
    check_conflict(row, open[row.key]);
  }
}

void verifier::check_view(const store::view_row& row, const store::view_row& replayed,
                          const domain::version_dag& dag) {
  const std::string where = view_name(row.key);
  if (row.user != replayed.user || row.record != replayed.record) find("view_of_other", where);
  if (row.open != replayed.open) find("view_open", where);
  if (row.state.heads != replayed.state.heads) find("view_heads", where);
  if (row.state.pinned != replayed.state.pinned) find("view_pinned", where);
  if (row.state.drafts != replayed.state.drafts) find("view_drafts", where);
  if (row.active != domain::active_version(row.state, dag)) find("view_active", where);
}

void verifier::check_conflict(const store::view_row& row,
                              const std::vector<const store::conflict_row*>& open) {
  const bool expected = row.open && domain::in_conflict(row.state);
  report_.counts.open_conflicts += static_cast<std::int64_t>(open.size());
  if (open.size() != (expected ? 1U : 0U)) find("conflict_books", view_name(row.key));
}

/// Every view came into being by an item of its owner's feed.
void verifier::walk_views() {
  store::pk after = 0;
  for (;;) {
    const auto views = store::views::reads(snapshot_).views_after(after, k_views);
    if (views.empty()) break;
    after = views.back().key;
    for (const auto& view : views) {
      if (!replayed_views_.contains(view.key)) find("view_without_items", view_name(view.key));
    }
    report_.counts.views += static_cast<std::int64_t>(views.size());
    tell("views", report_.counts.views);
  }
}

}  // namespace autocusto::sync::detail
