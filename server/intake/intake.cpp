#include "server/intake/intake.hpp"

#include <map>
#include <set>

#include "server/intake/apply_batch.hpp"
#include "server/intake/plan_batch.hpp"
#include "server/store/imports/pending.hpp"
#include "server/store/imports/runs.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "server/store/records.hpp"

namespace autocusto::intake {
namespace {

error no_such_run() {
  return fail(errc::not_found, "There is no such import run; see `autocusto-import list`.", "run");
}

void add_counts(store::imports::runs::writes runs, store::pk run, const counts& made) {
  auto row = runs.lock_import_run(run);
  if (!row) throw error_exception(no_such_run());
  if (auto e = detail::ended(*row)) throw error_exception(*std::move(e));
  row->versions += made.versions;
  row->views += made.views;
  row->users += made.users;
  row->report.reset();
  runs.save_import_run(*row);
}

account_outcome place_account(store::people::reads people, const account& wanted) {
  account_outcome out;
  // Taken back and brought in again: the account that the audit log kept.
  if (const auto same = people.user_by_id(wanted.id)) {
    out.key = same->key;
    out.id = same->id;
    return out;
  }
  out.id = wanted.id;
  const auto there = people.user_by_email(wanted.email);
  if (there && there->email == wanted.email && there->role != store::user_role::system) {
    out.key = there->key;
    out.id = there->id;
    out.linked = true;
  }
  return out;
}

/// Of several accounts of the source with one e-mail only the first may be one that is here.
class account_placer {
 public:
  account_placer(store::snapshot& snapshot, std::string_view source) : people_(snapshot) {
    for (const auto& row : store::imports::runs::reads(snapshot).import_users(source)) {
      known_.emplace(row.legacy_id, row);
      taken_.insert(row.owner);
    }
  }

  account_outcome place(const account& wanted) {
    if (const auto at = known_.find(wanted.legacy_id); at != known_.end()) {
      const store::pk key[] = {at->second.owner};
      account_outcome out;
      out.key = at->second.owner;
      out.id = people_.users_by_pk(key).at(0).id;
      out.linked = !at->second.made;
      return out;
    }
    auto out = place_account(people_, wanted);
    if (out.linked && !taken_.insert(out.key).second) {
      out = {};
      out.id = wanted.id;
    }
    out.made = out.key == 0;
    return out;
  }

  /// It is an account of the source now: another one with its e-mail is not the same.
  void take(store::pk account) { taken_.insert(account); }

  [[nodiscard]] bool knows(std::int64_t legacy_id) const { return known_.contains(legacy_id); }

 private:
  store::people::reads people_;
  std::map<std::int64_t, store::import_user_row> known_;
  std::set<store::pk> taken_;
};

store::pk make_account(store::transaction& tx, const account& wanted) {
  store::people::writes people(tx);
  store::user_row row;
  row.id = wanted.id;
  row.email = wanted.email;
  row.role = wanted.role;
  row.enabled = false;
  row.created_at = wanted.created_at;
  return people.email_taken(wanted.email)
             ? store::imports::runs::writes(tx).add_twin_user(row, wanted.legacy_id)
             : people.add_user(row);
}

/// What administrators decided here about this very account counts more than the source, also when
/// only their journal remembers it.
store::account_hold hold_of(store::journal::reads journal, const account& wanted) {
  const auto newest = [&](store::journaled_act what) {
    return journal.newest_journaled(wanted.id.raw(), what).value_or(0);
  };
  const auto enabled = newest(store::journaled_act::user_enabled);
  const auto disabled = newest(store::journaled_act::user_disabled);
  const bool enable = enabled == disabled ? wanted.enabled : enabled > disabled;
  return enable ? store::account_hold::enable : store::account_hold::leave;
}

/// An account that is here under its id: perhaps only a place that the journal of acts has held for
/// it since a backup from before the import was restored. Answers whether it is in use.
bool complete(store::people::writes people, store::pk key, const account& wanted) {
  const store::pk keys[] = {key};
  auto row = people.users_by_pk(keys).at(0);
  if (store::is_placeholder(row) && !people.email_taken(wanted.email)) {
    row.email = wanted.email;
    row.role = wanted.role;
    row.created_at = wanted.created_at;
    people.update_user(row);
  }
  return row.enabled;
}

std::vector<account_outcome> write_accounts(store::transaction& tx,
                                            const store::import_run_row& run,
                                            const std::vector<account>& accounts) {
  account_placer placer(tx, run.source);
  std::vector<account_outcome> out;
  counts made;
  for (const auto& wanted : accounts) {
    auto outcome = placer.place(wanted);
    if (placer.knows(wanted.legacy_id)) {
      out.push_back(outcome);
      continue;
    }
    // Also one that was taken back and kept, unless somebody has enabled it by hand since.
    const auto then = hold_of(tx, wanted);
    bool held = !outcome.linked;
    if (outcome.made) {
      outcome.key = make_account(tx, wanted);
      placer.take(outcome.key);
      ++made.users;
    } else if (held) {
      held = !complete(tx, outcome.key, wanted);
    }
    store::imports::runs::writes(tx).add_import_user(
        run.source, {wanted.legacy_id, outcome.key, run.key, !outcome.linked,
                     held ? then : store::account_hold::none});
    out.push_back(outcome);
  }
  add_counts(tx, run.key, made);
  return out;
}

class database_import_writer final : public import_writer {
 public:
  database_import_writer(store::database& database, int parallelism)
      : database_(database), parallelism_(parallelism) {}

  [[nodiscard]] int parallelism() const override { return parallelism_; }

  result<run_state> begin(const run_start& start) override {
    run_state state;
    database_.write([&](store::transaction& tx) {
      store::imports::runs::writes runs(tx);
      state = {};
      static_cast<void>(ensure_import_device(tx, start.now));
      detail::lock_imports(tx);
      for (const auto& row : runs.import_runs()) {
        if (row.source == start.source && !row.finished_at && !row.rolled_back_at) {
          state = {row.key, true};
        }
      }
      // What was set aside before the cut is worked out anew, like everything else.
      if (state.continued) store::imports::pending::writes(tx).remove_pending(state.run);
      if (state.run != 0) return;
      store::import_run_row row;
      row.source = start.source;
      row.layout = start.layout;
      row.options = start.options;
      row.started_at = start.now;
      row.version_floor = runs.greatest_version();
      row.view_floor = runs.greatest_view();
      state.run = runs.add_import_run(row);
    });
    return state;
  }

  result<std::vector<account_outcome>> add_accounts(store::pk run,
                                                    const std::vector<account>& accounts) override {
    return guarded<std::vector<account_outcome>>([&](store::transaction& tx) {
      return write_accounts(tx, run_under_way(tx, run), accounts);
    });
  }

  result<counts> apply(const batch& what, const commit_order& before_feeds) override {
    return guarded<counts>([&](store::transaction& tx) {
      // The run is locked and checked last: locked first, it would make parallel batches wait.
      const auto done = detail::apply_batch(tx, what, before_feeds);
      add_counts(tx, what.run, done.made);
      auto made = done.made;
      made.views += done.set_aside;
      return made;
    });
  }

  result<counts> finish(const run_end& end) override {
    return guarded<counts>([&](store::transaction& tx) {
      auto row = run_under_way(tx, end.run);
      row.views += detail::publish(tx, row, end.now).views;
      store::imports::pending::writes(tx).release_import_users(row.source, row.key);
      row.finished_at = end.now;
      row.report = end.report;
      store::imports::runs::writes(tx).save_import_run(row);
      detail::audit(tx, "import.run", row, end.now);
      return counts{row.versions, row.views, row.users};
    });
  }

  result<rollback_report> rollback(const rollback_request& request) override {
    result<rollback_report> out = no_such_run();
    database_.write([&](store::transaction& tx) { out = detail::take_back(tx, request); });
    return out;
  }

 private:
  static store::import_run_row run_under_way(store::imports::runs::writes runs, store::pk run) {
    auto row = runs.lock_import_run(run);
    if (!row) throw error_exception(no_such_run());
    if (auto e = detail::ended(*row)) throw error_exception(*std::move(e));
    return *std::move(row);
  }

  /// A transaction whose refusal, thrown inside so that nothing of it is kept, is an answer.
  template <class T, class Work>
  result<T> guarded(Work work) {
    T out{};
    try {
      database_.write([&](store::transaction& tx) { out = work(tx); });
    } catch (const error_exception& e) {
      return e.get();
    }
    return out;
  }

  store::database& database_;
  const int parallelism_;
};

}  // namespace

std::unique_ptr<import_writer> open_import_writer(store::database& database, int parallelism) {
  return std::make_unique<database_import_writer>(database, parallelism);
}

counts foresee(store::snapshot& snapshot, const batch& what) {
  std::vector<record_id> ids;
  for (const auto& r : what.records) ids.push_back(r.id);
  std::unordered_map<record_id, store::record_row> found;
  for (auto& row : store::records::reads(snapshot).records_by_ids(ids)) found.emplace(row.id, row);
  std::vector<store::record_row> rows;
  for (const auto& r : what.records) {
    const auto at = found.find(r.id);
    rows.push_back(at == found.end() ? store::record_row{} : at->second);
  }
  const auto present =
      detail::survey(snapshot, what, std::move(rows), detail::batch_kind::from_source);
  counts out;
  for (const auto& record : detail::plan(what, present)) {
    out.versions += static_cast<std::int64_t>(record.added.size());
    out.views += static_cast<std::int64_t>(record.views.size());
  }
  return out;
}

std::vector<account_outcome> foresee_accounts(store::snapshot& snapshot, std::string_view source,
                                              const std::vector<account>& accounts) {
  account_placer placer(snapshot, source);
  std::vector<account_outcome> out;
  out.reserve(accounts.size());
  for (const auto& wanted : accounts) out.push_back(placer.place(wanted));
  return out;
}

store::pk ensure_import_device(store::people::writes people, unix_millis now) {
  if (const auto there = people.device_by_id(import_device())) return there->key;
  const auto system = people.user_by_id(system_user());
  if (!system) throw std::logic_error("an installation without its system user");
  store::device_row device;
  device.id = import_device();
  device.user = system->key;
  device.name = "import";
  device.enrolled_at = now;
  return people.add_device(device);
}

}  // namespace autocusto::intake
