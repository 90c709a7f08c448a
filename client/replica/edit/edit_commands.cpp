#include "client/replica/edit/edit_commands.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "shared/base/limits.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::replica {
namespace {

/// What a save starts from: the shown active version, or the newest draft; a draft the other way
/// round.
std::optional<version_id> starting_point(const shown_view& shown, bool draft) {
  if (draft && !shown.drafts.empty()) return shown.drafts.back();
  return shown.front();
}

/// What exempts, as at the server: the values in the versions of the record that are here.
class values_here {
 public:
  explicit values_here(record_copy* held) {
    if (held == nullptr) return;
    for (const auto* meta : held->history()) {
      if (meta->erased) continue;
      kept_.push_back(held->read(*meta).payload.fields);
      known_.add(kept_.back(), meta->status);
    }
  }
  [[nodiscard]] const domain::known_values& known() const { return known_; }

 private:
  std::deque<domain::field_map> kept_;  // stays in place while it grows
  domain::known_values known_;
};

error remember(std::vector<error> problems, edit_problems* why) {
  error first = problems.front();
  if (why != nullptr) why->problems = std::move(problems);
  return first;
}

error moved() {
  return fail(errc::view_moved,
              "The record has changed since you opened it; look at it again before saving.");
}

/// Refuses an edit that began from something else than it would go on from now.
result<void> began_there(const edit& what, const std::optional<version_id>& from) {
  if (!what.expect || what.expect->version == from) return {};
  if (!what.expect->version) {
    return fail(errc::already_exists, "This record is here already; open it to edit it.");
  }
  return moved();
}

/// Refuses a resolution of other heads than are shown now.
result<void> saw_them_all(const resolution& how, const std::vector<version_id>& heads) {
  if (!how.expect_heads) return {};
  auto seen = *how.expect_heads;
  auto shown = heads;
  std::sort(seen.begin(), seen.end());
  std::sort(shown.begin(), shown.end());
  if (seen != shown) return moved();
  return {};
}

error no_active() {
  return fail(errc::not_found, "This record has only drafts; publish one of them first.");
}

}  // namespace

namespace {

const char* what_it_takes(const domain::field_spec& field) {
  switch (field.type) {
    case domain::field_type::boolean:
      return " takes true or false.";
    case domain::field_type::rows:
      return " takes a list of rows.";
    case domain::field_type::map:
      return " takes texts by name.";
    case domain::field_type::text:
    case domain::field_type::unknown:
      break;
  }
  return " takes text.";
}

}  // namespace

std::vector<error> normalise_fields(const domain::record_kind& kind, domain::field_map& fields) {
  std::vector<error> problems;
  for (auto& [name, value] : fields) {
    const auto* spec = kind.find(name);
    if (spec == nullptr) {
      problems.push_back(fail(errc::invalid_field,
                              "There is no field " + name + " in this kind of record.", name));
      continue;
    }
    if (value.index() != domain::empty_value(*spec).index()) {
      problems.push_back(
          fail(errc::invalid_field, "The field " + name + what_it_takes(*spec), name));
      continue;
    }
    if (!std::holds_alternative<std::string>(value)) continue;
    auto entered = domain::entered_text(*spec, std::get<std::string>(value));
    if (entered) {
      value = *std::move(entered);
    } else {
      problems.push_back(
          fail(errc::invalid_field, "The field " + name + " is not valid UTF-8 text.", name));
    }
  }
  return problems;
}

result<edit_commands> edit_commands::begin(replica_file& file, unit_of_work& set) {
  if (const auto open = check_open(file); !open) return open.error();
  const auto cell = file.get(k_identity);
  if (!cell) {
    return fail(errc::not_enrolled,
                "This laptop is not enrolled; enroll it with the link from your administrator.");
  }
  return edit_commands(file, set, unpack_identity(*cell), file.get_number(k_saves));
}

void edit_commands::finish() {
  file_->put_number(k_saves, saves_);
  set_->flush();
}

namespace {

/// What was issued stays as it was: of an emission that is here, a person says what became of it.
std::vector<error> changes_of_an_emission(const target& at, const domain::field_map& fields) {
  std::vector<error> problems;
  if (at.kind->rule != domain::key_rule::emission || !at.visible()) return problems;
  const values_here here(at.held);
  for (const auto& [name, value] : fields) {
    const auto* field = at.kind->find(name);
    const bool editable = field != nullptr && !field->clinical;
    if (editable || here.known()(name, value)) continue;
    problems.push_back(fail(
        errc::invalid_field,
        "The field " + name + " of an emission cannot be changed; print the process again.", name));
  }
  return problems;
}

}  // namespace

result<void> edit_commands::check(const target& at, const draft_of_version& next,
                                  edit_problems* why) {
  if (auto problems = changes_of_an_emission(at, next.fields); !problems.empty()) {
    return remember(std::move(problems), why);
  }
  if (domain::validate_edit(*at.kind, next.fields, next.status, {}).empty()) return {};
  // Only now what is here already has to be read: oddities that stay are not refused.
  const values_here here(at.held);
  auto problems = domain::validate_edit(*at.kind, next.fields, next.status, here.known());
  if (problems.empty()) return {};
  return remember(std::move(problems), why);
}

result<std::string> edit_commands::summary_for(const target& at, bool root,
                                               const std::optional<std::string>& given) const {
  if (!given) return root ? at.kind->initial_summary : at.kind->update_summary(who_.email);
  auto text = domain::entered_lines(*given);
  if (!text) return fail(errc::invalid_field, "The summary is not valid UTF-8 text.", "summary");
  if (auto fits = domain::validate_summary(*text); !fits) return fits.error();
  return text;
}

domain::version edit_commands::make(const target& at, draft_of_version next) {
  domain::version_header header;
  header.record = {.kind = at.kind->kind, .id = at.id};
  for (const auto& parent : next.parents) {
    header.generation = std::max(header.generation, at.held->find(parent)->generation + 1);
  }
  header.parents = std::move(next.parents);
  header.author = who_.user;
  header.device = who_.device;
  header.created_at = format_time(file_->now());
  header.status = next.status;
  domain::version_payload payload;
  payload.key = at.key;
  file_->random().fill(payload.salt.data());
  payload.summary = std::move(next.summary);
  payload.fields = std::move(next.fields);
  return domain::make_version(std::move(header), std::move(payload));
}

result<saved> edit_commands::add(target at, draft_of_version next, edit_problems* why) {
  if (auto fits = check(at, next, why); !fits) return fits.error();
  const bool created = !at.visible();
  auto version = make(at, std::move(next));
  if (version.raw.header.size() + version.raw.payload.size() > limits::version_bytes) {
    return fail(errc::too_large,
                "The record would be larger than 65536 bytes in all; shorten the longest texts.",
                {}, static_cast<std::int64_t>(limits::version_bytes));
  }
  const domain::record_ref record{.kind = at.kind->kind, .id = at.id};
  if (at.held == nullptr) at.held = &set_->create(record, at.key, std::nullopt);
  if (at.held->state().key.empty()) at.held->change().key = at.key;

  version_meta meta;
  meta.id = version.id;
  meta.status = version.header.status;
  meta.generation = version.header.generation;
  meta.parents = version.header.parents;
  meta.where = version_sync_state::waiting;
  meta.saved = ++saves_;
  meta.since = file_->now();
  const waiting_entry entry{.version = version.id, .saved = meta.saved, .since = meta.since};
  auto name = domain::name_of(at.kind->kind, version.payload.fields);
  at.held->add(std::move(meta), std::move(version.raw), std::move(name));
  file_->put_entry(k_waiting, at.held->find(version.id)->row, pack(entry));
  return saved{.kind = at.kind->kind,
               .key = at.key,
               .version = version.id,
               .number = number_in(at.held->history(), version.id),
               .created = created,
               .changed = true};
}

saved edit_commands::unchanged(const target& at, const version_id& shown) {
  return {.kind = at.kind->kind,
          .key = at.key,
          .version = shown,
          .number = number_in(at.held->history(), shown),
          .created = false,
          .changed = false};
}

result<saved> edit_commands::save(const edit& what, edit_problems* why) {
  auto found = find_target(*file_, *set_, what.kind, what.key);
  if (!found) return found.error();
  auto& at = *found;
  auto given = what.fields;
  if (auto problems = normalise_fields(*at.kind, given); !problems.empty()) {
    return remember(std::move(problems), why);
  }
  const auto from =
      at.visible() ? starting_point(at.held->settled().shown, what.draft) : std::nullopt;
  if (const auto same = began_there(what, from); !same) return same.error();
  if (!from) {
    // Only a new record's key has to be a good one; what was imported stays reachable.
    const auto good = domain::normalise_key(what.kind, what.key);
    if (!good) return good.error();
  }
  draft_of_version next;
  next.status = what.draft ? domain::version_status::draft : domain::version_status::active;
  next.fields = domain::empty_fields(what.kind);
  if (from) {
    const auto* base = at.held->find(*from);
    if (base->erased) return contents_erased();
    next.fields = at.held->read(*base).payload.fields;
    next.parents = {*from};
  }
  const auto before = next.fields;
  for (auto& [name, value] : given) {
    // A value that is given back as it stands, however odd, is no change.
    auto& now = next.fields[name];
    if (what.fields.at(name) != now) now = std::move(value);
  }
  if (from && next.fields == before) return unchanged(at, *from);
  auto summary = summary_for(at, !from, what.summary);
  if (!summary) return summary.error();
  next.summary = *std::move(summary);
  return add(at, std::move(next), why);
}

result<saved> edit_commands::publish(const target& at, const version_meta& draft,
                                     const std::optional<std::string>& summary,
                                     edit_problems* why) {
  if (draft.erased) return contents_erased();
  draft_of_version next;
  next.parents = {draft.id};
  next.fields = at.held->read(draft).payload.fields;
  auto text = summary_for(at, false, summary);
  if (!text) return text.error();
  next.summary = *std::move(text);
  return add(at, std::move(next), why);
}

result<saved> edit_commands::revert(const target& at, const version_meta& to,
                                    const std::optional<std::string>& summary, edit_problems* why) {
  const auto active = at.held->settled().shown.active;
  if (!active) return no_active();
  if (to.erased) return contents_erased();
  draft_of_version next;
  next.parents = {*active};
  next.fields = at.held->read(to).payload.fields;
  const auto* shown = at.held->find(*active);
  if (!shown->erased && at.held->read(*shown).payload.fields == next.fields) {
    return unchanged(at, *active);
  }
  auto text = summary_for(at, false, summary);
  if (!text) return text.error();
  next.summary = *std::move(text);
  return add(at, std::move(next), why);
}

result<saved> edit_commands::resolve(const target& at, const resolution& how, edit_problems* why) {
  const auto heads = at.held->settled().shown.heads;
  if (heads.size() < 2) {
    return fail(errc::not_found, "This record has no conflict; there is nothing to resolve.");
  }
  if (heads.size() > limits::parents) {
    return fail(errc::too_many_parents,
                "The record has more than 16 versions side by side; sync, and ask your "
                "administrator to resolve it.",
                "parents", static_cast<std::int64_t>(limits::parents));
  }
  if (const auto same = saw_them_all(how, heads); !same) return same.error();
  auto named = how;
  if (auto problems = normalise_fields(*at.kind, named.set); !problems.empty()) {
    return remember(std::move(problems), why);
  }
  auto fields = resolved_fields(at, named);
  if (!fields) return fields.error();
  draft_of_version next;
  next.parents = heads;
  next.fields = *std::move(fields);
  auto text = summary_for(at, false, how.summary);
  if (!text) return text.error();
  next.summary = *std::move(text);
  return add(at, std::move(next), why);
}

}  // namespace autocusto::replica
