// The limits of one server process, as tables; and that their memory is bounded.

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/limits/guards.hpp"

namespace autocusto::limits {
namespace {

constexpr unix_millis k_second = 1000;
constexpr unix_millis k_minute = 60 * k_second;

TEST(quota_table, gives_the_whole_allowance_at_once_and_then_evenly) {
  quota_table table(60, k_minute, 10);
  unix_millis now = 5'000'000;
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(table.wait("a", 1, now), 0) << i;
    table.use("a", 1, now);
  }
  EXPECT_EQ(table.wait("a", 1, now), 1);
  EXPECT_EQ(table.wait("a", 10, now), 10);
  EXPECT_EQ(table.wait("a", 1'000, now), 60) << "more than all counts as all";
  EXPECT_EQ(table.wait("b", 1, now), 0) << "each key for itself";
  now += 3 * k_second;
  EXPECT_EQ(table.wait("a", 3, now), 0);
  EXPECT_EQ(table.wait("a", 4, now), 1);
  now += k_minute;
  EXPECT_EQ(table.wait("a", 60, now), 0);
}

TEST(quota_table, whoever_took_too_much_waits_the_longer) {
  quota_table table(100, k_minute, 10);
  table.use("a", 250, 0);
  EXPECT_EQ(table.wait("a", 1, 0), 91) << "151 of 100 a minute";
  EXPECT_EQ(table.wait("a", 1, 90 * k_second), 1);
  EXPECT_EQ(table.wait("a", 1, 91 * k_second), 0);
}

TEST(quota_table, a_clock_that_was_a_year_ahead_and_is_put_right_locks_nobody_out) {
  constexpr unix_millis k_year = 365 * 24 * 60 * k_minute;
  for (const bool in_between : {false, true}) {
    quota_table table(10, k_minute, 10);
    const unix_millis right = 100 * k_minute;
    table.use("a", 10, right + k_year);
    EXPECT_GT(table.wait("a", 1, right + k_year), 0);
    EXPECT_EQ(table.wait("a", 1, right), 0);
    if (in_between) table.use("a", 1, right);
    table.use("a", in_between ? 9 : 10, right);
    EXPECT_GT(table.wait("a", 1, right), 0) << "and is limited as before";
    EXPECT_LE(table.wait("a", 1, right), 6);
    EXPECT_EQ(table.wait("a", 10, right + k_minute), 0);
  }
}

TEST(quota_table, two_threads_that_read_the_clock_in_another_order_gain_nothing) {
  quota_table table(10, k_minute, 10);
  table.use("a", 10, 100 * k_minute);
  EXPECT_GT(table.wait("a", 1, 100 * k_minute - 900), 0);
  table.use("a", 1, 100 * k_minute - 900);
  EXPECT_GT(table.wait("a", 1, 100 * k_minute), 0);
}

TEST(quota_table, does_not_grow_with_invented_keys_and_forgets_the_one_used_longest_ago) {
  quota_table table(1, k_minute, 100);
  table.use("old", 1, 0);
  for (int i = 0; i < 100'000; ++i) {
    table.use("invented " + std::to_string(i), 1, 1);
    if (i % 50 == 0) table.use("busy", 1, 1);
    ASSERT_LE(table.size(), 100U);
  }
  EXPECT_EQ(table.wait("old", 1, 1), 0) << "forgotten";
  EXPECT_GT(table.wait("busy", 1, 1), 0) << "what is used goes on being known";
}

TEST(quota_table, zero_is_no_limit_and_remembers_nothing) {
  quota_table table(0, k_minute, 10);
  table.use("a", 1e12, 0);
  EXPECT_EQ(table.wait("a", 1, 0), 0);
  EXPECT_EQ(table.size(), 0U);
}

TEST(usage, each_kind_and_scope_has_its_limit_and_says_when_to_come_back) {
  usage_settings with;
  with.pushes_per_minute = {.device = 2, .user = 3, .address = 4};
  usage table(with);
  const auto who = [](const char* device, const char* user, const char* address) {
    return user_keys{.device = device, .user = user, .address = address};
  };
  const auto push = [&](const user_keys& as) {
    const auto may = table.may({used::push, used::version}, as, 0);
    if (!may) {
      EXPECT_EQ(may.error().code, errc::too_many_requests);
      return may.error().retry_after.value();
    }
    table.note(used::push, as, 1, 0);
    return std::int64_t{0};
  };
  EXPECT_EQ(push(who("d1", "u1", "a1")), 0);
  EXPECT_EQ(push(who("d1", "u1", "a1")), 0);
  EXPECT_EQ(push(who("d1", "u1", "a1")), 30) << "the device: 2 a minute";
  EXPECT_EQ(push(who("d2", "u1", "a1")), 0);
  EXPECT_EQ(push(who("d2", "u1", "a1")), 20) << "its user: 3 a minute";
  EXPECT_EQ(push(who("d3", "u2", "a1")), 0);
  EXPECT_EQ(push(who("d4", "u3", "a1")), 15) << "their address: 4 a minute";
  EXPECT_EQ(push(who("d4", "u3", "a2")), 0);
  EXPECT_EQ(push(who("", "", "")), 0) << "nobody is counted";
  for (const auto& each : table.refusals()) {
    EXPECT_EQ(each.times, each.what == "push" ? 1U : 0U) << each.what << ' ' << each.scope;
  }
}

TEST(open_polls, one_more_than_the_share_ends_the_oldest_of_the_device_or_user) {
  open_polls polls({.device = 2, .user = 3, .address = 0});
  std::vector<int> ended;
  int next = 0;
  const auto open = [&](const char* device, const char* user) {
    return polls.open(device, user, [&ended, me = next++] { ended.push_back(me); });
  };
  open("d1", "u1");                      // 0
  const auto second = open("d1", "u1");  // 1
  open("d1", "u1");                      // 2 ends 0
  EXPECT_EQ(ended, std::vector{0});
  polls.close(second);
  polls.close(second);
  open("d1", "u1");  // 3: there is room again
  EXPECT_EQ(ended, std::vector{0});
  open("d2", "u1");  // 4: the user has 3
  open("d3", "u1");  // 5 ends 2, the user's oldest
  EXPECT_EQ(ended, (std::vector{0, 2}));
  open("d9", "u9");
  EXPECT_EQ(polls.ended(), 2U);
}

TEST(open_polls, hold_no_more_than_what_is_open) {
  open_polls polls({.device = 8, .user = 64, .address = 0});
  int ended = 0;
  for (int i = 0; i < 12'000; ++i) polls.open("d", "u", [&ended] { ++ended; });
  EXPECT_EQ(ended, 12'000 - 8) << "one device holds 8, however often it asks";
}

TEST(running_requests, as_many_for_each_device_as_it_may) {
  running_requests running(2);
  auto first = running.begin("d1");
  auto second = running.begin("d1");
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(running.full("d1"));
  EXPECT_FALSE(running.begin("d1"));
  EXPECT_TRUE(running.begin("d2")) << "others are not held up";
  EXPECT_EQ(running.devices(), 1U) << "given back when the lease goes";
  first->release();
  EXPECT_FALSE(running.full("d1"));
  auto again = running.begin("d1");
  first.reset();
  EXPECT_TRUE(running.full("d1")) << "a released lease gives nothing back twice";
  EXPECT_EQ(running.refused(), 1U);
  again.reset();
  second.reset();
  EXPECT_EQ(running.devices(), 0U) << "nothing is kept of what is over";
  running_requests any(0);
  std::vector<std::shared_ptr<running_requests::lease>> all;
  for (int i = 0; i < 1000; ++i) all.push_back(any.begin("d"));
  EXPECT_TRUE(all.back()) << "0 is no limit";
}

TEST(recent_keys, remember_so_many_and_forget_the_one_noted_longest_ago) {
  recent_keys keys(3);
  for (const char* key : {"a", "b", "c", "a", "d"}) keys.note(key);
  EXPECT_TRUE(keys.contains("a"));
  EXPECT_FALSE(keys.contains("b"));
  keys.forget("a");
  keys.forget("never seen");
  EXPECT_FALSE(keys.contains("a"));
  for (int i = 0; i < 10'000; ++i) keys.note(std::to_string(i));
  EXPECT_EQ(keys.size(), 3U);
}

}  // namespace
}  // namespace autocusto::limits
