// Which answers are not the server's, and what is said of them.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/transport/foreign.hpp"

namespace autocusto::transport {
namespace {

using ::testing::HasSubstr;

http::response page(int status, http::header_list headers = {}) {
  http::response out;
  out.status = status;
  out.content_type = "text/html; charset=utf-8";
  out.body = "<html><title>no</title></html>";
  out.headers = std::move(headers);
  return out;
}

http::response json(int status, std::string body) {
  http::response out;
  out.status = status;
  out.content_type = status < 300 ? "application/json" : "application/problem+json";
  out.body = std::move(body);
  return out;
}

TEST(foreign_answer, the_servers_own_answers_are_left_alone) {
  const std::string problem = R"({"code":"x","detail":"y","status":403})";
  EXPECT_FALSE(foreign_answer(json(200, "{}"), 10));
  for (const int status : {400, 401, 403, 404, 413, 422, 429, 500, 503}) {
    EXPECT_FALSE(foreign_answer(json(status, problem), 10)) << status;
  }
  EXPECT_FALSE(foreign_answer(json(204, ""), 0));
}

TEST(foreign_answer, a_proxys_limit_is_told_with_the_size) {
  const auto why = foreign_answer(page(413, {{"Server", "nginx/1.22"}}), 70'000);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->code, errc::body_too_large);
  EXPECT_EQ(why->limit, 70'000);
  EXPECT_THAT(why->message, HasSubstr("“nginx/1.22, HTTP 413”"));
  EXPECT_THAT(why->message, HasSubstr("70000 bytes"));
}

TEST(foreign_answer, pages_are_of_a_login_or_a_filter_by_name) {
  for (const int status : {200, 301, 302, 307, 401, 403, 404, 407, 451, 511}) {
    const auto why = foreign_answer(page(status), 10);
    ASSERT_TRUE(why) << status;
    EXPECT_EQ(why->code, errc::unreachable) << "it goes away by itself";
    EXPECT_THAT(why->message, HasSubstr("HTTP " + std::to_string(status)));
  }
  const auto named = foreign_answer(
      page(302, {{"location", "https://login.wifi.test:8443/start?token=1"}, {"server", "x"}}), 10);
  EXPECT_THAT(named->message, HasSubstr("“login.wifi.test:8443, HTTP 302”"));
  EXPECT_THAT(foreign_answer(page(403, {{"via", "1.1 filter (squid)"}}), 1)->message,
              HasSubstr("“1.1 filter squid, HTTP 403”"));
  EXPECT_THAT(foreign_answer(page(403, {{"server", "a\x1b[2J\u202Eb” c"}}), 1)->message,
              HasSubstr("“a2Jb c, HTTP 403”"))
      << "nothing that a terminal obeys";
  EXPECT_TRUE(foreign_answer(json(403, R"({"error":"blocked"})"), 10)) << "JSON, but no problem";
}

TEST(foreign_answer, gateways_whose_server_is_down_are_left_to_the_caller) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_FALSE(foreign_answer(page(status), 10)) << status;
  }
}

}  // namespace
}  // namespace autocusto::transport
