// Something on the way refuses large requests: pushes get smaller until they pass, and none that
// the server may have taken is given up.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server_world.hpp"
#include "tests/support/sync_laptop.hpp"

namespace autocusto::test {
namespace {

class large_push : public ::testing::Test {
 protected:
  void SetUp() override { world.start(); }

  std::unique_ptr<sync_laptop> laptop(const std::string& email) {
    const auto folder = homes / ("laptop" + std::to_string(made_++));
    return std::make_unique<sync_laptop>(folder, world.invite(email), world.node->address().port);
  }

  server_world world{engine::sqlite};
  temporary_folder homes;

 private:
  int made_ = 0;
};

TEST_F(large_push, a_proxy_that_refuses_large_pushes_stops_nothing) {
  auto mine = laptop("ana@example.org");
  for (int n = 0; n < 60; ++n) mine->save(nth_cpf(n), "Paciente " + std::to_string(n));
  mine->line->body_limit = 6'000;
  expect_ok(mine->sync());
  EXPECT_GT(mine->line->refused, 0);
  EXPECT_LT(mine->line->refused, 10) << "each time half of it";
  EXPECT_EQ(mine->replica->read().status().pending, 0U);
  EXPECT_EQ(everything(*mine).size(), 60U);

  // One that is too large by itself waits, and is named; what was saved after it goes out.
  replica::edit large;
  large.kind = "patient";
  large.key = nth_cpf(100);
  large.fields["nome_paciente"] = std::string("Ana");
  large.fields["nome_mae"] = std::string("Maria");
  large.fields["end_paciente"] = std::string("Rua A");
  large.fields["idade"] = std::string();
  std::string noise;  // nothing that zstd could make small
  std::mt19937 dice(5);
  while (noise.size() < 2000) noise += static_cast<char>('a' + dice() % 26);
  large.summary = noise.substr(0, 500);
  mine->save(nth_cpf(99), "X");
  mine->line->largest = 0;
  expect_ok(mine->sync());
  const auto limit = mine->line->largest + 200;  // an ordinary one gets through alone
  ASSERT_TRUE(mine->replica->edit().save(large));
  for (int n = 101; n < 105; ++n) mine->save(nth_cpf(n), "X");
  mine->line->body_limit = limit;
  const auto told = mine->sync();
  ASSERT_TRUE(told.how.why);
  EXPECT_EQ(told.how.why->code, errc::body_too_large);
  EXPECT_GT(told.how.why->limit, static_cast<std::int64_t>(limit));
  EXPECT_THAT(told.how.why->message, ::testing::HasSubstr("nginx"));
  EXPECT_EQ(mine->replica->read().status().pending, 1U);
  EXPECT_FALSE(mine->replica->sync().inflight_push());

  mine->line->body_limit = 1'000'000;
  expect_ok(mine->sync());
  EXPECT_EQ(mine->replica->read().status().pending, 0U);
  auto other = laptop("ana@example.org");
  expect_ok(other->sync());
  EXPECT_EQ(everything(*other), everything(*mine));
}

/// One whose push of 20 versions the server has, while the laptop lacks the answer; and from now on
/// something on the way takes no push.
class lost_receipt : public large_push {
 protected:
  void SetUp() override {
    large_push::SetUp();
    mine = laptop("ana@example.org");
    for (int n = 0; n < 20; ++n) mine->save(nth_cpf(n), "Paciente " + std::to_string(n));
    int calls = 0;
    mine->line->next = [&] { return ++calls == 3 ? mishap::lost_answer : mishap::none; };
    ASSERT_FALSE(mine->replica->sync().inflight_push());
    EXPECT_TRUE(mine->sync().how.why);
    const auto found = mine->replica->sync().inflight_push();
    ASSERT_TRUE(found) << "the server has it, and its answer was lost";
    kept = found->object.id;
    mine->line->next = [] { return mishap::none; };
    mine->line->body_limit = 500;
  }

  std::unique_ptr<sync_laptop> mine;
  push_id kept;
};

TEST_F(lost_receipt, is_asked_for_by_the_pushs_id_and_holds_nothing_up) {
  const auto settled = mine->sync();
  expect_ok(settled);
  EXPECT_EQ(settled.how.totals.pushed, 20);
  EXPECT_EQ(mine->line->receipts, 1);
  EXPECT_EQ(mine->replica->read().status().pending, 0U);
  EXPECT_FALSE(mine->replica->sync().inflight_push());
  // What is saved from now on goes out in what gets through.
  mine->line->body_limit = 2'000;
  for (int n = 20; n < 30; ++n) mine->save(nth_cpf(n), "Paciente " + std::to_string(n));
  expect_ok(mine->sync());
  auto other = laptop("ana@example.org");
  expect_ok(other->sync());
  EXPECT_EQ(everything(*other).size(), 30U);
  EXPECT_EQ(everything(*other), everything(*mine));
}

TEST_F(lost_receipt, that_a_server_of_before_does_not_tell_comes_when_the_push_gets_through) {
  mine->line->knows_receipts = false;
  const auto told = mine->sync();
  ASSERT_TRUE(told.how.why);
  EXPECT_EQ(told.how.why->code, errc::body_too_large);
  ASSERT_TRUE(mine->replica->sync().inflight_push());
  EXPECT_EQ(mine->replica->sync().inflight_push()->object.id, kept) << "it is not given up";
  mine->line->body_limit = 1'000'000;
  const auto done = mine->sync();
  expect_ok(done);
  EXPECT_EQ(done.how.totals.pushed, 20);
  EXPECT_EQ(mine->replica->read().status().pending, 0U);
}

}  // namespace
}  // namespace autocusto::test
