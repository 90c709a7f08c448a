// Processes as records, and the table that links them with medicines.
#include "tools/import/gatherer.hpp"
#include "tools/import/importer.hpp"
#include "tools/import/source/people.hpp"
#include "tools/import/source/processes.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_versions_per_chunk = 2000;
constexpr std::size_t k_bytes_per_chunk = std::size_t{8} * 1024 * 1024;

}  // namespace

std::set<legacy_id> importer::quarantined_masters(const legacy_kind& kind) const {
  std::set<legacy_id> out;
  for (const auto& item : out_.rows.items()) {
    if (item.result == outcome::quarantined && out_.rows.table_name(item) == kind.master) {
      out.insert(item.id);
    }
  }
  return out;
}

void importer::import_processes() {
  const auto medicines = read_medicines(from_, layout_);
  const auto patients = quarantined_masters(patient_kind());
  const auto clinics = quarantined_masters(clinic_kind());
  process_input input;
  input.patients = &merged_patients_;
  input.clinics = &merged_clinics_;
  input.related = [this](const legacy_kind& kind, const std::vector<legacy_id>& masters,
                         legacy_id user) {
    return related_to_any(from_, layout_, kind, masters, user);
  };
  input.user_exists = [this](legacy_id user) { return users_.contains(user); };
  input.quarantined = [&](const legacy_kind& kind, legacy_id master) {
    return (&kind == &patient_kind() ? patients : clinics).contains(master);
  };
  input.medicines = &medicines;
  process_judge judge(input, out_.rows);
  chunk gathered;
  std::size_t versions = 0;
  std::size_t bytes = 0;
  std::optional<legacy_id> leader;
  const auto hand_on = [&] {
    put(gathered);
    versions = bytes = 0;
  };
  const auto end_patient = [&] {
    for (auto& record : judge.take_records()) {
      versions += record.versions.size();
      gathered.records.push_back(std::move(record));
    }
    if (versions >= k_versions_per_chunk || bytes >= k_bytes_per_chunk) hand_on();
  };
  walk_processes(from_, layout_,
                 [&](const process_row& p, std::optional<legacy_id> of, std::string_view json) {
                   if (of != leader) end_patient();
                   leader = of;
                   keep(gathered, process_kind().master, p.id, judge.judge(p, json), json);
                   bytes += json.size();
                 });
  end_patient();
  hand_on();
  keep_links(
      "processos_processo_medicamentos", "processo_id", "processos_processo", "MISSING_PROCESS",
      [&](legacy_id process, legacy_id medicine) { return judge.judge_link(process, medicine); });
}

}  // namespace autocusto::import
