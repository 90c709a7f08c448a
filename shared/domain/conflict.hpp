#pragma once
// A conflict before a person looks at it: which merge groups decide themselves, and with what.
//
// Laptop, administrator's tool and page start a resolution from here, so a group is open for all of
// them or for none. What a group becomes by itself is the rule of the automatic merge (merge.hpp,
// rule 2); clinical groups, policies and pins do not matter where a person confirms the result.
// Pure functions; any thread. Nothing here outlives the kind that it points into.

#include <set>
#include <string>
#include <vector>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {

enum class group_state {
  same,        ///< all heads have the base's values, or without a base the same ones
  one_change,  ///< one new value: taking it over loses nothing
  contested,   ///< several values: a person chooses
};

/// One merge group of the record's kind, as the heads have it.
struct conflict_group {
  std::string name;
  std::vector<const field_spec*> fields;  ///< in form order
  bool clinical = false;
  group_state state = group_state::same;
  bool differs = false;  ///< the heads do not all have the same values
  /// In the order of `fields`: what the record gets. In a contested group that is only where to
  /// start: the value on which the heads agree, else the first head's.
  std::vector<field_value> values;
  std::set<std::string> undecided;  ///< fields of a contested group on which the heads differ
};

/// The groups in form order of their first field. Where versions may hold fields that this program
/// does not know, `kind` is that of `with_unknown_fields` (merge.hpp). `heads` (at least one) and
/// `base` (null: there is no single common ancestor that can be read) have every field of the kind.
/// Without a base, values that differ are contested; values that look the same are one (entry.hpp).
/// Linear in the fields of all heads.
[[nodiscard]] std::vector<conflict_group> conflict_groups(
    const record_kind& kind, const std::vector<const field_map*>& heads, const field_map* base);

/// Where a resolution starts: every field, and those that a person still has to choose.
struct starting_fields {
  field_map fields;
  std::set<std::string> undecided;
};
[[nodiscard]] starting_fields start_of(const std::vector<conflict_group>& groups);
/// The same from the versions themselves, with the fields that this program does not know.
[[nodiscard]] starting_fields start_of(const record_kind& kind,
                                       const std::vector<const field_map*>& heads,
                                       const field_map* base);
/// Takes a field from a version; an unknown one with all other unknown ones. False: neither the
/// kind nor a version has it.
[[nodiscard]] bool take_field(const record_kind& kind, std::string_view name,
                              const field_map& version, starting_fields& into);

/// These fields in form order, unknown ones last, for a sentence: `peso, altura`.
[[nodiscard]] std::string in_form_order(const record_kind& kind,
                                        const std::set<std::string>& names);

}  // namespace autocusto::domain
