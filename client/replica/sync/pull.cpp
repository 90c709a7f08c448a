// Applying pages of the feed.
#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/releases.hpp"
#include "client/replica/file/taken_records.hpp"
#include "client/replica/sync/awaited_items.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::replica {
namespace {

error misfit(const std::string& what) {
  return fail(errc::protocol_error,
              "The server sent a page that does not fit this laptop: " + what +
                  "; sync again, and tell the administrator if it stays.");
}

wire::cursor cursor_in(replica_file& file) {
  const auto cell = file.get(k_cursor);
  if (!cell) return {};
  const auto at = wire::parse_cursor(*cell);
  if (!at) throw_damaged("the cursor");
  return *at;
}

/// Applies one page inside a write transaction.
class page_reader {
 public:
  page_reader(replica_file& file, unit_of_work& set, engine::page_applied& effect)
      : file_(file), set_(set), effect_(effect), awaited_(file) {}

  void version(const engine::checked_version& what, const wire::page_version& from) {
    auto& held = set_.obtain(what.header.record, from.incarnation);
    note_local(held);
    if (held.state().key.empty() && !what.key.empty()) held.change().key = what.key;
    if (const auto* known = held.find(what.id)) {
      known_version(held, *known, from);
      return;
    }
    version_meta meta;
    meta.id = what.id;
    meta.status = what.header.status;
    meta.generation = what.header.generation;
    meta.parents = what.header.parents;
    meta.archived = from.archived;
    meta.erased = !from.payload.has_value();
    meta.proof = from.proof;
    held.add(std::move(meta), {.header = from.header, .payload = from.payload.value_or("")},
             what.name);
    awaited_.add(held.find(what.id)->row);
    ++effect_.new_versions;
  }

  /// Errors: a sentence's middle part.
  std::optional<std::string> item(const wire::item& what) {
    if (what.hash_only) return std::nullopt;
    switch (what.kind) {
      case wire::item_kind::version:
      case wire::item_kind::assigned:
        return place(what);
      case wire::item_kind::discarded:
        discarded(what);
        return std::nullopt;
      case wire::item_kind::removed:
        removed(what);
        return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<std::string> view(const wire::page_view& what) {
    auto& held = set_.obtain(what.record, what.incarnation);
    note_local(held);
    for (const auto* ids : {&what.heads, &what.drafts}) {
      for (const auto& id : *ids) {
        if (!adopt_if_elsewhere(held, id)) return "a view names a version that did not come";
      }
    }
    // There is one view of a record at a time: an earlier incarnation is closed by this one.
    for (auto* other : set_.all_of(what.record.id)) {
      if (other != &held && other->state().incarnation && !other->state().hidden) hide(*other);
    }
    auto& state = held.change();
    const auto before = state.told.active;
    const auto pinned_before = state.told.pinned;
    state.told = {.heads = what.heads,
                  .active = what.active,
                  .pinned = what.pinned,
                  .drafts = what.drafts,
                  .conflict = what.conflict};
    drop_shown_discards(held);
    if (before != what.active) notice_move(held, pinned_before);
    return std::nullopt;
  }

  /// After everything else of the page.
  void finish() {
    if (effect_.removed > 0) awaited_.drop_hidden(set_);
    awaited_.save();
  }

 private:
  /// Remembers which records had edits waiting before this page.
  void note_local(record_copy& held) {
    if (!noted_.insert(held.row()).second) return;
    const auto local = held.local_versions();
    const bool edits = std::any_of(local.begin(), local.end(), [](const local_version& v) {
      return v.status == domain::version_status::active;
    });
    if (edits) had_local_.insert(held.row());
  }

  void known_version(record_copy& held, const version_meta& known, const wire::page_version& from) {
    if (known.where == version_sync_state::refused) un_refuse(held, known.id);
    if (known.proof == from.proof && known.archived == from.archived) return;
    auto& meta = held.change(known.id);
    meta.proof = from.proof;
    meta.archived = from.archived;
  }

  /// An administrator accepted it from quarantine.
  void un_refuse(record_copy& held, const version_id& id) {
    auto& meta = held.change(id);
    meta.where = version_sync_state::told;
    awaited_.add(meta.row);
    file_.remove_entry(k_refused, meta.row);
  }

  std::optional<std::string> place(const wire::item& what) {
    auto* held = set_.of_incarnation(what.record, what.incarnation);
    if (held == nullptr) held = open_by_own_root(what);
    if (held == nullptr || !adopt_if_elsewhere(*held, *what.version)) {
      return "an item names a version that did not come";
    }
    note_local(*held);
    auto& meta = held->change(*what.version);
    // Seen twice (shown again by an assignment), it keeps its place in the history.
    if (meta.seq == 0) meta.seq = what.seq;
    if (meta.is_local() || meta.to_be_pushed()) {
      file_.remove_entry(meta.to_be_pushed() ? k_waiting : k_unpulled, meta.row);
      ++effect_.confirmed;
    }
    if (meta.where == version_sync_state::refused) file_.remove_entry(k_refused, meta.row);
    meta.where = version_sync_state::told;
    awaited_.placed(meta.row);
    return std::nullopt;
  }

  /// Whether the version is here. The server leaves out bytes that this device made; after a
  /// restore they may belong to another incarnation than the one under which they lie here.
  bool adopt_if_elsewhere(record_copy& held, const version_id& id) {
    if (held.find(id) != nullptr) return true;
    for (auto* other : set_.all_of(held.state().record.id)) {
      const auto* meta = other == &held ? nullptr : other->find(id);
      if (meta == nullptr || meta->erased) continue;
      auto& copy = held.add_from(*other, *meta);
      copy.seq = 0;
      copy.where = version_sync_state::told;
      awaited_.add(copy.row);
      // There it waits no more: the server has it.
      auto& left = other->change(id);
      for (const auto* table : {&k_waiting, &k_unpulled, &k_refused}) {
        file_.remove_entry(*table, left.row);
      }
      left.where = version_sync_state::told;
      return true;
    }
    return false;
  }

  /// The view that an own root opened, when this page is the first to say so (the receipt was
  /// lost).
  record_copy* open_by_own_root(const wire::item& what) {
    auto* held = set_.open_view(what.record);
    if (held == nullptr || held->state().incarnation) return nullptr;
    held->change().incarnation = what.incarnation;
    return held;
  }

  void discarded(const wire::item& what) {
    auto* held = set_.of_incarnation(what.record, what.incarnation);
    if (held == nullptr || !what.version) return;
    const auto* meta = held->find(*what.version);
    if (meta == nullptr) return;
    const auto row = meta->row;
    std::erase_if(held->change().discards,
                  [row](const waiting_discard& d) { return d.row == row; });
    file_.remove_entry(k_discard, row);
  }

  void removed(const wire::item& what) {
    remember_removal(file_, what.record, what.incarnation);
    if (auto* held = set_.of_incarnation(what.record, what.incarnation)) {
      hide(*held);
      return;
    }
    // Its own root may be under way: the receipt that names this incarnation comes later.
    const auto* waiting = set_.open_view(what.record);
    if (waiting == nullptr || waiting->state().incarnation) return;
    std::vector<incarnation_id> closed;
    if (const auto cell = file_.get(k_closed_early)) {
      unpacker in(*cell);
      closed = in.ids<incarnation_id>();
      in.finish();
    }
    closed.push_back(what.incarnation);
    packer out;
    out.ids(closed);
    file_.put(k_closed_early, out.view());
  }

  void hide(record_copy& held) {
    if (held.state().hidden) return;
    note_taken(file_, held);
    hide_view(file_, held);
    ++effect_.removed;
    static_cast<void>(offer_again(file_, held));
  }

  void drop_shown_discards(record_copy& held) {
    auto& discards = held.change().discards;
    const auto& drafts = held.state().told.drafts;
    std::erase_if(discards, [&](const waiting_discard& discard) {
      const auto* draft = held.find(discard.draft);
      const bool done = discard.acknowledged && draft != nullptr && !draft->is_local() &&
                        std::find(drafts.begin(), drafts.end(), discard.draft) == drafts.end();
      if (done) file_.remove_entry(k_discard, discard.row);
      return done;
    });
  }

  /// S moved while edits of ours wait on it: somebody should know.
  void notice_move(record_copy& held, const std::optional<version_id>& pinned_before) {
    if (!had_local_.contains(held.row())) return;
    const auto& told = held.state().told;
    const auto* active = told.active ? held.find(*told.active) : nullptr;
    if (active == nullptr || active->saved != 0) return;
    notice_entry entry{.version = active->id, .at = file_.now()};
    if (told.pinned == active->id && told.pinned != pinned_before) {
      entry.what = notice_kind::assigned;
    } else if (held.read(*active).header.author == system_user()) {
      entry.what = notice_kind::merged;
    }
    const auto id = held.row() + file_.random_row() % k_rows_per_copy;
    file_.put_entry(k_notice, id, pack(entry), held.sealer());
  }

  replica_file& file_;
  unit_of_work& set_;
  engine::page_applied& effect_;
  awaited_items awaited_;
  std::unordered_set<std::int64_t> noted_;
  std::unordered_set<std::int64_t> had_local_;
};

std::optional<std::string> read_page(page_reader& reader, const engine::checked_page& checked) {
  for (std::size_t i = 0; i < checked.versions.size(); ++i) {
    reader.version(checked.versions[i], checked.page.versions[i]);
  }
  for (const auto& item : checked.page.items) {
    if (auto wrong = reader.item(item)) return wrong;
  }
  for (const auto& view : checked.page.views) {
    if (auto wrong = reader.view(view)) return wrong;
  }
  return std::nullopt;
}

}  // namespace

wire::cursor sync_store::cursor() const {
  return cursor_in(*file_);
}

result<engine::page_applied> sync_store::apply_page(const engine::checked_page& page) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  engine::page_applied effect{.applied = false};
  // Fetched before another process closed or erased what is here: it must not come in again.
  if (closed_now(file) || !(cursor_in(file) == page.from)) return effect;
  unit_of_work set(file);
  page_reader reader(file, set, effect);
  if (const auto wrong = read_page(reader, page)) return misfit(*wrong);
  reader.finish();
  set.flush();
  for (const auto& version : page.versions) note_unknown(file, version.unknown);
  for (const auto& [user, email] : page.page.people) {
    file.put_label(replica_file::k_person, user.raw(), email);
  }
  for (const auto& [device, name] : page.page.devices) {
    file.put_label(replica_file::k_device_name, device.raw(), name);
  }
  file.put(k_cursor, wire::cursor_text(page.page.next));
  (*scope)->commit();
  effect.applied = true;
  return effect;
}

}  // namespace autocusto::replica
