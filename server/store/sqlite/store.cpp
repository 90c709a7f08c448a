#include <atomic>
#include <optional>
#include <system_error>

#include "server/store/database.hpp"
#include "server/store/sqlite/migrations.hpp"
#include "server/store/sqlite/reader_pool.hpp"
#include "server/store/sqlite/write_queue.hpp"
#include "shared/sqlite/lock_file.hpp"
#include "shared/sqlite/migrator.hpp"

namespace autocusto::store {
namespace {

// Reads are short; more connections than this only cost memory.
constexpr std::size_t k_readers = 8;

sqlite::lock_file take_lock(const std::string& folder) {
  try {
    auto lock = sqlite::lock_file::acquire(folder + "/store.lock", std::chrono::milliseconds(0));
    if (!lock) throw database_error(lock.error().message, false, false);
    return std::move(*lock);
  } catch (const std::system_error& e) {
    throw database_error(e.what(), false, false);
  }
}

class sqlite_store final : public database {
 public:
  sqlite_store(const std::string& folder, bool create, bool read_only)
      : readers_(folder + "/store.sqlite", k_readers) {
    if (read_only) {
      readers_.with_connection([](sqlite::database&) {});  // tells now if there is no such file
      return;
    }
    lock_.emplace(take_lock(folder));
    try {
      writer_ = std::make_unique<write_queue>(
          folder + "/store.sqlite", create,
          [this](const std::vector<user_id>& users) { deliver(users); });
    } catch (const std::system_error& e) {
      throw database_error(e.what(), false, false);
    }
  }

  void read(const std::function<void(snapshot&)>& work) override {
    ++reads_;
    readers_.read(work);
  }

  void write(const std::function<void(transaction&)>& work) override { the_writer().run(work); }

  void on_wake(std::function<void(const user_id&)> callback) override {
    wake_ = std::move(callback);
  }

  bool healthy() override {
    if (writer_ && !writer_->healthy()) return false;
    try {
      readers_.with_connection([](sqlite::database& db) { db.execute("SELECT 1"); });
      return true;
    } catch (const database_error&) {
      return false;
    }
  }

  [[nodiscard]] database_metrics metrics() const override {
    database_metrics m;
    m.connections = readers_.open();
    m.busy = readers_.busy();
    m.reads = reads_;
    if (writer_) {
      m.connections += 1;
      m.waiting = writer_->waiting();
      m.transactions = writer_->transactions();
      m.seconds = writer_->seconds();
      m.written = writer_->counts();
    }
    return m;
  }

  std::vector<migration_state> migrations() override {
    std::vector<migration_state> states;
    readers_.with_connection([&](sqlite::database& db) {
      for (const migration_status& s : sqlite::migration_states(db, sqlite_migrations())) {
        states.push_back({s.number, s.name, s.applied, s.applied_at, s.checksum_matches});
      }
    });
    return states;
  }

  result<std::vector<migration_state>> migrate(std::optional<int> target, bool dry_run) override {
    std::optional<result<std::vector<migration_step>>> steps;
    const std::function<void(sqlite::database&)> run = [&](sqlite::database& db) {
      steps.emplace(
          sqlite::migrate(db, sqlite_migrations(), target, dry_run, system_clock_source().now()));
    };
    if (dry_run) {
      readers_.with_connection(run);
    } else {
      the_writer().run_alone(run);
    }
    if (!*steps) return steps->error();
    std::vector<migration_state> done;
    for (const migration_step& step : **steps) {
      done.push_back({step.what->number, std::string(step.what->name), step.up, {}, true});
    }
    return done;
  }

 private:
  write_queue& the_writer() {
    if (!writer_) throw database_error("This database was opened to be read only.", false, false);
    return *writer_;
  }

  void deliver(const std::vector<user_id>& users) {
    if (!wake_) return;
    for (const user_id& user : users) wake_(user);
  }

  // The writer is destroyed first, while its lock is held and its callback lives.
  std::optional<sqlite::lock_file> lock_;
  std::function<void(const user_id&)> wake_;
  std::atomic<std::int64_t> reads_ = 0;
  reader_pool readers_;
  std::unique_ptr<write_queue> writer_;
};

}  // namespace

std::unique_ptr<database> open_sqlite(const std::string& folder, bool create, bool read_only) {
  return std::make_unique<sqlite_store>(folder, create, read_only);
}

}  // namespace autocusto::store
