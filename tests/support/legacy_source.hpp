#pragma once
// A small legacy database of the latest layout, made of a few columns and rows by hand: two doctors
// who share one patient, a clinic, and what tests add by SQL.

#include <string>

namespace autocusto::test {

/// A fresh database in the program's own cluster; its URL.
[[nodiscard]] std::string make_legacy_source(const std::string& schema = "public");

/// SQL that adds a patient of `user` with one version that is assigned to the user. Ids of the rows
/// are all `id`.
[[nodiscard]] std::string legacy_patient(int id, const std::string& cpf, int user,
                                         const std::string& name);
/// SQL of what processes need: a doctor `111/PA` of user 1 and `222/PA` of user 2, who issue at the
/// clinic, and a disease `G40.0`. Ids are those of the users, else 1.
[[nodiscard]] std::string legacy_prescribers();
/// SQL of a process with one medicine, for six months, of that patient and user.
[[nodiscard]] std::string legacy_process(int id, int patient, int user,
                                         const std::string& anamnesis);
/// SQL of an edit in the legacy application: a new version of the patient, assigned to the user.
[[nodiscard]] std::string legacy_edit(int version, int patient, int number, int user,
                                      const std::string& name);

}  // namespace autocusto::test
