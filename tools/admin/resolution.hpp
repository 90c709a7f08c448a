#pragma once
// From a conflict and what an administrator chose to the version that resolves it. No I/O; pure but
// for the random salt. Any thread.
//
// Starting points: one version as it is (`take`), the automatic merge by its rules (`merge`; for an
// administrator clinical groups, policy and pins are no obstacle), or else what nobody has to
// decide: groups on which the heads agree or that only one of them changed. On top come single
// fields from named versions, then typed values. A field on which heads differ and that nothing of
// this decides is an error: nothing is ever chosen silently.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/domain/version.hpp"
#include "shared/wire/admin.hpp"

namespace autocusto::admin {

namespace msg = wire::admin;

struct choice {
  std::optional<std::string> take;  ///< selector of a version
  bool merge = false;
  std::vector<std::pair<std::string, std::string>> from;  ///< field, selector
  domain::field_map set;
};

/// Errors: not_found and ambiguous (selectors), invalid_field (unknown field), not_mergeable (with
/// the groups that stand in the way), conflict_open (`field`: the first undecided one).
[[nodiscard]] result<domain::field_map> chosen_fields(const msg::conflict_shown& c,
                                                      const choice& how);

struct resolver {
  user_id user;
  device_id device;
};
/// The version: parents are all heads, everything else follows from them. Error: too_large.
[[nodiscard]] result<domain::version> resolving_version(const msg::conflict_shown& c,
                                                        domain::field_map fields,
                                                        std::string summary, const resolver& who,
                                                        random_source& random, unix_millis now);

/// What the server would refuse in these fields, values that stand in a version which the owner can
/// see excepted; empty: nothing.
[[nodiscard]] std::vector<error> problems_of(const msg::conflict_shown& c,
                                             const domain::field_map& fields);

}  // namespace autocusto::admin
