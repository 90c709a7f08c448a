#pragma once
// Processes: what is said about them, from what the source's own joins tell about each. They are
// kept for a later kind. Pure; one thread.

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "tools/import/rules/people.hpp"

namespace autocusto::import {

/// Masters that were merged: each one's survivor, and everybody of a survivor.
class merged_masters {
 public:
  void add(const std::vector<legacy_id>& group);
  [[nodiscard]] legacy_id survivor(legacy_id id) const;
  /// Empty for a master that was not merged.
  [[nodiscard]] std::vector<legacy_id> group(legacy_id id) const;

 private:
  std::unordered_map<legacy_id, legacy_id> survivor_;
  std::unordered_map<legacy_id, std::vector<legacy_id>> groups_;
};

struct process_row {
  legacy_id id = 0;
  legacy_id user = 0, patient = 0, clinic = 0, doctor = 0, issuer = 0;
  std::optional<legacy_id> disease;
  bool user_exists = true, patient_exists = true, clinic_exists = true, doctor_exists = true,
       issuer_exists = true, disease_exists = true;
  bool related_patient = true, related_clinic = true;  ///< by a row of just these two
  legacy_id issuer_clinic = 0, issuer_doctor = 0;
  bool filled_ambiguous = false;
  bool medication_unknown = false;
  bool maybe_duplicate = false;  ///< others have the same user, disease and digits of the patient
};

struct process_input {
  const merged_masters* patients = nullptr;
  const merged_masters* clinics = nullptr;
  /// Whether the user is related to one of several merged masters.
  std::function<bool(const legacy_kind&, const std::vector<legacy_id>& masters, legacy_id user)>
      related;
  std::function<bool(legacy_id)> user_exists;
};

class process_judge {
 public:
  process_judge(const process_input& in, report& to) : in_(in), to_(to) {}
  [[nodiscard]] kept_verdict judge(const process_row& p);

 private:
  const process_input& in_;
  report& to_;
  std::set<std::tuple<legacy_id, legacy_id, std::optional<legacy_id>>> seen_;
};

}  // namespace autocusto::import
