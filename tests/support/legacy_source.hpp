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
/// SQL of an edit in the legacy application: a new version of the patient, assigned to the user.
[[nodiscard]] std::string legacy_edit(int version, int patient, int number, int user,
                                      const std::string& name);

}  // namespace autocusto::test
