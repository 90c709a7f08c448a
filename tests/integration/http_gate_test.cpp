// Who asks is found out from the head: before a long body is read, and before any is decoded. And
// what TLS the server speaks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/http/address_key.hpp"
#include "shared/http/compress.hpp"
#include "tests/integration/http_endpoints.hpp"
#include "tests/integration/http_support.hpp"

namespace autocusto::http::testing {
namespace {

using ::testing::HasSubstr;

const std::string k_packed = "Content-Encoding: zstd\r\n";
constexpr std::size_t k_large = 1'000'000;

/// Lets those in who send `X-Name: friend`, and counts what happens.
struct doorway {
  std::atomic<int> asked{0};
  std::atomic<int> asked_early{0};
  std::atomic<int> handled{0};

  endpoint at(std::string path) {
    auto made = blocking(
        "POST", std::move(path),
        [this](const request& r) {
          ++handled;
          auto answer = json_response(std::to_string(r.body.size()));
          answer.headers.push_back({"X-Caller", std::any_cast<std::string>(r.caller)});
          return answer;
        },
        k_large);
    made.gate = [this](request& r) -> std::optional<response> {
      ++(r.body_is_here ? asked : asked_early);
      if (find_header(r.headers, "x-blind")) throw std::runtime_error("blind");
      const auto name = find_header(r.headers, "x-name");
      if (!name) return problem_response(fail(errc::session_expired, "Who are you?"), r.request_id);
      r.caller = std::string(*name);
      return std::nullopt;
    };
    return made;
  }
};

/// Many bytes from few.
std::string bomb(std::size_t size) {
  return zstd_compress(std::string(size, ' '), 19);
}

TEST(http_gate, a_strangers_bomb_is_not_decoded) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {door.at("/push")});
  raw_peer stranger(running->port());
  for (int i = 0; i < 5; ++i) {
    stranger.send(post("/push", bomb(k_large), k_packed));
    const auto refused = stranger.read_reply();
    ASSERT_TRUE(refused) << "a small body is read, so the connection goes on";
    EXPECT_EQ(refused->status, 401);
  }
  EXPECT_EQ(running->stats().decoded, 0U);
  EXPECT_EQ(door.handled, 0);
  stranger.send(post("/push", zstd_compress("{}"), k_packed + "X-Name: friend\r\n"));
  const auto let_in = stranger.read_reply();
  ASSERT_TRUE(let_in);
  EXPECT_EQ(let_in->status, 200);
  EXPECT_EQ(let_in->header("X-Caller"), "friend");
  EXPECT_EQ(door.asked, 6);
  EXPECT_EQ(door.asked_early, 0);
  EXPECT_EQ(running->stats().decoded, 1U);
}

TEST(http_gate, a_strangers_long_body_is_not_even_read) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {door.at("/push")});
  raw_peer stranger(running->port());
  stranger.send("POST /push HTTP/1.1\r\n" + k_host + "Content-Length: 500000\r\n\r\n");
  const auto refused = stranger.read_reply();
  ASSERT_TRUE(refused) << "the answer comes before a byte of the body was sent";
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->header("Connection"), "close");
  EXPECT_EQ(door.handled, 0);
}

TEST(http_gate, is_asked_again_after_a_long_body_and_its_finding_reaches_the_handler) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {door.at("/push")});
  raw_peer peer(running->port());
  peer.send(post("/push", std::string(300'000, 'x'), "X-Name: friend\r\n"));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "300000");
  EXPECT_EQ(answer->header("X-Caller"), "friend");
  EXPECT_EQ(door.asked_early, 1) << "before the body was read";
  EXPECT_EQ(door.asked, 1) << "and before it was decoded: reading it may take a while";
  peer.send(post("/push", "short", "X-Name: friend\r\n"));
  EXPECT_EQ(peer.read_reply()->body, "5") << "the connection goes on";
}

/// Refuses on the socket thread whoever does not send `X-Name`, and answers there what is `brief`.
endpoint guarded_by_front(doorway& door) {
  auto made = door.at("/push");
  made.front = [](const request& r) -> std::optional<response> {
    if (find_header(r.headers, "x-blind")) throw std::runtime_error("blind");
    if (find_header(r.headers, "x-name")) return std::nullopt;
    return problem_response(fail(errc::session_expired, "Who are you?"), r.request_id);
  };
  return made;
}

TEST(http_front, refuses_without_a_worker_and_the_connection_goes_on) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {guarded_by_front(door)});
  raw_peer peer(running->port());
  for (const auto& body : {std::string(), std::string("short"), std::string(16'384, 'x')}) {
    peer.send(post("/push", body));
    const auto refused = peer.read_reply();
    ASSERT_TRUE(refused) << body.size();
    EXPECT_EQ(refused->status, 401);
    EXPECT_EQ(refused->header("Connection"), "keep-alive");
  }
  EXPECT_EQ(running->stats().jobs, 0U);
  EXPECT_EQ(door.asked + door.asked_early, 0) << "the gate was not asked";
  peer.send(post("/push", "short", "X-Name: friend\r\n"));
  EXPECT_EQ(peer.read_reply()->body, "5");
  EXPECT_EQ(running->stats().jobs, 1U);
}

TEST(http_front, reads_no_long_body_and_asks_for_none) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {guarded_by_front(door)});
  for (const char* more :
       {"Content-Length: 500000\r\n", "Content-Length: 5\r\nExpect: 100-continue\r\n"}) {
    raw_peer stranger(running->port());
    stranger.send("POST /push HTTP/1.1\r\n" + k_host + more + "\r\n");
    const auto refused = stranger.read_reply();
    ASSERT_TRUE(refused) << more;
    EXPECT_EQ(refused->status, 401) << more;
    EXPECT_EQ(refused->header("Connection"), "close") << more;
  }
  EXPECT_EQ(running->stats().jobs, 0U);
}

TEST(http_front, that_holds_the_thread_of_the_sockets_is_noticed) {
  std::promise<void> open;
  auto opened = open.get_future().share();
  std::promise<void> entered;
  auto made = hello();
  made.front = [&entered, opened](const request&) -> std::optional<response> {
    entered.set_value();
    opened.wait();
    return std::nullopt;
  };
  const auto running = start_or_throw(test_server_options(), {std::move(made)});
  EXPECT_TRUE(running->answers(std::chrono::seconds(20)));
  raw_peer peer(running->port());
  peer.send(get("/hello"));
  entered.get_future().wait();
  EXPECT_FALSE(running->answers(std::chrono::milliseconds(50)));
  open.set_value();
  EXPECT_TRUE(running->answers(std::chrono::seconds(20)));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  running->request_stop();
  running->wait();
  EXPECT_FALSE(running->answers(std::chrono::seconds(20)));  // at once: it has ended
}

TEST(http_front, that_throws_is_a_fault_of_the_server) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {guarded_by_front(door)});
  raw_peer peer(running->port());
  peer.send(post("/push", "short", "X-Blind: yes\r\n"));
  EXPECT_EQ(peer.read_reply()->status, 500);
  EXPECT_EQ(door.handled, 0);
}

TEST(http_brief, answers_without_a_worker_what_it_can_and_leaves_the_rest) {
  auto twice = blocking(
      "POST", "/twice", [](const request& r) { return json_response("worker " + r.body); },
      k_large);
  twice.brief = [](const request& r) -> std::optional<response> {
    if (r.body == "throw") throw std::runtime_error("broken");
    if (r.body.starts_with("b")) return json_response("brief " + r.body);
    return std::nullopt;
  };
  const auto running = start_or_throw(test_server_options(), {twice});
  raw_peer peer(running->port());
  peer.send(post("/twice", "b1"));
  EXPECT_EQ(peer.read_reply()->body, "brief b1");
  peer.send(post("/twice", "throw"));
  EXPECT_EQ(peer.read_reply()->status, 500);
  EXPECT_EQ(running->stats().jobs, 0U);
  peer.send(post("/twice", "w1"));
  EXPECT_EQ(peer.read_reply()->body, "worker w1");
  peer.send(post("/twice", std::string(20'000, 'b')));
  EXPECT_EQ(peer.read_reply()->body, "worker " + std::string(20'000, 'b')) << "too long for it";
  EXPECT_EQ(running->stats().jobs, 2U);
}

TEST(http_gate, that_throws_is_a_fault_of_the_server) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {door.at("/push")});
  raw_peer peer(running->port());
  peer.send(post("/push", "x", "X-Blind: 1\r\n"));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 500);
  EXPECT_THAT(answer->body, ::testing::Not(HasSubstr("blind")));
}

TEST(http_gate, bodies_that_swell_too_much_are_refused_by_their_ratio) {
  doorway door;
  const auto running = start_or_throw(test_server_options(), {door.at("/push")});
  const auto frame = bomb(k_large);
  ASSERT_GT(k_large, frame.size() * k_zstd_ratio);
  raw_peer peer(running->port());
  peer.send(post("/push", frame, k_packed + "X-Name: friend\r\n"));
  const auto refused = peer.read_reply();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_THAT(refused->body, HasSubstr("\"limit\":" + std::to_string(k_zstd_ratio)));
}

TEST(http_gate, endpoints_for_anybody_decode_nothing) {
  auto open = echo(k_large);
  open.plain_only = true;
  const auto running = start_or_throw(test_server_options(), {std::move(open)});
  raw_peer peer(running->port());
  peer.send(post("/echo", zstd_compress("{}"), k_packed));
  const auto refused = peer.read_reply();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 415);
  EXPECT_EQ(running->stats().decoded, 0U);
  raw_peer plain(running->port());
  plain.send(post("/echo", "{}", "Content-Encoding: identity\r\n"));
  EXPECT_EQ(plain.read_reply()->body, "{}");
}

// ---- Connections of one address ----

TEST(http_server, closes_the_idle_connection_of_an_address_that_waits_longest) {
  auto options = test_server_options();
  options.max_connections_per_address = 3;
  waiting_room room;
  const auto running =
      start_or_throw(std::move(options), {hello(), deferred("/wait", room.handler())});
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (std::size_t i = 0; i < 3; ++i) {
    peers.push_back(std::make_unique<raw_peer>(running->port()));
    peers.back()->send(get(i == 0 ? "/wait" : "/hello"));
    if (i == 0) {
      ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
    } else {
      ASSERT_EQ(peers.back()->read_reply()->status, 200);
    }
  }
  raw_peer fourth(running->port());
  fourth.send(get("/hello"));
  EXPECT_EQ(fourth.read_reply()->status, 200);
  EXPECT_TRUE(peers[1]->closed_within(std::chrono::seconds(3))) << "idle, and idle for longest";
  peers[2]->send(get("/hello"));
  EXPECT_EQ(peers[2]->read_reply()->status, 200);
  room.take()(json_response("{}"));
  EXPECT_EQ(peers[0]->read_reply()->status, 200) << "one that is being answered is left alone";
  EXPECT_EQ(running->stats().evicted, 1U);
  EXPECT_EQ(running->stats().turned_away, 0U);
}

TEST(http_server, turns_an_address_away_whose_connections_are_all_in_use) {
  auto options = test_server_options();
  options.max_connections_per_address = 2;
  waiting_room room;
  const auto running = start_or_throw(std::move(options), {deferred("/wait", room.handler())});
  raw_peer first(running->port());
  raw_peer second(running->port());
  first.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 1; }));
  second.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return room.size() == 2; }));
  raw_peer third(running->port(), false);
  EXPECT_TRUE(third.closed_within(std::chrono::seconds(3)));
  EXPECT_EQ(running->stats().turned_away, 1U);
  EXPECT_EQ(running->stats().connections, 2U);
  room.take()(json_response("{}"));
  EXPECT_EQ(first.read_reply()->status, 200);
  room.take()(json_response("{}"));
  EXPECT_EQ(second.read_reply()->status, 200);
}

/// An endpoint whose gate counts the connection to whom `X-Name` names.
endpoint owned(endpoint to, std::size_t most) {
  to.gate = [most](request& asked) -> std::optional<response> {
    if (const auto name = find_header(asked.headers, "x-name")) {
      asked.owners = {{std::string(*name), most}};
    }
    return std::nullopt;
  };
  return to;
}

TEST(http_server, closes_the_idle_connection_of_an_owner_that_waits_longest) {
  waiting_room room;
  const auto running = start_or_throw(
      test_server_options(), {owned(hello(), 2), owned(deferred("/wait", room.handler()), 2)});
  const auto asks = [](raw_peer& peer, const std::string& name) {
    peer.send("GET /hello HTTP/1.1\r\n" + k_host + "X-Name: " + name + "\r\n\r\n");
    const auto reply = peer.read_reply();
    return reply ? reply->status : 0;
  };
  raw_peer first(running->port());
  raw_peer other(running->port());
  raw_peer second(running->port());
  ASSERT_EQ(asks(first, "ana"), 200);
  ASSERT_EQ(asks(other, "bia"), 200);
  ASSERT_EQ(asks(second, "ana"), 200);
  ASSERT_EQ(asks(first, "ana"), 200) << "the same connection again is no further one";
  raw_peer third(running->port());
  EXPECT_EQ(asks(third, "ana"), 200);
  EXPECT_TRUE(second.closed_within(std::chrono::seconds(3)));
  EXPECT_EQ(asks(other, "bia"), 200) << "of somebody else";
  EXPECT_EQ(asks(first, "ana"), 200);
  EXPECT_EQ(running->stats().evicted, 1U);
  // All in use: the new one is answered, and ends.
  const std::string wait = "GET /wait HTTP/1.1\r\n" + k_host + "X-Name: ana\r\n\r\n";
  first.send(wait);
  third.send(wait);
  ASSERT_TRUE(eventually([&] { return room.size() == 2; }));
  raw_peer fourth(running->port());
  fourth.send("GET /hello HTTP/1.1\r\n" + k_host + "X-Name: ana\r\n\r\n");
  const auto last = fourth.read_reply();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->header("Connection"), "close");
  EXPECT_EQ(running->stats().turned_away, 1U);
  room.take()(json_response("{}"));
  room.take()(json_response("{}"));
}

TEST(http_server, a_connection_that_ended_counts_for_nobody) {
  const auto running = start_or_throw(test_server_options(), {owned(hello(), 2)});
  const auto asks = [](raw_peer& peer, const std::string& name) {
    peer.send("GET /hello HTTP/1.1\r\n" + k_host + "X-Name: " + name + "\r\n\r\n");
    const auto reply = peer.read_reply();
    return reply ? reply->status : 0;
  };
  {
    raw_peer first(running->port());
    raw_peer second(running->port());
    ASSERT_EQ(asks(first, "ana"), 200);
    ASSERT_EQ(asks(second, "ana"), 200);
  }
  ASSERT_TRUE(eventually([&] { return running->stats().connections == 0U; }));
  // Others take the places in memory of those that ended.
  raw_peer others[] = {raw_peer(running->port()), raw_peer(running->port())};
  for (auto& each : others) ASSERT_EQ(asks(each, "bia"), 200);
  raw_peer first(running->port());
  raw_peer second(running->port());
  EXPECT_EQ(asks(first, "ana"), 200);
  EXPECT_EQ(asks(second, "ana"), 200);
  for (auto& each : others) EXPECT_EQ(asks(each, "bia"), 200);
  EXPECT_EQ(running->stats().evicted + running->stats().turned_away, 0U);
}

TEST(http_server, an_address_has_fewer_connections_that_have_named_nobody) {
  auto options = test_server_options();
  options.max_unowned_per_address = 2;
  const auto running = start_or_throw(std::move(options), {owned(hello(), 0)});
  const auto asks = [](raw_peer& peer, const std::string& line) {
    peer.send("GET /hello HTTP/1.1\r\n" + k_host + line + "\r\n");
    const auto reply = peer.read_reply();
    return reply ? reply->status : 0;
  };
  std::vector<std::unique_ptr<raw_peer>> known;
  for (int i = 0; i < 5; ++i) {
    known.push_back(std::make_unique<raw_peer>(running->port()));
    ASSERT_EQ(asks(*known.back(), "X-Name: friend\r\n"), 200);
  }
  std::vector<std::unique_ptr<raw_peer>> strangers;
  for (int i = 0; i < 5; ++i) {
    strangers.push_back(std::make_unique<raw_peer>(running->port()));
    ASSERT_EQ(asks(*strangers.back(), ""), 200);
  }
  EXPECT_TRUE(eventually([&] { return running->stats().connections == 7U; }));
  for (auto& each : known) EXPECT_EQ(asks(*each, "X-Name: friend\r\n"), 200);
  EXPECT_EQ(running->stats().evicted, 3U);
}

TEST(http_server, at_the_maximum_a_silent_stranger_gives_way) {
  auto options = test_server_options();
  options.max_connections = 4;
  const auto running = start_or_throw(std::move(options), {owned(hello(), 0)});
  const auto asks = [](raw_peer& peer, const std::string& line) {
    peer.send("GET /hello HTTP/1.1\r\n" + k_host + line + "\r\n");
    const auto reply = peer.read_reply();
    return reply ? reply->status : 0;
  };
  raw_peer friend_one(running->port());
  raw_peer friend_two(running->port());
  for (auto* each : {&friend_one, &friend_two}) ASSERT_EQ(asks(*each, "X-Name: friend\r\n"), 200);
  raw_peer half_a_head(running->port());
  half_a_head.send("GET /hello HTTP/1.1\r\nHost:");
  raw_peer idle(running->port());
  ASSERT_EQ(asks(idle, ""), 200);
  std::vector<std::unique_ptr<raw_peer>> newcomers;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    newcomers.push_back(std::make_unique<raw_peer>(running->port()));
    EXPECT_EQ(asks(*newcomers.back(), ""), 200) << i;
    EXPECT_EQ(running->stats().evicted, i);
    EXPECT_TRUE(eventually([&] { return running->stats().connections == 4U; }));
  }
  EXPECT_TRUE(half_a_head.closed_within(std::chrono::seconds(5)));
  EXPECT_TRUE(idle.closed_within(std::chrono::seconds(5)));
  for (auto* each : {&friend_one, &friend_two}) EXPECT_EQ(asks(*each, "X-Name: friend\r\n"), 200);
}

TEST(address_key, is_the_address_and_for_ipv6_its_network) {
  EXPECT_EQ(address_key("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_key("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
  EXPECT_EQ(address_key(""), "") << "a peer that is gone already";
}

// ---- TLS ----

/// `VERSION SUITE` of a handshake with such a client; empty when there is none.
std::string handshake(std::uint16_t port, int least, int most, const char* suites) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), least);
  SSL_CTX_set_max_proto_version(context.get(), most);
  if (suites != nullptr) SSL_CTX_set_cipher_list(context.get(), suites);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string found;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) {
    const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context.get()), SSL_free);
    SSL_set_fd(tls.get(), socket);
    if (SSL_connect(tls.get()) == 1) {
      found = std::string(SSL_get_version(tls.get())) + ' ' + SSL_get_cipher_name(tls.get());
    }
  }
  ::close(socket);
  return found;
}

TEST(tls, is_1_3_and_in_1_2_takes_aead_suites_with_forward_secrecy_only) {
  const auto running = start_or_throw(test_server_options(), {hello()});
  const auto port = running->port();
  EXPECT_THAT(handshake(port, TLS1_VERSION, TLS1_3_VERSION, nullptr), HasSubstr("TLSv1.3 TLS_"));
  EXPECT_THAT(handshake(port, TLS1_2_VERSION, TLS1_2_VERSION, nullptr), HasSubstr("TLSv1.2 ECDHE"));
  for (const char* suite : {"ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA256",
                            "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA384"}) {
    EXPECT_EQ(handshake(port, TLS1_2_VERSION, TLS1_2_VERSION, suite), "") << suite;
  }
  EXPECT_THAT(handshake(port, TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"),
              HasSubstr("GCM"));
  EXPECT_EQ(handshake(port, TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0"), "");
}

}  // namespace
}  // namespace autocusto::http::testing
