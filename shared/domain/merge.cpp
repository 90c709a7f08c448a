#include "shared/domain/merge.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::domain {
namespace {

using group_value = std::vector<field_value>;
using field_list = std::vector<const field_spec*>;

group_value value_of(const field_list& group, const field_map& fields) {
  group_value out;
  out.reserve(group.size());
  for (const auto* field : group) out.push_back(fields.at(field->name));
  return out;
}

/// The distinct values that heads gave to these fields, other than the base's.
std::set<group_value> changes(const field_list& group, const std::vector<const field_map*>& heads,
                              const field_map& base) {
  const auto before = value_of(group, base);
  std::set<group_value> out;
  for (const auto* head : heads) {
    auto now = value_of(group, *head);
    if (now != before) out.insert(std::move(now));
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
std::variant<field_map, merge_refusal> merge_groups(const catalogue& kind,
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
    if (changed.empty()) continue;
    if (changed.size() > 1) clashing.push_back(name);
    if (fields.front()->clinical) touched_clinical.push_back(name);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      merged.at(fields[i]->name) = (*changed.begin())[i];
    }
  }
  if (!clashing.empty()) return merge_refusal{merge_obstacle::same_group, std::move(clashing)};
  if (options.admin_asked) return merged;
  if (changes(clinical, heads, base).size() > 1) {
    return merge_refusal{merge_obstacle::clinical, std::move(touched_clinical)};
  }
  return merged;
}

}  // namespace

std::variant<field_map, merge_refusal> merge_fields(const catalogue& kind,
                                                    const std::vector<const field_map*>& heads,
                                                    const field_map* base, bool single_base,
                                                    const merge_options& options) {
  if (heads.size() < 2) throw std::logic_error("a merge needs at least two heads");
  if (std::all_of(heads.begin(), heads.end(),
                  [&heads](const field_map* head) { return *head == *heads.front(); })) {
    return *heads.front();
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
  const auto* known = find_catalogue(kind);
  if (known == nullptr) throw std::logic_error("a merge of a kind without a catalogue");
  return merge_fields(*known, heads, base, single_base, options);
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
