// Who waits for an event is told once: at once when it is behind, with the next event, without a
// state when it has waited long, and when there are too many.

#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "client/web/event_hub.hpp"
#include "shared/http/exchange.hpp"
#include "shared/http/worker_pool.hpp"

namespace autocusto::web {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::int64_t k_hold = 25'000;

class event_hub_test : public ::testing::Test {
 protected:
  /// A waiting page; what it is answered comes into `answers`.
  void wait(const std::string& session, std::uint64_t seen) {
    auto state = std::make_shared<http::exchange>(
        http::exchange::parts{.request_id = "r",
                              .zstd = false,
                              .deliver =
                                  [this, session](const http::response& given) {
                                    answers.push_back(session + " " + given.body);
                                  },
                              .options = options_,
                              .workers = workers_,
                              .decoded = nullptr});
    pages_.push_back(state);
    hub.wait(session, seen, http::responder(state));
    settle();
  }
  void publish() {
    hub.publish();
    settle();
  }
  void leave(std::size_t page) {
    if (const auto state = pages_.at(page).lock()) state->cancel();
  }

  /// Answers with a state are made on the worker: until it has done what it was given.
  void settle() {
    std::promise<void> done;
    workers_->submit_admitted([&done] { done.set_value(); });
    done.get_future().wait();
  }

  std::vector<std::string> answers;
  event_hub hub{[](const std::string& session) { return "{\"of\":\"" + session + "\"}"; }};

 private:
  std::vector<std::weak_ptr<http::exchange>> pages_;
  std::shared_ptr<http::worker_pool> workers_ = std::make_shared<http::worker_pool>(1, 8);
  std::shared_ptr<http::server_options> options_ = std::make_shared<http::server_options>();
};

TEST_F(event_hub_test, a_page_that_is_behind_is_told_at_once) {
  publish();
  EXPECT_EQ(hub.current(), 2U);
  wait("a", 1);
  EXPECT_THAT(answers, ElementsAre(R"(a {"event":2,"state":{"of":"a"}})"));
}

TEST_F(event_hub_test, a_page_that_is_not_behind_is_told_with_the_next_event_and_once) {
  wait("a", 1);
  wait("b", 1);
  EXPECT_THAT(answers, IsEmpty());
  publish();
  publish();
  EXPECT_THAT(answers, ElementsAre(R"(a {"event":2,"state":{"of":"a"}})",
                                   R"(b {"event":2,"state":{"of":"b"}})"));
}

TEST_F(event_hub_test, a_page_that_has_waited_long_is_answered_without_a_state) {
  hub.keep_alive(1000);
  wait("a", 1);
  hub.keep_alive(1000 + k_hold - 1);
  EXPECT_THAT(answers, IsEmpty());
  wait("b", 1);
  hub.keep_alive(1000 + k_hold);
  EXPECT_THAT(answers, ElementsAre(R"(a {"event":1,"state":null})"));
}

TEST_F(event_hub_test, a_page_that_went_away_is_forgotten) {
  wait("a", 1);
  leave(0);
  EXPECT_THAT(answers, ElementsAre(R"(a {"event":1,"state":null})"));
  publish();
  EXPECT_EQ(answers.size(), 1U);
}

TEST_F(event_hub_test, the_one_that_waits_longest_makes_room) {
  for (int i = 0; i < 64; ++i) wait(std::to_string(i), 1);
  EXPECT_THAT(answers, IsEmpty());
  wait("64", 1);
  EXPECT_THAT(answers, ElementsAre(R"(0 {"event":1,"state":null})"));
}

}  // namespace
}  // namespace autocusto::web
