// What a run set aside, given to everybody at its end: the same plan and the same writing as a
// batch, in one transaction.
#include <algorithm>
#include <set>
#include <stdexcept>

#include "server/intake/apply_batch.hpp"
#include "server/store/feed.hpp"
#include "server/store/imports/pending.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"

namespace autocusto::intake::detail {
namespace {

constexpr std::int64_t k_page = 1000;
constexpr std::size_t k_records = 1000;

using pending_rows = std::vector<store::import_pending_row>;

pending_rows read_all(store::imports::pending::reads pending, store::pk run) {
  pending_rows out;
  store::pk record = 0;
  store::pk owner = 0;
  for (;;) {
    auto page = pending.pending_rows(run, record, owner, k_page);
    if (page.empty()) return out;
    record = page.back().record;
    owner = page.back().owner;
    std::move(page.begin(), page.end(), std::back_inserter(out));
  }
}

class publisher {
 public:
  publisher(store::transaction& tx, const store::import_run_row& run, unix_millis now)
      : tx_(tx), run_(run), now_(now) {}

  counts publish() {
    const auto rows = read_all(tx_, run_.key);
    if (rows.empty()) return {};
    lock(rows);
    counts made;
    for (std::size_t from = 0; from < rows.size();) {
      std::size_t to = std::min(rows.size(), from + k_records);
      while (to < rows.size() && rows[to].record == rows[to - 1].record) ++to;
      const auto what = batch_of(std::span(rows).subspan(from, to - from));
      made.views += apply_batch(tx_, what, {}, batch_kind::set_aside).made.views;
      from = to;
    }
    store::imports::pending::writes(tx_).remove_pending(run_.key);
    return made;
  }

 private:
  /// Everything at once and in the order of a push: records, then the heads of feeds.
  void lock(const pending_rows& rows) {
    std::set<store::pk> owners;
    std::vector<store::pk> keys;
    for (const auto& row : rows) {
      owners.insert(row.owner);
      if (keys.empty() || keys.back() != row.record) keys.push_back(row.record);
    }
    std::vector<store::wanted_record> wanted;
    wanted.reserve(keys.size());
    for (auto& record : store::records::reads(tx_).records_by_pk(keys)) {
      wanted.push_back({record.id, {}, {}, false});
      records_.emplace(record.key, std::move(record));
    }
    static_cast<void>(store::records::writes(tx_).lock_records(wanted));
    const std::vector<store::pk> users(owners.begin(), owners.end());
    static_cast<void>(store::feed::writes(tx_).lock_heads(users));
    for (const auto& user : store::people::reads(tx_).users_by_pk(users))
      user_ids_.emplace(user.key, user.id);
  }

  batch batch_of(std::span<const store::import_pending_row> rows) {
    batch out;
    out.run = run_.key;
    out.source = run_.source;
    out.now = now_;
    std::vector<version_id> ids;
    for (const auto& row : rows) {
      for (const auto& shown : row.versions) ids.push_back(shown.version);
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    const auto keys = store::versions::reads(tx_).version_keys(ids);
    store::pk last = 0;
    for (const auto& row : rows) {
      if (row.record != last) out.records.push_back(entry_of(row.record));
      last = row.record;
      add_view(out.records.back(), row, keys);
    }
    return out;
  }

  record_entry entry_of(store::pk record) const {
    const auto at = records_.find(record);
    if (at == records_.end()) throw std::logic_error("what was set aside names no record");
    record_entry out;
    out.kind = at->second.kind;
    out.key = at->second.natural_key;
    out.id = at->second.id;
    return out;
  }

  void add_view(record_entry& to, const store::import_pending_row& row,
                const std::unordered_map<version_id, store::pk>& keys) const {
    view_entry view;
    view.user = row.owner;
    view.user_public = user_ids_.at(row.owner);
    view.incarnation = row.incarnation;
    for (const auto& shown : row.versions) {
      auto at = std::find_if(to.versions.begin(), to.versions.end(),
                             [&](const version_entry& v) { return v.value.id == shown.version; });
      if (at == to.versions.end()) {
        version_entry entry;
        entry.known = keys.at(shown.version);
        entry.value.id = shown.version;
        at = to.versions.insert(at, std::move(entry));
      }
      view.visible.push_back(
          {static_cast<std::uint32_t>(at - to.versions.begin()), shown.assigned});
    }
    to.views.push_back(std::move(view));
  }

  store::transaction& tx_;
  const store::import_run_row& run_;
  unix_millis now_;
  std::unordered_map<store::pk, store::record_row> records_;
  std::unordered_map<store::pk, user_id> user_ids_;
};

}  // namespace

counts publish(store::transaction& tx, const store::import_run_row& run, unix_millis now) {
  return publisher(tx, run, now).publish();
}

}  // namespace autocusto::intake::detail
