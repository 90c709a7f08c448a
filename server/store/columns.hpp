#pragma once
// How rows that several queries give are read. Internal to server/store.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/sql/session.hpp"

namespace autocusto::store {

// Columns of each row, in the order in which read_* takes them, for queries that name the table so.
#define SYNC_USER_COLUMNS "a.pk, a.id, a.email, a.role, a.enabled, a.created_at"
#define SYNC_DEVICE_COLUMNS                                                          \
  "d.pk, d.id, d.owner, d.name, d.public_key, d.enrolled_at, d.revoked_at, d.lost, " \
  "d.last_seen, d.last_push, d.replaces, d.told_at, d.pending"
#define SYNC_RECORD_COLUMNS "r.pk, r.id, r.kind, r.natural_key, r.last_number"
#define SYNC_VIEW_COLUMNS                                                                   \
  "w.pk, w.owner, w.record, w.open, w.incarnation, w.heads, w.pinned, w.drafts, w.active, " \
  "w.closed_at, w.import_run"
#define SYNC_STORED_COLUMNS                                                              \
  "v.pk, v.id, v.header, (SELECT p.bytes FROM version_payload p WHERE p.version=v.pk), " \
  "v.archived, v.device, v.author, v.number"

inline constexpr int k_user_columns = 6;
inline constexpr int k_device_columns = 13;
inline constexpr int k_record_columns = 5;
inline constexpr int k_view_columns = 11;

// Each reads its columns starting at `first`.
[[nodiscard]] user_row read_user(const sql_row& row, int first = 0);
[[nodiscard]] device_row read_device(const sql_row& row, int first = 0);
[[nodiscard]] record_row read_record(const sql_row& row, int first = 0);
[[nodiscard]] view_row read_view(const sql_row& row, int first = 0);
[[nodiscard]] stored_version read_stored(const sql_row& row);

/// Ids, one after the other, as the lists of views and conflicts are stored.
[[nodiscard]] std::string join_ids(std::span<const version_id> ids);
[[nodiscard]] std::vector<version_id> split_ids(std::string_view joined);

}  // namespace autocusto::store
