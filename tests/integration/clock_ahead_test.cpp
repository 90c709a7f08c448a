// A server whose clock was years ahead for a while, and is right again: who connected meanwhile
// goes on. On both databases.

#include <fstream>
#include <functional>
#include <utility>

#include <gmock/gmock.h>

#include "client/sync/enrollment.hpp"
#include "server/app/commands.hpp"
#include "server/auth/keys.hpp"
#include "shared/crypto/random.hpp"
#include "shared/http/x509.hpp"
#include "tests/integration/server_world.hpp"
#include "tests/support/sync_laptop.hpp"

namespace autocusto::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

namespace engine_ = autocusto::engine;

constexpr unix_millis k_far = unix_millis{500} * 24 * k_hour;

class clock_ahead : public server_test {
 protected:
  void SetUp() override {
    world.start();
    laptop = std::make_unique<sync_laptop>(homes / "laptop", world.invite("ana@example.org"),
                                           world.node->address().port);
    laptop->save(nth_cpf(1), "Ana");
    expect_ok(laptop->sync());
  }
  /// The next start of the program: what it was told stands in its folder.
  void start_laptop_again() {
    const auto home = laptop->home;
    laptop.reset();
    laptop = std::make_unique<sync_laptop>(home, world.node->address().port);
  }
  unix_millis told() {
    return autocusto::engine::address_of(laptop->replica->identity())
        .value()
        .server_time.value_or(0);
  }
  /// In that time it is told the far future, and sends an edit.
  void tell_the_future() {
    world.clock.advance(k_far);
    laptop->save(nth_cpf(2), "Bia");
    expect_ok(laptop->sync());
    EXPECT_GT(told(), world.clock.now() - k_hour);
    world.clock.advance(-k_far);
  }
  void expect_it_goes_on() {
    start_laptop_again();
    EXPECT_GT(told(), world.clock.now() + k_far / 2);
    laptop->save(nth_cpf(3), "Carla");
    expect_ok(laptop->sync());
  }

  temporary_folder homes;
  std::unique_ptr<sync_laptop> laptop;
};

TEST_P(clock_ahead, laptops_go_on_when_the_clock_is_right_again) {
  tell_the_future();
  world.node->housekeeping();
  expect_it_goes_on();
  EXPECT_THAT(world.metrics(), HasSubstr("autocusto_time_ahead_seconds 43"));
  world.stop();
  EXPECT_THAT(world.log.str(), HasSubstr(R"("event":"clock")"));
}

TEST_P(clock_ahead, laptops_go_on_after_a_restart) {
  tell_the_future();
  world.stop();
  world.start();
  expect_it_goes_on();
}

TEST_P(clock_ahead, a_certificate_of_the_future_is_replaced_by_one_that_covers_it) {
  world.clock.advance(k_far);
  world.node->housekeeping();
  world.clock.advance(-k_far);
  tell_the_future();
  world.node->housekeeping();
  expect_it_goes_on();
}

TEST_P(clock_ahead, a_clock_that_is_right_warns_of_nothing) {
  world.node->housekeeping();
  EXPECT_THAT(world.metrics(), HasSubstr("autocusto_time_ahead_seconds 0"));
  world.stop();
  EXPECT_THAT(world.log.str(), Not(HasSubstr(R"("event":"clock")")));
}

TEST_P(clock_ahead, a_difference_of_minutes_is_told_on_both_sides) {
  const auto difference = [&] { return laptop->replica->identity().clock_difference(); };
  const auto device = laptop->replica->identity().who()->device.text();
  EXPECT_FALSE(difference());
  world.clock.advance(20 * k_minute);
  start_laptop_again();
  expect_ok(laptop->sync());
  ASSERT_TRUE(difference());
  EXPECT_NEAR(static_cast<double>(*difference()), -20 * 60, 60) << "the laptop is behind";
  EXPECT_THAT(world.metrics(), HasSubstr("clock_ahead_seconds{device=\"" + device + "\"} -1"));
  world.clock.advance(-20 * k_minute);
  start_laptop_again();
  expect_ok(laptop->sync());
  EXPECT_FALSE(difference());
  EXPECT_THAT(world.metrics(), Not(HasSubstr("clock_ahead_seconds{device=\"" + device)));
}

TEST_P(clock_ahead, a_link_made_by_a_clock_that_was_ahead_is_not_good_for_years) {
  world.clock.advance(k_far);
  const auto link = world.invite("ana@example.org");
  world.clock.advance(-k_far);
  EXPECT_EQ(code_of(world.connect(link)->enroll()), "code_expired");
}

TEST_P(clock_ahead, commands_that_issue_a_certificate_cover_what_was_told) {
  tell_the_future();
  const auto latest = told();
  world.stop();
  const auto before = auth::load_keys(world.folder()).value();
  const auto ends = [](const auth::server_keys& keys) {
    return http::certificate_not_after(keys.leaf.certificate).value();
  };
  ASSERT_LT(ends(before), latest) << "nobody has renewed it";
  const std::string secret = "uma senha de cinco palavras";
  std::ofstream(homes / "bundle") << auth::export_keys(before, crypto::secret::copy_of(secret),
                                                       crypto::system_random());
  std::ofstream(homes / "passphrase") << secret;
  app::common_options common;
  common.data = world.folder();
  common.passphrase_file = homes / "passphrase";
  const std::pair<const char*, std::function<result<void>()>> commands[] = {
      {"config set names", [&] { return app::run_config_set(common, "names", {"localhost"}); }},
      {"rotate leaf", [&] { return app::run_rotate(common, {.what = "leaf"}); }},
      {"keys import", [&] { return app::run_keys_import(common, homes / "bundle"); }}};
  for (const auto& [name, run] : commands) {
    ASSERT_TRUE(auth::save_keys(world.folder(), before));
    ASSERT_TRUE(run()) << name;
    EXPECT_GT(ends(auth::load_keys(world.folder()).value()), latest) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(databases, clock_ahead,
                         ::testing::Values(engine::sqlite, engine::postgres), engine_name);

}  // namespace
}  // namespace autocusto::test
