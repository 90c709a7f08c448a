// What one stranger, device, user or address may cost the server: each attack over TLS, on both
// databases, with what it has cost counted rather than timed.

#include <future>
#include <thread>

#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include "server/app/config.hpp"
#include "server/store/people.hpp"
#include "shared/http/compress.hpp"
#include "tests/integration/http_support.hpp"
#include "tests/integration/server_world.hpp"

namespace autocusto::test {
namespace {

using std::chrono::steady_clock;

double value_of(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + " ");
  if (at == std::string::npos) return -1;
  return std::stod(text.substr(at + name.size() + 2));
}

bool soon(const std::function<bool()>& done) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  while (steady_clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::yield();
  }
  return false;
}

std::int64_t wait_told(const http::response& answer) {
  return wire::decode_problem(answer.status, answer.body).what.retry_after.value_or(-1);
}

class server_limits : public server_test {
 protected:
  /// Starts with other limits.
  void start(const std::function<void(limits::usage_settings&)>& change) {
    auto settings = app::load_config(world.folder()).value();
    change(settings.limits);
    ASSERT_TRUE(app::save_config(world.folder(), settings));
    world.start();
  }

  double metric(const std::string& name) { return value_of(world.metrics(), name); }
  double limited(const std::string& what, const std::string& scope) {
    return metric("autocusto_limited_total{what=\"" + what + "\",scope=\"" + scope + "\"}");
  }

  /// The same device on one more connection.
  std::unique_ptr<wire_device> once_more(const wire_device& device) {
    auto made = world.connect(world.admin_link);
    made->key = device.key.clone();
    made->who = device.who;
    made->token = device.token;
    return made;
  }

  /// A version that is refused, and so kept in quarantine.
  static domain::version bad_version(const wire_device& of, std::size_t salt) {
    auto builder = testing::a_patient().salt(salt);
    builder.header().generation = 9;
    return of.version(builder);
  }
};

/// A long poll that is begun, however many others of the device begin at the same time.
http::response poll_of(wire_device& of) {
  while (true) {
    auto answer = of.changes({}, 60);
    if (code_of(answer) != "busy") return answer;
    std::this_thread::yield();
  }
}

std::string nothing_held() {
  return wire::encode(wire::known_request{});
}

http::client raw_client(const server_world& world) {
  const auto link = wire::decode_enrollment_link(world.admin_link).value();
  http::client_options options;
  options.host = link.host;
  options.port = world.node->address().port;
  options.ca_pin = hash256::from_raw(link.pin);
  return http::client(options);
}

TEST_P(server_limits, a_stranger_with_a_bomb_makes_nothing_unpacked_or_written) {
  world.start();
  auto device = world.device("a@example.org");
  const auto before = metric("autocusto_bodies_decoded_total");
  auto stranger = raw_client(world);
  http::client_request bomb;
  bomb.method = "POST";
  bomb.body = http::zstd_compress(std::string(17'000'000, ' '), 19);
  for (const char* path : {"/v1/push", "/v1/known", "/v1/surrender", "/v1/enroll", "/v1/session"}) {
    bomb.path_with_query = path;
    bomb.headers = {{"Content-Encoding", "zstd"},
                    {"Authorization", "Bearer " + std::string(43, 'A')}};
    for (int i = 0; i < 3; ++i) {
      const auto answer = stranger.send(bomb).value();
      const bool open = std::string(path) == "/v1/enroll" || std::string(path) == "/v1/session";
      EXPECT_EQ(code_of(answer), open ? "unsupported_encoding" : "session_expired") << path;
    }
  }
  EXPECT_EQ(metric("autocusto_bodies_decoded_total"), before) << "counted, not timed";
  std::vector<domain::version> many;
  for (std::size_t i = 0; i < 20; ++i)
    many.push_back(device->version(testing::a_patient().salt(i)));
  ASSERT_EQ(code_of(device->push(many)), "ok");
  EXPECT_EQ(metric("autocusto_bodies_decoded_total"), before + 1) << "an honest one is unpacked";
}

TEST_P(server_limits, a_device_and_a_user_have_a_share_of_the_connections) {
  start([](limits::usage_settings& of) {
    of.connections.device = 3;
    of.connections.user = 5;
  });
  auto greedy = world.device("a@example.org");
  auto second = world.device("a@example.org");
  auto honest = world.device("b@example.org");
  ASSERT_EQ(code_of(honest->post("/v1/known", nothing_held())), "ok");
  std::vector<std::unique_ptr<wire_device>> copies;
  const auto hold = [&](wire_device& of, int count) {
    for (int i = 0; i < count; ++i) {
      copies.push_back(once_more(of));
      ASSERT_EQ(code_of(copies.back()->post("/v1/known", nothing_held())), "ok")
          << "the newest one is served";
    }
  };
  // Not how many are open: after a while without a request all of them end by themselves.
  const auto closed = [&](double some) {
    return soon([&] { return metric("autocusto_connections_evicted_total") >= some; });
  };
  hold(*greedy, 6);
  EXPECT_TRUE(closed(3)) << "three of six";
  const auto before = metric("autocusto_connections_evicted_total");
  hold(*second, 3);
  EXPECT_TRUE(closed(before + 1)) << "more than five of both devices together";
  EXPECT_EQ(code_of(honest->post("/v1/known", nothing_held())), "ok");
}

TEST_P(server_limits, strangers_of_an_address_have_a_share_of_the_connections) {
  const auto of_strangers = [](limits::usage_settings& of) {
    of.connections_without_token.address = 3;
  };
  const auto of_all = [](limits::usage_settings& of) {
    of.connections_without_token.address = 0;
    of.connections.address = 4;  // with the honest one
  };
  for (const auto& limit : {std::function<void(limits::usage_settings&)>(of_strangers),
                            std::function<void(limits::usage_settings&)>(of_all)}) {
    start(limit);
    auto honest = world.device("a@example.org");
    ASSERT_EQ(code_of(honest->post("/v1/known", nothing_held())), "ok");
    const auto before = metric("autocusto_connections_evicted_total");
    std::vector<std::unique_ptr<http::client>> strangers;
    for (int i = 0; i < 6; ++i) {
      strangers.push_back(std::make_unique<http::client>(raw_client(world)));
      http::client_request request;
      request.path_with_query = "/healthz";
      const auto answer = strangers.back()->send(request);
      ASSERT_TRUE(answer) << "the newest one is served";
      ASSERT_EQ(code_of(honest->post("/v1/known", nothing_held())), "ok");
    }
    // Not how many are open: after a while without a request all of them end by themselves.
    EXPECT_GE(metric("autocusto_connections_evicted_total"), before + 3);
    world.stop();
  }
}

TEST_P(server_limits, one_device_cannot_hold_more_long_polls_than_its_share) {
  start([](limits::usage_settings& of) { of.long_polls.device = 2; });
  auto greedy = world.device("a@example.org");
  auto other = world.device("b@example.org");
  auto writer = world.device("b@example.org");
  auto honest = std::async(std::launch::async, [&] { return other->changes({}, 60); });
  std::vector<std::unique_ptr<wire_device>> copies;
  std::vector<std::future<http::response>> polls;
  for (int i = 0; i < 12; ++i) {
    copies.push_back(once_more(*greedy));
    polls.push_back(std::async(std::launch::async, [&of = *copies.back()] { return poll_of(of); }));
  }
  EXPECT_TRUE(soon([&] { return metric("autocusto_long_polls_ended_total") == 10; }));
  EXPECT_TRUE(soon([&] { return metric("autocusto_long_polls") == 3; })) << "2, and the honest one";
  ASSERT_EQ(code_of(writer->push({writer->version(testing::a_patient())})), "ok");
  EXPECT_EQ(wire::decode_page(honest.get().body)->items.size(), 1U) << "others are served";
  world.node->request_stop();
  int ended = 0;
  for (auto& each : polls) {
    const auto answer = each.get();
    if (answer.status == 200) continue;
    ++ended;
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(code_of(answer), "too_many_requests");
    EXPECT_GT(wait_told(answer), 0);
    EXPECT_TRUE(http::find_header(answer.headers, "retry-after").has_value());
  }
  EXPECT_EQ(ended, 10);
}

TEST_P(server_limits, copies_of_one_push_are_turned_away_before_they_hold_anything) {
  world.start();
  auto device = world.device("a@example.org");
  const auto id = crypto::system_random().make<push_id>();
  const auto body = device->push_body({device->version(testing::a_patient())}, id);
  std::promise<void> locked;
  std::promise<void> may_commit;
  std::thread holder([&] {
    world.node->database().write([&](store::people::writes people) {
      static_cast<void>(people.lock_device(device->who.device));
      locked.set_value();
      may_commit.get_future().wait();
    });
  });
  locked.get_future().wait();
  constexpr int k_copies = 12;
  std::vector<std::unique_ptr<wire_device>> copies;
  for (int i = 0; i < k_copies; ++i) copies.push_back(once_more(*device));
  std::atomic<int> busy{0};
  std::vector<std::future<http::response>> answers;
  for (auto& copy : copies) {
    answers.push_back(std::async(std::launch::async, [&busy, &body, &of = *copy] {
      auto answer = of.post("/v1/push", body);
      if (code_of(answer) == "busy") ++busy;
      return answer;
    }));
  }
  EXPECT_TRUE(soon([&] { return busy == k_copies - 1; }))
      << "all but one are answered while that one waits: " << busy;
  may_commit.set_value();
  holder.join();
  std::string receipt;
  for (auto& each : answers) {
    const auto answer = each.get();
    if (answer.status == 200) receipt = answer.body;
  }
  EXPECT_FALSE(receipt.empty());
  EXPECT_EQ(device->post("/v1/push", body).body, receipt) << "asked again, the same receipt";
  EXPECT_EQ(metric("autocusto_parallel_pushes_total"), k_copies - 1);
}

TEST_P(server_limits, pushes_of_a_device_have_a_rate_and_repetition_is_answered_after_it) {
  start([](limits::usage_settings& of) { of.pushes_per_minute.device = 2; });
  auto device = world.device("a@example.org");
  auto other = world.device("a@example.org");
  const auto id = crypto::system_random().make<push_id>();
  const auto body = device->push_body({device->version(testing::a_patient())}, id);
  const auto first = device->post("/v1/push", body);
  ASSERT_EQ(code_of(first), "ok");
  ASSERT_EQ(code_of(device->post("/v1/push", body)), "ok");
  const auto refused = device->post("/v1/push", body);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code_of(refused), "too_many_requests");
  EXPECT_GE(wait_told(refused), 1);
  EXPECT_LE(wait_told(refused), 30);
  EXPECT_EQ(code_of(device->changes({})), "ok") << "pulling goes on";
  EXPECT_EQ(code_of(other->push({other->version(testing::a_clinic())})), "ok") << "others, too";
  world.clock.advance(k_minute);
  EXPECT_EQ(device->post("/v1/push", body).body, first.body) << "the stored receipt";
  EXPECT_EQ(limited("push", "device"), 1);
  EXPECT_EQ(limited("push", "user"), 0);
}

TEST_P(server_limits, refused_pushes_have_a_rate_of_their_own) {
  start([](limits::usage_settings& of) { of.refused_per_minute.device = 3; });
  auto prober = world.device("a@example.org");
  auto honest = world.device("a@example.org");
  for (std::size_t i = 0; i < 2; ++i) {
    const auto answer = prober->push({bad_version(*prober, i)});
    ASSERT_EQ(code_of(answer), "ok");
    ASSERT_EQ(wire_device::results(answer)[0].outcome, wire::push_outcome::refused);
  }
  EXPECT_EQ(code_of(prober->post("/v1/push", "{}")), "malformed") << "as a whole counts as well";
  const auto versions = metric("autocusto_versions_pushed_total{result=\"refused\"}");
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(code_of(prober->push({bad_version(*prober, 10 + i)})), "too_many_requests");
  }
  EXPECT_EQ(metric("autocusto_versions_pushed_total{result=\"refused\"}"), versions)
      << "what comes after it is not looked at";
  EXPECT_EQ(code_of(honest->push({honest->version(testing::a_patient())})), "ok");
  EXPECT_EQ(limited("refused_push", "device"), 20);
  world.clock.advance(k_minute);
  EXPECT_EQ(code_of(prober->push({bad_version(*prober, 99)})), "ok");
}

TEST_P(server_limits, what_pushes_make_the_server_read_has_a_rate) {
  start([](limits::usage_settings& of) { of.push_work_per_minute.device = 2'000; });
  auto reader = world.device("a@example.org");
  auto honest = world.device("b@example.org");
  std::vector<domain::version> line{reader->version(testing::a_patient())};
  for (std::size_t i = 1; i < 200; ++i) {
    line.push_back(reader->version(testing::a_patient().after({&line.back()}).salt(i)));
  }
  ASSERT_EQ(code_of(reader->push(line)), "ok");
  const auto next = [&](const domain::version& from, std::size_t salt) {
    return code_of(reader->push({reader->version(testing::a_patient().after({&from}).salt(salt))}));
  };
  EXPECT_EQ(next(line.back(), 300), "ok") << "its own versions and going on read no history";
  ASSERT_EQ(next(line[0], 301), "ok") << "reads 200 versions";
  ASSERT_EQ(next(line[0], 302), "ok") << "and passes the allowance";
  EXPECT_EQ(next(line[0], 303), "too_many_requests");
  EXPECT_EQ(limited("push_work", "device"), 1);
  EXPECT_EQ(code_of(honest->push({honest->version(testing::a_patient())})), "ok");
  world.clock.advance(k_minute);
  EXPECT_EQ(next(line[0], 304), "ok");
}

TEST_P(server_limits, versions_of_a_day_have_a_limit_for_device_and_user) {
  start([](limits::usage_settings& of) {
    of.versions_per_day.device = 2;
    of.versions_per_day.user = 3;
  });
  auto one = world.device("a@example.org");
  auto two = world.device("a@example.org");
  ASSERT_EQ(
      code_of(one->push({one->version(testing::a_patient()), one->version(testing::a_clinic())})),
      "ok");
  const auto refused = one->push({one->version(testing::a_patient().salt(3))});
  EXPECT_EQ(code_of(refused), "too_many_requests");
  EXPECT_GT(wait_told(refused), 3600) << "half a day, for one of two";
  ASSERT_EQ(code_of(two->push({two->version(testing::a_patient().salt(4))})), "ok");
  EXPECT_EQ(code_of(two->push({two->version(testing::a_patient().salt(5))})), "too_many_requests");
  EXPECT_EQ(limited("version", "device"), 1);
  EXPECT_EQ(limited("version", "user"), 1);
  world.clock.advance(24 * k_hour);
  ASSERT_EQ(code_of(one->open_session()), "ok");
  EXPECT_EQ(code_of(one->push({one->version(testing::a_patient().salt(6))})), "ok");
}

TEST_P(server_limits, sessions_have_a_rate_for_the_device_and_for_the_address) {
  start([](limits::usage_settings& of) {
    of.sessions_per_minute.device = 2;
    of.sessions_per_minute.address = 14;  // each enrollment asked for a greeting, too
  });
  auto device = world.device("a@example.org");  // which opens one: two requests
  auto other = world.device("b@example.org");
  ASSERT_EQ(code_of(device->open_session()), "ok");
  const auto refused = device->open_session();
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(wait_told(refused), 0);
  EXPECT_EQ(limited("session", "device"), 1);
  // Somebody who has proved nothing, behind the same address.
  auto stranger = world.connect(world.admin_link);
  const auto invented = [&] {
    const auto id = crypto::system_random().make<device_id>();
    return code_of(stranger->post("/v1/session", wire::encode(wire::challenge_request{id})));
  };
  int answered = 0;
  while (answered < 100 && invented() == "ok") ++answered;
  EXPECT_GT(answered, 0);
  EXPECT_LE(answered, 8) << "12, without those by which the two became known";
  EXPECT_EQ(invented(), "too_many_requests") << "the address";
  EXPECT_EQ(code_of(other->open_session()), "ok") << "one that is known does not share it";
  EXPECT_EQ(limited("session", "address"), 2);
}

TEST_P(server_limits, one_device_sends_few_long_bodies_at_a_time) {
  start([](limits::usage_settings& of) { of.long_bodies_at_once.device = 2; });
  auto device = world.device("a@example.org");
  auto other = world.device("b@example.org");
  const auto port = world.node->address().port;
  const auto pin = hash256::from_raw(wire::decode_enrollment_link(world.admin_link)->pin);
  const auto head = [](const wire_device& of) {
    return "POST /v1/push HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + of.token +
           "\r\nContent-Length: 17000000\r\nExpect: 100-continue\r\n\r\n";
  };
  std::vector<std::unique_ptr<http::testing::raw_peer>> slow;
  const auto begin = [&](const wire_device& of) {
    slow.push_back(std::make_unique<http::testing::raw_peer>(port, true, pin));
    EXPECT_TRUE(slow.back()->send(head(of)));
    const auto answer = slow.back()->read_reply();
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(begin(*device), 100);
  EXPECT_EQ(begin(*device), 100);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(begin(*device), 503) << "no body of it is read";
  EXPECT_EQ(begin(*other), 100) << "others are served";
  EXPECT_EQ(code_of(device->post("/v1/known", nothing_held())), "ok") << "short ones go on";
  slow.clear();
  EXPECT_TRUE(soon([&] { return begin(*device) == 100; })) << "given back when they hang up";
}

TEST_P(server_limits, sessions_have_a_rate_for_the_user) {
  start([](limits::usage_settings& of) { of.sessions_per_minute.user = 3; });
  auto one = world.device("a@example.org");
  auto two = world.device("a@example.org");
  auto other = world.device("b@example.org");
  ASSERT_EQ(code_of(one->open_session()), "ok");
  EXPECT_EQ(code_of(two->open_session()), "too_many_requests");
  EXPECT_EQ(code_of(other->open_session()), "ok");
  EXPECT_EQ(limited("session", "user"), 1);
  world.clock.advance(k_minute);
  EXPECT_EQ(code_of(two->open_session()), "ok");
}

TEST_P(server_limits, one_device_has_no_more_than_its_share_of_the_workers) {
  start([](limits::usage_settings& of) { of.requests_at_once.device = 1; });
  auto device = world.device("a@example.org");
  auto other = world.device("b@example.org");
  auto copy = once_more(*device);
  const auto body = device->push_body({device->version(testing::a_patient())},
                                      crypto::system_random().make<push_id>());
  std::promise<void> locked;
  std::promise<void> may_commit;
  std::thread holder([&] {
    world.node->database().write([&](store::people::writes people) {
      static_cast<void>(people.lock_device(device->who.device));
      locked.set_value();
      may_commit.get_future().wait();
    });
  });
  locked.get_future().wait();
  // The copy's request may have the worker first.
  auto pushed = std::async(std::launch::async, [&] {
    http::response answer;
    soon([&] { return code_of(answer = device->post("/v1/push", body)) != "busy"; });
    return answer;
  });
  http::response refused;
  EXPECT_TRUE(soon([&] {
    refused = copy->post("/v1/known", nothing_held());
    return refused.status == 503;
  })) << "while the push has its worker";
  EXPECT_EQ(code_of(refused), "busy");
  EXPECT_TRUE(http::find_header(refused.headers, "retry-after").has_value());
  EXPECT_EQ(code_of(copy->changes({})), "busy") << "of every kind";
  EXPECT_EQ(code_of(other->post("/v1/known", nothing_held())), "ok") << "others are served";
  may_commit.set_value();
  holder.join();
  EXPECT_EQ(code_of(pushed.get()), "ok");
  EXPECT_EQ(code_of(copy->post("/v1/known", nothing_held())), "ok");

  // A long poll that waits has no worker.
  auto poll = std::async(std::launch::async, [&] {
    return device->changes(wire::decode_page(copy->changes({}).body)->next, 60);
  });
  EXPECT_TRUE(soon([&] { return metric("autocusto_long_polls") == 1; }));
  auto third = once_more(*device);
  EXPECT_TRUE(soon([&] { return code_of(third->post("/v1/known", nothing_held())) == "ok"; }));
  world.node->request_stop();
  static_cast<void>(poll.get());
}

TEST_P(server_limits, somebody_without_the_key_uses_up_nothing_of_a_devices_sessions) {
  start([](limits::usage_settings& of) { of.sessions_per_minute.device = 2; });
  auto device = world.device("a@example.org");
  auto thief = once_more(*device);
  thief->forget_key();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(code_of(thief->open_session()), "bad_signature");
  EXPECT_EQ(code_of(device->open_session()), "ok");
}

/// The status of GET /metrics under that name.
int metrics_status(std::uint16_t port, const std::string& host) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int status = 0;
  const std::string asked =
      "GET /metrics HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  std::string got(64, '\0');
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
      ::send(socket, asked.data(), asked.size(), MSG_NOSIGNAL) > 0 &&
      ::recv(socket, got.data(), got.size(), MSG_WAITALL) > 12) {
    status = std::stoi(got.substr(9, 3));
  }
  ::close(socket);
  return status;
}

TEST_P(server_limits, metrics_are_told_under_the_machines_own_name_only) {
  world.start();
  const auto port = world.node->metrics_address().value().port;
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9464", "localhost", "localhost:1", "[::1]:9464"}) {
    EXPECT_EQ(metrics_status(port, host), 200) << host;
  }
  for (const char* host : {"evil.example", "evil.example:9464", "localhost.evil.example",
                           "127.0.0.1.evil.example", "192.0.2.1"}) {
    EXPECT_EQ(metrics_status(port, host), 403) << host;
  }
}

INSTANTIATE_TEST_SUITE_P(both, server_limits, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

}  // namespace
}  // namespace autocusto::test
