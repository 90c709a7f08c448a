#pragma once
// Runs the store's queries on one SQLite connection.
//
// A query with list parameters is run once for each element: a prepared statement costs a
// microsecond here, there is no network to save. Belongs to the thread that uses the connection;
// the connection must outlive it.

#include <string>
#include <unordered_map>
#include <vector>

#include "server/store/sql/session.hpp"
#include "shared/sqlite/database.hpp"

namespace autocusto::store {

class sqlite_session final : public sql_session {
 public:
  explicit sqlite_session(sqlite::database& on) : on_(on) {}

  void run(const sql_query& query, const sql_parameters& parameters,
           const row_callback& on_row) override;
  std::vector<std::int64_t> allocate(std::string_view table, std::size_t count) override;
  void wake(const user_id& user) override { wakes_.push_back(user); }
  void removal(bool begins) override;

  /// The users to wake since the last call, which it forgets.
  [[nodiscard]] std::vector<user_id> take_wakes();

 private:
  const std::string& expanded(const sql_query& query);

  sqlite::database& on_;
  std::vector<user_id> wakes_;
  std::unordered_map<const char*, std::string> texts_;  // by the address of the constant text
};

/// What SQLite reported, for callers of the store.
[[nodiscard]] database_error to_database_error(const sqlite::sqlite_error& e,
                                               std::string_view where);

}  // namespace autocusto::store
