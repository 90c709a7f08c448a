#pragma once
// What the contract suite runs on: an empty database of either kind, and the fixture around it.
//
// Every test gets a database of its own with the schema made. One thread, but for the `database`.

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/store/database.hpp"
#include "tests/support/domain_builders.hpp"
#include "tests/support/store_builders.hpp"

namespace autocusto::test {

enum class kind { sqlite, postgres };
void PrintTo(kind k, std::ostream* out);

class backend {
 public:
  virtual ~backend() = default;
  [[nodiscard]] static std::unique_ptr<backend> make(kind of);

  [[nodiscard]] virtual std::unique_ptr<store::database> open() = 0;
  /// As a second process beside the first would open it.
  [[nodiscard]] virtual std::unique_ptr<store::database> open_beside() = 0;
  /// Runs SQL behind the store's back; the first column of the first row.
  virtual std::string query(const std::string& sql) = 0;
  [[nodiscard]] virtual std::string schema() = 0;
  /// The folder or URL.
  [[nodiscard]] virtual std::string location() const = 0;
};

/// Has `backend_` only: for tests about opening and migrating.
class bare_contract : public ::testing::TestWithParam<kind> {
 protected:
  std::unique_ptr<backend> backend_ = backend::make(GetParam());
};

class contract : public bare_contract {
 protected:
  contract();

  /// Runs `work` in a transaction and answers what it returns.
  template <class Work>
  auto write(Work work) {
    std::optional<decltype(work(std::declval<store::transaction&>()))> answer;
    db_->write([&](store::transaction& tx) { answer = work(tx); });
    return std::move(*answer);
  }
  template <class Work>
  auto read(Work work) {
    std::optional<decltype(work(std::declval<store::snapshot&>()))> answer;
    db_->read([&](store::snapshot& snapshot) { answer = work(snapshot); });
    return std::move(*answer);
  }
  /// Pushes versions in a transaction of their own.
  pushed push_all(const actor& by, const std::vector<domain::version>& versions,
                  std::size_t push_number);

  std::unique_ptr<store::database> db_;
};

/// Polls until `condition` holds; false when it does not within 10 s.
[[nodiscard]] bool eventually(const std::function<bool()>& condition);

#define SYNC_ON_BOTH(fixture)                                                            \
  INSTANTIATE_TEST_SUITE_P(                                                              \
      databases, fixture,                                                                \
      ::testing::Values(autocusto::test::kind::sqlite, autocusto::test::kind::postgres), \
      ::testing::PrintToStringParamName())

}  // namespace autocusto::test
