#pragma once
// The databases that the sync tests run on, by name.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/postgres_cluster.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sync_world.hpp"

namespace autocusto::test {

/// A world on a fresh database of the kind that the parameter names.
class on_each_store : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<store::database> open() {
    if (GetParam() == "sqlite") return store::open_sqlite(folder_.path().string(), true, false);
    if (url_.empty()) url_ = postgres_cluster::shared().create_database();
    return store::open_postgres(url_, 4);
  }
  [[nodiscard]] const temporary_folder& folder() const { return folder_; }

 private:
  temporary_folder folder_{"autocusto-sync"};
  std::string url_;
};

class sync_test : public on_each_store {
 protected:
  sync_world world{open()};
};

}  // namespace autocusto::test
