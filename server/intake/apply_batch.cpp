// One batch in one transaction: records locked, versions, views, conflicts, then the feeds.
#include "server/intake/apply_batch.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "server/store/conflicts.hpp"
#include "server/store/imports/pending.hpp"
#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/conflict_rule.hpp"
#include "server/sync/feed_writer.hpp"

namespace autocusto::intake::detail {
namespace {

std::vector<store::record_row> lock_all(store::records::writes records, const batch& what) {
  std::vector<store::wanted_record> wanted;
  wanted.reserve(what.records.size());
  for (const auto& r : what.records) wanted.push_back({r.id, r.kind, r.key, true});
  std::vector<store::record_row> rows;
  rows.reserve(wanted.size());
  for (auto& row : records.lock_records(wanted)) rows.push_back(row.value());
  return rows;
}

class batch_applier {
 public:
  batch_applier(store::transaction& tx, const batch& what, batch_kind kind)
      : tx_(tx), rows_(tx), what_(what), kind_(kind) {}

  applied_batch run(const commit_order& before_feeds) {
    present_ = survey(tx_, what_, lock_all(tx_, what_), kind_);
    plans_ = plan(what_, present_);
    add_versions();
    if (kind_ == batch_kind::from_source) set_aside();
    save_views();
    save_conflicts();
    if (before_feeds) before_feeds();
    append_feeds();
    keep_rows();
    return done_;
  }

 private:
  void add_versions() {
    std::vector<store::new_version> fresh;
    std::vector<const version_entry*> entries;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const auto& record = *plans_[i].entry;
      auto number = present_[i].row.last_number;
      for (const auto position : plans_[i].added) {
        const auto& v = record.versions[position];
        entries.push_back(&v);
        auto& row = fresh.emplace_back();
        row.record = present_[i].row.key;
        row.number = ++number;
        row.author = v.author == 0 ? what_.system_user : v.author;
        row.device = what_.import_device;
        row.value = &v.value;
        row.archived = v.archived;
        row.received_at = what_.now;
        row.import_run = what_.run;
      }
      for (const auto& v : record.versions) {
        if (v.known != 0) keys_.emplace(v.value.id, v.known);
      }
    }
    if (fresh.empty()) return;
    const auto keys = store::versions::writes(tx_).add_versions(fresh);
    std::vector<store::import_version_row> rows;
    rows.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto& v = *entries[i];
      keys_.emplace(v.value.id, keys[i]);
      rows.push_back({v.origin, v.legacy_id, keys[i], what_.run, v.legacy_number, v.digest});
    }
    rows_.add_import_versions(what_.source, rows);
    done_.made.versions += static_cast<std::int64_t>(keys.size());
  }

  /// Accounts that the run holds may be given their views at once: nobody can look.
  void set_aside() {
    std::set<store::pk> held;
    bool any = false;
    for (const auto& record : plans_) any = any || !record.views.empty();
    if (!any) return;
    for (const auto& user : store::imports::runs::reads(tx_).import_users(what_.source)) {
      if (user.run == what_.run && user.held != store::account_hold::none) held.insert(user.owner);
    }
    std::vector<store::import_pending_row> rows;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      std::erase_if(plans_[i].views, [&](const planned_view& view) {
        if (held.contains(view.row.user)) return false;
        rows.push_back(pending_of(present_[i].row.key, *plans_[i].entry, *view.entry));
        return true;
      });
    }
    if (rows.empty()) return;
    store::imports::pending::writes(tx_).add_pending(what_.run, rows);
    done_.set_aside += static_cast<std::int64_t>(rows.size());
  }

  static store::import_pending_row pending_of(store::pk record, const record_entry& entry,
                                              const view_entry& view) {
    store::import_pending_row out;
    out.record = record;
    out.owner = view.user;
    out.incarnation = view.incarnation;
    for (const auto& visible : view.visible) {
      out.versions.push_back({entry.versions[visible.version].value.id, visible.assigned});
    }
    return out;
  }

  void save_views() {
    std::vector<store::view_row> rows;
    std::vector<store::import_view_row> moved;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      for (auto& view : plans_[i].views) {
        if (view.before) {
          moved.push_back({view.row.key, view.before->state, view.before->active});
        } else {
          view.row.record = present_[i].row.key;
          view.row.import_run = what_.run;
        }
        rows.push_back(view.row);
      }
    }
    if (rows.empty()) return;
    rows_.add_import_views(what_.run, moved);
    const auto keys = store::views::writes(tx_).save_views(rows);
    std::size_t next = 0;
    for (auto& record : plans_) {
      for (auto& view : record.views) view.row.key = keys[next++];
    }
    done_.made.views += static_cast<std::int64_t>(keys.size());
  }

  void save_conflicts() {
    std::vector<store::conflict_row> rows;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      for (const auto& view : plans_[i].views) {
        if (!view.before) continue;
        const auto& open = present_[i].conflicts;
        const auto at = open.find(view.row.key);
        const auto now = at == open.end() ? std::nullopt : std::optional(at->second);
        auto row = sync::settle_conflict(now, view.row.key, view.row.state.heads, view.base,
                                         store::conflict_state::assigned, what_.now);
        if (row) rows.push_back(*std::move(row));
      }
    }
    if (!rows.empty()) static_cast<void>(store::conflicts::writes(tx_).save_conflicts(rows));
  }

  void append_feeds() {
    sync::feed_additions feeds;
    for (const auto& record : plans_) {
      for (const auto& view : record.views) {
        auto& added = feeds[view.row.user];
        added.owner = view.entry->user_public;
        for (const auto& item : view.items) {
          added.events.push_back({item.kind, view.row.key, view.row.state.incarnation,
                                  record.entry->id, keys_.at(item.id), item.id, what_.run});
        }
      }
    }
    sync::append_events(tx_, feeds);
  }

  /// Rows that are kept already, unchanged, are not kept again.
  void keep_rows() {
    std::map<std::string_view, std::vector<std::int64_t>> ids;
    for (const auto& row : what_.kept) ids[row.origin].push_back(row.legacy_id);
    std::map<std::string_view, std::map<std::int64_t, std::int64_t>> digests;
    for (const auto& [origin, wanted] : ids) {
      for (const auto& [id, digest] : rows_.kept_digests(what_.source, origin, wanted)) {
        digests[origin].emplace(id, digest);
      }
    }
    std::vector<store::import_kept_row> fresh;
    for (const auto& row : what_.kept) {
      const auto& known = digests[row.origin];
      const auto at = known.find(row.legacy_id);
      if (at == known.end() || at->second != row.digest) fresh.push_back(row);
    }
    rows_.keep_rows(what_.source, what_.run, fresh);
  }

  store::transaction& tx_;
  store::imports::rows::writes rows_;
  const batch& what_;
  const batch_kind kind_;
  std::vector<present_record> present_;
  std::vector<planned_record> plans_;
  std::unordered_map<version_id, store::pk> keys_;
  applied_batch done_;
};

}  // namespace

applied_batch apply_batch(store::transaction& tx, const batch& what,
                          const commit_order& before_feeds, batch_kind kind) {
  return batch_applier(tx, what, kind).run(before_feeds);
}

}  // namespace autocusto::intake::detail
