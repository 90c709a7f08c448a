#include "tools/import/source/people.hpp"

#include <algorithm>

namespace autocusto::import {
namespace {

constexpr std::string_view k_accounts = "usuarios_usuario";

std::string column(const std::string& alias, std::string_view name) {
  return alias + "." + sql_name(name);
}

}  // namespace

std::string row_as_json(std::string_view table, const std::string& alias) {
  const std::string minus = table == k_accounts ? " - 'password'" : "";
  return "(to_jsonb(" + alias + ")" + minus + ")::text";
}

std::vector<user_row> read_users(connection& on, const layout& of) {
  std::vector<user_row> out;
  walk(on,
       "SELECT id::bigint, email::text, is_active, is_medico, (is_superuser OR is_staff), "
       "date_joined::timestamptz, (password<>'' AND left(password, 1)<>'!'), "
       "left(password, 14)='pbkdf2_sha256$' FROM " +
           of.table(k_accounts) + " ORDER BY id",
       [&](const source_row& row) {
         user_row u;
         u.id = row.integer(0);
         u.email = row.text(1);
         u.active = row.boolean(2);
         u.medico = row.boolean(3);
         u.admin = row.boolean(4);
         u.joined = row.time(5);
         u.password_usable = row.boolean(6);
         u.password_current = row.boolean(7);
         out.push_back(std::move(u));
       });
  return out;
}

std::vector<doctor_row> read_doctors(connection& on, const layout& of) {
  std::vector<doctor_row> out;
  const std::string state = of.doctors_have_state ? "estado::text" : "''::text";
  walk(on,
       "SELECT id::bigint, crm_medico::text, cns_medico::text, " + state +
           ", to_jsonb(d)->>'nome_medico', to_jsonb(d)->>'especialidade' FROM " +
           of.table("medicos_medico") + " d ORDER BY id",
       [&](const source_row& row) {
         doctor_row d;
         d.id = row.integer(0);
         d.crm = row.text(1);
         d.cns = row.text(2);
         d.state = row.text(3);
         d.name = row.text(4);
         d.specialty = row.text(5);
         out.push_back(std::move(d));
       });
  return out;
}

std::vector<doctor_link> read_links(connection& on, const layout& of) {
  std::vector<doctor_link> out;
  walk(on,
       "SELECT id::bigint, medico_id::bigint, usuario_id::bigint FROM " +
           of.table("medicos_medicousuario") + " ORDER BY id",
       [&](const source_row& row) {
         out.push_back({row.integer(0), row.optional_integer(1), row.optional_integer(2)});
       });
  return out;
}

std::vector<issuer_row> read_issuers(connection& on, const layout& of) {
  std::vector<issuer_row> out;
  walk(on,
       "SELECT id::bigint, clinica_id::bigint, medico_id::bigint FROM " +
           of.table("clinicas_emissor") + " ORDER BY id",
       [&](const source_row& row) {
         out.push_back({row.integer(0), row.integer(1), row.integer(2)});
       });
  return out;
}

void walk_links(connection& on, const layout& of, const link_table& which,
                const std::function<void(const link_row&, std::string_view json)>& each) {
  const auto first = column("t", which.first_column);
  const auto second = column("t", which.second_column);
  walk(on,
       "SELECT t.id::bigint, a.id IS NOT NULL, b.id IS NOT NULL, min(t.id::bigint) OVER "
       "(PARTITION BY " +
           first + ", " + second + "), " + first + "::bigint, " + second + "::bigint, " +
           row_as_json(which.table, "t") + " FROM " + of.table(which.table) + " t LEFT JOIN " +
           of.table(which.first_table) + " a ON a.id=" + first + " LEFT JOIN " +
           of.table(which.second_table) + " b ON b.id=" + second + " ORDER BY t.id",
       [&](const source_row& row) {
         each({row.integer(0), row.boolean(1), row.boolean(2), row.integer(3), row.integer(4),
               row.integer(5)},
              row.text(6));
       });
}

void walk_rows(connection& on, const layout& of, std::string_view table, std::string_view named,
               std::string_view referred,
               const std::function<void(std::int64_t, bool, std::string_view)>& each) {
  std::string missing = "false";
  if (!named.empty()) {
    missing = "(" + column("t", named) + " IS NOT NULL AND NOT EXISTS (SELECT 1 FROM " +
              of.table(referred) + " x WHERE x.id=" + column("t", named) + "))";
  }
  walk(on,
       "SELECT t.id::bigint, " + missing + ", " + row_as_json(table, "t") + " FROM " +
           of.table(table) + " t ORDER BY t.id",
       [&](const source_row& row) { each(row.integer(0), row.boolean(1), row.text(2)); });
}

void read_rows(connection& on, const layout& of, std::string_view table,
               const std::vector<std::int64_t>& ids,
               const std::function<void(std::int64_t, std::string_view)>& each) {
  if (ids.empty()) return;
  on.query("SELECT t.id::bigint, " + row_as_json(table, "t") + " FROM " + of.table(table) +
               " t WHERE t.id=ANY($1::bigint[])",
           ids, [&](const source_row& row) { each(row.integer(0), row.text(1)); });
}

bool related_to_any(connection& on, const layout& of, const legacy_kind& kind,
                    const std::vector<std::int64_t>& masters, std::int64_t user) {
  bool found = false;
  on.query("SELECT 1 FROM " + of.table(kind.relation) + " x WHERE " +
               column("x", kind.master_column) +
               "=ANY($1::bigint[]) AND x.usuario_id=" + std::to_string(user) + " LIMIT 1",
           masters, [&](const source_row&) { found = true; });
  return found;
}

std::int64_t last_migration(connection& on, const layout& of) {
  const auto& others = of.other_tables;
  if (std::find(others.begin(), others.end(), "django_migrations") == others.end()) return 0;
  std::int64_t at = 0;
  on.query("SELECT max(applied)::timestamptz FROM " + of.table("django_migrations"),
           [&](const source_row& row) { at = row.is_null(0) ? 0 : row.time(0); });
  return at;
}

}  // namespace autocusto::import
