#pragma once
// Finding records and versions by what a person typed, and describing them. Private to
// client/replica. Inside a transaction or snapshot, one thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/replica/file/record_copy.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::replica {

/// A record that somebody named.
struct target {
  const domain::record_kind* kind = nullptr;
  std::string key;  ///< normalised
  record_id id;
  record_copy* held = nullptr;  ///< null when nothing of it is here, or its view was closed
  [[nodiscard]] bool visible() const { return held != nullptr && !held->settled().shown.empty(); }
};

/// Resolves kind and key. Errors: not_enrolled; not_found for an unknown kind; invalid_key.
[[nodiscard]] result<target> find_target(replica_file& file, unit_of_work& set,
                                         std::string_view kind, std::string_view key);
/// As above, and something of the record must be here and not taken away, be it only drafts that
/// were discarded (not_found).
[[nodiscard]] result<target> find_held(replica_file& file, unit_of_work& set, std::string_view kind,
                                       std::string_view key);
/// As above, and the record must be visible (not_found).
[[nodiscard]] result<target> find_visible(replica_file& file, unit_of_work& set,
                                          std::string_view kind, std::string_view key);

/// Whether `id` begins with the typed prefix of at least four digits.
[[nodiscard]] bool matches_prefix(const version_id& id, std::string_view prefix);

/// The visible version with that number or id prefix. Errors: not_found, ambiguous.
[[nodiscard]] result<const version_meta*> select_version(record_copy& held,
                                                         std::string_view selector);
/// Its fields. Error: not_found also for one whose contents were erased.
[[nodiscard]] result<domain::field_map> fields_of(record_copy& held, std::string_view selector);
[[nodiscard]] error contents_erased();
/// One of the shown drafts: the selected one; without a selector the only one. Errors: not_found,
/// ambiguous.
[[nodiscard]] result<const version_meta*> select_draft(record_copy& held,
                                                       const std::optional<std::string>& selector);

/// Position in `order` from 1; 0 if it is not there.
[[nodiscard]] std::int64_t number_in(const std::vector<const version_meta*>& order,
                                     const version_id& id);
/// E-mail of an author, `system` for the system user.
[[nodiscard]] std::string author_of(replica_file& file, const user_id& user);
[[nodiscard]] version_info describe(replica_file& file, record_copy& held, const version_meta& meta,
                                    const domain::version& version, std::int64_t number);

}  // namespace autocusto::replica
