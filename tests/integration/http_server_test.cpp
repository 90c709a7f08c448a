// The server over real sockets: routing, limits, deadlines, encodings, deferred answers, the end.

#include <future>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shared/http/compress.hpp"
#include "shared/http/server.hpp"
#include "tests/integration/http_endpoints.hpp"
#include "tests/integration/http_support.hpp"

namespace autocusto::http::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(http_server, answers_with_the_headers_that_every_response_has) {
  const auto running = start_or_throw(test_server_options(), {hello()});
  raw_peer peer(running->port());
  peer.send(get("/hello", "X-Request-Id: mine\r\n"));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{\"a\":1}");
  EXPECT_EQ(answer->header("Content-Type"), "application/json");
  EXPECT_EQ(answer->header("Cache-Control"), "no-store");
  EXPECT_EQ(answer->header("X-Content-Type-Options"), "nosniff");
  EXPECT_THAT(answer->header("Strict-Transport-Security"), HasSubstr("max-age="));
  EXPECT_THAT(answer->header("Date"), HasSubstr(" GMT"));
  EXPECT_THAT(answer->header("X-Request-Id"), MatchesRegex("[0-9a-f]{16}"));
}

TEST(http_server, speaks_plain_http_without_a_certificate) {
  const auto running = start_or_throw({}, {hello()});
  raw_peer peer(running->port(), false);
  peer.send(get("/hello"));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->header("Strict-Transport-Security"), "");
  EXPECT_EQ(running->set_certificate("", "").error().code, errc::usage);
}

TEST(http_server, keeps_a_connection_and_gives_each_request_its_own_id) {
  const auto running = start_or_throw(test_server_options(), {hello(), echo(100)});
  raw_peer peer(running->port());
  peer.send(post("/echo", "one") + post("/echo", "two"));
  const auto first = peer.read_reply();
  const auto second = peer.read_reply();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->body, "one");
  EXPECT_EQ(second->body, "two");
  EXPECT_NE(first->header("X-Request-Id"), second->header("X-Request-Id"));
  peer.send(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(peer.read_reply()->header("Connection"), "close");
  EXPECT_EQ(peer.read_to_end(), "");
}

TEST(http_server, ends_a_connection_after_its_share_of_requests) {
  auto options = test_server_options();
  options.max_requests_per_connection = 2;
  const auto running = start_or_throw(std::move(options), {hello()});
  raw_peer peer(running->port());
  peer.send(get("/hello") + get("/hello") + get("/hello"));
  EXPECT_EQ(peer.read_reply()->header("Connection"), "keep-alive");
  EXPECT_EQ(peer.read_reply()->header("Connection"), "close");
  EXPECT_EQ(peer.read_to_end(), "");
}

TEST(http_server, a_connection_that_sends_many_requests_at_once_keeps_nobody_waiting) {
  constexpr std::size_t k_many = 40;
  std::promise<void> begun, go_on;
  std::vector<std::string> order;  // of the socket thread, until all answers are here
  endpoint line = hello();
  line.brief = [&](const request& asked) {
    order.push_back(asked.target_path);
    if (order.size() == 1) {
      begun.set_value();
      go_on.get_future().wait();
    }
    return std::optional(json_response("{}"));
  };
  endpoint other = line;
  other.path = "/other";
  const auto running = start_or_throw(test_server_options(), {line, other});
  raw_peer patient(running->port());
  patient.send(get("/nowhere"));
  ASSERT_TRUE(patient.read_reply());
  raw_peer greedy(running->port());
  std::string many;
  for (std::size_t i = 0; i < k_many; ++i) many += get("/hello");
  greedy.send(many);
  begun.get_future().wait();
  patient.send(get("/other"));
  go_on.set_value();
  ASSERT_TRUE(patient.read_reply());
  for (std::size_t i = 0; i < k_many; ++i) ASSERT_TRUE(greedy.read_reply()) << i;
  const auto at = std::find(order.begin(), order.end(), "/other") - order.begin();
  EXPECT_LT(at, static_cast<std::ptrdiff_t>(k_many) / 2) << "it had its turn between the others";
}

TEST(http_server, tells_unknown_paths_from_wrong_methods) {
  const auto running = start_or_throw(test_server_options(), {hello(), echo(100)});
  raw_peer peer(running->port());
  peer.send(get("/nowhere") + "DELETE /echo HTTP/1.1\r\n" + k_host + "\r\n");
  EXPECT_EQ(peer.read_reply()->status, 404);
  const auto wrong = peer.read_reply();
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, 405);
  EXPECT_EQ(wrong->header("Allow"), "POST");
  raw_peer head(running->port());
  head.send("HEAD /hello HTTP/1.1\r\n" + k_host + "Connection: close\r\n\r\n");
  const auto text = head.read_to_end();
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, ::testing::StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(*text, ::testing::EndsWith("\r\n\r\n")) << "a response to HEAD has no body";
}

TEST(http_server, hands_captures_query_and_peer_to_the_handler) {
  request seen;
  const auto keep = [&seen](const request& asked) {
    seen = asked;
    return json_response("{}");
  };
  const auto running = start_or_throw(test_server_options(), {blocking("GET", "/u/{id}/x", keep)});
  raw_peer peer(running->port());
  peer.send(get("/u/a%2Fb/x?q=1%202", "X-Case: Value\r\n"));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(seen.captures["id"], "a/b");
  EXPECT_EQ(seen.query["q"], "1 2");
  EXPECT_EQ(find_header(seen.headers, "x-case"), "Value");
  EXPECT_EQ(seen.peer, "127.0.0.1");
  EXPECT_EQ(seen.request_id, answer->header("X-Request-Id"));
}

TEST(http_server, refuses_a_long_body_before_it_comes) {
  const auto running = start_or_throw(test_server_options(), {echo(10)});
  raw_peer peer(running->port());
  peer.send("POST /echo HTTP/1.1\r\n" + k_host + "Content-Length: 11\r\n\r\n");
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_THAT(answer->body, HasSubstr("\"limit\":10"));
  EXPECT_EQ(peer.read_to_end(), "");
}

TEST(http_server, refuses_a_request_without_a_token_before_its_body_comes) {
  const auto handler = [](const request&) { return json_response("{}"); };
  const auto running =
      start_or_throw(test_server_options(), {blocking("POST", "/private", handler, 100, true)});
  raw_peer stranger(running->port());
  stranger.send("POST /private HTTP/1.1\r\n" + k_host + "Content-Length: 50\r\n\r\n");
  const auto answer = stranger.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(answer->header("WWW-Authenticate"), "Bearer");
  raw_peer known(running->port());
  known.send(post("/private", "x", "Authorization: Bearer abc\r\n"));
  EXPECT_EQ(known.read_reply()->status, 200);
}

TEST(http_server, invites_the_body_of_a_client_that_asks_first) {
  const auto running = start_or_throw(test_server_options(), {echo(100)});
  raw_peer peer(running->port());
  peer.send("POST /echo HTTP/1.1\r\n" + k_host +
            "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(peer.read_reply()->status, 100);
  peer.send("abc");
  EXPECT_EQ(peer.read_reply()->body, "abc");
}

TEST(http_server, bounds_the_bodies_in_hand) {
  auto options = test_server_options();
  options.body_budget = 300'000;
  gate held;
  const auto running = start_or_throw(
      std::move(options), {blocking("POST", "/held", held.handler(), 1'000'000), echo(1'000'000)});
  raw_peer slow(running->port());
  raw_peer other(running->port());
  raw_peer refused(running->port());
  slow.send(post("/held", std::string(250'000, 'x')));
  ASSERT_TRUE(eventually([&] { return held.inside == 1; }));
  refused.send(post("/echo", std::string(100'000, 'x')));
  EXPECT_EQ(refused.read_reply()->status, 503);
  other.send(post("/echo", std::string(16'384, 'x')));
  EXPECT_EQ(other.read_reply()->status, 200) << "small bodies are always taken";
  other.send(post("/echo", std::string(40'000, 'x')));
  EXPECT_EQ(other.read_reply()->status, 200) << "and others as long as there is room";
  held.open();
  EXPECT_EQ(slow.read_reply()->status, 200);
  EXPECT_TRUE(eventually([&] {
    raw_peer again(running->port());
    again.send(post("/echo", std::string(100'000, 'x')));
    return again.read_reply()->status == 200;
  }));
}

TEST(http_server, announcing_bodies_keeps_nobody_out) {
  constexpr std::size_t k_announced = std::size_t{17} * 1024 * 1024;
  const auto running = start_or_throw(test_server_options(), {echo(k_announced)});
  std::vector<std::unique_ptr<raw_peer>> crowd;
  for (int i = 0; i < 40; ++i) {
    crowd.push_back(std::make_unique<raw_peer>(running->port()));
    crowd.back()->send("POST /echo HTTP/1.1\r\n" + k_host + "Expect: 100-continue\r\n" +
                       "Content-Length: " + std::to_string(k_announced) + "\r\n\r\n");
    ASSERT_EQ(crowd.back()->read_reply()->status, 100) << "the body is awaited";
  }
  raw_peer other(running->port());
  other.send(post("/echo", std::string(20'000, 'x')));
  EXPECT_EQ(other.read_reply()->status, 200);
  other.send(post("/echo", "x"));
  EXPECT_EQ(other.read_reply()->status, 200);
}

TEST(http_server, cuts_a_head_that_trickles) {
  auto options = test_server_options();
  options.deadlines.header = milliseconds(200);
  const auto running = start_or_throw(std::move(options), {hello()});
  raw_peer peer(running->port());
  peer.send("GET /hello HTTP/1.1\r\nX: ");
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] {
    peer.send("x");  // progress, but never an end
    return peer.closed_within(milliseconds(20));
  }));
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
}

TEST(http_server, cuts_bodies_handshakes_and_idle_connections_that_take_too_long) {
  auto options = test_server_options();
  options.deadlines.body = milliseconds(100);
  options.deadlines.idle = milliseconds(100);
  options.deadlines.handshake = milliseconds(100);
  const auto running = start_or_throw(std::move(options), {echo(100)});
  raw_peer body(running->port());
  body.send("POST /echo HTTP/1.1\r\n" + k_host + "Content-Length: 40\r\n\r\nbegin");
  EXPECT_TRUE(body.closed_within(seconds(3)));
  raw_peer idle(running->port());
  EXPECT_TRUE(idle.closed_within(seconds(3)));
  raw_peer mute(running->port(), false);  // never begins its handshake
  EXPECT_TRUE(mute.closed_within(seconds(3)));
  EXPECT_TRUE(eventually([&] { return running->stats().connections == 0; }));
}

TEST(http_server, reads_compressed_bodies_within_the_limit) {
  const auto running = start_or_throw(test_server_options(), {echo(5000)});
  const std::string encoded = "Content-Encoding: zstd\r\n";
  const auto frame = zstd_compress(std::string(5000, 'a'));
  raw_peer peer(running->port());
  peer.send(post("/echo", frame, encoded) +
            post("/echo", zstd_compress(std::string(5001, 'a')), encoded) +
            post("/echo", zstd_compress(std::string(50'000'000, 'a')), encoded) +
            post("/echo", frame.substr(0, frame.size() - 1), encoded) +
            post("/echo", frame + frame, encoded) + post("/echo", "not zstd", encoded) +
            post("/echo", "still there"));
  EXPECT_EQ(peer.read_reply()->body, std::string(5000, 'a'));
  const auto over = peer.read_reply();
  ASSERT_TRUE(over);
  EXPECT_EQ(over->status, 413);
  EXPECT_THAT(over->body, HasSubstr("\"limit\":5000"));
  EXPECT_EQ(peer.read_reply()->status, 413);
  EXPECT_EQ(peer.read_reply()->status, 400);
  EXPECT_EQ(peer.read_reply()->status, 400);
  EXPECT_EQ(peer.read_reply()->status, 400);
  EXPECT_EQ(peer.read_reply()->body, "still there");
}

TEST(http_server, refuses_other_encodings) {
  const auto running = start_or_throw(test_server_options(), {echo(100)});
  raw_peer peer(running->port());
  peer.send(post("/echo", "x", "Content-Encoding: gzip\r\n"));
  EXPECT_EQ(peer.read_reply()->status, 415);
  EXPECT_EQ(peer.read_to_end(), "");
}

TEST(http_server, compresses_long_responses_for_those_who_take_them) {
  const auto running = start_or_throw(test_server_options(), {echo(100'000)});
  const std::string text(50'000, 'a');
  raw_peer peer(running->port());
  peer.send(post("/echo", text, "Accept-Encoding: gzip, zstd\r\n") + post("/echo", text) +
            post("/echo", "short", "Accept-Encoding: zstd\r\n"));
  const auto packed = peer.read_reply();
  ASSERT_TRUE(packed);
  EXPECT_EQ(packed->header("Content-Encoding"), "zstd");
  EXPECT_EQ(zstd_decompress(packed->body, text.size()).value(), text);
  EXPECT_EQ(peer.read_reply()->body, text);
  EXPECT_EQ(peer.read_reply()->body, "short");
}

TEST(http_server, says_no_more_than_a_number_when_a_handler_breaks) {
  auto options = test_server_options();
  std::mutex mutex;
  std::string logged;
  options.on_error = [&](std::string_view id, std::string_view what) {
    const std::lock_guard lock(mutex);
    logged = std::string(id) + ' ' + std::string(what);
  };
  const auto breaks = [](const request&) -> response { throw std::runtime_error("secret detail"); };
  const auto refuses = [](const request&) -> response {
    throw error_exception(fail(errc::view_moved, "The view has moved."));
  };
  const auto running = start_or_throw(std::move(options), {blocking("GET", "/breaks", breaks),
                                                           blocking("GET", "/refuses", refuses)});
  raw_peer peer(running->port());
  peer.send(get("/breaks"));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_THAT(answer->body, Not(HasSubstr("secret")));
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(logged, answer->header("X-Request-Id") + " secret detail");
  }
  peer.send(get("/refuses"));
  EXPECT_EQ(peer.read_reply()->status, 409);
}

TEST(http_server, answers_busy_when_too_many_wait_for_a_worker) {
  auto options = test_server_options();
  options.workers = 1;
  options.queue = 1;
  gate door;
  const auto running =
      start_or_throw(std::move(options), {blocking("GET", "/slow", door.handler())});
  raw_peer first(running->port());
  first.send(get("/slow"));
  ASSERT_TRUE(eventually([&] { return door.inside == 1; }));
  raw_peer second(running->port());
  second.send(get("/nowhere"));  // so that the connection surely stands
  ASSERT_EQ(second.read_reply()->status, 404);
  raw_peer third(running->port());
  third.send(get("/slow"));
  ASSERT_TRUE(eventually([&] { return running->stats().queued == 1; }));
  second.send(get("/slow"));
  const auto refused = second.read_reply();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("Retry-After"), "1");
  EXPECT_THAT(refused->body, HasSubstr("\"code\":\"busy\""));
  third.close();
  door.open();
  EXPECT_EQ(first.read_reply()->status, 200);
}

TEST(http_server, lets_a_connection_wait_for_its_turn_at_the_maximum) {
  auto options = test_server_options();
  options.max_connections = 1;
  auto known = hello();
  known.gate = [](request& asked) -> std::optional<response> {
    asked.owners = {{"somebody", 0}};
    return std::nullopt;
  };
  const auto running = start_or_throw(std::move(options), {known});
  auto first = std::make_unique<raw_peer>(running->port());
  first->send(get("/hello"));
  ASSERT_EQ(first->read_reply()->status, 200);
  auto second = std::async(std::launch::async, [&] {
    raw_peer peer(running->port());
    peer.send(get("/hello"));
    return peer.read_reply()->status;
  });
  EXPECT_EQ(second.wait_for(milliseconds(100)), std::future_status::timeout);
  first.reset();
  EXPECT_EQ(second.get(), 200);
}

TEST(http_server, reports_each_request_by_its_route) {
  auto options = test_server_options();
  std::mutex mutex;
  std::vector<std::string> seen;
  options.on_access = [&](const access_record& done) {
    const std::lock_guard lock(mutex);
    seen.push_back(std::string(done.method) + ' ' + std::string(done.route) + ' ' +
                   std::to_string(done.status) + (done.bytes_in > 0 ? " in" : "") +
                   (done.bytes_out > 0 ? " out" : "") + (done.micros > 0 ? " timed" : ""));
  };
  const auto handler = [](const request&) { return json_response("{}"); };
  const auto running =
      start_or_throw(std::move(options), {blocking("GET", "/record/{id}", handler)});
  raw_peer peer(running->port());
  peer.send(get("/record/11144477735") + get("/secret") + "BREW /x HTTP/1.1\r\n" + k_host + "\r\n");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(peer.read_reply());
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return seen.size() == 3;
  }));
  EXPECT_THAT(seen, ::testing::ElementsAre("GET /record/{id} 200 in out timed",
                                           "GET  404 in out timed", "OTHER  404 in out timed"));
}

TEST(starting, refuses_what_cannot_work) {
  auto options = test_server_options();
  options.private_key = test_identity().ca.private_key;
  EXPECT_EQ(server::start(options, {hello()}).error().code, errc::usage);
  options = test_server_options();
  options.certificate_chain = "nonsense";
  EXPECT_EQ(server::start(options, {hello()}).error().code, errc::usage);
  options = test_server_options();
  options.address = "not an address";
  EXPECT_EQ(server::start(options, {hello()}).error().code, errc::usage);
  const auto running = start_or_throw(test_server_options(), {hello()});
  options = test_server_options();
  options.port = running->port();
  EXPECT_EQ(server::start(options, {hello()}).error().code, errc::unavailable);
}

}  // namespace
}  // namespace autocusto::http::testing
