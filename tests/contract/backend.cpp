#include "tests/contract/backend.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "shared/sqlite/database.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/process.hpp"

namespace autocusto::test {
namespace {

constexpr int k_connections = 12;

class sqlite_backend final : public backend {
 public:
  std::unique_ptr<store::database> open() override {
    return store::open_sqlite(folder_.path().string(), true, false);
  }
  std::unique_ptr<store::database> open_beside() override {
    return store::open_sqlite(folder_.path().string(), false, true);
  }
  std::string query(const std::string& sql) override {
    sqlite::open_options options;
    options.mode = sqlite::open_mode::read_write;
    sqlite::database db(folder_ / "store.sqlite", options);
    sqlite::statement ask(db, sql);
    return ask.step() && ask.columns() > 0 ? ask.column_bytes(0) : std::string();
  }
  std::string schema() override {
    sqlite::database db(folder_ / "store.sqlite", {});
    sqlite::statement ask(db,
                          "SELECT type || ' ' || name || ' ' || coalesce(sql, '') "
                          "FROM sqlite_schema ORDER BY type, name");
    std::string all;
    while (ask.step()) all += ask.column_bytes(0) + "\n";
    return all;
  }

  std::string location() const override { return folder_.path().string(); }

 private:
  temporary_folder folder_{"autocusto-store"};
};

class postgres_backend final : public backend {
 public:
  std::unique_ptr<store::database> open() override {
    return store::open_postgres(url_, k_connections);
  }
  std::unique_ptr<store::database> open_beside() override { return open(); }
  std::string query(const std::string& sql) override { return postgres_query(url_, sql); }
  std::string schema() override { return postgres_schema(url_); }

  std::string location() const override { return url_; }

 private:
  std::string url_ = postgres_cluster::shared().create_database();
};

}  // namespace

void PrintTo(kind k, std::ostream* out) {
  *out << (k == kind::sqlite ? "sqlite" : "postgres");
}

std::unique_ptr<backend> backend::make(kind of) {
  if (of == kind::sqlite) return std::make_unique<sqlite_backend>();
  return std::make_unique<postgres_backend>();
}

contract::contract() : db_(backend_->open()) {
  const auto made = db_->migrate(std::nullopt, false);
  if (!made) throw std::runtime_error(made.error().message);
}

pushed contract::push_all(const actor& by, const std::vector<domain::version>& versions,
                          std::size_t push_number) {
  return write([&](store::transaction& tx) {
    return push(tx, by, versions, testing::nth<push_id>(push_number));
  });
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace autocusto::test
