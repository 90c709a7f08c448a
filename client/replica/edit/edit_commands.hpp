#pragma once
// The doctor's edits on records, inside one write transaction. Private to client/replica.
//
// Every act ends in `add`: validated fields become a version that waits to be pushed. The rules of
// what may be entered are shared/domain's.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/replica/read/lookup.hpp"

namespace autocusto::replica {

class edit_commands {
 public:
  /// Errors: not_enrolled; device_revoked while the laptop is closed.
  [[nodiscard]] static result<edit_commands> begin(replica_file& file, unit_of_work& set);

  [[nodiscard]] result<saved> save(const edit& what, edit_problems* why);
  [[nodiscard]] result<saved> publish(const target& at, const version_meta& draft,
                                      const std::optional<std::string>& summary,
                                      edit_problems* why);
  [[nodiscard]] result<saved> revert(const target& at, const version_meta& to,
                                     const std::optional<std::string>& summary, edit_problems* why);
  [[nodiscard]] result<saved> resolve(const target& at, const resolution& how, edit_problems* why);
  /// Writes everything; call it before the commit.
  void finish();

 private:
  edit_commands(replica_file& file, unit_of_work& set, identity who, std::int64_t saves)
      : file_(&file), set_(&set), who_(std::move(who)), saves_(saves) {}

  /// What the next version of a record looks like.
  struct draft_of_version {
    std::vector<version_id> parents;
    domain::field_map fields;
    std::string summary;
    domain::version_status status = domain::version_status::active;
  };
  [[nodiscard]] result<void> check(const target& at, const draft_of_version& next,
                                   edit_problems* why);
  [[nodiscard]] result<saved> add(target at, draft_of_version next, edit_problems* why);
  [[nodiscard]] result<std::string> summary_for(const target& at, bool root,
                                                const std::optional<std::string>& given) const;
  [[nodiscard]] domain::version make(const target& at, draft_of_version next);
  [[nodiscard]] static saved unchanged(const target& at, const version_id& shown);

  replica_file* file_;
  unit_of_work* set_;
  identity who_;
  std::int64_t saves_;
};

/// The fields that a person gave, normalised (NFC) and of the right names and types; every problem
/// otherwise.
[[nodiscard]] std::vector<error> normalise_fields(const domain::record_kind& kind,
                                                  domain::field_map& fields);

/// The fields of a resolution: the chosen starting point, then what is named. Errors: conflict_open
/// (field: the first undecided one), and those of selectors.
[[nodiscard]] result<domain::field_map> resolved_fields(const target& at, const resolution& how);

}  // namespace autocusto::replica
