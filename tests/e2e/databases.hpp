#pragma once
// Each end-to-end test runs on the embedded database and on PostgreSQL.

#include <string>

#include <gtest/gtest.h>

#include "tests/support/postgres_cluster.hpp"
#include "tests/support/world.hpp"

namespace autocusto::test {

inline world_options options_for(const std::string& database) {
  world_options options;
  if (database == "postgres") options.database = postgres_cluster::shared().create_database();
  return options;
}

/// A test whose parameter names the database, with a running server.
class on_both_databases : public ::testing::TestWithParam<std::string> {
 protected:
  on_both_databases() : here(options_for(GetParam())) { here.start(); }
  world here;
};

inline std::string database_name(const ::testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace autocusto::test
