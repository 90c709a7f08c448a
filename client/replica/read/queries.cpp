// Questions about one record, and the short lists.
#include <algorithm>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/impl.hpp"
#include "client/replica/read/lookup.hpp"

namespace autocusto::replica {
namespace {

result<const version_meta*> front_or_selected(holding& held,
                                              const std::optional<std::string>& selector) {
  if (selector) return select_version(held, *selector);
  const auto front = held.settled().shown.front();
  const auto* meta = front ? held.find(*front) : nullptr;
  if (meta == nullptr) throw_damaged("the shown version of a record");
  return meta;
}

result<domain::field_map> fields_of(holding& held, std::string_view selector) {
  const auto meta = select_version(held, selector);
  if (!meta) return meta.error();
  if ((*meta)->erased) {
    return fail(errc::not_found, "The contents of this version were erased.");
  }
  return held.read(**meta).payload.fields;
}

/// Holdings that carry a mark of that kind.
template <class Wanted>
std::vector<std::int64_t> marked(ledger& file, Wanted&& wanted) {
  std::vector<std::int64_t> rows;
  file.each_entry(k_mark, [&](std::int64_t id, std::string_view sealed) {
    const auto plain = ledger::open_entry(k_mark, id, sealed, file.keys().cells());
    if (wanted(unpack_mark(plain))) rows.push_back(id);
  });
  return rows;
}

std::optional<version_id> base_of(holding& held) {
  const auto ancestors = held.dag().nearest_common_ancestors(held.settled().shown.heads);
  if (ancestors.size() != 1 || held.find(ancestors.front()) == nullptr) return std::nullopt;
  return ancestors.front();
}

conflict_item conflict_of(holding& held) {
  const auto& state = held.settled();
  conflict_item out;
  out.kind = state.record.kind;
  out.key = state.key;
  out.heads = state.shown.heads;
  if (state.told.conflict) {
    out.id = state.told.conflict->id;
    out.base = state.told.conflict->base;
    out.opened_at = state.told.conflict->opened_at;
  }
  // What waits here may have other ancestors than the heads that the server told of.
  if (state.shown.heads != state.told.heads) out.base = base_of(held);
  return out;
}

}  // namespace

result<record_shown> replica_store::show(std::string_view kind, std::string_view key,
                                         const std::optional<std::string>& selector) const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  working_set set(file);
  const auto at = selector ? find_held(file, set, kind, key) : find_visible(file, set, kind, key);
  if (!at) return at.error();
  const auto meta = front_or_selected(*at->held, selector);
  if (!meta) return meta.error();
  auto version = at->held->read(**meta);
  const auto& state = at->held->settled();
  record_shown out;
  out.kind = at->kind->kind;
  out.key = state.key;
  out.version =
      describe(file, *at->held, **meta, version, number_in(at->held->history(), (*meta)->id));
  out.fields = std::move(version.payload.fields);
  out.conflict = state.shown.conflict();
  out.heads = state.shown.heads;
  out.drafts = state.shown.drafts;
  out.synced = state.unsynced == 0;
  return out;
}

result<std::vector<version_info>> replica_store::history(std::string_view kind,
                                                         std::string_view key) const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  working_set set(file);
  const auto at = find_held(file, set, kind, key);
  if (!at) return at.error();
  std::vector<version_info> out;
  for (const auto* meta : at->held->history()) {
    out.push_back(describe(file, *at->held, *meta, at->held->read(*meta),
                           static_cast<std::int64_t>(out.size()) + 1));
  }
  return out;
}

result<std::vector<domain::field_change>> replica_store::diff(std::string_view kind,
                                                              std::string_view key,
                                                              std::string_view from,
                                                              std::string_view to) const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  working_set set(file);
  const auto at = find_held(file, set, kind, key);
  if (!at) return at.error();
  const auto before = fields_of(*at->held, from);
  if (!before) return before.error();
  const auto after = fields_of(*at->held, to);
  if (!after) return after.error();
  return domain::diff_fields(kind, *before, *after);
}

std::vector<conflict_item> replica_store::conflicts() const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  working_set set(file);
  std::vector<conflict_item> out;
  if (closed_now(file)) return out;
  for (const auto row : marked(file, [](const mark_entry& mark) { return mark.conflict; })) {
    if (auto* held = set.load(row)) out.push_back(conflict_of(*held));
  }
  std::sort(out.begin(), out.end(), [](const conflict_item& a, const conflict_item& b) {
    return std::tie(a.kind, a.key) < std::tie(b.kind, b.key);
  });
  return out;
}

status replica_store::status() const {
  auto& file = impl_->file;
  replica::status out;
  out.refused = refused();
  const sqlite::snapshot now(file.db());
  const auto count = [&out](unix_millis since, bool acknowledged, std::size_t& acknowledged_count) {
    if (acknowledged) {
      ++acknowledged_count;
      return;
    }
    ++out.pending;
    if (!out.oldest_pending || since < *out.oldest_pending) out.oldest_pending = since;
  };
  auto& cells = file.keys().cells();
  for (const auto* table : {&k_waiting, &k_unpulled}) {
    file.each_entry(*table, [&](std::int64_t id, std::string_view sealed) {
      const auto entry = unpack_waiting(ledger::open_entry(*table, id, sealed, cells));
      count(entry.since, table == &k_unpulled, out.unpulled);
    });
  }
  file.each_entry(k_discard, [&](std::int64_t id, std::string_view sealed) {
    const auto entry = unpack_discard(ledger::open_entry(k_discard, id, sealed, cells));
    count(entry.since, entry.acknowledged, out.unpulled);
  });
  out.conflicts = marked(file, [](const mark_entry& mark) { return mark.conflict; }).size();
  out.hidden = marked(file, [](const mark_entry& mark) { return mark.hidden; }).size();
  if (const auto closed = closed_now(file)) {
    out.closed_since = closed->since;
    out.erased = out.erasure_due = closed->erased;
  } else {
    out.erasure_due = any_gone(file);
  }
  out.sealed = sealed_in(file);
  if (const auto last = file.get(k_last_sync)) out.last_sync = unpack_outcome(*last);
  if (const auto at = file.get_number(k_last_success); at != 0) out.last_success = at;
  return out;
}

std::optional<unix_millis> replica_store::oldest_pending() const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  auto& cells = file.keys().cells();
  std::optional<unix_millis> oldest;
  const auto count = [&oldest](unix_millis since) {
    if (!oldest || since < *oldest) oldest = since;
  };
  file.each_entry(k_waiting, [&](std::int64_t id, std::string_view sealed) {
    count(unpack_waiting(ledger::open_entry(k_waiting, id, sealed, cells)).since);
  });
  file.each_entry(k_discard, [&](std::int64_t id, std::string_view sealed) {
    const auto entry = unpack_discard(ledger::open_entry(k_discard, id, sealed, cells));
    if (!entry.acknowledged) count(entry.since);
  });
  return oldest;
}

std::int64_t replica_store::changes_elsewhere() const {
  auto q = impl_->file.db().ask("PRAGMA data_version");
  return q->step() ? q->column_int(0) : 0;
}

std::size_t count_pending(ledger& file) {
  auto q = file.db().ask("SELECT count(*) FROM waiting");
  std::size_t count = q->step() ? static_cast<std::size_t>(q->column_int(0)) : 0;
  file.each_entry(k_discard, [&](std::int64_t id, std::string_view sealed) {
    const auto plain = ledger::open_entry(k_discard, id, sealed, file.keys().cells());
    if (!unpack_discard(plain).acknowledged) ++count;
  });
  return count;
}

std::size_t count_unsynced(ledger& file) {
  std::size_t count = count_pending(file);
  working_set set(file);
  file.each_entry(k_refused, [&](std::int64_t id, std::string_view sealed) {
    auto* held = set.load(holding_of(id));
    if (held == nullptr) throw_damaged("the record of a refused version");
    if (!unpack_refused(ledger::open_entry(k_refused, id, sealed, held->sealer())).at_server) {
      ++count;
    }
  });
  return count;
}

std::size_t replica_store::pending_count() const {
  const sqlite::snapshot now(impl_->file.db());
  return count_pending(impl_->file);
}

std::size_t replica_store::unsynced_count() const {
  const sqlite::snapshot now(impl_->file.db());
  return count_unsynced(impl_->file);
}

std::vector<waiting_item> replica_store::waiting() const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  auto& cells = file.keys().cells();
  std::vector<std::pair<std::int64_t, waiting_item>> found;  // by the count of saves
  working_set set(file);
  const auto place = [&set](std::int64_t row, waiting_item& item, bool acknowledged) {
    auto* held = set.load(holding_of(row));
    if (held == nullptr) throw_damaged("the record of a version that waits");
    item.kind = held->state().record.kind;
    item.key = held->state().key;
    item.what = held->state().hidden ? waiting_for::surrender
                : acknowledged       ? waiting_for::feed
                                     : waiting_for::push;
  };
  for (const auto* table : {&k_waiting, &k_unpulled}) {
    file.each_entry(*table, [&](std::int64_t id, std::string_view sealed) {
      const auto entry = unpack_waiting(ledger::open_entry(*table, id, sealed, cells));
      waiting_item item;
      item.version = entry.version;
      item.since = entry.since;
      place(id, item, table == &k_unpulled);
      found.emplace_back(entry.saved, std::move(item));
    });
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<waiting_item> out;
  for (auto& [saved_at, item] : found) out.push_back(std::move(item));
  file.each_entry(k_discard, [&](std::int64_t id, std::string_view sealed) {
    const auto entry = unpack_discard(ledger::open_entry(k_discard, id, sealed, cells));
    waiting_item item;
    item.version = entry.draft;
    item.discard = true;
    item.since = entry.since;
    place(id, item, entry.acknowledged);
    out.push_back(std::move(item));
  });
  return out;
}

std::vector<notice> replica_store::notices() const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  working_set set(file);
  std::vector<notice> out;
  if (closed_now(file)) return out;
  file.each_entry(k_notice, [&](std::int64_t id, std::string_view sealed) {
    auto* held = set.load(holding_of(id));
    if (held == nullptr) throw_damaged("the record of a notice");
    if (held->state().hidden) return;
    const auto entry = unpack_notice(ledger::open_entry(k_notice, id, sealed, held->sealer()));
    out.push_back({.id = id,
                   .what = entry.what,
                   .kind = held->state().record.kind,
                   .key = held->state().key,
                   .version = entry.version,
                   .at = entry.at});
  });
  std::sort(out.begin(), out.end(), [](const notice& a, const notice& b) { return a.at < b.at; });
  return out;
}

result<void> replica_store::forget_notices() {
  auto& file = impl_->file;
  auto scope = file.begin();
  if (!scope) return scope.error();
  file.db().ask("DELETE FROM notice")->run();
  (*scope)->commit();
  return {};
}

}  // namespace autocusto::replica
