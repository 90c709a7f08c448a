// The client against the real server, and against servers that misbehave.

#include <cstdlib>
#include <fstream>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "shared/http/client.hpp"
#include "shared/http/compress.hpp"
#include "tests/integration/http_support.hpp"

namespace autocusto::http::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

constexpr unix_millis k_day = 24LL * 60 * 60 * 1000;

client_request ask(std::string method, std::string path, std::string body = {}) {
  client_request asked;
  asked.method = std::move(method);
  asked.path_with_query = std::move(path);
  asked.body = std::move(body);
  return asked;
}

/// Echoes bodies, and tells which encodings a request came with.
std::vector<endpoint> echo_only() {
  const auto handler = blocking_handler([](const request& asked) {
    auto answer = json_response(asked.body);
    const auto encoding = find_header(asked.headers, "content-encoding");
    answer.headers.push_back({"Seen-Encoding", std::string(encoding.value_or("none"))});
    answer.headers.push_back({"Seen-Host", std::string(*find_header(asked.headers, "host"))});
    return answer;
  });
  return {{"POST", "/echo", 20'000'000, false, handler}};
}

std::unique_ptr<server> echo_server(const certificate_pair& leaf) {
  auto options = test_server_options();
  options.certificate_chain = leaf.certificate;
  options.private_key = leaf.private_key;
  return start_or_throw(std::move(options), echo_only());
}

TEST(http_client, sends_and_receives_over_one_kept_connection) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  client asking(test_client_options(running->port()));
  for (int i = 0; i < 3; ++i) {
    const auto answer = asking.send(ask("POST", "/echo", "hello")).value();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(find_header(answer.headers, "seen-encoding"), "none");
    EXPECT_EQ(find_header(answer.headers, "seen-host"),
              "127.0.0.1:" + std::to_string(running->port()));
    EXPECT_EQ(running->stats().connections, 1U);
  }
}

TEST(http_client, compresses_long_bodies_both_ways) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  client asking(test_client_options(running->port()));
  std::string text;
  while (text.size() < 9'000'000) text += std::to_string(text.size()) + ",";
  const auto answer = asking.send(ask("POST", "/echo", text)).value();
  EXPECT_EQ(find_header(answer.headers, "seen-encoding"), "zstd");
  EXPECT_EQ(find_header(answer.headers, "content-encoding"), "zstd");
  EXPECT_EQ(answer.body, text);
}

TEST(http_client, speaks_plain_http_when_told_to) {
  const auto running = start_or_throw({}, echo_only());
  auto options = test_client_options(running->port());
  options.tls = false;
  client asking(std::move(options));
  EXPECT_EQ(asking.send(ask("POST", "/echo", "hello"))->body, "hello");
}

TEST(http_client, returns_problems_as_responses) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  client asking(test_client_options(running->port()));
  const auto answer = asking.send(ask("GET", "/nowhere")).value();
  EXPECT_EQ(answer.status, 404);
  EXPECT_EQ(answer.content_type, "application/problem+json");
}

TEST(http_client, hears_a_refusal_that_comes_before_its_body_is_read) {
  const auto handler = blocking_handler([](const request&) { return json_response("{}"); });
  const auto running =
      start_or_throw(test_server_options(), {{"POST", "/small", 100, false, handler}});
  client asking(test_client_options(running->port()));
  std::string noise;
  for (unsigned seed = 1; noise.size() < 3'000'000; seed = seed * 1664525 + 1013904223) {
    noise += static_cast<char>(seed >> 24);
  }
  EXPECT_EQ(asking.send(ask("POST", "/small", noise))->status, 413);
}

TEST(http_client, connects_again_when_the_server_has_closed_an_idle_connection) {
  auto options = test_server_options();
  options.deadlines.idle = milliseconds(50);
  const auto running = start_or_throw(std::move(options), echo_only());
  client asking(test_client_options(running->port()));
  ASSERT_EQ(asking.send(ask("POST", "/echo", "one"))->body, "one");
  ASSERT_TRUE(eventually([&] { return running->stats().connections == 0; }));
  EXPECT_EQ(asking.send(ask("POST", "/echo", "two"))->body, "two");
}

TEST(trust, needs_the_pinned_authority) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  auto options = test_client_options(running->port());
  options.ca_pin = spki_sha256(make_ca("Other CA", 1, 0).certificate).value();
  client asking(std::move(options));
  const auto refused = asking.send(ask("POST", "/echo"));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::untrusted_server);
  EXPECT_THAT(refused.error().message, HasSubstr("authority that is not known"));
}

TEST(trust, any_of_several_authorities_does) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  auto options = test_client_options(running->port());
  options.ca_pin = spki_sha256(make_ca("Next CA", 1, 0).certificate).value();
  options.further_pins = {spki_sha256(make_ca("Third CA", 1, 0).certificate).value()};
  EXPECT_TRUE(client(options).send(ask("POST", "/echo", "x")).has_error());
  options.further_pins.push_back(test_identity().pin);
  client asking(options);
  EXPECT_EQ(asking.send(ask("POST", "/echo", "x"))->body, "x");
  options.further_pins.clear();
  client later(std::move(options));
  EXPECT_TRUE(later.send(ask("POST", "/echo", "x")).has_error());
  later.set_pins({test_identity().pin});
  EXPECT_EQ(later.send(ask("POST", "/echo", "x"))->body, "x") << "learned meanwhile";
}

TEST(trust, is_not_won_by_showing_the_authority_without_its_signature) {
  const auto other = make_ca("Test CA", 30, system_clock_source().now() - k_day);
  auto forged = issue_leaf(other, {"127.0.0.1"}, 365, system_clock_source().now() - k_day).value();
  forged.certificate += test_identity().ca.certificate;
  const auto running = echo_server(forged);
  client asking(test_client_options(running->port()));
  EXPECT_EQ(asking.send(ask("POST", "/echo")).error().code, errc::untrusted_server);
}

TEST(trust, needs_the_right_name) {
  const auto now = system_clock_source().now();
  const auto running = echo_server(test_leaf({"elsewhere.example", "10.0.0.1"}, 365, now - k_day));
  client asking(test_client_options(running->port()));
  const auto refused = asking.send(ask("POST", "/echo"));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::untrusted_server);
  EXPECT_THAT(refused.error().message, HasSubstr("not for 127.0.0.1"));
  auto options = test_client_options(running->port());
  options.host = "localhost";
  EXPECT_EQ(client(options).send(ask("POST", "/echo")).error().code, errc::untrusted_server);
}

TEST(trust, accepts_names_and_addresses_of_the_certificate) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  auto options = test_client_options(running->port());
  options.host = "localhost";
  EXPECT_EQ(client(options).send(ask("POST", "/echo", "x"))->status, 200);
}

TEST(trust, judges_dates_by_the_given_time_and_not_by_the_clock) {
  const auto now = system_clock_source().now();
  const auto ended = echo_server(test_leaf({"127.0.0.1"}, 10, now - 20 * k_day));
  auto options = test_client_options(ended->port());
  EXPECT_EQ(client(options).send(ask("POST", "/echo")).error().code, errc::untrusted_server);
  options.trust_time = now - 15 * k_day;  // was still good then
  client asking(options);
  EXPECT_EQ(asking.send(ask("POST", "/echo", "x"))->status, 200);
  asking.disconnect();
  asking.set_trust_time(now - 5 * k_day);
  const auto refused = asking.send(ask("POST", "/echo"));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::untrusted_server);
  EXPECT_THAT(refused.error().message, HasSubstr("expired"));
}

TEST(trust, does_not_mind_a_certificate_that_began_after_the_given_time) {
  const auto now = system_clock_source().now();
  const auto fresh = echo_server(test_leaf({"127.0.0.1"}, 365, now));
  auto options = test_client_options(fresh->port());
  options.trust_time = now - 300 * k_day;
  EXPECT_EQ(client(options).send(ask("POST", "/echo", "x"))->status, 200);
}

TEST(trust, goes_by_the_system_roots_without_a_pin) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  auto options = test_client_options(running->port());
  options.ca_pin.reset();
  EXPECT_EQ(client(options).send(ask("POST", "/echo")).error().code, errc::untrusted_server);
  // OpenSSL reads the system's roots from the file that this variable names.
  const auto file = ::testing::TempDir() + "roots." + std::to_string(::getpid()) + ".pem";
  std::ofstream(file) << test_identity().ca.certificate;
  ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  EXPECT_EQ(client(options).send(ask("POST", "/echo", "x"))->status, 200);
  ::unsetenv("SSL_CERT_FILE");
  ::unlink(file.c_str());
}

TEST(trust, follows_a_certificate_that_the_server_renews) {
  const auto running = start_or_throw(test_server_options(), echo_only());
  client asking(test_client_options(running->port()));
  ASSERT_EQ(asking.send(ask("POST", "/echo", "x"))->status, 200);
  const auto other = test_leaf({"elsewhere.example"}, 365, system_clock_source().now() - k_day);
  EXPECT_EQ(
      running->set_certificate(other.certificate, test_identity().leaf.private_key).error().code,
      errc::usage);
  ASSERT_TRUE(running->set_certificate(other.certificate, other.private_key).has_value());
  EXPECT_EQ(asking.send(ask("POST", "/echo", "x"))->status, 200) << "the connection goes on";
  asking.disconnect();
  EXPECT_EQ(asking.send(ask("POST", "/echo")).error().code, errc::untrusted_server);
}

TEST(unreachable, is_said_when_nobody_listens_or_the_name_is_unknown) {
  const auto port = [] { return start_or_throw({}, echo_only())->port(); }();
  const auto nobody = client(test_client_options(port)).send(ask("POST", "/echo"));
  ASSERT_TRUE(nobody.has_error());
  EXPECT_EQ(nobody.error().code, errc::unreachable);
  auto options = test_client_options(port);
  options.host = "no-such-host.invalid";
  const auto unknown = client(options).send(ask("POST", "/echo"));
  ASSERT_TRUE(unknown.has_error());
  EXPECT_EQ(unknown.error().code, errc::unreachable);
}

TEST(unreachable, is_said_to_a_server_without_tls) {
  const auto running = start_or_throw({}, echo_only());
  const auto refused = client(test_client_options(running->port())).send(ask("POST", "/echo"));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::unreachable);
  EXPECT_THAT(refused.error().message, HasSubstr("TLS"));
}

std::vector<endpoint> never() {
  return {{"GET", "/never", 0, false, deferred_handler([](const request&, const responder& answer) {
             answer.on_cancel([answer] {});  // keeps the request open
           })}};
}

TEST(unreachable, is_said_at_the_deadline) {
  const auto running = start_or_throw(test_server_options(), never());
  client asking(test_client_options(running->port()));
  auto asked = ask("GET", "/never");
  asked.deadline = milliseconds(200);
  const auto began = steady_clock::now();
  const auto refused = asking.send(asked);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::unreachable);
  EXPECT_THAT(refused.error().message, HasSubstr("in time"));
  EXPECT_LT(steady_clock::now() - began, seconds(3));
}

TEST(unreachable, is_said_when_interrupted_until_that_is_cleared) {
  auto endpoints = never();
  endpoints.push_back(echo_only().front());
  const auto running = start_or_throw(test_server_options(), std::move(endpoints));
  client asking(test_client_options(running->port()));
  auto waiting = std::async(std::launch::async, [&] { return asking.send(ask("GET", "/never")); });
  ASSERT_TRUE(eventually([&] { return running->stats().waiting == 1; }));
  asking.interrupt();
  const auto refused = waiting.get();
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::unreachable);
  EXPECT_THAT(refused.error().message, HasSubstr("interrupted"));
  EXPECT_TRUE(asking.interrupted());
  EXPECT_THAT(asking.send(ask("POST", "/echo")).error().message, HasSubstr("interrupted"));
  asking.clear_interrupt();
  EXPECT_EQ(asking.send(ask("POST", "/echo", "x"))->body, "x");
}

TEST(kept_connections, that_die_in_use_are_tried_again_only_where_that_is_harmless) {
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (const bool idempotent : {true, false}) {
    // The second request of the first connection is read and answered by closing it.
    scripted_server scripted({{good, ""}, {good}});
    client asking(test_client_options(scripted.port()));
    ASSERT_EQ(asking.send(ask("GET", "/"))->body, "ok");
    auto asked = ask("GET", "/");
    asked.idempotent = idempotent;
    const auto second = asking.send(asked);
    EXPECT_EQ(second.has_value(), idempotent);
    if (!idempotent) {
      EXPECT_EQ(second.error().code, errc::unreachable);
    }
    EXPECT_EQ(scripted.requests(), idempotent ? 3 : 2);
  }
}

TEST(kept_connections, are_not_tried_again_when_new_or_when_an_answer_had_begun) {
  scripted_server silent({{""}, {""}});
  client first(test_client_options(silent.port()));
  auto asked = ask("GET", "/");
  asked.idempotent = true;
  EXPECT_EQ(first.send(asked).error().code, errc::unreachable);
  EXPECT_EQ(silent.requests(), 1);
  const std::string good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  scripted_server cut({{good, "HTTP/1.1 200 OK\r\nContent-Le"}, {good}});
  client second(test_client_options(cut.port()));
  ASSERT_EQ(second.send(asked)->body, "ok");
  EXPECT_EQ(second.send(asked).error().code, errc::unreachable);
  EXPECT_EQ(cut.requests(), 2);
}

struct odd_response {
  const char* name;
  std::string bytes;
  errc code;
};

class response_shape : public ::testing::TestWithParam<odd_response> {};

TEST_P(response_shape, is_refused) {
  scripted_server scripted({{GetParam().bytes}});
  client asking(test_client_options(scripted.port()));
  auto asked = ask("GET", "/");
  asked.response_limit = 1000;
  const auto refused = asking.send(asked);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, GetParam().code);
}

std::string with_length(const std::string& more, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

const std::string k_zstd = "Content-Encoding: zstd\r\n";

INSTANTIATE_TEST_SUITE_P(
    shapes, response_shape,
    ::testing::Values(
        odd_response{"ended_by_closing", "HTTP/1.1 200 OK\r\n\r\nbody", errc::protocol_error},
        odd_response{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     errc::protocol_error},
        odd_response{"two_lengths",
                     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
                     errc::protocol_error},
        odd_response{"not_http", "SSH-2.0-OpenSSH\r\n\r\n", errc::protocol_error},
        odd_response{"endless_head", "HTTP/1.1 200 OK\r\nX: " + std::string(30'000, 'x'),
                     errc::protocol_error},
        odd_response{"cut_body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                     errc::unreachable},
        odd_response{"cut_head", "HTTP/1.1 200 OK\r\nContent-Le", errc::unreachable},
        odd_response{"over_the_limit", with_length("", std::string(1001, 'a')),
                     errc::protocol_error},
        odd_response{"gzip", with_length("Content-Encoding: gzip\r\n", "abc"),
                     errc::protocol_error},
        odd_response{"bomb", with_length(k_zstd, zstd_compress(std::string(10'000'000, 'a'))),
                     errc::protocol_error},
        odd_response{"broken_zstd", with_length(k_zstd, "abc"), errc::protocol_error},
        odd_response{"cut_zstd",
                     with_length(k_zstd, zstd_compress(std::string(900, 'a')).substr(0, 15)),
                     errc::protocol_error}),
    [](const auto& row) { return row.param.name; });

TEST(page_on_the_way, is_told_by_its_status_and_headers) {
  const std::string type = "Content-Type: text/html\r\n";
  const std::string bodies[] = {"Transfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n",
                                "\r\n<html>", "Content-Length: 2000\r\n\r\n",
                                "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"};
  for (const auto* status : {"200 OK", "302 Found", "403 Forbidden", "511 Login"}) {
    for (const auto& body : bodies) {
      scripted_server scripted(
          {{"HTTP/1.1 " + std::string(status) + "\r\nServer: gate\r\n" + type + body},
           {with_length("", "ok")}});
      client asking(test_client_options(scripted.port()));
      auto asked = ask("GET", "/");
      asked.response_limit = 1000;
      const auto answer = asking.send(asked);
      ASSERT_TRUE(answer) << status << body << answer.error().message;
      EXPECT_EQ(answer->status, std::stoi(status));
      EXPECT_EQ(find_header(answer->headers, "server"), "gate");
      EXPECT_EQ(answer->body, "") << "nobody knows where it ends";
      EXPECT_EQ(asking.send(asked)->body, "ok") << "by a connection of its own";
    }
  }
}

TEST(certificates, carry_the_dates_and_keys_that_were_asked_for) {
  const auto leaf = test_leaf({"a.example", "::1"}, 30, 1'700'000'000'000);
  EXPECT_EQ(certificate_not_before(leaf.certificate).value(), 1'700'000'000'000);
  EXPECT_EQ(certificate_not_after(leaf.certificate).value(), 1'700'000'000'000 + 30 * k_day);
  EXPECT_TRUE(key_matches(leaf.certificate, leaf.private_key));
  EXPECT_FALSE(key_matches(leaf.certificate, test_identity().leaf.private_key));
  EXPECT_FALSE(key_matches("nonsense", leaf.private_key));
  EXPECT_EQ(last_certificate(leaf.certificate).value(), test_identity().ca.certificate);
  EXPECT_EQ(spki_sha256(last_certificate(leaf.certificate).value()).value(), test_identity().pin);
  EXPECT_NE(spki_sha256(leaf.certificate).value(), test_identity().pin);
}

TEST(certificates, are_refused_for_names_that_are_none) {
  for (const std::string name : {"", "a,DNS:b", "a b", "a\nb"}) {
    EXPECT_EQ(issue_leaf(test_identity().ca, {name}, 1, 0).error().code, errc::usage);
  }
  EXPECT_EQ(issue_leaf(test_identity().ca, {}, 1, 0).error().code, errc::usage);
  EXPECT_EQ(issue_leaf({}, {"a"}, 1, 0).error().code, errc::usage);
  EXPECT_EQ(spki_sha256("nonsense").error().code, errc::usage);
  EXPECT_EQ(certificate_not_after("").error().code, errc::usage);
}

}  // namespace
}  // namespace autocusto::http::testing
