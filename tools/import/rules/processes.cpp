#include "tools/import/rules/processes.hpp"

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

kept_verdict process_judge::judge(const process_row& p) {
  kept_verdict out;
  row_verdict verdict(to_, "processos_processo", p.id, outcome::deferred);
  const auto say = [&](outcome result, std::string_view reason) {
    verdict.say(result, reason);
    if (!out.reasons.empty()) out.reasons += ",";
    out.reasons += reason;
  };
  const auto related = [&](const legacy_kind& kind, const merged_masters& merged, legacy_id master,
                           bool directly) {
    if (directly) return true;
    const auto group = merged.group(master);
    return !group.empty() && in_.related(kind, group, p.user);
  };
  const auto missing = missing_end(p, in_.user_exists(p.user));
  if (!missing.empty()) {
    say(outcome::quarantined, missing);
  } else {
    if (!related(patient_kind(), *in_.patients, p.patient, p.related_patient)) {
      say(outcome::flagged, "PROCESS_OWNER_NOT_RELATED_PATIENT");
    }
    if (!related(clinic_kind(), *in_.clinics, p.clinic, p.related_clinic)) {
      say(outcome::flagged, "PROCESS_OWNER_NOT_RELATED_CLINIC");
    }
    if (!p.disease) say(outcome::flagged, "PROCESS_WITHOUT_DISEASE");
    if (p.maybe_duplicate &&
        !seen_.emplace(p.user, in_.patients->survivor(p.patient), p.disease).second) {
      say(outcome::flagged, "PROCESS_DUPLICATE");
    }
    if (p.issuer_doctor != p.doctor ||
        in_.clinics->survivor(p.issuer_clinic) != in_.clinics->survivor(p.clinic)) {
      say(outcome::flagged, "PROCESS_EMISSOR_MISMATCH");
    }
    if (p.filled_ambiguous) say(outcome::flagged, "PROCESS_FILLED_BY_AMBIGUOUS");
    if (p.medication_unknown) say(outcome::flagged, "PRESCRIPTION_MEDICATION_UNKNOWN");
  }
  out.result = verdict.result();
  verdict.count();
  return out;
}

}  // namespace autocusto::import
