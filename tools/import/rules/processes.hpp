#pragma once
// Processes: what is said about them, from what the source's own joins tell about each, and the
// records that they become. Pure; one thread.
//
//  - The key is the patient's and the CID, so processes of several users are versions of one
//  record.
//    One without a CID has `#` and its id in its place.
//  - Only the owner sees one, and only if related to the patient.
//  - Of several of one user under one key, the newest is shown; the older ones are its ancestors.

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "tools/import/rules/judge.hpp"
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
  std::string patient_number, clinic_number;  ///< CPF and CNES as they stand there
  std::string cid;                            ///< of the disease
  std::optional<legacy_id> protocol;          ///< of the disease
  std::vector<legacy_id> links;               ///< medicines that are there, by the table of links
  std::optional<std::int64_t> changed;        ///< microseconds; older layouts do not say
};

struct process_fields;  // process_fields.hpp
struct medicine_row;
using medicine_rows = std::unordered_map<legacy_id, medicine_row>;

struct process_input {
  const merged_masters* patients = nullptr;
  const merged_masters* clinics = nullptr;
  /// Whether the user is related to one of several merged masters.
  std::function<bool(const legacy_kind&, const std::vector<legacy_id>& masters, legacy_id user)>
      related;
  std::function<bool(legacy_id)> user_exists;
  /// Whether a patient or clinic of the source is in quarantine.
  std::function<bool(const legacy_kind&, legacy_id master)> quarantined;
  const medicine_rows* medicines = nullptr;
};

/// Judges the processes of one patient after another, and makes their records. The processes of
/// patients that may be one come in one after another, by id.
class process_judge {
 public:
  process_judge(const process_input& input, report& to) : input_(input), to_(to) {}
  /// `json`: the row's own columns.
  [[nodiscard]] kept_verdict judge(const process_row& p, std::string_view json);
  /// What becomes of a row that links a process, judged before, with a medicine.
  [[nodiscard]] kept_verdict judge_link(legacy_id process, legacy_id medicine) const;
  /// The records of the processes judged since the last call.
  [[nodiscard]] std::vector<planned_record> take_records();

 private:
  struct accepted {
    planned_version version;
    bool shown = false;  ///< its user is related to the patient
  };
  using say_function = std::function<void(outcome, std::string_view)>;

  [[nodiscard]] std::string_view refusal(const process_row& p) const;
  [[nodiscard]] bool related(const legacy_kind& kind, const merged_masters& merged,
                             legacy_id master, bool directly, legacy_id user) const;
  [[nodiscard]] std::string clinic_of(const process_row& p, const say_function& say) const;
  [[nodiscard]] std::string key_of(const process_row& p, const say_function& say) const;
  void judge_references(const process_row& p, const std::string& key, const say_function& say);

  const process_input& input_;
  report& to_;
  std::set<std::tuple<legacy_id, legacy_id, std::optional<legacy_id>>> seen_;
  std::set<std::pair<legacy_id, std::string>> seen_keys_;
  std::map<std::string, std::vector<accepted>> by_key_;
  std::set<legacy_id> refused_;
  std::set<std::pair<legacy_id, legacy_id>> unprescribed_;  ///< process and medicine
};

}  // namespace autocusto::import
