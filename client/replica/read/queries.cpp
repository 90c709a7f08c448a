// Questions about one record, and the short lists.
#include <algorithm>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/file/kept_catalogue.hpp"
#include "client/replica/file/kept_texts.hpp"
#include "client/replica/file/releases.hpp"
#include "client/replica/file/taken_records.hpp"
#include "client/replica/read/lookup.hpp"
#include "client/replica/read/reader.hpp"

namespace autocusto::replica {
namespace {

/// Runs `read`; false when what it reads was changed or damaged, which `list` and `verify` count.
/// One damaged record keeps no list of others from being shown.
template <class Read>
bool is_sound(Read read) {
  try {
    read();
    return true;
  } catch (const error_exception& e) {
    if (e.get().code != errc::database) throw;
    return false;
  }
}

result<const version_meta*> front_or_selected(record_copy& held,
                                              const std::optional<std::string>& selector) {
  if (selector) return select_version(held, *selector);
  const auto front = held.settled().shown.front();
  const auto* meta = front ? held.find(*front) : nullptr;
  if (meta == nullptr) throw_damaged("the shown version of a record");
  return meta;
}

std::optional<version_id> base_of(record_copy& held) {
  const auto ancestors = held.dag().nearest_common_ancestors(held.settled().shown.heads);
  if (ancestors.size() != 1 || held.find(ancestors.front()) == nullptr) return std::nullopt;
  return ancestors.front();
}

conflict_item conflict_of(record_copy& held) {
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

result<record_shown> reader::show(std::string_view kind, std::string_view key,
                                  const std::optional<std::string>& selector) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
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

result<std::vector<version_info>> reader::history(std::string_view kind,
                                                  std::string_view key) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
  const auto at = find_held(file, set, kind, key);
  if (!at) return at.error();
  std::vector<version_info> out;
  for (const auto* meta : at->held->history()) {
    out.push_back(describe(file, *at->held, *meta, at->held->read(*meta),
                           static_cast<std::int64_t>(out.size()) + 1));
  }
  return out;
}

result<std::vector<domain::field_change>> reader::diff(std::string_view kind, std::string_view key,
                                                       std::string_view from,
                                                       std::string_view to) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
  const auto at = find_held(file, set, kind, key);
  if (!at) return at.error();
  const auto before = fields_of(*at->held, from);
  if (!before) return before.error();
  const auto after = fields_of(*at->held, to);
  if (!after) return after.error();
  return domain::diff_fields(kind, *before, *after);
}

std::vector<conflict_item> reader::conflicts() const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
  std::vector<conflict_item> out;
  if (closed_now(file)) return out;
  for (const auto row : marked_rows(file, &mark_entry::conflict)) {
    if (auto* held = set.load(row)) out.push_back(conflict_of(*held));
  }
  std::sort(out.begin(), out.end(), [](const conflict_item& a, const conflict_item& b) {
    return std::tie(a.kind, a.key) < std::tie(b.kind, b.key);
  });
  return out;
}

status reader::status() const {
  auto& file = *file_;
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
  for (const auto* table : {&k_waiting, &k_unpulled}) {
    each_waiting(file, *table, [&](std::int64_t, const waiting_entry& entry) {
      count(entry.since, table == &k_unpulled, out.unpulled);
    });
  }
  each_discard(file, [&](std::int64_t, const discard_entry& entry) {
    count(entry.since, entry.acknowledged, out.unpulled);
  });
  out.conflicts = marked_rows(file, &mark_entry::conflict).size();
  out.hidden = marked_rows(file, &mark_entry::hidden).size();
  if (const auto closed = closed_now(file)) {
    out.closed_since = closed->since;
    out.erased = closed->erased;
  }
  out.beyond_server = records_beyond_server(file, server_kinds(file)).size();
  out.unknown = unknown_here(file);
  out.catalogue_refused = catalogue_refused(file);
  out.erasure_due = erasure_due(file);
  out.sealed = sealed_in(file);
  if (const auto last = file.get(k_last_sync)) out.last_sync = unpack_outcome(*last);
  if (const auto at = file.get_number(k_last_success); at != 0) out.last_success = at;
  return out;
}

std::int64_t reader::changes_elsewhere() const {
  auto q = file_->db().ask("PRAGMA data_version");
  return q->step() ? q->column_int(0) : 0;
}

std::vector<waiting_item> reader::waiting() const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  std::vector<std::pair<std::int64_t, waiting_item>> found;  // by the count of saves
  unit_of_work set(file);
  const auto place = [&set](std::int64_t row, waiting_item& item, bool acknowledged) {
    auto& held = set.of_version(row);
    item.kind = held.state().record.kind;
    item.key = held.state().key;
    item.what = held.state().hidden ? waiting_for::surrender
                : acknowledged      ? waiting_for::feed
                                    : waiting_for::push;
  };
  for (const auto* table : {&k_waiting, &k_unpulled}) {
    each_waiting(file, *table, [&](std::int64_t id, const waiting_entry& entry) {
      waiting_item item;
      item.version = entry.version;
      item.since = entry.since;
      if (!is_sound([&] { place(id, item, table == &k_unpulled); })) return;
      found.emplace_back(entry.saved, std::move(item));
    });
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<waiting_item> out;
  for (auto& [saved_at, item] : found) out.push_back(std::move(item));
  each_discard(file, [&](std::int64_t id, const discard_entry& entry) {
    waiting_item item;
    item.version = entry.draft;
    item.discard = true;
    item.since = entry.since;
    if (!is_sound([&] { place(id, item, entry.acknowledged); })) return;
    out.push_back(std::move(item));
  });
  return out;
}

std::vector<notice> reader::notices() const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
  std::vector<notice> out;
  if (closed_now(file)) return out;
  file.each_entry(k_notice, [&](std::int64_t id, std::string_view sealed) {
    static_cast<void>(is_sound([&] {
      auto& held = set.of_version(id);
      if (held.state().hidden) return;
      const auto entry =
          unpack_notice(replica_file::open_entry(k_notice, id, sealed, held.sealer()));
      out.push_back({.id = id,
                     .what = entry.what,
                     .kind = held.state().record.kind,
                     .key = held.state().key,
                     .version = entry.version,
                     .at = entry.at});
    }));
  });
  for (auto& each : taken_records(file)) {
    notice one;
    one.what = notice_kind::taken;
    one.kind = std::move(each.kind);
    one.at = each.at;
    one.initials = std::move(each.initials);
    one.edits = each.edits;
    out.push_back(std::move(one));
  }
  std::sort(out.begin(), out.end(), [](const notice& a, const notice& b) { return a.at < b.at; });
  return out;
}

std::vector<kept_text> reader::kept_texts(std::string_view name) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  std::vector<kept_text> out;
  if (closed_now(file)) return out;
  unit_of_work set(file);
  for (auto& each : texts_in(file)) {
    if (each.name != name) continue;
    const bool gone = each.record && set.open_view(*each.record) == nullptr;
    if (!gone) out.push_back(std::move(each.what));
  }
  return out;
}

bool reader::closed() const {
  return closed_now(*file_).has_value();
}

result<void> reader::check_access() const {
  return check_open(*file_);
}

}  // namespace autocusto::replica
