#include "server/store/columns.hpp"

namespace autocusto::store {

user_row read_user(const sql_row& row, int first) {
  user_row u;
  u.key = row.integer(first);
  u.id = row.id<user_id>(first + 1);
  u.email = row.bytes(first + 2);
  u.role = static_cast<user_role>(row.integer(first + 3));
  u.enabled = row.integer(first + 4) != 0;
  u.created_at = row.integer(first + 5);
  return u;
}

device_row read_device(const sql_row& row, int first) {
  device_row d;
  d.key = row.integer(first);
  d.id = row.id<device_id>(first + 1);
  d.user = row.integer(first + 2);
  d.name = row.bytes(first + 3);
  if (!row.is_null(first + 4)) d.public_key = row.bytes(first + 4);
  d.enrolled_at = row.integer(first + 5);
  d.revoked_at = row.optional_integer(first + 6);
  d.lost = row.integer(first + 7) != 0;
  d.last_seen = row.optional_integer(first + 8);
  d.last_push = row.optional_id<push_id>(first + 9);
  d.replaces = row.optional_integer(first + 10);
  d.told_at = row.optional_integer(first + 11);
  d.pending = row.integer(first + 12) != 0;
  return d;
}

record_row read_record(const sql_row& row, int first) {
  record_row r;
  r.key = row.integer(first);
  r.id = row.id<record_id>(first + 1);
  r.kind = row.bytes(first + 2);
  r.natural_key = row.bytes(first + 3);
  r.last_number = row.integer(first + 4);
  return r;
}

view_row read_view(const sql_row& row, int first) {
  view_row w;
  w.key = row.integer(first);
  w.user = row.integer(first + 1);
  w.record = row.integer(first + 2);
  w.open = row.integer(first + 3) != 0;
  w.state.incarnation = row.id<incarnation_id>(first + 4);
  w.state.heads = split_ids(row.bytes(first + 5));
  w.state.pinned = row.optional_id<version_id>(first + 6);
  w.state.drafts = split_ids(row.bytes(first + 7));
  w.active = row.optional_id<version_id>(first + 8);
  w.closed_at = row.optional_integer(first + 9);
  w.import_run = row.optional_integer(first + 10);
  return w;
}

stored_version read_stored(const sql_row& row) {
  stored_version v;
  v.key = row.integer(0);
  v.id = row.id<version_id>(1);
  v.header = row.bytes(2);
  if (!row.is_null(3)) v.payload = std::string(row.bytes(3));
  v.archived = row.integer(4) != 0;
  v.device = row.integer(5);
  v.author = row.integer(6);
  v.number = row.integer(7);
  return v;
}

std::string join_ids(std::span<const version_id> ids) {
  std::string joined;
  joined.reserve(ids.size() * version_id::size);
  for (const version_id& id : ids) joined += id.raw();
  return joined;
}

std::vector<version_id> split_ids(std::string_view joined) {
  if (joined.size() % version_id::size != 0) {
    throw database_error("a stored list of versions has a wrong size", false, false);
  }
  std::vector<version_id> ids;
  ids.reserve(joined.size() / version_id::size);
  for (std::size_t at = 0; at < joined.size(); at += version_id::size) {
    ids.push_back(version_id::from_raw(joined.substr(at, version_id::size)).value());
  }
  return ids;
}

}  // namespace autocusto::store
