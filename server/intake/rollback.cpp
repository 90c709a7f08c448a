// Taking a run back: exactly what it made, where nobody has received or built on any of it.
//
// Feeds are taken back from their ends; so a user whose device was given items of the run, or whose
// feed has gone on since, keeps everything that the run gave them. A record stays as the run left
// it when such a user sees one of the run's versions, or when something that the run did not make
// continues, follows or shows one of them: numbers stay dense, and no version loses a parent.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "server/intake/apply_batch.hpp"
#include "server/store/audit.hpp"
#include "server/store/conflicts.hpp"
#include "server/store/feed.hpp"
#include "server/store/imports/pending.hpp"
#include "server/store/imports/removal.hpp"
#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/conflict_rule.hpp"
#include "shared/domain/dag.hpp"

namespace autocusto::intake::detail {
namespace {

constexpr std::int64_t k_chunk = 2000;

const char* table_of(store::import_origin origin) {
  switch (origin) {
    case store::import_origin::patient_version:
      return "pacientes_pacienteversion";
    case store::import_origin::clinic_version:
      return "clinicas_clinicaversion";
    case store::import_origin::patient_master:
      return "pacientes_paciente";
    case store::import_origin::clinic_master:
      return "clinicas_clinica";
    case store::import_origin::process:
      return "processos_processo";
    case store::import_origin::doctor:
      return "medicos_medico";
  }
  throw std::logic_error("an origin without a table");
}

class taker {
 public:
  taker(store::transaction& tx, const rollback_request& request)
      : tx_(tx), removal_(tx), runs_(tx), rows_(tx), request_(request) {}

  result<rollback_report> run() {
    lock_imports(tx_);
    auto row = runs_.lock_import_run(request_.run);
    if (!row) {
      return fail(errc::not_found, "There is no such import run; see `autocusto-import list`.",
                  "run");
    }
    if (row->rolled_back_at) {
      return fail(errc::already_exists, "This run was taken back before; nothing to do.", "run");
    }
    run_ = *std::move(row);
    if (auto blocked = check_newer_runs()) return *std::move(blocked);
    load_accounts();
    load_versions();
    load_views();
    lock_records();
    load_feeds();
    find_used_records();
    name_blocked();
    if (!report_.blockers.empty() && !request_.except_used) return std::move(report_);
    store::imports::pending::writes(tx_).remove_pending(run_.key);
    removal_.begin_removal();
    remove_feeds_and_views();
    remove_versions();
    removal_.remove_kept_rows(run_.key);
    accounts_ = removal_.remove_import_users(run_.source, run_.key, used_users());
    removal_.end_removal();
    finish();
    return std::move(report_);
  }

 private:
  /// Later runs of this source may build on this one. Those of others tell by the keys of what they
  /// made what is theirs, as long as they have not ended: keys must not be given again meanwhile.
  std::optional<error> check_newer_runs() {
    auto runs = runs_.import_runs();
    std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.key > b.key; });
    for (const auto& row : runs) {
      if (row.key <= run_.key || row.rolled_back_at) continue;
      const auto number = std::to_string(row.key);
      if (row.source != run_.source) {
        if (row.finished_at) continue;
        return fail(errc::conflict_open,
                    "Run " + number +
                        " of another source has not ended; run it again to its end, or take it "
                        "back, then this one.",
                    "run");
      }
      if (made_nothing(row)) {
        followers_.push_back(row);
        continue;
      }
      return fail(errc::conflict_open,
                  "Run " + number +
                      " of the same source is newer and may build on this one. Runs are "
                      "taken back newest first: `autocusto-import rollback " +
                      number + "`, then this one.",
                  "run");
    }
    return std::nullopt;
  }

  bool made_nothing(const store::import_run_row& run) {
    if (!run.finished_at || run.versions + run.views + run.users > 0) return false;
    if (rows_.keeps_rows(run.key)) return false;
    const auto users = runs_.import_users(run.source);  // also those that it found here
    return std::none_of(users.begin(), users.end(),
                        [&run](const auto& user) { return user.run == run.key; });
  }

  void load_accounts() {
    for (const auto& user : runs_.import_users(run_.source)) {
      legacy_user_.emplace(user.owner, user.legacy_id);
      if (user.run == run_.key && user.made) ours_.insert(user.owner);
    }
  }

  void load_views() {
    store::pk after = run_.view_floor;
    for (;;) {
      const auto views = removal_.views_of_run(run_.key, after, k_chunk);
      if (views.empty()) break;
      after = views.back().key;
      for (const auto& view : views) opened_.push_back({view.key, view.user, view.record});
    }
    moved_ = removal_.moved_views(run_.key);
    std::vector<store::pk> keys;
    for (const auto& m : moved_) keys.push_back(m.view);
    for (const auto& view : store::views::reads(tx_).views_by_pk(keys)) {
      moved_records_.insert(view.record);
      owners_.insert(view.user);
    }
    for (const auto& view : opened_) owners_.insert(view.user);
  }

  /// All at once and before the feeds, in the order of a push. Held until the end.
  void lock_records() {
    std::set<store::pk> keys = moved_records_;
    for (const auto& [record, versions] : versions_) keys.insert(record);
    for (const auto& view : opened_) keys.insert(view.record);
    std::vector<store::wanted_record> wanted;
    for (const auto& row : store::records::reads(tx_).records_by_pk(
             std::vector<store::pk>(keys.begin(), keys.end()))) {
      wanted.push_back({row.id, {}, {}, false});
    }
    static_cast<void>(store::records::writes(tx_).lock_records(wanted));
  }

  /// Of everybody whose views the run opened or moved: items of a run belong to such a view.
  void load_feeds() {
    const std::vector<store::pk> owners(owners_.begin(), owners_.end());
    // Held until the end, so that these feeds do not move while the rest is decided.
    static_cast<void>(store::feed::writes(tx_).lock_heads(owners));
    spans_ = removal_.import_spans(run_.key, owners);
    for (const auto& s : spans_) {
      const bool moved = s.head != s.last || s.count != s.last - s.first + 1;
      if (s.given < s.first && !moved) continue;
      used_.insert(s.owner);
      const auto legacy = legacy_user_.find(s.owner);
      report_.blockers.push_back({"usuarios_usuario",
                                  legacy == legacy_user_.end() ? 0 : legacy->second,
                                  s.given >= s.first ? "received" : "feed_moved"});
    }
  }

  void load_versions() {
    store::pk after = run_.version_floor;
    for (;;) {
      const auto chunk = removal_.versions_of_run(run_.key, after, k_chunk);
      if (chunk.empty()) break;
      after = chunk.back().first;
      for (const auto& [version, record] : chunk) {
        versions_[record].push_back(version);
        made_.emplace(version, record);
      }
    }
  }

  void find_used_records() {
    // Views that the run moved belong to records that were there before; views that it opened name
    // theirs.
    std::vector<store::pk> records;
    for (const auto& [record, versions] : versions_) records.push_back(record);
    for (std::size_t from = 0; from < records.size(); from += k_chunk) {
      const auto to = std::min(records.size(), from + static_cast<std::size_t>(k_chunk));
      check_records(std::span(records).subspan(from, to - from));
    }
  }

  void check_records(std::span<const store::pk> records) {
    std::unordered_map<store::pk, std::vector<store::version_node>> graphs;
    for (auto& node : store::versions::reads(tx_).graphs(records, 0))
      graphs[node.record].push_back(std::move(node));
    for (const auto record : records) check_graph(record, graphs[record]);
    check_views(records);
  }

  /// A version that the run did not make stands behind one that it made.
  void check_graph(store::pk record, const std::vector<store::version_node>& nodes) {
    const auto& mine = versions_.at(record);
    const std::unordered_set<store::pk> made(mine.begin(), mine.end());
    std::int64_t first = 0;
    for (const auto& node : nodes) {
      if (made.contains(node.key) && first == 0) first = node.number;
    }
    for (const auto& node : nodes) {
      if (made.contains(node.key) || node.number < first) continue;
      if (used_records_.insert(record).second) block(mine.front(), "built_on");
    }
  }

  /// Items that stay show versions of the run: those of used users, and those that the run did not
  /// write.
  void check_views(std::span<const store::pk> records) {
    std::vector<store::pk> views;
    std::unordered_map<store::pk, store::pk> user_of;
    for (const auto& view : rows_.views_of_records(records)) {
      views.push_back(view.key);
      user_of.emplace(view.key, view.user);
    }
    for (const auto& item : store::feed::reads(tx_).shown_versions(views)) {
      const bool by_run = item.import_run == run_.key;
      const auto at = made_.find(item.version);
      if (at == made_.end()) continue;
      const bool by_used_user = used_.contains(user_of.at(item.view));
      if (by_run && !by_used_user) continue;
      if (used_records_.insert(at->second).second && !by_used_user) block(at->first, "assigned");
    }
  }

  void block(store::pk version, const char* reason) { blocked_.emplace_back(version, reason); }

  /// People know rows of the source, not keys.
  void name_blocked() {
    std::map<store::pk, std::string> reasons(blocked_.begin(), blocked_.end());
    std::vector<store::pk> keys;
    for (const auto& [version, reason] : reasons) keys.push_back(version);
    for (const auto& row : rows_.import_rows_of(run_.source, keys)) {
      report_.blockers.push_back({table_of(row.origin), row.legacy_id, reasons.at(row.version)});
    }
  }

  void remove_feeds_and_views() {
    std::vector<store::import_feed_span> cut;
    for (const auto& s : spans_) {
      if (!used_.contains(s.owner)) cut.push_back(s);
    }
    removal_.cut_feeds(run_.key, cut);
    restore_moved_views();
    std::vector<store::pk> gone;
    for (const auto& view : opened_) {
      if (used_.contains(view.user)) {
        ++report_.kept.views;
      } else {
        gone.push_back(view.key);
      }
    }
    removal_.remove_views(gone);
    report_.removed.views += static_cast<std::int64_t>(gone.size());
  }

  void restore_moved_views() {
    std::vector<store::pk> keys;
    for (const auto& m : moved_) keys.push_back(m.view);
    std::map<store::pk, store::view_row> rows;
    for (auto& row : store::views::reads(tx_).views_by_pk(keys))
      rows.emplace(row.key, std::move(row));
    std::map<store::pk, store::conflict_row> conflicts;
    for (auto& c : store::conflicts::reads(tx_).open_conflicts(keys))
      conflicts.emplace(c.view, std::move(c));
    std::vector<store::view_row> restored;
    std::vector<store::pk> forgotten;
    std::vector<store::conflict_row> settled;
    for (const auto& m : moved_) {
      auto& row = rows.at(m.view);
      if (used_.contains(row.user)) {
        ++report_.kept.views;
        continue;
      }
      row.state.heads = m.before.heads;
      row.state.pinned = m.before.pinned;
      row.state.drafts = m.before.drafts;
      row.active = m.active_before;
      restored.push_back(row);
      forgotten.push_back(m.view);
      const auto at = conflicts.find(m.view);
      const auto open = at == conflicts.end() ? std::nullopt : std::optional(at->second);
      auto conflict = sync::settle_conflict(open, m.view, m.before.heads, base_of(row),
                                            store::conflict_state::removed, request_.now);
      if (conflict) settled.push_back(*std::move(conflict));
    }
    static_cast<void>(store::views::writes(tx_).save_views(restored));
    if (!settled.empty()) static_cast<void>(store::conflicts::writes(tx_).save_conflicts(settled));
    removal_.forget_moved_views(run_.key, forgotten);
    report_.removed.views += static_cast<std::int64_t>(restored.size());
  }

  /// The nearest common ancestor of the view's heads, if there is exactly one.
  std::optional<version_id> base_of(const store::view_row& view) {
    if (view.state.heads.size() < 2) return std::nullopt;
    domain::version_dag dag;
    for (const auto& node : store::versions::reads(tx_).graphs(std::array{view.record}, 0)) {
      dag.add(
          {node.id, node.parents, node.generation, node.status == domain::version_status::draft});
    }
    const auto bases = dag.nearest_common_ancestors(view.state.heads);
    return bases.size() == 1 ? std::optional(bases[0]) : std::nullopt;
  }

  void remove_versions() {
    std::vector<store::pk> versions;
    std::vector<store::pk> records;
    const auto flush = [&] {
      removal_.remove_versions(versions, records);
      report_.removed.versions += static_cast<std::int64_t>(versions.size());
      versions.clear();
      records.clear();
    };
    for (const auto& [record, mine] : versions_) {
      if (used_records_.contains(record)) {
        report_.kept.versions += static_cast<std::int64_t>(mine.size());
        continue;
      }
      records.push_back(record);
      versions.insert(versions.end(), mine.begin(), mine.end());
      if (versions.size() >= static_cast<std::size_t>(k_chunk)) flush();
    }
    flush();
  }

  [[nodiscard]] std::vector<store::pk> used_users() const { return {used_.begin(), used_.end()}; }

  void finish() {
    report_.done = true;
    report_.kept.users = std::count_if(used_.begin(), used_.end(),
                                       [this](store::pk user) { return ours_.contains(user); });
    report_.kept.users += accounts_.handed_over;
    report_.accounts_disabled = static_cast<std::int64_t>(accounts_.disabled.size());
    report_.removed.users = accounts_.gone;
    close(run_);
    // They found everything here already; that does not hold any more.
    for (auto& run : followers_) close(run);
  }

  void close(store::import_run_row& run) {
    run.rolled_back_at = request_.now;
    run.report.reset();
    runs_.save_import_run(run);
    audit(tx_, "import.rollback", run, request_.now);
  }

  store::transaction& tx_;
  store::imports::removal::writes removal_;
  store::imports::runs::writes runs_;
  store::imports::rows::reads rows_;
  const rollback_request& request_;
  store::import_run_row run_;
  std::vector<store::import_run_row> followers_;  ///< later ones, which made nothing
  rollback_report report_;
  std::unordered_map<store::pk, std::int64_t> legacy_user_;
  struct opened_view {
    store::pk key = 0, user = 0, record = 0;
  };
  std::vector<opened_view> opened_;
  std::vector<store::import_view_row> moved_;
  std::set<store::pk> moved_records_;
  std::set<store::pk> owners_;  ///< of views that the run opened or moved
  std::vector<store::import_feed_span> spans_;
  store::removed_accounts accounts_;
  std::set<store::pk> used_;
  std::set<store::pk> ours_;                              ///< accounts that the run made
  std::map<store::pk, std::vector<store::pk>> versions_;  ///< of the run, by record
  std::unordered_map<store::pk, store::pk> made_;         ///< the same the other way round
  std::unordered_set<store::pk> used_records_;
  std::vector<std::pair<store::pk, const char*>> blocked_;
};

}  // namespace

void lock_imports(store::people::writes people) {
  static_cast<void>(people.lock_device(import_device()));
}

std::optional<error> ended(const store::import_run_row& run) {
  if (run.rolled_back_at) {
    return fail(errc::conflict_open,
                "Run " + std::to_string(run.key) +
                    " was taken back meanwhile; nothing more comes into it. Run the import again.",
                "run");
  }
  if (run.finished_at) {
    return fail(errc::conflict_open,
                "Run " + std::to_string(run.key) +
                    " was finished meanwhile by another importer. Run the import again; it brings "
                    "what is missing.",
                "run");
  }
  return std::nullopt;
}

void audit(store::transaction& tx, const char* what, const store::import_run_row& run,
           unix_millis now) {
  const auto system = store::people::reads(tx).user_by_id(system_user());
  store::audit_row row;
  row.at = now;
  row.actor = system.value().key;
  row.what = what;
  // Names of sources are plain words.
  row.object = R"({"run":)" + std::to_string(run.key) + R"(,"source":")" + run.source + "\"}";
  store::audit::writes(tx).add_audit(row);
}

result<rollback_report> take_back(store::transaction& tx, const rollback_request& request) {
  return taker(tx, request).run();
}

}  // namespace autocusto::intake::detail
