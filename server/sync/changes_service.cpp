#include "server/sync/changes_service.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <utility>

#include "server/store/feed.hpp"
#include "server/store/versions.hpp"
#include "server/sync/page_builder.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::sync {
namespace {

bool position_known(store::feed::reads feed, store::pk user, const wire::cursor& at) {
  if (at.seq == 0) return at.chain == hash256{};
  return feed.chain_at(user, at.seq) == at.chain;
}

/// Remembers that the device is being given items of an import, which then cannot be taken back any
/// more. False when they were taken back since the page was built.
bool note_given(store::database& db, const store::session_owner& who, const wire::cursor& upto) {
  bool still = false;
  db.write([&](store::transaction& tx) {
    store::feed::writes feed(tx);
    still = false;
    static_cast<void>(feed.lock_head(who.user.key));
    if (!position_known(tx, who.user.key, upto)) return;
    feed.note_given(who.device.key, upto.seq);
    still = true;
  });
  return still;
}

}  // namespace

changes_service::changes_service(store::database& db, const sync_keys& keys)
    : db_(db), keys_(keys) {}

result<wire::page> changes_service::changes(const store::session_owner& who,
                                            const wire::cursor& from, std::int64_t limit,
                                            bool own) {
  const auto items =
      std::clamp<std::int64_t>(limit, 1, static_cast<std::int64_t>(limits::batch_versions));
  std::optional<wire::page> page;
  std::optional<wire::cursor> imported;
  db_.read([&](store::snapshot& snapshot) {
    page.reset();
    imported.reset();
    if (!position_known(snapshot, who.user.key, from)) return;
    detail::page_builder builder(snapshot, who, keys_, own);
    page = builder.build(from, items);
    imported = builder.imported_upto();
  });
  if (page && imported && !note_given(db_, who, *imported)) {
    return fail(errc::busy, "An import was taken back at this moment; ask again.");
  }
  if (!page) {
    ++counters_.cursor_unknown;
    return fail(errc::cursor_unknown,
                "The server does not know this position of the feed; it may have been restored. "
                "Read the feed from its start.",
                "cursor");
  }
  ++counters_.pages;
  counters_.items += static_cast<std::int64_t>(page->items.size());
  counters_.versions += static_cast<std::int64_t>(page->versions.size());
  return *std::move(page);
}

std::vector<version_id> changes_service::missing(const store::session_owner& who,
                                                 const std::vector<version_id>& held) {
  std::unordered_set<version_id> visible;
  db_.read([&](store::versions::reads versions) {
    visible.clear();
    for (const auto& id : versions.visible_versions(held, who.user.key)) visible.insert(id);
  });
  std::vector<version_id> out;
  for (const auto& id : held) {
    if (!visible.contains(id)) out.push_back(id);
  }
  return out;
}

}  // namespace autocusto::sync
