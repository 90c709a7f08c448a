// Choosing the fields that join several heads.
#include <algorithm>
#include <set>
#include <utility>

#include "client/replica/edit/edit_commands.hpp"
#include "client/replica/edit/editor.hpp"
#include "shared/domain/conflict.hpp"

namespace autocusto::replica {
namespace {

/// What nobody has to decide: groups on which the heads agree, or that only one of them changed
/// against the one nearest common ancestor.
result<domain::starting_fields> start_from_heads(const target& at) {
  auto& held = *at.held;
  const auto ids = held.settled().shown.heads;
  std::vector<domain::field_map> heads;
  for (const auto& id : ids) {
    const auto* meta = held.find(id);
    if (meta == nullptr || meta->erased) return contents_erased();
    heads.push_back(held.read(*meta).payload.fields);
  }
  std::optional<domain::field_map> base;
  const auto ancestors = held.dag().nearest_common_ancestors(ids);
  if (ancestors.size() == 1) {
    const auto* meta = held.find(ancestors.front());
    if (meta != nullptr && !meta->erased) base = held.read(*meta).payload.fields;
  }
  std::vector<const domain::field_map*> sides;
  for (const auto& head : heads) sides.push_back(&head);
  return domain::start_of(*at.kind, sides, base ? &*base : nullptr);
}

error undecided(const domain::record_kind& kind, const std::set<std::string>& names) {
  const auto list = domain::in_form_order(kind, names);
  return fail(errc::conflict_open,
              "The versions differ in " + list +
                  "; choose a version for each of them, type a value, or take one version.",
              list.substr(0, list.find(',')));
}

}  // namespace

result<domain::field_map> resolved_fields(const target& at, const resolution& how) {
  domain::starting_fields start;
  if (how.take) {
    auto taken = fields_of(*at.held, *how.take);
    if (!taken) return taken.error();
    start.fields = *std::move(taken);
  } else {
    auto started = start_from_heads(at);
    if (!started) return started.error();
    start = *std::move(started);
  }
  for (const auto& [field, selector] : how.from) {
    const auto chosen = fields_of(*at.held, selector);
    if (!chosen) return chosen.error();
    if (!domain::take_field(*at.kind, field, *chosen, start)) {
      return fail(errc::invalid_field, "There is no field " + field + " in this kind of record.",
                  field);
    }
  }
  for (const auto& [field, value] : how.set) {
    start.fields[field] = value;
    start.undecided.erase(field);
  }
  if (!start.undecided.empty()) return undecided(*at.kind, start.undecided);
  return std::move(start.fields);
}

result<domain::field_map> editor::preview(std::string_view kind, std::string_view key,
                                          const resolution& how) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
  const auto at = find_visible(file, set, kind, key);
  if (!at) return at.error();
  if (!at->held->settled().shown.conflict()) {
    return fail(errc::not_found, "This record has no conflict; there is nothing to resolve.");
  }
  auto named = how;
  if (auto problems = normalise_fields(*at->kind, named.set); !problems.empty()) {
    return problems.front();
  }
  return resolved_fields(*at, named);
}

}  // namespace autocusto::replica
