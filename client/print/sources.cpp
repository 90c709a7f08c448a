#include "client/print/sources.hpp"

#include <utility>
#include <vector>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::printing {
namespace {

struct record_read {
  source value;
  std::string version;
};

error erased() {
  return fail(errc::not_found, "The contents of this version were erased; choose another one.");
}

/// Whether the versions that stand side by side differ in a field of a clinical group.
result<agreement> compare_heads(const replica::reader& reader, const replica::record_shown& shown) {
  if (!shown.conflict) return agreement::one;
  const auto* kind = domain::find_record_kind(shown.kind);
  for (const auto& head : shown.heads) {
    const auto other = reader.show(shown.kind, shown.key, head.text());
    if (!other) return other.error();
    if (other->version.erased) return agreement::clinical;  // nobody can tell
    for (const auto& change : domain::diff_fields(shown.kind, shown.fields, other->fields)) {
      const auto* field = kind == nullptr ? nullptr : kind->find(change.field);
      if (field == nullptr || field->clinical) return agreement::clinical;
    }
  }
  return agreement::other_fields;
}

result<record_read> read_one(const replica::reader& reader, std::string_view kind,
                             const std::string& key,
                             const std::optional<std::string>& version = std::nullopt) {
  auto shown = reader.show(kind, key, version);
  if (!shown) return shown.error();
  if (shown->version.erased) return erased();
  record_read out;
  if (!version) {
    const auto heads = compare_heads(reader, *shown);
    if (!heads) return heads.error();
    out.value.heads = *heads;
  }
  out.value.key = std::move(shown->key);
  out.value.fields = std::move(shown->fields);
  out.value.draft = shown->version.status == domain::version_status::draft;
  out.version = shown->version.id.text();
  return out;
}

result<std::string> choose_doctor(const replica::reader& reader, const std::string& wanted,
                                  const std::string& used) {
  if (!wanted.empty()) return wanted;
  const auto all = reader.list("doctor");
  if (!all) return all.error();
  if (all->size() == 1) return all->front().key;
  if (all->empty()) {
    return fail(errc::not_found, "There is no doctor's profile here; register yours first.",
                "medico");
  }
  for (const auto& one : *all) {
    if (one.key == used) return used;
  }
  return fail(errc::ambiguous, "There are several doctor's profiles; choose the one to print with.",
              "medico");
}

result<record_read> read_clinic(const replica::reader& reader, const std::string& cnes) {
  auto out = read_one(reader, "clinic", cnes);
  if (!out && out.error().code == errc::not_found) {
    return fail(
        errc::not_found,
        "The clinic “" + cnes + "” of this process is not here; sync first, or choose another one.",
        "clinica");
  }
  return out;
}

}  // namespace

result<gathered> gather(const replica::reader& reader, const selection& what,
                        const std::string& used) {
  gathered out;
  auto process = read_one(reader, "process", what.process, what.version);
  if (!process) return process.error();
  out.from.process = std::move(process->value);
  out.made.process = out.from.process.key;
  out.made.process_version = std::move(process->version);

  auto patient =
      read_one(reader, "patient", domain::patient_of_key(out.made.process), what.patient_version);
  if (!patient) return patient.error();
  out.from.patient = std::move(patient->value);
  out.made.patient_version = std::move(patient->version);

  const auto cnes = what.clinic.empty() ? text_of(out.from.process.fields, "clinica") : what.clinic;
  if (!cnes.empty()) {
    auto clinic = read_clinic(reader, cnes);
    if (!clinic) return clinic.error();
    out.from.clinic = std::move(clinic->value);
    out.made.clinic = out.from.clinic->key;
    out.made.clinic_version = std::move(clinic->version);
  }

  const auto registration = choose_doctor(reader, what.doctor, used);
  if (!registration) return registration.error();
  auto doctor = read_one(reader, "doctor", *registration);
  if (!doctor) return doctor.error();
  out.from.doctor = std::move(doctor->value);
  out.made.doctor = out.from.doctor.key;
  out.made.doctor_version = std::move(doctor->version);
  return out;
}

result<gathered> gather_pinned(const replica::reader& reader, const pins& what) {
  gathered out;
  out.made = what;
  auto process = read_one(reader, "process", what.process, what.process_version);
  if (!process) return process.error();
  auto patient =
      read_one(reader, "patient", domain::patient_of_key(what.process), what.patient_version);
  if (!patient) return patient.error();
  auto doctor = read_one(reader, "doctor", what.doctor, what.doctor_version);
  if (!doctor) return doctor.error();
  auto clinic = read_one(reader, "clinic", what.clinic, what.clinic_version);
  if (!clinic) return clinic.error();
  out.from.process = std::move(process->value);
  out.from.patient = std::move(patient->value);
  out.from.doctor = std::move(doctor->value);
  out.from.clinic = std::move(clinic->value);
  return out;
}

result<void> check_agreement(const sources& from) {
  if (from.process.heads == agreement::clinical) {
    return fail(errc::conflict_open,
                "The process has several versions that differ in clinical fields; choose one, or "
                "resolve the conflict first.",
                "processo");
  }
  if (from.patient.heads == agreement::clinical) {
    return fail(errc::conflict_open,
                "The patient has several versions that differ in clinical fields; choose one, or "
                "resolve the conflict first.",
                "paciente");
  }
  return {};
}

}  // namespace autocusto::printing
