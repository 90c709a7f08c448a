#pragma once
// One connection to PostgreSQL, with bounded waits and prepared statements.
//
// Parameters and results travel in binary form; a list parameter is an array. Every wait for the
// server ends: connecting by connect_timeout, statements by statement_timeout on the server and a
// somewhat longer wait here, dead networks by keepalives. To a host that is not this machine the
// connection is encrypted and the server's certificate checked (sslmode=verify-full) unless the URL
// says otherwise. Notices are dropped; errors carry the SQLSTATE and the query's name, never
// parameters.
//
// One thread at a time. A connection that is `lost` answers nothing any more.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/store/sql/session.hpp"

struct pg_conn;
struct pg_result;

namespace autocusto::store {

class postgres_error : public database_error {
 public:
  postgres_error(const std::string& what, std::string sqlstate, bool lost);
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }
  /// The connection is gone; what ran on it was rolled back, unless it was a COMMIT.
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  std::string sqlstate_;
  bool lost_;
};

class pg_connection {
 public:
  /// Connects and sets the session up; throws postgres_error (lost) when that fails.
  explicit pg_connection(const std::string& url);

  /// Runs a script of constant text; rows are dropped.
  void execute(std::string_view name, const std::string& script);
  /// Runs a query, prepared at its first use; the callback sees every row.
  void run(const sql_query& query, const sql_parameters& parameters, const row_callback& on_row);
  /// COMMIT that is sure: a transaction that the server had given up is an error.
  void commit();
  /// Never throws.
  void rollback() noexcept;

  /// No transaction is open and the connection works, as far as is known here.
  [[nodiscard]] bool reusable() const;
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] int backend_pid() const;

  /// For migrations and the like: answers may take as long as they need.
  void wait_without_limit(bool unlimited = true) { unlimited_ = unlimited; }

  // For LISTEN.
  [[nodiscard]] int socket() const;
  /// Reads what has arrived and hands out the notifications: process id of the sender, payload.
  void read_notifications(const std::function<void(int, std::string_view)>& each);

 private:
  struct closer {
    void operator()(pg_conn* c) const noexcept;
  };
  struct clearer {
    void operator()(pg_result* r) const noexcept;
  };
  using result_handle = std::unique_ptr<pg_result, clearer>;

  /// Waits for the last result of what was sent; throws for errors.
  result_handle finish(std::string_view name, bool sent);
  void wait_for_input(std::string_view name);
  [[noreturn]] void fail(std::string_view name, const pg_result* result);
  [[noreturn]] void fail_lost(std::string_view name, const std::string& why);
  const std::string& prepared(const sql_query& query, const sql_parameters& parameters);

  std::unique_ptr<pg_conn, closer> handle_;
  bool lost_ = false;
  bool unlimited_ = false;
  std::unordered_map<const char*, std::string> statements_;  // by the address of the constant text
};

}  // namespace autocusto::store
