#include "server/sync/feed_writer.hpp"

#include <stdexcept>
#include <vector>

#include "server/store/feed.hpp"

namespace autocusto::sync {

wire::item_kind item_kind_of(store::feed_kind kind) {
  switch (kind) {
    case store::feed_kind::version:
      return wire::item_kind::version;
    case store::feed_kind::assigned:
      return wire::item_kind::assigned;
    case store::feed_kind::discarded:
      return wire::item_kind::discarded;
    case store::feed_kind::removed:
      return wire::item_kind::removed;
  }
  throw std::logic_error("a feed kind without a name");
}

void append_events(store::feed::writes feed, const feed_additions& by_owner) {
  std::vector<store::pk> owners;
  for (const auto& [owner, added] : by_owner) {
    if (!added.events.empty()) owners.push_back(owner);
  }
  if (owners.empty()) return;
  auto heads = feed.lock_heads(owners);
  std::vector<store::feed_row> rows;
  for (auto& [owner, head] : heads) {
    for (const auto& e : by_owner.at(owner).events) {
      wire::item item;
      item.seq = ++head.seq;
      item.kind = item_kind_of(e.kind);
      item.incarnation = e.incarnation;
      item.record = e.record;
      item.version = e.version_public;
      const auto hash = wire::item_hash(item);
      head.chain = wire::next_chain(head.chain, hash);
      rows.push_back({owner, head.seq, e.kind, e.view, e.version, hash, head.chain, e.import_run});
    }
  }
  feed.append(rows, heads);
  for (const auto owner : owners) feed.wake(by_owner.at(owner).owner);
}

void append_events(store::feed::writes feed, store::pk owner, const user_id& owner_public,
                   std::span<const feed_event> events) {
  append_events(feed, {{owner, {owner_public, {events.begin(), events.end()}}}});
}

}  // namespace autocusto::sync
