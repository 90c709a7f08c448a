#pragma once
// A conflict laid out for people: the base and each head in a column of its own, field by field.
//
// Rows of merge groups in which heads differ come first. In front of a row stands
//   !  heads changed the group to different values: a person has to choose
//   ~  one value is new: taking it over loses nothing
// and in front of a value `*` where the head changed it against the base. Pure; any thread.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/domain/conflict.hpp"
#include "shared/wire/admin.hpp"

namespace autocusto::admin {

namespace msg = wire::admin;

/// The merge groups of the conflict (shared/domain/conflict.hpp). Fields of versions whose contents
/// were erased count as empty.
[[nodiscard]] std::vector<domain::conflict_group> compare_groups(const msg::conflict_shown& c);
/// Gives every version of the answer all fields that this program knows, and unknown ones the form
/// in which this program keeps them: a server of another release may know more or fewer.
void complete_fields(msg::conflict_shown& c);
/// Where a resolution starts: what nobody has to decide, with the fields of newer programs.
[[nodiscard]] domain::starting_fields undisputed(const msg::conflict_shown& c);

/// `all`: also the groups in which the heads agree.
[[nodiscard]] std::string side_by_side(const msg::conflict_shown& c, bool all);

/// `[{field,group,clinical,state,differs,base,values:[{version_id,value,changed}]}]`, in the order
/// of the rows above.
[[nodiscard]] nlohmann::json side_by_side_json(const msg::conflict_shown& c);

}  // namespace autocusto::admin
