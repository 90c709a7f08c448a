#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "server/store/database.hpp"
#include "server/store/postgres/connection.hpp"
#include "server/store/postgres/migrator.hpp"
#include "server/store/postgres/pool.hpp"
#include "server/store/postgres/waker.hpp"
#include "server/store/settings.hpp"

namespace autocusto::store {
namespace {

using steady = std::chrono::steady_clock;

// How often work is run again: transactions that met each other settle within a few rounds, a
// server that is gone does not come back within these.
constexpr int k_conflict_attempts = 10;
constexpr int k_lost_attempts = 3;
constexpr int k_first_pause_micros = 2'000;
constexpr int k_longest_pause_micros = 200'000;

class pg_session final : public sql_session {
 public:
  explicit pg_session(pg_connection& on) : on_(on) {}

  void run(const sql_query& query, const sql_parameters& parameters,
           const row_callback& on_row) override {
    ++counts_.statements;
    on_.run(query, parameters, [&](const sql_row& row) {
      ++counts_.rows;
      on_row(row);
    });
  }

  std::vector<std::int64_t> allocate(std::string_view table, std::size_t count) override {
    std::vector<std::int64_t> keys;
    if (count == 0) return keys;
    on_.run(sequence_of(table), {static_cast<std::int64_t>(count)},
            [&keys](const sql_row& row) { keys.push_back(row.integer(0)); });
    return keys;
  }

  void wake(const user_id& user) override { wakes.push_back(user); }

  // Some of its statements walk through all that a large import made. The setting ends with the
  // transaction, and so does the patience here.
  void removal(bool begins) override {
    if (begins) on_.execute("removal", "SET LOCAL statement_timeout=0");
    on_.wait_without_limit(begins);
  }

  std::vector<user_id> wakes;

 private:
  static const sql_query& sequence_of(std::string_view table) {
    static constexpr sql_query all[] = {
        {"version", "SELECT nextval('version_pk_seq') FROM generate_series(1, $1)"},
        {"view", "SELECT nextval('view_pk_seq') FROM generate_series(1, $1)"},
        {"conflict", "SELECT nextval('conflict_pk_seq') FROM generate_series(1, $1)"}};
    for (const sql_query& q : all) {
      if (q.name == table) return q;
    }
    throw std::logic_error("no keys are allocated for this table");
  }

  pg_connection& on_;
};

// Waits grow with each attempt and differ between threads, so that those who met do not meet again.
void pause_before(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const int most = std::min(k_first_pause_micros << std::min(attempt, 10), k_longest_pause_micros);
  std::uniform_int_distribution<int> any(0, most);
  std::this_thread::sleep_for(std::chrono::microseconds(any(random)));
}

// Counts failures of one call and says whether its work may run again.
class retry_budget {
 public:
  [[nodiscard]] bool allows(const postgres_error& e) {
    if (e.lost()) return ++lost_ < k_lost_attempts;
    if (e.sqlstate() == "40001" || e.sqlstate() == "40P01") {
      return ++conflicts_ < k_conflict_attempts;
    }
    // Somebody else just added the same thing: the second run sees it and decides anew.
    if (e.sqlstate() == "23505") return ++duplicates_ < 2;
    return false;
  }
  [[nodiscard]] int attempts() const { return lost_ + conflicts_ + duplicates_; }

 private:
  int lost_ = 0;
  int conflicts_ = 0;
  int duplicates_ = 0;
};

class postgres_store final : public database {
 public:
  postgres_store(const std::string& url, int connections) : pool_(url, connections) {}

  void read(const std::function<void(snapshot&)>& work) override {
    ++reads_;
    const auto start = steady::now();
    retry_budget budget;
    while (!try_read(work, budget)) count_retry(budget);
    count_transaction(start);
  }

  void write(const std::function<void(transaction&)>& work) override {
    const auto start = steady::now();
    retry_budget budget;
    while (!try_write(work, budget)) count_retry(budget);
    count_transaction(start);
  }

  void on_wake(std::function<void(const user_id&)> callback) override {
    wake_ = std::move(callback);
    static_cast<void>(waker());
  }

  bool healthy() override {
    try {
      read([](settings::reads settings) { static_cast<void>(settings.setting("")); });
      return true;
    } catch (const database_error&) {
      return false;
    }
  }

  [[nodiscard]] database_metrics metrics() const override {
    database_metrics m;
    m.connections = pool_.open();
    m.busy = pool_.busy();
    m.waiting = pool_.waiting();
    m.transactions = transactions_;
    m.retries = retries_;
    m.reads = reads_;
    m.seconds = static_cast<double>(micros_) / 1e6;
    m.written = {statements_, rows_};
    return m;
  }

  std::vector<migration_state> migrations() override {
    std::vector<migration_state> states;
    for (const migration_status& s : postgres_migration_states(pool_.url())) {
      states.push_back({s.number, s.name, s.applied, s.applied_at, s.checksum_matches});
    }
    return states;
  }

  result<std::vector<migration_state>> migrate(std::optional<int> target, bool dry_run) override {
    const auto steps = migrate_postgres(pool_.url(), target, dry_run, system_clock_source().now());
    if (!steps) return steps.error();
    std::vector<migration_state> done;
    for (const migration_step& step : *steps) {
      done.push_back({step.what->number, std::string(step.what->name), step.up, {}, true});
    }
    return done;
  }

 private:
  // False: nothing has happened, and it may be tried again.
  bool try_read(const std::function<void(snapshot&)>& work, retry_budget& budget) {
    auto connection = pool_.take();
    try {
      connection->execute("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    } catch (const postgres_error& e) {
      if (!budget.allows(e)) throw;
      return false;
    }
    try {
      pg_session session(*connection);
      transaction inside(session);
      work(inside);
      connection->commit();
    } catch (...) {
      connection->rollback();
      throw;
    }
    return true;
  }

  // The same; the connection is back in the pool before anybody pauses.
  bool try_write(const std::function<void(transaction&)>& work, retry_budget& budget) {
    bool committing = false;
    auto connection = pool_.take();
    pg_session session(*connection);
    try {
      connection->execute("begin", "BEGIN ISOLATION LEVEL READ COMMITTED");
      transaction inside(session);
      work(inside);
      statements_ += session.counts().statements;
      rows_ += session.counts().rows;
      committing = true;
      connection->commit();
    } catch (const postgres_error& e) {
      connection->wait_without_limit(false);
      connection->rollback();
      if (committing && e.lost()) throw database_error(e.what(), true, true);
      if (!budget.allows(e)) throw;
      return false;
    } catch (...) {
      connection->wait_without_limit(false);
      connection->rollback();
      throw;
    }
    deliver(session.wakes);
    return true;
  }

  void count_retry(const retry_budget& budget) {
    ++retries_;
    pause_before(budget.attempts());
  }

  void count_transaction(steady::time_point start) {
    ++transactions_;
    micros_ += std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - start).count();
  }

  void deliver(const std::vector<user_id>& users) {
    if (users.empty()) return;
    if (wake_) {
      for (const user_id& user : users) wake_(user);
    }
    try {
      waker().notify(users);
    } catch (const std::system_error&) {
      // No thread for wake-ups: the commit stands, and waiting readers also look by themselves.
      return;
    }
  }

  // Made when it is first needed: a command that only migrates or reads has no use for it.
  pg_waker& waker() {
    std::call_once(waker_once_, [this] {
      waker_ = std::make_unique<pg_waker>(pool_.url(), [this](const user_id& user) {
        if (wake_) wake_(user);
      });
    });
    return *waker_;
  }

  pg_pool pool_;
  std::function<void(const user_id&)> wake_;
  std::atomic<std::int64_t> transactions_ = 0;
  std::atomic<std::int64_t> reads_ = 0;
  std::atomic<std::int64_t> retries_ = 0;
  std::atomic<std::int64_t> micros_ = 0;
  std::atomic<std::int64_t> statements_ = 0;
  std::atomic<std::int64_t> rows_ = 0;
  std::once_flag waker_once_;
  std::unique_ptr<pg_waker> waker_;  // destroyed first: its thread calls back
};

}  // namespace

std::unique_ptr<database> open_postgres(const std::string& url, int connections) {
  return std::make_unique<postgres_store>(url, connections);
}

}  // namespace autocusto::store
