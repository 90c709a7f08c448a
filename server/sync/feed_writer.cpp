#include "server/sync/feed_writer.hpp"

#include <stdexcept>
#include <vector>

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

void append_events(store::writer& in, store::pk owner, const user_id& owner_public,
                   std::span<const feed_event> events) {
  if (events.empty()) return;
  auto head = in.lock_head(owner);
  std::vector<store::feed_row> rows;
  rows.reserve(events.size());
  for (const auto& e : events) {
    wire::item item;
    item.seq = ++head.seq;
    item.kind = item_kind_of(e.kind);
    item.incarnation = e.incarnation;
    item.record = e.record;
    item.version = e.version_public;
    store::feed_row row;
    row.user = owner;
    row.seq = head.seq;
    row.kind = e.kind;
    row.view = e.view;
    row.version = e.version;
    row.item_hash = wire::item_hash(item);
    head.chain = wire::next_chain(head.chain, row.item_hash);
    row.chain = head.chain;
    row.import_run = e.import_run;
    rows.push_back(row);
  }
  in.append_feed(owner, rows, head);
  in.wake(owner_public);
}

}  // namespace autocusto::sync
