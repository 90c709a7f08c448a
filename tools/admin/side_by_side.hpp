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

#include "shared/wire/admin.hpp"

namespace autocusto::admin {

namespace msg = wire::admin;

enum class standing_of_group {
  same,       ///< all heads have the base's values
  taken,      ///< one new value
  contested,  ///< several new values
};

/// One merge group of the record's kind, as the conflict has it.
struct group_row {
  std::string group;
  std::vector<std::string> fields;  ///< in form order
  bool clinical = false;
  standing_of_group state = standing_of_group::same;
  bool differs = false;  ///< the heads do not all have the same values
  /// What becomes of the fields without a person, in the order of `fields`; none when contested.
  std::vector<domain::field_value> values;
};

/// The groups in form order of their first field. Without a base, values that differ are contested.
[[nodiscard]] std::vector<group_row> compare_groups(const msg::conflict_shown& c);

/// `all`: also the groups in which the heads agree.
[[nodiscard]] std::string side_by_side(const msg::conflict_shown& c, bool all);

/// `[{field,group,clinical,state,differs,base,values:[{version_id,value,changed}]}]`, in the order
/// of the rows above.
[[nodiscard]] nlohmann::json side_by_side_json(const msg::conflict_shown& c);

}  // namespace autocusto::admin
