#include "shared/domain/merge.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/entry.hpp"

namespace autocusto::domain {
namespace {

using group_value = std::vector<field_value>;
using field_list = std::vector<const field_spec*>;

group_value value_of(const field_list& group, const field_map& fields) {
  group_value out;
  out.reserve(group.size());
  for (const auto* field : group) {
    out.push_back(value_in(fields, *field));  // only unknown fields may be absent
  }
  return out;
}

void set_value(field_map& fields, const field_spec& field, field_value value) {
  if (field.type == field_type::unknown && value == empty_value(field)) {
    fields.erase(field.name);
  } else {
    fields.insert_or_assign(field.name, std::move(value));
  }
}

bool has_unknown_fields(const record_kind& kind, const field_map& fields) {
  return fields.size() > kind.fields.size();
}

group_value look_of(const group_value& value) {
  group_value out;
  out.reserve(value.size());
  for (const auto& each : value) {
    const auto* text = std::get_if<std::string>(&each);
    out.push_back(text == nullptr ? each : field_value(visible_text(*text)));
  }
  return out;
}

/// The distinct values that heads gave to these fields, other than the base's.
struct group_changes {
  std::map<group_value, std::set<group_value>> by_look;  ///< what can be seen to differ
  std::set<group_value> unseen;                          ///< what looks like the base's value
};

group_changes changes(const field_list& group, const std::vector<const field_map*>& heads,
                      const field_map& base) {
  const auto before = value_of(group, base);
  const auto look_before = look_of(before);
  group_changes out;
  for (const auto* head : heads) {
    auto now = value_of(group, *head);
    if (now == before) continue;
    auto look = look_of(now);
    auto& to = look == look_before ? out.unseen : out.by_look[std::move(look)];
    to.insert(std::move(now));
  }
  return out;
}

/// Of values that look the same: the one that holds nothing unseen, else the least.
const group_value& plainest(const std::set<group_value>& alike) {
  const auto plain = std::find_if(alike.begin(), alike.end(),
                                  [](const group_value& v) { return look_of(v) == v; });
  return plain != alike.end() ? *plain : *alike.begin();
}

/// Nothing for values that look different.
std::optional<group_value> agreed(const field_list& group,
                                  const std::vector<const field_map*>& heads) {
  std::set<group_value> values;
  for (const auto* head : heads) values.insert(value_of(group, *head));
  if (values.size() > 1) {
    const auto look = look_of(*values.begin());
    const bool same = std::all_of(values.begin(), values.end(),
                                  [&look](const group_value& v) { return look_of(v) == look; });
    if (!same) return std::nullopt;
  }
  return plainest(values);
}

/// The one value that the changes leave, else the base's; nothing when there are several.
std::optional<group_value> outcome(const group_changes& changed, group_value base) {
  if (changed.by_look.size() > 1) return std::nullopt;
  if (!changed.by_look.empty()) return plainest(changed.by_look.begin()->second);
  return changed.unseen.empty() ? std::move(base) : plainest(changed.unseen);
}

bool all_equal(const std::vector<const field_map*>& heads) {
  return std::all_of(heads.begin(), heads.end(),
                     [&heads](const field_map* head) { return *head == *heads.front(); });
}

/// The fields of heads that nobody can tell apart; nothing where somebody can.
std::optional<field_map> alike(const record_kind& kind,
                               const std::vector<const field_map*>& heads) {
  field_map out = *heads.front();
  for (const auto& field : kind.fields) {
    auto value = agreed({&field}, heads);
    if (!value) return std::nullopt;
    set_value(out, field, std::move(value->front()));
  }
  return out;
}

std::string sorted_ids_json(const std::vector<version_id>& sorted) {
  std::string text = "[";
  for (const auto& id : sorted) {
    if (text.size() > 1) text += ',';
    text += '"' + id.text() + '"';
  }
  return text + ']';
}

/// Rules (2) and (3), and the result when they hold.
std::variant<field_map, merge_refusal> merge_groups(const record_kind& kind,
                                                    const std::vector<const field_map*>& heads,
                                                    const field_map& base,
                                                    const merge_options& options) {
  std::map<std::string, field_list> groups;
  field_list clinical;
  for (const auto& field : kind.fields) {
    groups[field.group].push_back(&field);
    if (field.clinical) clinical.push_back(&field);
  }
  field_map merged = base;
  std::vector<std::string> clashing;
  std::vector<std::string> touched_clinical;
  for (const auto& [name, fields] : groups) {
    const auto changed = changes(fields, heads, base);
    if (fields.front()->clinical && !changed.by_look.empty()) touched_clinical.push_back(name);
    const auto value = outcome(changed, value_of(fields, base));
    if (!value) {
      clashing.push_back(name);
      continue;
    }
    for (std::size_t i = 0; i < fields.size(); ++i) set_value(merged, *fields[i], (*value)[i]);
  }
  if (!clashing.empty()) return merge_refusal{merge_obstacle::same_group, std::move(clashing)};
  if (options.admin_asked) return merged;
  if (changes(clinical, heads, base).by_look.size() > 1) {
    return merge_refusal{merge_obstacle::clinical, std::move(touched_clinical)};
  }
  return merged;
}

}  // namespace

std::variant<field_map, merge_refusal> merge_fields(const record_kind& kind,
                                                    const std::vector<const field_map*>& heads,
                                                    const field_map* base, bool single_base,
                                                    const merge_options& options) {
  if (heads.size() < 2) throw std::logic_error("a merge needs at least two heads");
  if (all_equal(heads)) return *heads.front();
  auto versions = heads;
  if (base != nullptr) versions.push_back(base);
  const bool newer = std::any_of(versions.begin(), versions.end(), [&kind](const auto* fields) {
    return has_unknown_fields(kind, *fields);
  });
  if (newer) {
    auto extended = with_unknown_fields(kind, versions);
    if (extended.fields.size() > kind.fields.size()) {
      return merge_fields(extended, heads, base, single_base, options);
    }
  }
  if (auto fields = alike(kind, heads)) {
    // Whatever the policy: no group has more than one value that can be seen.
    if (!single_base || base == nullptr) return *std::move(fields);
    merge_options always;
    always.admin_asked = true;
    return merge_groups(kind, heads, *base, always);
  }
  if (!single_base) return merge_refusal{merge_obstacle::no_single_base, {}};
  if (base == nullptr) return merge_refusal{merge_obstacle::base_unavailable, {}};
  if (!options.admin_asked) {
    if (options.policy == merge_policy::manual) return merge_refusal{merge_obstacle::policy, {}};
    if (options.pinned) return merge_refusal{merge_obstacle::pinned, {}};
  }
  return merge_groups(kind, heads, *base, options);
}

std::variant<field_map, merge_refusal> merge_fields(std::string_view kind,
                                                    const std::vector<const field_map*>& heads,
                                                    const field_map* base, bool single_base,
                                                    const merge_options& options) {
  const auto* known = find_record_kind(kind);
  if (known == nullptr) throw std::logic_error("a merge of an unknown kind");
  return merge_fields(*known, heads, base, single_base, options);
}

std::optional<std::vector<field_value>> merged_group(const std::vector<const field_spec*>& group,
                                                     const std::vector<const field_map*>& heads,
                                                     const field_map* base) {
  if (base == nullptr) return agreed(group, heads);
  return outcome(changes(group, heads, *base), value_of(group, *base));
}

record_kind with_unknown_fields(const record_kind& kind,
                                const std::vector<const field_map*>& versions) {
  std::set<std::string> unknown;
  for (const auto* fields : versions) {
    for (const auto& [name, value] : *fields) {
      if (kind.find(name) == nullptr) unknown.insert(name);
    }
  }
  auto out = kind;
  for (const auto& name : unknown) {
    field_spec field;
    field.name = name;
    field.type = field_type::unknown;
    field.group = "unknown_fields";
    field.clinical = true;
    field.label_pt = name;
    field.label_en = name;
    out.fields.push_back(std::move(field));
  }
  return out;
}

std::string_view obstacle_name(merge_obstacle why) {
  switch (why) {
    case merge_obstacle::no_single_base:
      return "no_single_base";
    case merge_obstacle::base_unavailable:
      return "base_unavailable";
    case merge_obstacle::same_group:
      return "same_group";
    case merge_obstacle::clinical:
      return "clinical";
    case merge_obstacle::policy:
      return "policy";
    case merge_obstacle::pinned:
      return "pinned";
  }
  throw std::logic_error("a merge obstacle without a name");
}

version make_merge(const std::vector<const version*>& heads, field_map fields,
                   std::string_view server_secret) {
  if (heads.size() < 2) throw std::logic_error("a merge needs at least two heads");
  const auto& first = *heads.front();
  version_header header;
  header.record = first.header.record;
  header.author = system_user();
  header.device = merge_device();
  for (const auto* head : heads) {
    if (head->header.record != header.record || head->payload.key != first.payload.key) {
      throw std::logic_error("a merge joins versions of one record");
    }
    header.parents.push_back(head->id);
    header.generation = std::max(header.generation, head->header.generation + 1);
    // In this form of time the order of the texts is the order in time.
    header.created_at = std::max(header.created_at, head->header.created_at);
  }
  std::sort(header.parents.begin(), header.parents.end());

  version_payload payload;
  payload.key = first.payload.key;
  const auto mac = crypto::hmac_sha256(server_secret, sorted_ids_json(header.parents));
  payload.salt = *salt128::from_raw(mac.raw().substr(0, salt128::size));
  payload.summary = merge_summary;
  payload.fields = std::move(fields);
  return make_version(std::move(header), std::move(payload));
}

}  // namespace autocusto::domain
