#pragma once
// A server of its own for each test: set up by the real program, run in this process.

#include <atomic>
#include <memory>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "server/app/node.hpp"
#include "server/store/people.hpp"
#include "tests/support/process.hpp"
#include "tests/support/wire_device.hpp"

namespace autocusto::test {

/// The time of day, moved by tests.
class moving_clock final : public clock_source {
 public:
  [[nodiscard]] unix_millis now() const override {
    return system_clock_source().now() + ahead_.load();
  }
  void advance(unix_millis by) { ahead_ += by; }

 private:
  std::atomic<unix_millis> ahead_{0};
};

inline constexpr unix_millis k_minute = 60'000;
inline constexpr unix_millis k_hour = 60 * k_minute;

enum class engine { sqlite, postgres };

/// Set up, not running yet.
class server_world {
 public:
  explicit server_world(engine which);

  /// Starts a node (a further one, on the same database, when one is running with PostgreSQL).
  void start();
  void stop();

  /// A link for a new user of that role, or a further one for a user that exists.
  std::string invite(const std::string& email, store::user_role role = store::user_role::doctor);
  /// Enrolled and in a session.
  std::unique_ptr<wire_device> device(const std::string& email,
                                      store::user_role role = store::user_role::doctor);
  std::unique_ptr<wire_device> connect(const std::string& link);

  [[nodiscard]] store::user_row user(const std::string& email);
  [[nodiscard]] store::device_row row(const wire_device& of);
  [[nodiscard]] std::string metrics();
  [[nodiscard]] std::string folder() const { return folder_ / "data"; }
  [[nodiscard]] const std::string& database_url() const { return database_; }

  moving_clock clock;
  std::ostringstream log;  ///< complete once the node is stopped
  std::string admin_link;
  std::unique_ptr<app::node> node;

 private:
  temporary_folder folder_;
  std::string database_ = "sqlite";
};

/// Runs autocusto-server to its end.
outcome server_command(const std::vector<std::string>& arguments, const run_options& options = {});

/// A test that runs on both databases.
class server_test : public ::testing::TestWithParam<engine> {
 protected:
  server_world world{GetParam()};
};

[[nodiscard]] inline std::string engine_name(const ::testing::TestParamInfo<engine>& info) {
  return info.param == engine::sqlite ? "sqlite" : "postgres";
}

}  // namespace autocusto::test
