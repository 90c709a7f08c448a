#include "tools/admin/resolution.hpp"

#include <algorithm>
#include <set>

#include "shared/base/limits.hpp"
#include "shared/domain/merge.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/validate.hpp"
#include "tools/admin/side_by_side.hpp"

namespace autocusto::admin {
namespace {

/// Every version that the owner can see, and so may be chosen from.
std::vector<const msg::version_shown*> pool_of(const msg::conflict_shown& c) {
  std::vector<const msg::version_shown*> out;
  std::set<version_id> seen;
  const auto add = [&](const msg::version_shown& v) {
    if (seen.insert(v.info.version).second) out.push_back(&v);
  };
  for (const auto& head : c.heads) add(head);
  if (c.base) add(*c.base);
  for (const auto& v : c.visible) add(v);
  return out;
}

result<const msg::version_shown*> named(const msg::conflict_shown& c, const std::string& selector) {
  const auto pool = pool_of(c);
  std::vector<msg::version_name> names;
  for (const auto* v : pool) names.push_back({v->info.version, v->info.number});
  const auto at = msg::select_version(names, selector);
  if (!at) return at.error();
  if (pool[*at]->info.erased) {
    return fail(errc::not_found, "The contents of this version were erased; choose another one.",
                "version");
  }
  return pool[*at];
}

std::string sentence_of(const domain::merge_refusal& refusal) {
  std::string groups;
  for (const auto& group : refusal.groups) groups += (groups.empty() ? "" : ", ") + group;
  switch (refusal.why) {
    case domain::merge_obstacle::no_single_base:
      return "The versions do not have one nearest common ancestor, so nothing tells which values "
             "are new; take one version, or choose field by field.";
    case domain::merge_obstacle::base_unavailable:
      return "The versions' common ancestor is not in the user's sight or was erased; take one "
             "version, or choose field by field.";
    case domain::merge_obstacle::same_group:
      return "The versions changed the same things differently (" + groups +
             "); choose these field by field, or take one version.";
    case domain::merge_obstacle::clinical:
    case domain::merge_obstacle::policy:
    case domain::merge_obstacle::pinned:
      break;
  }
  return "The versions cannot be merged by the rules; choose field by field.";
}

result<domain::field_map> merged(const msg::conflict_shown& c) {
  std::vector<const domain::field_map*> heads;
  for (const auto& head : c.heads) {
    if (head.info.erased) {
      return fail(errc::not_mergeable,
                  "The contents of a version were erased; take one of the others.");
    }
    heads.push_back(&head.fields);
  }
  domain::merge_options options;
  options.admin_asked = true;
  auto outcome = domain::merge_fields(c.conflict.kind, heads, c.base ? &c.base->fields : nullptr,
                                      c.single_base, options);
  if (auto* fields = std::get_if<domain::field_map>(&outcome)) return std::move(*fields);
  const auto& refusal = std::get<domain::merge_refusal>(outcome);
  return fail(errc::not_mergeable, sentence_of(refusal));
}

error undecided(const domain::record_kind& kind, const std::set<std::string>& names) {
  const auto list = domain::in_form_order(kind, names);
  return fail(errc::conflict_open,
              "The versions differ in " + list +
                  "; choose a version for each of them (--field NAME=VERSION), type a value (--set "
                  "NAME=VALUE), or take one version (--take).",
              list.substr(0, list.find(',')));
}

result<domain::starting_fields> start(const msg::conflict_shown& c, const choice& how) {
  domain::starting_fields out;
  if (how.take) {
    const auto taken = named(c, *how.take);
    if (!taken) return taken.error();
    out.fields = (*taken)->fields;
    return out;
  }
  if (how.merge) {
    auto fields = merged(c);
    if (!fields) return fields.error();
    out.fields = *std::move(fields);
    return out;
  }
  const bool readable = std::none_of(c.heads.begin(), c.heads.end(),
                                     [](const auto& head) { return head.info.erased; });
  if (!readable) {
    return fail(errc::not_found, "The contents of a version were erased; take one of the others.",
                "version");
  }
  return undisputed(c);
}

}  // namespace

result<domain::field_map> chosen_fields(const msg::conflict_shown& c, const choice& how) {
  const auto* kind = domain::find_record_kind(c.conflict.kind);
  auto out = start(c, how);
  if (!out) return out.error();
  const auto unknown = [&](const std::string& field) -> std::optional<error> {
    if (kind->find(field) != nullptr) return std::nullopt;
    return fail(errc::invalid_field, "There is no field " + field + " in this kind of record.",
                field);
  };
  for (const auto& [field, selector] : how.from) {
    const auto source = named(c, selector);
    if (!source) return source.error();
    if (!domain::take_field(*kind, field, (*source)->fields, *out)) return *unknown(field);
  }
  for (const auto& [field, value] : how.set) {
    if (auto problem = unknown(field)) return *std::move(problem);
    out->fields[field] = value;
    out->undecided.erase(field);
  }
  if (!out->undecided.empty()) return undecided(*kind, out->undecided);
  return std::move(out->fields);
}

result<domain::version> resolving_version(const msg::conflict_shown& c, domain::field_map fields,
                                          std::string summary, const resolver& who,
                                          random_source& random, unix_millis now) {
  domain::version_header header;
  header.record = {c.conflict.kind, c.record};
  header.generation = 1;
  for (const auto& head : c.heads) {
    header.parents.push_back(head.info.version);
    header.generation = std::max(header.generation, head.info.generation + 1);
  }
  header.author = who.user;
  header.device = who.device;
  header.created_at = format_time(now);
  domain::version_payload payload;
  payload.key = c.conflict.key;
  payload.salt = *salt128::from_raw(random.bytes(salt128::size));
  payload.summary = std::move(summary);
  payload.fields = std::move(fields);
  auto made = domain::make_version(std::move(header), std::move(payload));
  if (made.raw.header.size() + made.raw.payload.size() > limits::version_bytes) {
    return fail(errc::too_large, "The fields together are too long: a version has at most 64 KiB.",
                {}, static_cast<std::int64_t>(limits::version_bytes));
  }
  return made;
}

std::vector<error> problems_of(const msg::conflict_shown& c, const domain::field_map& fields) {
  domain::known_values known;
  for (const auto* v : pool_of(c)) {
    if (v->info.erased) continue;
    const bool draft = v->info.status == "draft";
    known.add(v->fields, draft ? domain::version_status::draft : domain::version_status::active);
  }
  return domain::validate_edit(*domain::find_record_kind(c.conflict.kind), fields,
                               domain::version_status::active, known);
}

}  // namespace autocusto::admin
