// Accounts, and the tables that are kept whole for a later kind.
#include <algorithm>

#include "tools/import/importer.hpp"
#include "tools/import/rules/changed.hpp"
#include "tools/import/source/people.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_accounts_at_a_time = 1000;
constexpr std::size_t k_kept_rows = 5000;
constexpr std::size_t k_kept_bytes = std::size_t{4} * 1024 * 1024;

intake::account account_of(const user_row& user, const user_id& id) {
  intake::account out;
  out.legacy_id = user.id;
  out.id = id;
  out.email = user.email;
  out.role = user.admin ? store::user_role::admin : store::user_role::doctor;
  out.enabled = user.active;
  out.created_at = user.joined / 1000;
  return out;
}

/// Hands rows on when there are many.
class gatherer {
 public:
  gatherer(chunk& to, const std::function<void(chunk&)>& put) : to_(to), put_(put) {}
  void added(std::size_t bytes) {
    bytes_ += bytes;
    if (to_.kept.size() < k_kept_rows && bytes_ < k_kept_bytes) return;
    put_(to_);
    bytes_ = 0;
  }

 private:
  chunk& to_;
  const std::function<void(chunk&)>& put_;
  std::size_t bytes_ = 0;
};

}  // namespace

void importer::import_accounts() {
  doctors_ = read_doctors(from_, layout_);
  for (const auto& d : doctors_) doctor_ids_.insert(d.id);
  links_ = read_links(from_, layout_);
  const auto users = judge_users(read_users(from_, layout_), links_, doctor_ids_, out_.rows);
  const encoder ids(options_.keys, options_.source, 0, users_);
  std::vector<intake::account> accounts;
  const auto flush = [&] {
    if (accounts.empty()) return;
    std::vector<intake::account_outcome> placed;
    if (options_.dry_run) {
      reads_.read([&](store::snapshot& snapshot) {
        placed = intake::foresee_accounts(snapshot, options_.source, accounts);
      });
    } else {
      auto done = door_->add_accounts(out_.run, accounts);
      if (!done) throw error_exception(done.error());
      placed = *std::move(done);
    }
    for (std::size_t i = 0; i < placed.size(); ++i) {
      if (placed[i].made) ++out_.made.users;
      if (placed[i].linked) {
        out_.rows.add("usuarios_usuario", accounts[i].legacy_id, outcome::imported,
                      "ACCOUNT_EXISTS");
      }
      users_.emplace(accounts[i].legacy_id, target_user{placed[i].key, placed[i].id});
      user_ids_.insert(accounts[i].legacy_id);
    }
    accounts.clear();
  };
  for (const auto& user : users) {
    accounts.push_back(account_of(user, ids.account_id(user.id)));
    // A dry run sees them all at once, since it cannot find what it did not write.
    if (accounts.size() >= k_accounts_at_a_time && !options_.dry_run) flush();
  }
  flush();
}

void importer::keep_judged(std::string_view table, const kept_verdicts& verdicts) {
  chunk rows;
  const std::function<void(chunk&)> hand_on = [this](chunk& what) { put(what); };
  gatherer gather(rows, hand_on);
  walk_rows(from_, layout_, table, "", "",
            [&](std::int64_t id, bool /*missing*/, std::string_view json) {
              keep(rows, table, id, entry_of(verdicts, id), json);
              gather.added(json.size());
            });
  put(rows);
}

void importer::keep_plain(std::string_view table) {
  chunk rows;
  const std::function<void(chunk&)> hand_on = [this](chunk& what) { put(what); };
  gatherer gather(rows, hand_on);
  walk_rows(from_, layout_, table, "", "",
            [&](std::int64_t id, bool /*missing*/, std::string_view json) {
              out_.rows.count(table, outcome::deferred);
              keep(rows, table, id, {}, json);
              gather.added(json.size());
            });
  put(rows);
}

void importer::keep_diseases() {
  constexpr std::string_view table = "processos_doenca";
  chunk rows;
  walk_rows(from_, layout_, table, "protocolo_id", "processos_protocolo",
            [&](std::int64_t id, bool missing, std::string_view json) {
              row_verdict verdict(out_.rows, table, id, outcome::deferred);
              if (missing) verdict.say(outcome::quarantined, "MISSING_PROTOCOL");
              verdict.count();
              keep(rows, table, id, {verdict.result(), missing ? "MISSING_PROTOCOL" : ""}, json);
            });
  put(rows);
}

void importer::keep_links(std::string_view table, std::string_view first_column,
                          std::string_view first_table, std::string_view first_missing) {
  chunk rows;
  const std::function<void(chunk&)> hand_on = [this](chunk& what) { put(what); };
  gatherer gather(rows, hand_on);
  const link_table which{table, first_column, first_table, "medicamento_id",
                         "processos_medicamento"};
  walk_links(from_, layout_, which, [&](const link_row& link, std::string_view json) {
    row_verdict verdict(out_.rows, table, link.id, outcome::deferred);
    std::string reason;
    if (!link.first_exists) {
      reason = first_missing;
      verdict.say(outcome::quarantined, reason);
    } else if (!link.second_exists) {
      reason = "MISSING_MEDICATION";
      verdict.say(outcome::quarantined, reason);
    } else if (link.lowest != link.id) {
      verdict.say(outcome::merged, "DUPLICATE_RELATION", link.lowest);
    }
    verdict.count();
    keep(rows, table, link.id, {verdict.result(), reason}, json);
    gather.added(json.size());
  });
  put(rows);
}

void importer::keep_processes() {
  const process_input input{
      &merged_patients_, &merged_clinics_,
      [this](const legacy_kind& kind, const std::vector<legacy_id>& masters, legacy_id user) {
        return related_to_any(from_, layout_, kind, masters, user);
      },
      [this](legacy_id user) { return users_.contains(user); }};
  process_judge judge(input, out_.rows);
  chunk rows;
  const std::function<void(chunk&)> hand_on = [this](chunk& what) { put(what); };
  gatherer gather(rows, hand_on);
  walk_processes(from_, layout_, [&](const process_row& p, std::string_view json) {
    keep(rows, "processos_processo", p.id, judge.judge(p), json);
    gather.added(json.size());
  });
  put(rows);
}

void importer::keep_everything() {
  keep_judged("medicos_medico",
              judge_doctors(doctors_, links_, user_ids_, layout_.doctors_have_state, out_.rows));
  keep_judged("medicos_medicousuario", judge_links(links_, doctor_ids_, user_ids_, out_.rows));
  keep_judged("clinicas_emissor",
              judge_issuers(read_issuers(from_, layout_), clinics_, doctor_ids_, out_.rows));
  keep_plain("processos_protocolo");
  keep_plain("processos_medicamento");
  keep_diseases();
  keep_links("processos_protocolo_medicamentos", "protocolo_id", "processos_protocolo",
             "MISSING_PROTOCOL");
  keep_processes();
  keep_links("processos_processo_medicamentos", "processo_id", "processos_processo",
             "MISSING_PROCESS");
}

}  // namespace autocusto::import
