// What becomes of versions that the server refused.
#include "client/replica/read/refused.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "client/replica/edit/edit_commands.hpp"
#include "client/replica/edit/editor.hpp"

namespace autocusto::replica {
namespace {

void erase_refused(replica_file& file, record_copy& held, const version_id& id) {
  const auto* meta = held.find(id);
  if (meta == nullptr) return;
  file.remove_entry(k_refused, meta->row);
  held.remove(id);
}

/// The refused ancestors of a refused version, itself included.
std::set<version_id> refused_line(record_copy& held, const version_id& from) {
  std::set<version_id> line;
  std::vector<version_id> open{from};
  while (!open.empty()) {
    const auto id = open.back();
    open.pop_back();
    const auto* meta = held.find(id);
    if (meta == nullptr || meta->where != version_sync_state::refused || !line.insert(id).second)
      continue;
    open.insert(open.end(), meta->parents.begin(), meta->parents.end());
  }
  return line;
}

/// A refused version and its refused descendants.
std::set<version_id> refused_branch(record_copy& held, const version_id& from) {
  std::set<version_id> branch{from};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto* meta : held.versions()) {
      if (meta->where != version_sync_state::refused || branch.contains(meta->id)) continue;
      const bool child =
          std::any_of(meta->parents.begin(), meta->parents.end(),
                      [&branch](const version_id& parent) { return branch.contains(parent); });
      if (child) grew = branch.insert(meta->id).second;
    }
  }
  return branch;
}

}  // namespace

result<saved> editor::refused_reapply(std::string_view selector, edit_problems* why) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  unit_of_work set(file);
  const auto found = select_refused(file, set, selector);
  if (!found) return found.error();
  auto& held = *found->held;
  const auto version = held.read(meta_of(*found));
  edit again;
  again.kind = held.state().record.kind;
  again.key = held.state().key;
  again.summary = version.payload.summary;
  again.draft = version.header.status == domain::version_status::draft;
  for (auto& change :
       domain::diff_fields(again.kind, base_fields(*found), version.payload.fields)) {
    again.fields[change.field] = std::move(change.to);
  }
  auto commands = edit_commands::begin(file, set);
  if (!commands) return commands.error();
  auto done = commands->save(again, why);
  if (!done) return done.error();
  // Its changes are counted from an accepted version, so those of its refused ancestors are in it.
  for (const auto& id : refused_line(held, found->entry.version)) erase_refused(file, held, id);
  commands->finish();
  (*scope)->commit();
  return done;
}

result<std::size_t> editor::refused_discard(std::string_view selector) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  unit_of_work set(file);
  const auto found = select_refused(file, set, selector);
  if (!found) return found.error();
  const auto branch = refused_branch(*found->held, found->entry.version);
  for (const auto& id : branch) erase_refused(file, *found->held, id);
  set.flush();
  if (!(*scope)->commit_and_truncate()) file.truncate_later();
  return branch.size();
}

}  // namespace autocusto::replica
