// What the server refused: kept readable until a person decides.
#include <algorithm>
#include <set>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/edit/acts.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/impl.hpp"

namespace autocusto::replica {
namespace {

struct refused_row {
  std::int64_t row = 0;
  holding* held = nullptr;
  refused_entry entry;
};

/// Those of records whose view is open here; none of a closed laptop.
std::vector<refused_row> refused_rows(ledger& file, working_set& set) {
  std::vector<refused_row> out;
  if (closed_now(file)) return out;
  file.each_entry(k_refused, [&](std::int64_t id, std::string_view sealed) {
    auto* held = set.load(holding_of(id));
    if (held == nullptr) throw_damaged("the record of a refused version");
    if (held->state().hidden) return;
    out.push_back(
        {.row = id,
         .held = held,
         .entry = unpack_refused(ledger::open_entry(k_refused, id, sealed, held->sealer()))});
  });
  std::sort(out.begin(), out.end(), [](const refused_row& a, const refused_row& b) {
    return std::tie(a.entry.at, a.row) < std::tie(b.entry.at, b.row);
  });
  return out;
}

refused_item item_of(const refused_row& from) {
  return {.version = from.entry.version,
          .kind = from.held->state().record.kind,
          .key = from.held->state().key,
          .code = from.entry.code,
          .reason = from.entry.reason,
          .field = from.entry.field,
          .limit = from.entry.limit,
          .refused_at = from.entry.at,
          .at_server = from.entry.at_server};
}

result<refused_row> select_refused(ledger& file, working_set& set, std::string_view selector) {
  std::optional<refused_row> found;
  for (auto& row : refused_rows(file, set)) {
    if (!matches_prefix(row.entry.version, selector)) continue;
    if (found) {
      return fail(errc::ambiguous, "Several versions begin like that; give more digits of the id.");
    }
    found = std::move(row);
  }
  if (!found) {
    return fail(errc::not_found, "There is no such refused version; refused list shows their ids.");
  }
  return *std::move(found);
}

const version_meta& meta_of(const refused_row& row) {
  const auto* meta = row.held->find(row.entry.version);
  if (meta == nullptr) throw_damaged("a refused version");
  return *meta;
}

domain::field_map base_fields(const refused_row& row) {
  const auto* base = row.entry.base ? row.held->find(*row.entry.base) : nullptr;
  if (base == nullptr || base->erased) return domain::empty_fields(row.held->state().record.kind);
  return row.held->read(*base).payload.fields;
}

void erase_refused(ledger& file, holding& held, const version_id& id) {
  const auto* meta = held.find(id);
  if (meta == nullptr) return;
  file.remove_entry(k_refused, meta->row);
  held.remove(id);
}

/// The refused ancestors of a refused version, itself included.
std::set<version_id> refused_line(holding& held, const version_id& from) {
  std::set<version_id> line;
  std::vector<version_id> open{from};
  while (!open.empty()) {
    const auto id = open.back();
    open.pop_back();
    const auto* meta = held.find(id);
    if (meta == nullptr || meta->where != standing::refused || !line.insert(id).second) continue;
    open.insert(open.end(), meta->parents.begin(), meta->parents.end());
  }
  return line;
}

/// A refused version and everything refused that goes on from it.
std::set<version_id> refused_branch(holding& held, const version_id& from) {
  std::set<version_id> branch{from};
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto* meta : held.versions()) {
      if (meta->where != standing::refused || branch.contains(meta->id)) continue;
      const bool child =
          std::any_of(meta->parents.begin(), meta->parents.end(),
                      [&branch](const version_id& parent) { return branch.contains(parent); });
      if (child) grew = branch.insert(meta->id).second;
    }
  }
  return branch;
}

}  // namespace

std::vector<refused_item> replica_store::refused() const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  working_set set(file);
  std::vector<refused_item> out;
  for (const auto& row : refused_rows(file, set)) out.push_back(item_of(row));
  return out;
}

result<refused_shown> replica_store::refused_show(std::string_view selector) const {
  auto& file = impl_->file;
  const sqlite::snapshot now(file.db());
  working_set set(file);
  const auto found = select_refused(file, set, selector);
  if (!found) return found.error();
  const auto& meta = meta_of(*found);
  auto version = found->held->read(meta);
  refused_shown out;
  out.what = item_of(*found);
  out.version = describe(file, *found->held, meta, version, 0);
  out.changes = domain::diff_fields(out.what.kind, base_fields(*found), version.payload.fields);
  out.fields = std::move(version.payload.fields);
  return out;
}

result<saved> replica_store::refused_reapply(std::string_view selector, edit_problems* why) {
  auto& file = impl_->file;
  auto scope = file.begin();
  if (!scope) return scope.error();
  working_set set(file);
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
  auto doing = acts::begin(file, set);
  if (!doing) return doing.error();
  auto done = doing->save(again, why);
  if (!done) return done.error();
  // Its changes are counted from an accepted version, so those of its refused ancestors are in it.
  for (const auto& id : refused_line(held, found->entry.version)) erase_refused(file, held, id);
  doing->finish();
  (*scope)->commit();
  return done;
}

result<std::size_t> replica_store::refused_discard(std::string_view selector) {
  auto& file = impl_->file;
  auto scope = file.begin();
  if (!scope) return scope.error();
  working_set set(file);
  const auto found = select_refused(file, set, selector);
  if (!found) return found.error();
  const auto branch = refused_branch(*found->held, found->entry.version);
  for (const auto& id : branch) erase_refused(file, *found->held, id);
  set.flush();
  if (!(*scope)->commit_and_truncate()) file.truncate_later();
  return branch.size();
}

}  // namespace autocusto::replica
