#include "server/store/sqlite/write_queue.hpp"

#include <chrono>
#include <utility>

#include "shared/sqlite/transaction.hpp"

namespace autocusto::store {
namespace {

using steady = std::chrono::steady_clock;

// A group is committed when nobody waits any more, or after this time: so no caller waits for long
// behind others, and under load a flush to disk still serves many.
constexpr std::chrono::milliseconds k_group_time{100};
// The log is moved into the file when it has grown to this: large enough that pages which change
// often are written once, small enough to be read quickly at start.
constexpr std::int64_t k_log_bytes = std::int64_t{16} * 1024 * 1024;
// Beyond this, readers that never pause have kept the log from starting again; now they are waited
// for.
constexpr std::int64_t k_log_bytes_at_most = std::int64_t{128} * 1024 * 1024;
constexpr std::int64_t k_writer_cache_bytes = std::int64_t{16} * 1024 * 1024;
constexpr int k_io_error = 10;  // SQLITE_IOERR

sqlite::open_options writing(bool create) {
  sqlite::open_options options;
  options.mode = create ? sqlite::open_mode::create : sqlite::open_mode::read_write;
  options.cache_bytes = k_writer_cache_bytes;
  return options;
}

}  // namespace

write_queue::connection::connection(const std::string& path, bool create)
    : database(path, writing(create)), session(database), inside(session) {}

write_queue::write_queue(std::string path, bool create,
                         std::function<void(const std::vector<user_id>&)> on_commit)
    : path_(std::move(path)), on_commit_(std::move(on_commit)) {
  try {
    connection_ = std::make_unique<connection>(path_, create);
  } catch (const sqlite::sqlite_error& e) {
    throw to_database_error(e, "open");
  }
  thread_ = std::thread([this] { loop(); });
}

write_queue::~write_queue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

double write_queue::seconds() const {
  return static_cast<double>(micros_) / 1e6;
}

void write_queue::run(const std::function<void(transaction&)>& work) {
  job mine;
  mine.work = &work;
  enqueue_and_wait(mine);
}

void write_queue::run_alone(const std::function<void(sqlite::database&)>& work) {
  job mine;
  mine.alone = &work;
  enqueue_and_wait(mine);
}

void write_queue::enqueue_and_wait(job& mine) {
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  ++waiting_;
  arrived_.notify_one();
  mine.finished.wait(lock, [&mine] { return mine.done; });
  lock.unlock();
  if (mine.failure) std::rethrow_exception(mine.failure);
}

// The next job; for a group only one that may join it, and without waiting.
write_queue::job* write_queue::next_job(bool for_group) {
  std::unique_lock lock(mutex_);
  if (!for_group) arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (queue_.empty() || (for_group && queue_.front()->alone != nullptr)) return nullptr;
  job* next = queue_.front();
  queue_.pop_front();
  --waiting_;
  return next;
}

void write_queue::loop() {
  while (job* first = next_job(false)) {
    began_ = steady::now();
    if (first->alone != nullptr) {
      run_alone_now(*first);
    } else {
      run_group(*first);
    }
    tidy_log();
  }
  try {
    if (connection_) connection_->database.checkpoint(sqlite::checkpoint_mode::truncate);
  } catch (const sqlite::sqlite_error&) {
    healthy_ = false;  // the log stays and is read at the next start
  }
  connection_.reset();
}

void write_queue::run_alone_now(job& one) {
  try {
    if (!connection_) connection_ = std::make_unique<connection>(path_, false);
    (*one.alone)(connection_->database);
    healthy_ = true;
  } catch (const sqlite::sqlite_error& e) {
    one.failure = std::make_exception_ptr(to_database_error(e, "an exclusive task"));
  } catch (...) {
    one.failure = std::current_exception();
  }
  release({&one});
}

void write_queue::run_group(job& first) {
  std::vector<job*> group{&first};
  std::vector<user_id> wakes;
  bool committing = false;
  try {
    if (!connection_) connection_ = std::make_unique<connection>(path_, false);
    sqlite::transaction scope(connection_->database);
    gather(group, first, wakes);
    committing = true;
    scope.commit();
    ++transactions_;
    healthy_ = true;
  } catch (const sqlite::sqlite_error& e) {
    // After a failed flush nobody can know what is on disk: the outcome is in doubt, and this
    // connection is not trusted again.
    const bool in_doubt = committing && e.code() == k_io_error;
    const database_error told(to_database_error(e, "commit").what(), true, in_doubt);
    fail_group(group, std::make_exception_ptr(told));
    wakes.clear();
    if (!e.busy()) {
      healthy_ = false;
      connection_.reset();
    }
  } catch (...) {
    fail_group(group, std::current_exception());
    wakes.clear();
  }
  release(group);
  if (!wakes.empty()) on_commit_(wakes);
}

void write_queue::gather(std::vector<job*>& group, job& first, std::vector<user_id>& wakes) {
  const auto until = steady::now() + k_group_time;
  run_in_savepoint(first, wakes);
  while (steady::now() < until) {
    job* next = next_job(true);
    if (next == nullptr) break;
    group.push_back(next);
    run_in_savepoint(*next, wakes);
  }
}

void write_queue::run_in_savepoint(job& one, std::vector<user_id>& wakes) {
  sqlite::database& db = connection_->database;
  try {
    sqlite::savepoint scope(db);
    const auto before = connection_->session.counts();
    (*one.work)(connection_->inside);
    statements_ += connection_->session.counts().statements - before.statements;
    rows_ += connection_->session.counts().rows - before.rows;
    scope.release();
    const auto woken = connection_->session.take_wakes();
    wakes.insert(wakes.end(), woken.begin(), woken.end());
  } catch (const sqlite::sqlite_error& e) {
    one.failure = std::make_exception_ptr(to_database_error(e, "savepoint"));
  } catch (...) {
    one.failure = std::current_exception();
  }
  if (one.failure) static_cast<void>(connection_->session.take_wakes());
  if (!db.in_transaction()) {
    // SQLite rolls back the whole transaction when the disk is full, with the work of all callers.
    throw database_error("The embedded database gave the whole transaction up; nothing was saved.",
                         true, false);
  }
}

void write_queue::fail_group(std::vector<job*>& group, const std::exception_ptr& failure) {
  for (job* one : group) {
    if (!one->failure) one->failure = failure;
  }
}

void write_queue::release(const std::vector<job*>& group) {
  // Before they are told: who asks then sees what their work has cost.
  micros_ += std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - began_).count();
  // Told under the lock: a released caller destroys its job as soon as it has the lock.
  const std::lock_guard lock(mutex_);
  for (job* one : group) {
    one->done = true;
    one->finished.notify_one();
  }
}

void write_queue::tidy_log() {
  if (!connection_) return;
  sqlite::database& db = connection_->database;
  try {
    if (db.wal_bytes() > k_log_bytes_at_most) {
      db.checkpoint(sqlite::checkpoint_mode::truncate);
    } else if (db.wal_bytes() > k_log_bytes) {
      db.checkpoint(sqlite::checkpoint_mode::passive);
    }
  } catch (const sqlite::sqlite_error&) {
    healthy_ = false;  // what was committed is in the log; the next transaction opens anew
    connection_.reset();
  }
}

}  // namespace autocusto::store
