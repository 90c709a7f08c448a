// The push under way, and what its receipt does.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/file/push_slots.hpp"
#include "client/replica/file/record_copy.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/sync/awaited_items.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::replica {
namespace {

/// The rows in which those versions wait, in the order of `ids`; everything that is pushed must
/// wait. What is pushed next stands first, so that the search ends early.
template <class Unpack>
result<std::vector<std::int64_t>> rows_for(replica_file& file, const entry_table& table,
                                           const std::vector<version_id>& ids, Unpack&& id_of) {
  std::unordered_map<version_id, std::size_t> places;
  for (std::size_t i = 0; i < ids.size(); ++i) places.emplace(ids[i], i);
  std::vector<std::int64_t> out(ids.size());
  std::size_t left = places.size();
  if (left > 0) {
    file.each_entry_while(table, [&](std::int64_t id, std::string_view sealed) {
      const auto at =
          places.find(id_of(replica_file::open_entry(table, id, sealed, file.keys().cells())));
      if (at == places.end()) return true;
      out[at->second] = id;
      return --left > 0;
    });
  }
  if (left > 0 || places.size() != ids.size()) {
    return fail(errc::bad_request, "The push names a version that does not wait here.");
  }
  return out;
}

std::vector<incarnation_id> closed_early(replica_file& file) {
  const auto cell = file.get(k_closed_early);
  if (!cell) return {};
  unpacker in(*cell);
  auto ids = in.ids<incarnation_id>();
  in.finish();
  return ids;
}

/// Applies the lines of one receipt inside a write transaction.
class receipt_reader {
 public:
  receipt_reader(replica_file& file, unit_of_work& set, engine::receipt_applied& effect)
      : file_(file), set_(set), effect_(effect), awaited_(file), closed_(closed_early(file)) {}

  void version(std::int64_t row, const wire::push_result& line) {
    auto& held = set_.of_version(row);
    const auto* meta = held.find(line.version);
    if (meta == nullptr) throw_damaged("a version of the push");
    if (meta->where == version_sync_state::missing) return restored(held, line);
    if (line.outcome == wire::push_outcome::refused) {
      // A view that was lost with its versions may have been closed since.
      const bool closed = line.code == code_name(errc::access_removed);
      if (closed && !meta->proof.empty()) hide_view(file_, held);
      // Another process may have pulled it meanwhile: then it was accepted after all.
      if (meta->is_local()) refuse(held, line);
      return;
    }
    accept(held, line);
  }

  void discard(std::int64_t row, const wire::push_result& line) {
    auto* found = set_.load(copy_row(row));
    if (found == nullptr || !file_.entry(k_discard, row)) return;  // shown by a page already
    auto& discards = found->change().discards;
    const auto at = std::find_if(discards.begin(), discards.end(),
                                 [row](const waiting_discard& d) { return d.row == row; });
    if (at == discards.end()) throw_damaged("a discarded draft");
    ++effect_.acknowledged;
    const bool gone = line.outcome == wire::push_outcome::duplicate && seen_gone(*found, at->draft);
    if (line.outcome == wire::push_outcome::refused || gone) {
      // There is no such draft in the server's view: nothing is left to discard.
      discards.erase(at);
      file_.remove_entry(k_discard, row);
      return;
    }
    at->acknowledged = true;
    auto entry = unpack_discard(*file_.entry(k_discard, row));
    entry.acknowledged = true;
    file_.put_entry(k_discard, row, pack(entry));
  }

  /// Local edits that go on from refused ones cannot be accepted either. Those of a record that was
  /// taken away, or of a closed laptop, are still sent: the server keeps them for its
  /// administrator.
  void refuse_descendants() {
    for (const auto& [row, refused] : refused_) {
      auto& held = set_.of_version(row);
      if (held.state().hidden || closed_now(file_)) continue;
      const auto graph = held.dag();
      std::vector<version_id> waiting;
      for (const auto& local : held.local_versions()) {
        if (held.find(local.id)->where == version_sync_state::waiting) waiting.push_back(local.id);
      }
      const auto lost = graph.descending(waiting, refused);
      for (const auto& id : lost) refuse_descendant(held, id);
    }
  }

  /// After all lines.
  void finish() { awaited_.save(); }

 private:
  /// Whether a page has shown the view without that draft: no item of this discard will follow.
  static bool seen_gone(record_copy& held, const version_id& draft) {
    const auto* meta = held.find(draft);
    const auto& shown = held.state().told.drafts;
    return meta != nullptr && !meta->is_local() &&
           std::find(shown.begin(), shown.end(), draft) == shown.end();
  }

  void accept(record_copy& held, const wire::push_result& line) {
    if (line.incarnation && !held.state().incarnation) {
      held.change().incarnation = line.incarnation;
      // The view was closed again before this laptop heard that it had been opened.
      if (std::find(closed_.begin(), closed_.end(), *line.incarnation) != closed_.end()) {
        hide_view(file_, held);
      }
    }
    if (line.incarnation && held.state().incarnation != line.incarnation) {
      return accept_elsewhere(held, line);
    }
    auto& meta = held.change(line.version);
    if (line.proof) meta.proof = *line.proof;
    if (meta.where != version_sync_state::waiting) return;
    meta.where = version_sync_state::acknowledged;
    ++effect_.acknowledged;
    file_.remove_entry(k_waiting, meta.row);
    file_.put_entry(
        k_unpulled, meta.row,
        pack(waiting_entry{.version = meta.id, .saved = meta.saved, .since = meta.since}));
  }

  /// The receipt line of a version that the server had lost: the server has stored it again, or it
  /// refused it because the view is closed there.
  void restored(record_copy& held, const wire::push_result& line) {
    if (line.outcome == wire::push_outcome::refused) {
      if (line.code != code_name(errc::access_removed)) return refuse(held, line);
      hide_view(file_, held);
    }
    auto& meta = held.change(line.version);
    if (line.proof) meta.proof = *line.proof;
    meta.where = version_sync_state::told;
    if (line.outcome != wire::push_outcome::refused) awaited_.add(meta.row);
    file_.remove_entry(k_waiting, meta.row);
    ++effect_.acknowledged;
  }

  /// The view was closed and opened again meanwhile with what the edit goes on from: it belongs to
  /// the new incarnation, whose feed item comes without bytes.
  void accept_elsewhere(record_copy& held, const wire::push_result& line) {
    const auto* here = held.find(line.version);
    if (here->where != version_sync_state::waiting) return;
    hide_view(file_, held);
    auto& open = set_.obtain(held.state().record, *line.incarnation);
    if (open.find(line.version) == nullptr) {
      const auto& moved = open.add_from(held, *here);
      file_.put_entry(
          k_waiting, moved.row,
          pack(waiting_entry{.version = moved.id, .saved = moved.saved, .since = moved.since}));
    }
    accept(open, line);
    file_.remove_entry(k_waiting, held.find(line.version)->row);
    held.remove(line.version);
  }

  /// The nearest ancestor that is not refused: of those reached first, the one of the greatest
  /// generation.
  std::optional<version_id> accepted_base(record_copy& held, const version_id& of) {
    const version_meta* best = nullptr;
    std::vector<version_id> open = held.find(of)->parents;
    while (!open.empty()) {
      const auto* meta = held.find(open.back());
      open.pop_back();
      if (meta == nullptr) continue;
      if (meta->where == version_sync_state::refused) {
        open.insert(open.end(), meta->parents.begin(), meta->parents.end());
      } else if (best == nullptr || meta->generation > best->generation) {
        best = meta;
      }
    }
    return best == nullptr ? std::nullopt : std::optional(best->id);
  }

  void leave_local(record_copy& held, const version_id& id, refused_entry entry) {
    auto& meta = held.change(id);
    meta.where = version_sync_state::refused;
    entry.version = id;
    entry.at = file_.now();
    file_.remove_entry(k_waiting, meta.row);
    file_.remove_entry(k_unpulled, meta.row);
    file_.put_entry(k_refused, meta.row, pack(entry), held.sealer());
    drop_discard(held, meta.row);
    effect_.refused.push_back(id);
  }

  void drop_discard(record_copy& held, std::int64_t row) {
    auto& discards = held.change().discards;
    std::erase_if(discards, [row](const waiting_discard& d) { return d.row == row; });
    file_.remove_entry(k_discard, row);
  }

  void refuse(record_copy& held, const wire::push_result& line) {
    refused_entry entry;
    entry.base = accepted_base(held, line.version);
    entry.code = line.code;
    entry.reason = line.message;
    entry.field = line.field;
    entry.limit = line.limit;
    entry.at_server = line.code != code_name(errc::quarantine_full);
    refused_[held.row()].push_back(line.version);
    leave_local(held, line.version, std::move(entry));
  }

  void refuse_descendant(record_copy& held, const version_id& id) {
    refused_entry entry;
    entry.base = accepted_base(held, id);
    entry.code = code_name(errc::parent_refused);
    entry.reason = "It goes on from a version that the server refused; apply its changes again.";
    leave_local(held, id, std::move(entry));
  }

  replica_file& file_;
  unit_of_work& set_;
  engine::receipt_applied& effect_;
  awaited_items awaited_;
  std::vector<incarnation_id> closed_;
  std::map<std::int64_t, std::vector<version_id>> refused_;  // by record copy
};

/// Whether the lines are the versions and then the discards of the push, in its order.
bool answers(const wire::push_receipt& receipt, const wire::push_object& object) {
  auto expected = object.versions;
  expected.insert(expected.end(), object.discards.begin(), object.discards.end());
  return std::equal(
      receipt.results.begin(), receipt.results.end(), expected.begin(), expected.end(),
      [](const wire::push_result& line, const version_id& id) { return line.version == id; });
}

bool shares_a_record(const std::set<std::int64_t>& under_way,
                     const std::vector<std::int64_t>& versions,
                     const std::vector<std::int64_t>& discards) {
  const auto taken = [&](std::int64_t row) { return under_way.contains(copy_row(row)); };
  return std::any_of(versions.begin(), versions.end(), taken) ||
         std::any_of(discards.begin(), discards.end(), taken);
}

}  // namespace

result<void> sync_store::keep(const wire::push_object& what, const wire::signed_object& form) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto first = kept_id(file, k_inflight_push);
  const bool follows = what.prev_push == (first ? first : identity_store(file).last_push());
  if (!follows || file.get(k_queued_push)) {
    return fail(errc::busy, "Another push of this laptop is under way; finish it first.");
  }
  auto versions = rows_for(file, k_waiting, what.versions,
                           [](const bytes& cell) { return unpack_waiting(cell).version; });
  if (!versions) return versions.error();
  auto discards = rows_for(file, k_discard, what.discards,
                           [](const bytes& cell) { return unpack_discard(cell).draft; });
  if (!discards) return discards.error();
  if (first && shares_a_record(records_under_way(file), *versions, *discards)) {
    return fail(errc::bad_request, "The push names a record that another push is under way with.");
  }
  file.put(
      first ? k_queued_push : k_inflight_push,
      pack(push_entry{
          .object = form, .versions = *std::move(versions), .discards = *std::move(discards)}));
  (*scope)->commit();
  return {};
}

result<engine::receipt_applied> sync_store::apply_receipt(const wire::push_receipt& receipt) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  engine::receipt_applied effect;
  const auto cell = file.get(k_inflight_push);
  if (!cell) return effect;
  const auto entry = unpack_kept(*cell);
  const auto object = wire::decode_push_object(entry.object.object);
  if (!object) throw_damaged("the push");
  if (object->id != receipt.id) return effect;
  if (!answers(receipt, *object)) {
    return fail(errc::protocol_error,
                "The server's receipt does not answer this push line by line; sync again, and tell "
                "the administrator if it stays.");
  }
  effect.was_pending = true;
  {
    unit_of_work set(file);
    receipt_reader reader(file, set, effect);
    std::size_t line = 0;
    for (const auto row : entry.versions) reader.version(row, receipt.results[line++]);
    for (const auto row : entry.discards) reader.discard(row, receipt.results[line++]);
    reader.refuse_descendants();
    reader.finish();
    set.flush();
  }
  promote_kept_push(file);
  file.put(k_last_push, receipt.id.raw());
  (*scope)->commit();
  return effect;
}

}  // namespace autocusto::replica
