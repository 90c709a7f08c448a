// What doctors and the administrator do in a run.
#include "shared/domain/structured.hpp"
#include "tests/simulation/kinds.hpp"
#include "tests/simulation/run.hpp"

namespace autocusto::simulation {
namespace {

/// Four digits at least name a version.
std::string selector_of(const version_id& id) {
  return id.text();
}

}  // namespace

void simulation_run::keep(laptop& on, const result<replica::saved>& made) {
  if (!made || !made->changed) return;
  on.saved.emplace(made->version, record_id_of(tenant_key_, made->key));
  oracle_.saved(doctors_[on.user].id, made->version);
  note("  saved " + made->version.text().substr(0, 8));
  if (on.sync && !on.sync->done()) on.sync->saved();
}

void simulation_run::doctor_acts(laptop& on, const operation& o) {
  const auto key = key_of(o.record);
  try {
    switch (o.what) {
      case verb::edit:
        return edit(on, o, false);
      case verb::draft:
        return edit(on, o, true);
      case verb::publish:
      case verb::discard: {
        const auto seen = on.home->see(key);
        if (!seen || seen->drafts.empty()) return;
        const auto& chosen = seen->drafts[o.how % seen->drafts.size()];
        const auto selector = selector_of(chosen);
        if (o.what == verb::publish) return keep(on, on.home->publish(key, selector));
        for (auto& each : laptops_) {
          if (each->user == on.user) each->discarded.insert(record_of(o.record));
        }
        static_cast<void>(on.home->discard_draft(key, selector));
        return;
      }
      case verb::revert: {
        const auto seen = on.home->see(key);
        if (!seen || seen->versions.empty()) return;
        auto to = seen->versions.begin();
        std::advance(to, o.how % seen->versions.size());
        return keep(on, on.home->revert(key, selector_of(to->first)));
      }
      case verb::resolve:
        return resolve(on, o);
      default:
        return refused_ones(on, o);
    }
  } catch (const client_died&) {
    died(on);
  }
}

namespace {

/// A prescription is replaced as a whole, as its form does it.
domain::structured prescription(seeded_random& d, const std::string& word) {
  domain::row_list rows;
  for (std::int64_t i = d.between(0, 3); i > 0; --i) {
    rows.push_back({{"nome", "Remedio " + word + std::to_string(i)},
                    {"qtd_1", std::to_string(d.between(1, 90))}});
  }
  return domain::from_rows(rows);
}

void edit_process(replica::edit& e, seeded_random& d, const std::string& word) {
  const auto changes = d.percent(60) ? 1 : d.between(2, 3);
  for (std::int64_t i = 0; i < changes; ++i) {
    switch (d.below(6)) {
      case 0:
        e.fields["prescricao"] = prescription(d, word);
        break;
      case 1:
        e.fields["anamnese"] = "Linha " + word + "\nOutra";
        break;
      case 2:
        e.fields["condicionais"] = domain::from_map({{"opt_a", word}});
        break;
      case 3:
        e.fields["situacao_motivo"] = word;
        break;
      case 4:
        e.fields["meses"] = std::to_string(d.between(1, 6));
        break;
      default:
        e.fields["preenchido_por"] = d.percent(50) ? "mae" : "medico";
    }
  }
}

}  // namespace

void simulation_run::edit(laptop& on, const operation& o, bool draft) {
  const auto key = key_of(o.record);
  const auto word = "Zq" + std::to_string(on.user) + "x" + std::to_string(++words_);
  replica::edit e;
  e.kind = kind_of(key);
  e.key = key;
  e.draft = draft;
  seeded_random d(o.how);
  if (is_process(o.record)) {
    edit_process(e, d, word);
    return keep(on, on.home->save(e));
  }
  const bool known = on.home->see(key).has_value();
  if (!known && !draft) {
    e.fields = {{"nome_paciente", "Nome " + word},
                {"nome_mae", "Mae " + word},
                {"end_paciente", "Rua " + word}};
  }
  const auto changes = d.percent(60) ? 1 : d.between(2, 3);
  for (std::int64_t i = 0; i < changes; ++i) {
    switch (d.below(7)) {
      case 0:
        e.fields["nome_paciente"] = "Nome " + word;
        break;
      case 1:
        e.fields["nome_mae"] = "Mae " + word;
        break;
      case 2:
        e.fields["peso"] = std::to_string(d.between(40, 120));
        break;
      case 3:
        e.fields["altura"] = std::to_string(d.between(100, 200));
        break;
      case 4:
        e.fields["rg"] = word;
        break;
      case 5:
        e.fields["cidade_paciente"] = "Cidade " + word;
        break;
      default:
        e.fields["sexo"] = d.percent(50) ? "F" : "M";
    }
  }
  keep(on, on.home->save(e));
}

void simulation_run::resolve(laptop& on, const operation& o) {
  const auto key = key_of(o.record);
  const auto seen = on.home->see(key);
  if (!seen || seen->heads.size() < 2) return;
  replica::resolution how;
  how.take = selector_of(seen->heads[o.how % seen->heads.size()]);
  if (o.how % 3 == 0) how.set[is_process(o.record) ? "protocolo" : "sexo"] = std::string("X");
  keep(on, on.home->resolve(key, how));
}

void simulation_run::refused_ones(laptop& on, const operation& o) {
  const auto refused = on.home->refused();
  if (refused.empty()) return;
  const auto before = std::set<version_id>(refused.begin(), refused.end());
  const auto selector = selector_of(refused[o.how % refused.size()]);
  if (o.what == verb::reapply) {
    keep(on, on.home->reapply(selector));
  } else {
    try {
      static_cast<void>(on.home->discard_refused(selector));
    } catch (const client_died&) {
      on.let_go.insert(refused[o.how % refused.size()]);  // perhaps
      throw;
    }
  }
  for (const auto& id : on.home->refused()) {
    if (!before.contains(id)) oracle_.broken("11: a version became refused by itself");
  }
  const auto after = on.home->refused();
  for (const auto& id : before) {
    if (std::find(after.begin(), after.end(), id) == after.end()) on.let_go.insert(id);
  }
}

void simulation_run::do_act(const admin_act& what) {
  const auto done = server_->act(what);
  const bool in_doubt =
      done && !*done &&
      (done->error().code == errc::unavailable || done->error().code == errc::internal);
  if (!done || *done || in_doubt) oracle_.acted(what);
  if (done && !*done) note("  refused: " + done->error().message);
  if (!server_->up()) return server_died();
  line_->moved();
}

void simulation_run::admin_acts(const operation& o) {
  auto& who = doctors_[o.who % doctors_.size()];
  switch (o.what) {
    case verb::assign:
      return assign(o);
    case verb::unassign:
      return do_act(act_unassign{who.id, record_of(o.record)});
    case verb::settle_conflict:
      return settle_conflict(o);
    case verb::policy: {
      act_policy act;
      if (o.how % 2 == 0) act.user = who.id;
      if (o.how % 3 == 0) act.policy = domain::merge_policy::manual;
      return do_act(act);
    }
    case verb::revoke: {
      auto& on = *laptops_[o.who % laptops_.size()];
      for (auto& each : laptops_) {
        // Copies of one folder, also those that have become devices of their own.
        if (each->device != on.device && !each->replaced.contains(on.device)) continue;
        oracle_.revoked(each->device);
        each->lost_access = each->revoked = true;
        each->lost = each->lost || o.how % 3 == 0;
      }
      return do_act(act_revoke{on.device, o.how % 3 == 0});
    }
    default:
      who.disabled = o.what == verb::disable;
      if (who.disabled) {
        for (auto& on : laptops_) {
          if (doctors_[on->user].id == who.id) on->lost_access = true;
        }
      }
      return do_act(act_enable{who.id, !who.disabled});
  }
}

void simulation_run::assign(const operation& o) {
  const auto& to = doctors_[o.who % doctors_.size()];
  const auto record = record_of(o.record);
  const auto now = server_->state();
  std::vector<version_id> choice;
  for (const auto& [id, v] : now.versions) {
    if (v.record == record) choice.push_back(id);
  }
  if (choice.empty()) return;
  act_assign act{to.id, record, choice[o.how % choice.size()], {}};
  const auto view = now.open_views.find({to.id, record});
  if (view != now.open_views.end()) act.expect_heads = view->second.heads;
  do_act(act);
}

void simulation_run::settle_conflict(const operation& o) {
  const auto now = server_->state();
  for (const auto& [whose, view] : now.open_views) {
    if (view.heads.size() < 2) continue;
    domain::version_header header;
    domain::version_payload payload;
    for (const auto& id : view.heads) {
      const auto head = domain::decode_version(now.versions.at(id).raw).value();
      header.record = head.header.record;
      header.generation = std::max(header.generation, head.header.generation + 1);
      payload = head.payload;
    }
    header.parents = view.heads;
    std::tie(header.author, header.device) = server_->admin();
    header.created_at = format_time(server_clock_.now());
    payload.salt = random_.make<salt128>();
    const bool process = header.record.kind == "process";
    payload.fields[process ? "protocolo" : "sexo"] = "R" + std::to_string(o.how % 10);
    return do_act(act_resolve{whose.first, domain::make_version(header, payload)});
  }
}

}  // namespace autocusto::simulation
