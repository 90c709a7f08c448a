#include "server/store/sqlite/reader_pool.hpp"

#include <utility>

#include "shared/sqlite/transaction.hpp"

namespace autocusto::store {
namespace {

// Small, because every reader has its own; the operating system caches the file for all.
constexpr std::int64_t k_cache_bytes = std::int64_t{2} * 1024 * 1024;

sqlite::open_options reading() {
  sqlite::open_options options;
  options.mode = sqlite::open_mode::read_only;
  options.cache_bytes = k_cache_bytes;
  return options;
}

}  // namespace

reader_pool::connection::connection(const std::string& path)
    : database(path, reading()), session(database), at(session) {}

class reader_pool::loan {
 public:
  explicit loan(reader_pool& from) : from_(from), one_(from.take()) {}
  ~loan() { from_.give_back(std::move(one_)); }
  loan(const loan&) = delete;
  loan& operator=(const loan&) = delete;
  connection* operator->() { return one_.get(); }

 private:
  reader_pool& from_;
  std::unique_ptr<connection> one_;
};

reader_pool::reader_pool(std::string path, std::size_t at_most)
    : path_(std::move(path)), at_most_(at_most) {
  idle_.reserve(at_most);  // giving back must not allocate
}

std::unique_ptr<reader_pool::connection> reader_pool::take() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !idle_.empty() || count_ < at_most_; });
  if (!idle_.empty()) {
    auto one = std::move(idle_.back());
    idle_.pop_back();
    return one;
  }
  ++count_;
  lock.unlock();
  try {
    return std::make_unique<connection>(path_);
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void reader_pool::give_back(std::unique_ptr<connection> one) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (one) {
      idle_.push_back(std::move(one));
    } else {
      --count_;
    }
  }
  returned_.notify_one();
}

void reader_pool::read(const std::function<void(snapshot&)>& work) {
  try {
    loan one(*this);
    const sqlite::snapshot scope(one->database);
    work(one->at);
  } catch (const sqlite::sqlite_error& e) {
    throw to_database_error(e, "read");
  }
}

void reader_pool::with_connection(const std::function<void(sqlite::database&)>& work) {
  try {
    loan one(*this);
    work(one->database);
  } catch (const sqlite::sqlite_error& e) {
    throw to_database_error(e, "read");
  }
}

std::int64_t reader_pool::open() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(count_);
}

std::int64_t reader_pool::busy() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(count_ - idle_.size());
}

}  // namespace autocusto::store
