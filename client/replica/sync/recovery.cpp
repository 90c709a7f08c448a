// Going on after the server went back to an older state.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/file/push_slots.hpp"
#include "client/replica/file/record_copy.hpp"
#include "client/replica/sync/awaited_items.hpp"
#include "client/replica/sync/sync_store.hpp"

namespace autocusto::replica {
namespace {

constexpr std::string_view k_recovering = "recovering";

/// Added to the generation for the order of pushes: before every edit of the record.
constexpr std::int64_t k_before_edits = -(std::int64_t{1} << 40);

std::vector<std::int64_t> copy_rows(replica_file& file) {
  std::vector<std::int64_t> rows;
  each_copy(file, [&rows](std::int64_t row, const copy_state&) { rows.push_back(row); });
  return rows;
}

/// Whether the server had it, and it can be given back: an erased payload cannot.
bool was_at_server(const version_meta& meta) {
  const bool had = meta.where == version_sync_state::told ||
                   meta.where == version_sync_state::acknowledged ||
                   meta.where == version_sync_state::missing;
  return had && !meta.erased && meta.proof.size() == hash256::size;
}

/// An own version whose item came before its receipt, which then never came: without a proof it can
/// only be given as what it is, an edit made here.
void push_unproved(replica_file& file, record_copy& held) {
  std::vector<version_id> unproved;
  for (const auto* meta : held.versions()) {
    const bool own = meta->where == version_sync_state::told && meta->saved != 0 && !meta->erased;
    if (own && meta->proof.empty()) unproved.push_back(meta->id);
  }
  for (const auto& id : unproved) {
    auto& meta = held.change(id);
    meta.where = version_sync_state::waiting;
    file.put_entry(k_waiting, meta.row,
                   pack(waiting_entry{.version = id, .saved = meta.saved, .since = meta.since}));
  }
}

void mark_missing_in(replica_file& file, record_copy& held,
                     const std::unordered_set<version_id>& lost) {
  std::vector<version_id> here;
  for (const auto* meta : held.versions()) {
    if (was_at_server(*meta) && lost.contains(meta->id)) here.push_back(meta->id);
  }
  for (const auto& id : here) {
    auto& meta = held.change(id);
    if (meta.where == version_sync_state::acknowledged) {
      // Not in what the server has shown: it goes on counting as a local edit.
      meta.where = version_sync_state::waiting;
      file.remove_entry(k_unpulled, meta.row);
    } else {
      meta.where = version_sync_state::missing;
    }
    file.put_entry(
        k_waiting, meta.row,
        pack(waiting_entry{
            .version = id, .saved = k_before_edits + meta.generation, .since = file.now()}));
  }
}

/// What was discarded may be a draft again for the server.
void discard_again(replica_file& file, record_copy& held) {
  const bool any = std::any_of(held.state().discards.begin(), held.state().discards.end(),
                               [](const waiting_discard& d) { return d.acknowledged; });
  if (!any) return;
  for (auto& discard : held.change().discards) {
    discard.acknowledged = false;
    if (const auto cell = file.entry(k_discard, discard.row)) {
      auto entry = unpack_discard(*cell);
      entry.acknowledged = false;
      file.put_entry(k_discard, discard.row, pack(entry));
    }
  }
}

/// The feed that comes now may have another order, and all of it is still to come.
void forget_places(replica_file& file, std::int64_t row, awaited_items& awaited) {
  unit_of_work set(file);
  auto* held = set.load(row);
  for (const auto* meta : held->versions()) {
    if (meta->where == version_sync_state::told && !held->state().hidden) awaited.add(meta->row);
    if (meta->seq != 0) held->change(meta->id).seq = 0;
  }
  set.flush();
}

}  // namespace

bool sync_store::recovering() const {
  return file_->get(k_recovering).has_value();
}

result<void> sync_store::begin_recovery(const std::optional<std::optional<push_id>>& server_last) {
  unsent_.reset();
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  file.put(k_recovering, "1");
  if (server_last) {
    // Kept pushes follow one that the server does not know: their versions wait again.
    forget_kept_pushes(file);
    if (*server_last) {
      file.put(k_last_push, (*server_last)->raw());
    } else {
      file.forget(k_last_push);
    }
  }
  doubt_quarantine(file);
  (*scope)->commit();
  return {};
}

std::vector<version_id> sync_store::held_versions() {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  std::vector<version_id> out;
  for (const auto row : copy_rows(file)) {
    unit_of_work set(file);
    auto* held = set.load(row);
    if (held->state().hidden) continue;
    for (const auto* meta : held->versions()) {
      if (was_at_server(*meta)) out.push_back(meta->id);
    }
  }
  return out;
}

result<void> sync_store::mark_missing(const std::vector<version_id>& ids) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const std::unordered_set<version_id> lost(ids.begin(), ids.end());
  for (const auto row : copy_rows(file)) {
    unit_of_work set(file);
    auto* held = set.load(row);
    if (held->state().hidden) continue;
    mark_missing_in(file, *held, lost);
    push_unproved(file, *held);
    discard_again(file, *held);
    set.flush();
  }
  (*scope)->commit();
  return {};
}

bool sync_store::any_unpulled() const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  bool found = false;
  file.each_entry_while(k_unpulled, [&](std::int64_t id, std::string_view) {
    unit_of_work set(file);
    const auto* held = set.load(copy_row(id));
    found = held != nullptr && !held->state().hidden;
    return !found;
  });
  return found;
}

bool sync_store::any_awaited() const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
  return awaited_items(file).any(set);
}

result<void> sync_store::restart_feed() {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  awaited_items awaited(file);
  for (const auto row : copy_rows(file)) forget_places(file, row, awaited);
  awaited.save();
  file.forget(k_cursor);
  file.forget(k_recovering);
  (*scope)->commit();
  return {};
}

}  // namespace autocusto::replica
