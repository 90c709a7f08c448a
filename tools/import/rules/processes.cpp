#include "tools/import/rules/processes.hpp"

#include "shared/domain/validate.hpp"
#include "tools/import/rules/keys.hpp"
#include "tools/import/rules/process_fields.hpp"
#include "tools/import/rules/texts.hpp"

namespace autocusto::import {
namespace {

std::string_view missing_end(const process_row& p, bool user_exists) {
  if (!p.user_exists || !user_exists) return "MISSING_USER";
  if (!p.patient_exists) return "MISSING_PATIENT";
  if (!p.clinic_exists) return "MISSING_CLINIC";
  if (!p.doctor_exists) return "MISSING_DOCTOR";
  if (!p.issuer_exists) return "MISSING_EMISSOR";
  if (!p.disease_exists) return "MISSING_DISEASE";
  return {};
}

}  // namespace

void merged_masters::add(const std::vector<legacy_id>& group) {
  if (group.size() < 2) return;
  for (const auto id : group) survivor_.emplace(id, group.front());
  groups_.emplace(group.front(), group);
}

legacy_id merged_masters::survivor(legacy_id id) const {
  const auto at = survivor_.find(id);
  return at == survivor_.end() ? id : at->second;
}

std::vector<legacy_id> merged_masters::group(legacy_id id) const {
  const auto at = groups_.find(survivor(id));
  return at == groups_.end() ? std::vector<legacy_id>{} : at->second;
}

std::string_view process_judge::refusal(const process_row& p) const {
  const auto missing = missing_end(p, input_.user_exists(p.user));
  if (!missing.empty()) return missing;
  return input_.quarantined(patient_kind(), p.patient) ? "PATIENT_QUARANTINED" : "";
}

bool process_judge::related(const legacy_kind& kind, const merged_masters& merged, legacy_id master,
                            bool directly, legacy_id user) const {
  if (directly) return true;
  const auto group = merged.group(master);
  return !group.empty() && input_.related(kind, group, user);
}

/// Empty where it is not the user's: what the user does not see is not named, either.
std::string process_judge::clinic_of(const process_row& p, const say_function& say) const {
  if (!related(clinic_kind(), *input_.clinics, p.clinic, p.related_clinic, p.user)) {
    say(outcome::flagged, "PROCESS_OWNER_NOT_RELATED_CLINIC");
    return {};
  }
  if (input_.quarantined(clinic_kind(), p.clinic)) {
    say(outcome::flagged, "PROCESS_CLINIC_QUARANTINED");
    return {};
  }
  return record_key(read_key(clinic_kind().spec->rule, p.clinic_number), p.clinic);
}

std::string process_judge::key_of(const process_row& p, const say_function& say) const {
  const auto patient = record_key(read_key(patient_kind().spec->rule, p.patient_number), p.patient);
  const auto cid = domain::normalise_cid(p.cid);
  if (p.disease && cid) return patient + '/' + *cid;
  say(outcome::flagged, p.disease ? "PROCESS_CID_INVALID" : "PROCESS_WITHOUT_DISEASE");
  return patient + "/#" + std::to_string(p.id);
}

void process_judge::judge_references(const process_row& p, const std::string& key,
                                     const say_function& say) {
  const bool is_new = seen_.emplace(p.user, input_.patients->survivor(p.patient), p.disease).second;
  const bool is_new_key = seen_keys_.emplace(p.user, key).second;
  if (!is_new || !is_new_key) say(outcome::flagged, "PROCESS_DUPLICATE");
  if (p.issuer_doctor != p.doctor ||
      input_.clinics->survivor(p.issuer_clinic) != input_.clinics->survivor(p.clinic)) {
    say(outcome::flagged, "PROCESS_EMISSOR_MISMATCH");
  }
  if (p.changed && is_out_of_range(*p.changed)) say(outcome::flagged, "TIME_OUT_OF_RANGE");
}

kept_verdict process_judge::judge(const process_row& p, std::string_view json) {
  kept_verdict out;
  row_verdict verdict(to_, process_kind().master, p.id, outcome::imported);
  const say_function say = [&](outcome result, std::string_view reason) {
    verdict.say(result, reason);
    if (!out.reasons.empty()) out.reasons += ",";
    out.reasons += reason;
  };
  const auto finish = [&](bool whole) {
    if (verdict.result() == outcome::quarantined) refused_.insert(p.id);
    verdict.count();
    out.result = verdict.result();
    out.whole = whole;
    return out;
  };
  if (const auto refused = refusal(p); !refused.empty()) {
    say(outcome::quarantined, refused);
    return finish(true);
  }
  if (!is_readable(p.patient_number) || !is_readable(p.clinic_number) || !is_readable(p.cid)) {
    say(outcome::quarantined, "TEXT_UNREADABLE");
    return finish(true);
  }
  const bool shown =
      related(patient_kind(), *input_.patients, p.patient, p.related_patient, p.user);
  if (!shown) say(outcome::flagged, "PROCESS_OWNER_NOT_RELATED_PATIENT");
  const auto clinic = clinic_of(p, say);
  const auto key = key_of(p, say);
  judge_references(p, key, say);
  auto fields = read_process_fields(p, json, clinic, *input_.medicines);
  for (const auto reason : fields.reasons) say(outcome::flagged, reason);
  if (!fields.refused.empty()) {
    say(outcome::quarantined, fields.refused);
    return finish(true);
  }
  for (const auto id : p.links) {
    if (!fields.medicines.contains(id)) unprescribed_.emplace(p.id, id);
  }
  planned_version version;
  version.origin = process_kind().master_origin;
  version.id = p.id;
  version.fields = std::move(fields.json);
  version.author = p.user;
  version.created = p.changed;
  version.summary = process_kind().spec->migrated_summary;
  by_key_[key].push_back({std::move(version), shown});
  return finish(fields.whole);
}

kept_verdict process_judge::judge_link(legacy_id process, legacy_id medicine) const {
  if (refused_.contains(process)) return {outcome::deferred, "", true};
  if (unprescribed_.contains({process, medicine})) {
    return {outcome::flagged, "MEDICATION_NOT_PRESCRIBED", true};
  }
  return {outcome::imported, "", false};
}

std::vector<planned_record> process_judge::take_records() {
  std::vector<planned_record> out;
  for (auto& [key, processes] : by_key_) {
    auto& record = out.emplace_back();
    record.kind = &process_kind();
    record.key = key;
    record.survivor = processes.front().version.id;
    std::map<legacy_id, std::vector<planned_visible>> by_user;
    std::map<legacy_id, std::size_t> newest;
    for (auto& [version, shown] : processes) {
      const auto place = record.versions.size();
      const auto user = version.author.value();
      version.number = static_cast<std::int64_t>(place) + 1;
      if (const auto before = newest.find(user); before != newest.end()) {
        version.parent = before->second;
      }
      newest[user] = place;
      if (shown) by_user[user].push_back({place, false});
      record.masters.push_back(version.id);
      record.versions.push_back(std::move(version));
    }
    for (auto& [user, visible] : by_user) record.views.push_back({user, std::move(visible)});
  }
  by_key_.clear();
  seen_.clear();
  seen_keys_.clear();
  return out;
}

}  // namespace autocusto::import
