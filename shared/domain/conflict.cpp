#include "shared/domain/conflict.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "shared/domain/merge.hpp"

namespace autocusto::domain {
namespace {

std::vector<field_value> values_in(const conflict_group& group, const field_map& fields) {
  std::vector<field_value> out;
  out.reserve(group.fields.size());
  for (const auto* field : group.fields) out.push_back(value_in(fields, *field));
  return out;
}

void judge(conflict_group& group, const std::vector<const field_map*>& heads,
           const field_map* base) {
  const auto first = values_in(group, *heads.front());
  group.differs = std::any_of(heads.begin(), heads.end(), [&](const field_map* head) {
    return values_in(group, *head) != first;
  });
  if (auto merged = merged_group(group.fields, heads, base)) {
    group.values = *std::move(merged);
    if (base != nullptr && group.values != values_in(group, *base)) {
      group.state = group_state::one_change;
    }
    return;
  }
  group.state = group_state::contested;
  for (const auto* field : group.fields) {
    const auto agreed = merged_group({field}, heads, nullptr);
    group.values.push_back(agreed ? agreed->front() : value_in(*heads.front(), *field));
    if (!agreed) group.undecided.insert(field->name);
  }
}

}  // namespace

std::vector<conflict_group> conflict_groups(const record_kind& kind,
                                            const std::vector<const field_map*>& heads,
                                            const field_map* base) {
  std::vector<conflict_group> groups;
  for (const auto& field : kind.fields) {
    auto at = std::find_if(groups.begin(), groups.end(), [&field](const conflict_group& group) {
      return group.name == field.group;
    });
    if (at == groups.end()) {
      at = groups.insert(groups.end(), conflict_group{});
      at->name = field.group;
    }
    at->clinical = at->clinical || field.clinical;
    at->fields.push_back(&field);
  }
  for (auto& group : groups) judge(group, heads, base);
  return groups;
}

starting_fields start_of(const std::vector<conflict_group>& groups) {
  starting_fields out;
  for (const auto& group : groups) {
    for (std::size_t i = 0; i < group.fields.size(); ++i) {
      const auto& field = *group.fields[i];
      if (field.type == field_type::unknown && group.values[i] == empty_value(field)) continue;
      out.fields[field.name] = group.values[i];
    }
    out.undecided.insert(group.undecided.begin(), group.undecided.end());
  }
  return out;
}

starting_fields start_of(const record_kind& kind, const std::vector<const field_map*>& heads,
                         const field_map* base) {
  auto versions = heads;
  if (base != nullptr) versions.push_back(base);
  const auto all = with_unknown_fields(kind, versions);
  return start_of(conflict_groups(all, heads, base));
}

bool take_field(const record_kind& kind, std::string_view name, const field_map& version,
                starting_fields& into) {
  const std::string field(name);
  if (kind.find(field) != nullptr) {
    const auto at = version.find(field);
    if (at == version.end()) return false;
    into.fields[field] = at->second;
    into.undecided.erase(field);
    return true;
  }
  if (!version.contains(field) && !into.fields.contains(field) && !into.undecided.contains(field)) {
    return false;
  }
  // All unknown fields together: they are one group.
  const auto unknown = [&kind](const auto& each) { return kind.find(each.first) == nullptr; };
  std::erase_if(into.fields, unknown);
  std::erase_if(into.undecided, [&kind](const auto& each) { return kind.find(each) == nullptr; });
  std::copy_if(version.begin(), version.end(), std::inserter(into.fields, into.fields.end()),
               unknown);
  return true;
}

std::string in_form_order(const record_kind& kind, const std::set<std::string>& names) {
  std::string list;
  for (const auto& field : kind.fields) {
    if (!names.contains(field.name)) continue;
    list += (list.empty() ? "" : ", ") + field.name;
  }
  for (const auto& name : names) {
    if (kind.find(name) == nullptr) list += (list.empty() ? "" : ", ") + name;
  }
  return list;
}

}  // namespace autocusto::domain
