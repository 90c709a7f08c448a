#include "client/replica/read/refused.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/codec.hpp"
#include "client/replica/read/lookup.hpp"
#include "client/replica/read/reader.hpp"

namespace autocusto::replica {
namespace {

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

}  // namespace

std::vector<refused_row> refused_rows(replica_file& file, unit_of_work& set) {
  std::vector<refused_row> out;
  if (closed_now(file)) return out;
  file.each_entry(k_refused, [&](std::int64_t id, std::string_view sealed) {
    auto& held = set.of_version(id);
    if (held.state().hidden) return;
    out.push_back(
        {.row = id,
         .held = &held,
         .entry = unpack_refused(replica_file::open_entry(k_refused, id, sealed, held.sealer()))});
  });
  std::sort(out.begin(), out.end(), [](const refused_row& a, const refused_row& b) {
    return std::tie(a.entry.at, a.row) < std::tie(b.entry.at, b.row);
  });
  return out;
}

result<refused_row> select_refused(replica_file& file, unit_of_work& set,
                                   std::string_view selector) {
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

std::vector<refused_item> reader::refused() const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
  std::vector<refused_item> out;
  for (const auto& row : refused_rows(file, set)) out.push_back(item_of(row));
  return out;
}

result<refused_shown> reader::refused_show(std::string_view selector) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  unit_of_work set(file);
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

}  // namespace autocusto::replica
