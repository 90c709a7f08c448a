#pragma once
// The automatic merge of all heads of a view: all or nothing, deterministic, drops nothing.
//
//  (0) All heads have equal fields, or fields that look the same -> merged, always.
//  (1) Else there is exactly one nearest common ancestor of all heads, its payload present and
//      visible to the owner.
//  (2) Per merge group (fields that only make sense together) at most one changed value; values
//      that look the same (entry.hpp) are one, and one that looks like the base's yields to others.
//  (3) Clinical groups: no merge when two heads touched clinical groups differently.
//  (4) The owner's policy for the kind is `auto`, not `manual`.
//  (5) No head is pinned.
// An admin's `--merge` applies the rules without (3), (4) and (5).
//
// The result has all heads as parents, the system user as author, the merge device, the latest
// created_at of its parents and salt = HMAC(server_secret, parents): equal inputs give an equal id.
// Heads may come in any order. Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {

enum class merge_policy { automatic, manual };

struct merge_options {
  merge_policy policy = merge_policy::automatic;
  bool pinned = false;       ///< a head is pinned
  bool admin_asked = false;  ///< rules (3), (4), (5) do not apply
};

enum class merge_obstacle {
  no_single_base,
  base_unavailable,
  same_group,
  clinical,
  policy,
  pinned
};

struct merge_refusal {
  merge_obstacle why = merge_obstacle::no_single_base;
  std::vector<std::string> groups;  ///< for same_group and clinical: which, sorted
  friend bool operator==(const merge_refusal&, const merge_refusal&) = default;
};

/// The merged fields, or what stands in the way. `base` is the payload of the one nearest common
/// ancestor; null with `single_base` telling which of (1)'s two conditions fails. At least two
/// heads (std::logic_error). A group's value is the tuple of its fields, and what counts are the
/// distinct values that differ from the base's: a change that several heads made alike is one. For
/// (3) all clinical groups together are one tuple. When several rules stand in the way, the first
/// in the order (1), (4), (5), (2), (3) is named: what no edit of fields could mend comes first.
[[nodiscard]] std::variant<field_map, merge_refusal> merge_fields(
    std::string_view kind, const std::vector<const field_map*>& heads, const field_map* base,
    bool single_base, const merge_options& options);
[[nodiscard]] std::variant<field_map, merge_refusal> merge_fields(
    const record_kind& kind, const std::vector<const field_map*>& heads, const field_map* base,
    bool single_base, const merge_options& options);

/// What becomes of one merge group without a person: the value that the heads agree on, or the one
/// that differs from the base's; nothing when they changed it differently, or differ without a base
/// (null). Values that look the same are one: of them the one that is as people enter it now is
/// taken, else the least, whatever the order of the heads. At least one head.
[[nodiscard]] std::optional<std::vector<field_value>> merged_group(
    const std::vector<const field_spec*>& group, const std::vector<const field_map*>& heads,
    const field_map* base);

/// The kind, and one clinical group for the fields that only a newer program knows; what a version
/// lacks of them is `structured{}`. They are one group because a payload has all fields of one
/// revision: some of one version beside some of another would be of none.
[[nodiscard]] record_kind with_unknown_fields(const record_kind& kind,
                                              const std::vector<const field_map*>& versions);

/// The stable name of an obstacle, for JSON and messages: `same_group`.
[[nodiscard]] std::string_view obstacle_name(merge_obstacle why);

/// The version that joins `heads` (two or more, of one record and with one key; std::logic_error
/// otherwise) with the given fields. `merge_summary` is its summary, and the salt is the first 16
/// bytes of HMAC-SHA-256(server_secret, JCS array of the sorted parent ids in hex).
[[nodiscard]] version make_merge(const std::vector<const version*>& heads, field_map fields,
                                 std::string_view server_secret);

inline constexpr std::string_view merge_summary = "Mesclagem automática";

}  // namespace autocusto::domain
