#include "tools/import/source/records.hpp"

#include "tools/import/rules/changed.hpp"

namespace autocusto::import {
namespace {

constexpr int k_ahead = 1000;
constexpr std::size_t k_orphans = 1000;

std::string field_columns(const legacy_kind& kind, const std::string& alias) {
  std::string out;
  for (const auto* field : kind.fields) out += ", " + alias + "." + sql_name(field->name);
  return out;
}

std::string with_leaders(const layout& of, const legacy_kind& kind) {
  return "WITH l AS MATERIALIZED (" + leaders_sql(of, kind) + ") SELECT l.leader, ";
}

}  // namespace

std::string leaders_sql(const layout& of, const legacy_kind& kind) {
  const std::string size = kind.spec->rule == domain::key_rule::cpf ? "11" : "7";
  return "SELECT k.id, CASE WHEN length(k.d)=" + size + " AND k.d<>repeat(left(k.d, 1), " + size +
         ") THEN min(k.id) OVER (PARTITION BY k.d) ELSE k.id END AS leader FROM "
         "(SELECT id::bigint, regexp_replace(" +
         sql_name(kind.key_column) + "::text, '[^0-9]', '', 'g') AS d FROM " +
         of.table(kind.master) + ") k";
}

bundle_stream::bundle_stream(connection& on, const layout& of, const legacy_kind& kind)
    : kind_(kind) {
  const auto with = with_leaders(of, kind);
  const auto master = sql_name(kind.master_column);
  const auto make = [&](const std::string& rest) {
    return std::make_unique<cursor>(on, with + rest, k_ahead);
  };
  masters_ = make("m.id::bigint, m." + sql_name(kind.key_column) + field_columns(kind, "m") +
                  " FROM l JOIN " + of.table(kind.master) + " m ON m.id=l.id ORDER BY 1, 2");
  relations_ = make("r.id::bigint, r." + master + "::bigint, r.usuario_id::bigint FROM " +
                    of.table(kind.relation) + " r LEFT JOIN l ON l.id=r." + master +
                    " ORDER BY 1 NULLS LAST, 2");
  if (!of.versioned) return;
  versions_ = make("v.id::bigint, v." + master +
                   "::bigint, v.version_number::bigint, v.created_by_id::bigint, "
                   "v.created_at::timestamptz, v.change_summary::text, v.status::text" +
                   field_columns(kind, "v") + " FROM " + of.table(kind.version) +
                   " v LEFT JOIN l ON l.id=v." + master + " ORDER BY 1 NULLS LAST, 2");
  assignments_ =
      make("a.id::bigint, a." + sql_name(kind.relation_column) +
           "::bigint, a.version_id::bigint, r.id::bigint, r." + master +
           "::bigint, r.usuario_id::bigint, v.id::bigint, v." + master +
           "::bigint, a.assigned_at::timestamptz FROM " + of.table(kind.assignment) +
           " a LEFT JOIN " + of.table(kind.relation) + " r ON r.id=a." +
           sql_name(kind.relation_column) + " LEFT JOIN " + of.table(kind.version) +
           " v ON v.id=a.version_id LEFT JOIN l ON l.id=r." + master + " ORDER BY 1 NULLS LAST, 2");
}

field_values bundle_stream::read_values(const source_row& row, int first) const {
  const auto& fields = kind_.fields;
  field_values out;
  out.texts.resize(fields.size());
  out.flags.resize(fields.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const int column = first + static_cast<int>(i);
    if (fields[i]->type == domain::field_type::boolean) {
      out.flags[i] = row.boolean(column);
    } else {
      out.texts[i] = row.text(column);
    }
  }
  return out;
}

master_row bundle_stream::read_master(const source_row& row) const {
  return {row.integer(1), std::string(row.text(2)), read_values(row, 3)};
}

version_row bundle_stream::read_version(const source_row& row) const {
  version_row v;
  v.id = row.integer(1);
  v.master = row.integer(2);
  v.number = row.integer(3);
  v.author = row.optional_integer(4);
  v.created = row.time(5);
  v.summary = row.text(6);
  v.status = row.text(7);
  v.values = read_values(row, 8);
  return v;
}

template <class Rows, class Read>
void bundle_stream::take(std::unique_ptr<cursor>& from, std::optional<std::int64_t> leader,
                         Rows& to, Read read) {
  if (!from) return;
  while (const auto row = from->current()) {
    if (row->optional_integer(0) != leader) return;
    if (!leader && to.size() == k_orphans) return;
    to.push_back(read(*row));
    from->advance();
  }
}

std::optional<bundle> bundle_stream::next() {
  std::optional<std::int64_t> leader;
  if (const auto master = masters_->current()) leader = master->integer(0);
  bundle out;
  if (leader)
    take(masters_, leader, out.masters, [&](const auto& row) { return read_master(row); });
  take(relations_, leader, out.relations, [](const source_row& row) {
    return relation_row{row.integer(1), row.optional_integer(2), row.optional_integer(3)};
  });
  take(versions_, leader, out.versions, [&](const auto& row) { return read_version(row); });
  take(assignments_, leader, out.assignments, [](const source_row& row) {
    assignment_row a;
    a.id = row.integer(1);
    a.relation = row.integer(2);
    a.version = row.integer(3);
    a.relation_exists = !row.is_null(4);
    a.relation_master = row.optional_integer(5);
    a.relation_user = row.optional_integer(6);
    // A version always names a master, be it one that does not exist.
    if (!row.is_null(7)) a.version_master = row.integer(8);
    a.assigned = row.time(9);
    return a;
  });
  const bool empty = out.masters.empty() && out.relations.empty() && out.versions.empty() &&
                     out.assignments.empty();
  if (!empty) return out;
  // Rows that belong before the last master: it was not there when they were read, or they not when
  // it was.
  for (auto* left : {masters_.get(), relations_.get(), versions_.get(), assignments_.get()}) {
    if (left != nullptr && left->current()) source_changed();
  }
  return std::nullopt;
}

}  // namespace autocusto::import
