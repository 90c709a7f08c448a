// Accounts and doctors, and the tables that are kept whole.
#include "tools/import/gatherer.hpp"
#include "tools/import/importer.hpp"
#include "tools/import/rules/changed.hpp"
#include "tools/import/rules/doctors.hpp"
#include "tools/import/source/people.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_accounts_at_a_time = 1000;
constexpr std::size_t k_doctors_at_a_time = 1000;

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
      auto done = writer_->add_accounts(out_.run, accounts);
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
  walk_rows(
      from_, layout_, table, "protocolo_id", "processos_protocolo",
      [&](std::int64_t id, bool missing, std::string_view json) {
        row_verdict verdict(out_.rows, table, id, outcome::deferred);
        if (missing) verdict.say(outcome::quarantined, "MISSING_PROTOCOL");
        verdict.count();
        keep(rows, table, id, {verdict.result(), missing ? "MISSING_PROTOCOL" : "", true}, json);
      });
  put(rows);
}

void importer::keep_links(std::string_view table, std::string_view first_column,
                          std::string_view first_table, std::string_view first_missing,
                          const link_judge& judge) {
  chunk rows;
  const std::function<void(chunk&)> hand_on = [this](chunk& what) { put(what); };
  gatherer gather(rows, hand_on);
  const link_table which{table, first_column, first_table, "medicamento_id",
                         "processos_medicamento"};
  walk_links(from_, layout_, which, [&](const link_row& link, std::string_view json) {
    kept_verdict found;
    if (!link.first_exists) {
      found = {outcome::quarantined, std::string(first_missing), true};
    } else if (!link.second_exists) {
      found = {outcome::quarantined, "MISSING_MEDICATION", true};
    } else if (link.lowest != link.id) {
      found = {outcome::merged, "DUPLICATE_RELATION", false};
    } else {
      found = judge(link.first, link.second);
    }
    row_verdict verdict(out_.rows, table, link.id, found.result);
    const auto into = found.result == outcome::merged ? std::optional(link.lowest) : std::nullopt;
    if (!found.reasons.empty()) verdict.say(found.result, found.reasons, into);
    verdict.count();
    keep(rows, table, link.id, found, json);
    gather.added(json.size());
  });
  put(rows);
}

void importer::import_doctors() {
  const auto verdicts =
      judge_doctors(doctors_, links_, user_ids_, layout_.doctors_have_state, out_.rows);
  chunk records;
  for (auto& record : plan_doctors(doctors_, links_, user_ids_, verdicts)) {
    records.records.push_back(std::move(record));
    if (records.records.size() >= k_doctors_at_a_time) put(records);
  }
  put(records);
  keep_judged("medicos_medico", verdicts);
  keep_judged("medicos_medicousuario", judge_links(links_, verdicts, user_ids_, out_.rows));
}

void importer::keep_everything() {
  import_doctors();
  keep_judged("clinicas_emissor",
              judge_issuers(read_issuers(from_, layout_), clinics_, doctor_ids_, out_.rows));
  keep_plain("processos_protocolo");
  keep_plain("processos_medicamento");
  keep_diseases();
  keep_links("processos_protocolo_medicamentos", "protocolo_id", "processos_protocolo",
             "MISSING_PROTOCOL", [](legacy_id, legacy_id) { return kept_verdict{}; });
  import_processes();
}

}  // namespace autocusto::import
