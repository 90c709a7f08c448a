// Answers that come later, and the end of a server that still has some to give.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/http_endpoints.hpp"
#include "tests/integration/http_support.hpp"

namespace autocusto::http::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(deferred_answers, come_from_any_thread_and_hold_no_worker) {
  auto options = test_server_options();
  options.workers = 1;
  options.queue = 1;
  waiting_room room;
  const auto running =
      start_or_throw(std::move(options), {deferred("/wait", room.handler()), hello()});
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (std::size_t i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<raw_peer>(running->port()));
    peers.back()->send(get("/wait"));
    ASSERT_TRUE(eventually([&] { return room.size() == i + 1; }));
  }
  raw_peer other(running->port());
  other.send(get("/hello"));
  EXPECT_EQ(other.read_reply()->status, 200) << "the one worker must be free";
  EXPECT_EQ(running->stats().waiting, 20U);
  std::thread answering([&] {
    for (int i = 0; i < 20; ++i) room.take()(json_response(std::to_string(i)));
  });
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(peers[i]->read_reply()->body, std::to_string(i));
  answering.join();
}

TEST(deferred_answers, count_once) {
  waiting_room room;
  const auto running = start_or_throw(test_server_options(), {deferred("/wait", room.handler())});
  raw_peer peer(running->port());
  peer.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  const auto answer = room.take();
  answer(json_response("1"));
  answer(json_response("2"));
  EXPECT_EQ(peer.read_reply()->body, "1");
  peer.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  answer(json_response("3"));
  room.take()(json_response("4"));
  EXPECT_EQ(peer.read_reply()->body, "4");
}

TEST(deferred_answers, that_never_come_are_a_500) {
  const auto running = start_or_throw(test_server_options(),
                                      {deferred("/drop", [](const request&, const responder&) {})});
  raw_peer peer(running->port());
  peer.send(get("/drop"));
  EXPECT_EQ(peer.read_reply()->status, 500);
}

TEST(deferred_answers, may_be_finished_on_a_worker) {
  waiting_room room;
  const auto running = start_or_throw(test_server_options(), {deferred("/wait", room.handler())});
  raw_peer peer(running->port());
  peer.send(get("/wait") + get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  room.take().finish([] { return json_response("done"); });
  EXPECT_EQ(peer.read_reply()->body, "done");
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  room.take().finish([]() -> response { throw std::runtime_error("broken"); });
  EXPECT_EQ(peer.read_reply()->status, 500);
}

TEST(deferred_answers, are_cancelled_when_the_client_goes_away) {
  auto options = test_server_options();
  options.deadlines.client_check = milliseconds(10);
  std::atomic<int> status{-1};
  options.on_access = [&](const access_record& done) { status = done.status; };
  waiting_room room;
  const auto running = start_or_throw(std::move(options), {deferred("/wait", room.handler())});
  raw_peer peer(running->port());
  peer.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  const auto answer = room.take();
  std::atomic<bool> told{false};
  answer.on_cancel([&] { told = true; });
  EXPECT_FALSE(answer.cancelled());
  peer.close();
  EXPECT_TRUE(eventually([&] { return told.load(); }));
  EXPECT_TRUE(answer.cancelled());
  EXPECT_TRUE(eventually([&] { return running->stats().connections == 0; }));
  EXPECT_EQ(status, 0);
  bool at_once = false;
  answer.on_cancel([&] { at_once = true; });
  EXPECT_TRUE(at_once);
}

TEST(deferred_answers, are_given_up_after_the_handler_deadline) {
  auto options = test_server_options();
  options.deadlines.handler = milliseconds(100);
  waiting_room room;
  const auto running = start_or_throw(std::move(options), {deferred("/wait", room.handler())});
  raw_peer peer(running->port());
  peer.send(get("/wait"));
  EXPECT_EQ(peer.read_reply()->status, 503);
  EXPECT_TRUE(room.take().cancelled());
}

TEST(stopping, answers_waiting_polls_and_ends_idle_connections) {
  waiting_room room;
  const auto running =
      start_or_throw(test_server_options(), {deferred("/wait", room.handler()), hello()});
  raw_peer idle(running->port());
  idle.send(get("/hello"));
  ASSERT_EQ(idle.read_reply()->status, 200);
  raw_peer poll(running->port());
  poll.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  const auto answer = room.take();
  answer.on_cancel([answer] { answer(json_response("stopping")); });
  const auto began = std::chrono::steady_clock::now();
  running->request_stop();
  const auto last = poll.read_reply();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->body, "stopping");
  EXPECT_EQ(last->header("Connection"), "close");
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_EQ(poll.read_to_end(), "");
  idle.close();
  poll.close();
  running->wait();
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
  EXPECT_THROW(raw_peer(running->port()), std::runtime_error);
}

TEST(stopping, cuts_what_does_not_end_in_time) {
  auto options = test_server_options();
  options.deadlines.stop = milliseconds(100);
  waiting_room room;
  auto running = start_or_throw(std::move(options), {deferred("/wait", room.handler())});
  raw_peer peer(running->port());
  peer.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  const auto forgotten = room.take();
  running->request_stop();
  running->request_stop();
  running->wait();
  EXPECT_FALSE(peer.read_reply().has_value());
  running.reset();
  forgotten(json_response("too late"));  // outlives the server
}

TEST(stopping, finishes_the_request_in_hand) {
  gate door;
  const auto running =
      start_or_throw(test_server_options(), {blocking("GET", "/slow", door.handler())});
  raw_peer peer(running->port());
  peer.send(get("/slow"));
  ASSERT_TRUE(eventually([&] { return door.inside == 1; }));
  running->request_stop();
  door.open();
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->header("Connection"), "close");
  peer.close();
  running->wait();
}

}  // namespace
}  // namespace autocusto::http::testing
