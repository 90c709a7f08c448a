#include "tools/import/rules/doctors.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "shared/domain/validate.hpp"
#include "shared/domain/version.hpp"
#include "tools/import/rules/changed.hpp"

namespace autocusto::import {
namespace {

std::string fields_of(const doctor_row& doctor) {
  const std::map<std::string_view, std::string_view> texts{{"nome_medico", doctor.name},
                                                           {"cns_medico", doctor.cns},
                                                           {"especialidade", doctor.specialty}};
  const auto& kind = *doctor_kind().spec;
  domain::fields_encoder out;
  for (const auto place : kind.by_name) {
    const auto& name = kind.fields[place].name;
    const auto at = texts.find(name);
    out.add(name, at == texts.end() ? std::string_view() : at->second);
  }
  return out.take();
}

}  // namespace

std::optional<std::string> doctor_key(const doctor_row& doctor) {
  const bool digits = std::all_of(doctor.crm.begin(), doctor.crm.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || doctor.crm.empty() || !domain::valid_uf(doctor.state)) return std::nullopt;
  const auto key = domain::normalise_registration(doctor.crm + '/' + doctor.state);
  return key ? std::optional(*key) : std::nullopt;
}

std::vector<planned_record> plan_doctors(const std::vector<doctor_row>& doctors,
                                         const std::vector<doctor_link>& links,
                                         const std::unordered_set<legacy_id>& users,
                                         const kept_verdicts& verdicts) {
  std::unordered_map<legacy_id, std::set<legacy_id>> users_of;
  for (const auto& l : links) {
    if (l.doctor && l.user && users.contains(*l.user)) users_of[*l.doctor].insert(*l.user);
  }
  std::map<std::string, std::vector<const doctor_row*>> by_key;
  for (const auto& d : doctors) {
    if (!entry_of(verdicts, d.id).whole) by_key[doctor_key(d).value()].push_back(&d);
  }
  std::vector<planned_record> out;
  for (auto& [key, rows] : by_key) {
    std::sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) { return a->id < b->id; });
    auto& record = out.emplace_back();
    record.kind = &doctor_kind();
    record.key = key;
    record.survivor = rows.front()->id;
    std::map<legacy_id, std::vector<planned_visible>> by_user;
    for (const auto* row : rows) {
      planned_version version;
      version.origin = doctor_kind().master_origin;
      version.id = row->id;
      version.number = static_cast<std::int64_t>(record.versions.size()) + 1;
      version.fields = fields_of(*row);
      version.summary = doctor_kind().spec->migrated_summary;
      for (const auto user : users_of[row->id]) {
        by_user[user].push_back({record.versions.size(), false});
      }
      record.masters.push_back(row->id);
      record.versions.push_back(std::move(version));
    }
    for (auto& [user, visible] : by_user) {
      visible.back().assigned = true;
      record.views.push_back({user, std::move(visible)});
    }
  }
  return out;
}

}  // namespace autocusto::import
