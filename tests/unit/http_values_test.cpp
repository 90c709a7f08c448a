// The parts of the HTTP layer that need no socket: framing, routing, problem documents, zstd.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <zstd.h>

#include "shared/http/compress.hpp"
#include "shared/http/framing.hpp"
#include "shared/http/message.hpp"
#include "shared/http/render.hpp"
#include "shared/http/router.hpp"
#include "shared/http/worker_pool.hpp"

namespace autocusto::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

struct text_case {
  const char* name;
  std::string text;
  std::optional<errc> refused;
};

class head_text : public ::testing::TestWithParam<text_case> {};

TEST_P(head_text, is_accepted_or_refused) {
  const auto problem = screen_text(GetParam().text);
  if (GetParam().refused) {
    ASSERT_TRUE(problem.has_value());
    EXPECT_EQ(problem->code, *GetParam().refused);
  } else {
    EXPECT_FALSE(problem.has_value()) << problem->message;
  }
}

const std::string k_rest = "\r\nHost: a\r\n\r\n";

INSTANTIATE_TEST_SUITE_P(
    shapes, head_text,
    ::testing::Values(
        text_case{"plain", "GET / HTTP/1.1" + k_rest, std::nullopt},
        text_case{"old_version", "GET / HTTP/1.0\r\n\r\n", std::nullopt},
        text_case{"query", "GET /a?b=c%20d HTTP/1.1" + k_rest, std::nullopt},
        text_case{"latin1_value", "GET / HTTP/1.1\r\nHost: a\r\nX: caf\xe9\r\n\r\n", std::nullopt},
        text_case{"tab_in_value", "GET / HTTP/1.1\r\nHost: a\r\nX:\ta\tb\r\n\r\n", std::nullopt},
        text_case{"no_end", "GET / HTTP/1.1\r\nHost: a\r\n", errc::bad_request},
        text_case{"empty_first_line", "\r\nGET / HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"version_2", "GET / HTTP/2.0" + k_rest, errc::bad_request},
        text_case{"version_12", "GET / HTTP/1.2" + k_rest, errc::bad_request},
        text_case{"version_long", "GET / HTTP/1.10" + k_rest, errc::bad_request},
        text_case{"version_missing", "GET /" + k_rest, errc::bad_request},
        text_case{"version_lower", "GET / http/1.1" + k_rest, errc::bad_request},
        text_case{"two_spaces", "GET  / HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"space_in_target", "GET /a b HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"absolute_target", "GET http://a/ HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"authority_target", "CONNECT a:443 HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"asterisk_target", "OPTIONS * HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"target_not_ascii", "GET /\xc3\xa9 HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"target_at_limit",
                  "GET /" + std::string(k_target_limit - 1, 'a') + " HTTP/1.1" + k_rest,
                  std::nullopt},
        text_case{"target_too_long",
                  "GET /" + std::string(k_target_limit, 'a') + " HTTP/1.1" + k_rest,
                  errc::bad_request},
        text_case{"method_not_token", "G(T / HTTP/1.1" + k_rest, errc::bad_request},
        text_case{"folded_line", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
                  errc::bad_request},
        text_case{"folded_with_tab", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n",
                  errc::bad_request},
        text_case{"bare_line_feed", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", errc::bad_request},
        text_case{"bare_return", "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", errc::bad_request},
        text_case{"zero_byte", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 33),
                  errc::bad_request},
        text_case{"escape_byte", "GET / HTTP/1.1\r\nHost: a\r\nX: \x1b\r\n\r\n", errc::bad_request},
        text_case{"delete_byte", "GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", errc::bad_request},
        text_case{"no_colon", "GET / HTTP/1.1\r\nHost a\r\n\r\n", errc::bad_request},
        text_case{"space_before_colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", errc::bad_request},
        text_case{"empty_name", "GET / HTTP/1.1\r\n: a\r\n\r\n", errc::bad_request},
        text_case{"transfer_encoding",
                  "POST / HTTP/1.1\r\nHost: a\r\ntRANSFER-encoding: chunked\r\n\r\n",
                  errc::transfer_encoding_refused}),
    [](const auto& row) { return row.param.name; });

struct head_case {
  const char* name;
  request_head head;
  std::optional<errc> refused;
};

request_head post(header_list more, int version = 11) {
  request_head head;
  head.method = "POST";
  head.target = "/";
  head.version = version;
  head.headers = std::move(more);
  return head;
}

request_head get(std::string target, header_list more = {{"host", "a"}}) {
  request_head head;
  head.method = "GET";
  head.target = std::move(target);
  head.headers = std::move(more);
  return head;
}

class head_values : public ::testing::TestWithParam<head_case> {};

TEST_P(head_values, are_accepted_or_refused) {
  const auto frame = screen_head(GetParam().head);
  if (GetParam().refused) {
    ASSERT_TRUE(frame.has_error());
    EXPECT_EQ(frame.error().code, *GetParam().refused);
  } else {
    EXPECT_TRUE(frame.has_value()) << frame.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(
    shapes, head_values,
    ::
        testing::
            Values(
                head_case{"with_length", post({{"host", "a"}, {"content-length", "5"}}),
                          std::nullopt},
                head_case{"get_without_length", get("/"), std::nullopt},
                head_case{"host_with_port", get("/", {{"host", "[::1]:8443"}}), std::nullopt},
                head_case{"http10_without_host", post({{"content-length", "0"}}, 10), std::nullopt},
                head_case{"chunked", post({{"host", "a"}, {"transfer-encoding", "chunked"}}),
                          errc::transfer_encoding_refused},
                head_case{"chunked_in_http10",
                          post({{"host", "a"}, {"transfer-encoding", "chunked"}}, 10),
                          errc::transfer_encoding_refused},
                head_case{
                    "gzip_then_length",
                    post({{"host", "a"}, {"transfer-encoding", "gzip"}, {"content-length", "5"}}),
                    errc::transfer_encoding_refused},
                head_case{"length_then_chunked",
                          post({{"host", "a"},
                                {"content-length", "5"},
                                {"transfer-encoding", "chunked"}}),
                          errc::transfer_encoding_refused},
                head_case{"gzip_without_length",
                          post({{"host", "a"}, {"transfer-encoding", "gzip"}}),
                          errc::transfer_encoding_refused},
                head_case{"two_lengths",
                          post({{"host", "a"}, {"content-length", "5"}, {"content-length", "6"}}),
                          errc::bad_request},
                head_case{"two_equal_lengths",
                          post({{"host", "a"}, {"content-length", "5"}, {"content-length", "5"}}),
                          errc::bad_request},
                head_case{"length_list", post({{"host", "a"}, {"content-length", "5, 5"}}),
                          errc::bad_request},
                head_case{"length_signed", post({{"host", "a"}, {"content-length", "+5"}}),
                          errc::bad_request},
                head_case{"length_negative", post({{"host", "a"}, {"content-length", "-5"}}),
                          errc::bad_request},
                head_case{"length_hex", post({{"host", "a"}, {"content-length", "0x5"}}),
                          errc::bad_request},
                head_case{"length_empty", post({{"host", "a"}, {"content-length", ""}}),
                          errc::bad_request},
                head_case{"length_huge",
                          post({{"host", "a"}, {"content-length", "9999999999999999999"}}),
                          errc::bad_request},
                head_case{"post_without_length", post({{"host", "a"}}), errc::length_required},
                head_case{"no_host", get("/", {}), errc::bad_request},
                head_case{"two_hosts", get("/", {{"host", "a"}, {"host", "a"}}), errc::bad_request},
                head_case{"empty_host", get("/", {{"host", ""}}), errc::bad_request},
                head_case{"host_list", get("/", {{"host", "a, b"}}), errc::bad_request},
                head_case{"host_with_user", get("/", {{"host", "a@b"}}), errc::bad_request},
                head_case{
                    "two_tokens",
                    get("/", {{"host", "a"}, {"authorization", "Bearer x"}, {"authorization", "y"}}), errc::bad_request},
                head_case{"fragment", get("/a#b"), errc::bad_request},
                head_case{"broken_escape", get("/a?b=%4"), errc::bad_request},
                head_case{"escaped_zero", get("/a?b=%00"), errc::bad_request},
                head_case{"parameter_twice", get("/a?b=1&b=2"), errc::bad_request},
                head_case{
                    "other_expectation",
                    get("/", {{"host", "a"}, {"expect", "tea"}}), errc::bad_request},
                head_case{
                    "version_9",
                    [] {
                      auto head = get("/");
                      head.version = 9;
                      return head;
                    }(),
                    errc::bad_request}),
    [](const auto& row) { return row.param.name; });

TEST(heads, are_not_awaited_from_what_is_no_request) {
  EXPECT_TRUE(may_begin_head(""));
  EXPECT_TRUE(may_begin_head("GE"));
  EXPECT_FALSE(may_begin_head("\x16\x03\x01"));
  EXPECT_FALSE(may_begin_head("\r\n"));
}

TEST(request_frames, tell_path_query_and_length) {
  auto head = get("/v1/changes?cursor=a%2Fb&wait=60&empty=&flag");
  head.headers.push_back({"content-length", "12"});
  const auto frame = screen_head(head).value();
  EXPECT_EQ(frame.path, "/v1/changes");
  EXPECT_THAT(frame.query, ElementsAre(Pair("cursor", "a/b"), Pair("empty", ""), Pair("flag", ""),
                                       Pair("wait", "60")));
  EXPECT_EQ(frame.content_length, 12U);
}

TEST(request_frames, keep_connections_as_the_version_and_the_client_say) {
  EXPECT_TRUE(screen_head(get("/"))->keep_alive);
  EXPECT_FALSE(screen_head(get("/", {{"host", "a"}, {"connection", "x, Close"}}))->keep_alive);
  auto old = get("/");
  old.version = 10;
  EXPECT_FALSE(screen_head(old)->keep_alive);
  old.headers.push_back({"connection", "Keep-Alive"});
  EXPECT_TRUE(screen_head(old)->keep_alive);
}

TEST(request_frames, join_repeated_harmless_headers) {
  const auto frame = screen_head(get("/", {{"host", "a"}, {"x", "1"}, {"x", "2"}})).value();
  EXPECT_EQ(find_header(frame.headers, "x"), "1, 2");
}

TEST(escapes, are_read) {
  EXPECT_EQ(percent_decode("a%20b%2F%C3%A7%3f&=%25+~"), "a b/ç?&=%+~");
}

endpoint line(std::string method, std::string path) {
  endpoint made;
  made.method = std::move(method);
  made.path = std::move(path);
  made.handler = blocking_handler([](const request&) { return response{}; });
  return made;
}

TEST(routes, match_literals_and_captures) {
  const auto routes = router::make({line("GET", "/v1/users"), line("GET", "/v1/users/self"),
                                    line("GET", "/v1/users/{id}"), line("POST", "/v1/users/{id}")})
                          .value();
  EXPECT_EQ(routes.find("GET", "/v1/users").target->path, "/v1/users");
  EXPECT_EQ(routes.find("GET", "/v1/users/self").target->path, "/v1/users/self");
  const auto match = routes.find("GET", "/v1/users/a%20b");
  EXPECT_EQ(match.target->path, "/v1/users/{id}");
  EXPECT_THAT(match.captures, ElementsAre(Pair("id", "a b")));
  EXPECT_EQ(routes.find("GET", "/v1/users/").target, nullptr);
  EXPECT_EQ(routes.find("GET", "/v1/users/a/b").target, nullptr);
  EXPECT_EQ(routes.find("GET", "/v1/users/%zz").target, nullptr);
}

TEST(routes, tell_which_methods_a_path_has) {
  const auto routes = router::make({line("GET", "/a"), line("POST", "/a")}).value();
  EXPECT_EQ(routes.find("PUT", "/a").allow, "GET, POST");
  EXPECT_EQ(routes.find("PUT", "/b").allow, "");
}

TEST(routes, refuse_a_table_that_is_wrong) {
  EXPECT_EQ(router::make({line("GET", "/a"), line("GET", "/a")}).error().code, errc::usage);
  EXPECT_EQ(router::make({line("GET", "a")}).error().code, errc::usage);
  auto idle = line("GET", "/a");
  idle.handler = deferred_handler();
  EXPECT_EQ(router::make({idle}).error().code, errc::usage);
}

TEST(problems, carry_code_field_limit_and_request_id) {
  const auto answer =
      problem_response(fail(errc::invalid_field, "Too \"long\".", "name", 40), "0123456789abcdef");
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.content_type, "application/problem+json");
  EXPECT_EQ(nlohmann::json::parse(answer.body),
            nlohmann::json({{"type", "about:blank"},
                            {"title", "Unprocessable Content"},
                            {"status", 422},
                            {"detail", "Too \"long\"."},
                            {"code", "invalid_field"},
                            {"field", "name"},
                            {"limit", 40},
                            {"request_id", "0123456789abcdef"}}));
}

TEST(bearer_tokens, are_read_whatever_the_case_of_the_scheme) {
  request asked;
  EXPECT_FALSE(asked.bearer());
  asked.headers = {{"authorization", "bEARER  abc "}};
  EXPECT_EQ(asked.bearer(), "abc");
  asked.headers = {{"authorization", "Basic abc"}};
  EXPECT_FALSE(asked.bearer());
  asked.headers = {{"authorization", "Bearer "}};
  EXPECT_FALSE(asked.bearer());
}

TEST(accept_encoding, is_read_with_its_weights) {
  EXPECT_TRUE(accepts_zstd("gzip, ZSTD"));
  EXPECT_TRUE(accepts_zstd("zstd;q=0.5"));
  EXPECT_FALSE(accepts_zstd("zstd; q=0"));
  EXPECT_FALSE(accepts_zstd("zstd;q=0.000"));
  EXPECT_FALSE(accepts_zstd("gzip, br"));
  EXPECT_FALSE(accepts_zstd(""));
}

TEST(heads, cannot_be_split_by_a_value) {
  response answer;
  answer.headers = {{"Location", "/a\r\nSet-Cookie: b"}};
  EXPECT_THAT(render_head(answer, {}), HasSubstr("Location: /a  Set-Cookie: b\r\n"));
}

TEST(zstd, survives_a_round_trip) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919);
  for (const auto& plain : {std::string(), std::string("a"), text}) {
    EXPECT_EQ(zstd_decompress(zstd_compress(plain), plain.size()).value(), plain);
  }
}

TEST(zstd, stops_at_the_limit) {
  const auto bomb = zstd_compress(std::string(20'000'000, 'a'));
  EXPECT_LT(bomb.size(), 10'000U);
  const auto refused = zstd_decompress(bomb, 1'000'000);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::body_too_large);
  EXPECT_EQ(refused.error().limit, 1'000'000);
}

/// A frame that does not tell its size in front.
std::string streamed(std::string_view plain, int window_log) {
  auto* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(plain.size()) + 64, '\0');
  ZSTD_outBuffer output{out.data(), out.size(), 0};
  ZSTD_inBuffer input{plain.data(), plain.size(), 0};
  while (ZSTD_compressStream2(context, &output, &input, ZSTD_e_end) != 0) {
  }
  ZSTD_freeCCtx(context);
  out.resize(output.pos);
  return out;
}

TEST(zstd, stops_at_the_limit_when_the_frame_hides_its_size) {
  const auto bomb = streamed(std::string(20'000'000, 'a'), 20);
  EXPECT_EQ(zstd_decompress(bomb, 1'000'000).error().code, errc::body_too_large);
  EXPECT_EQ(zstd_decompress(bomb, 20'000'000)->size(), 20'000'000U);
}

TEST(zstd, stops_at_the_ratio) {
  const auto bomb = zstd_compress(std::string(20'000'000, 'a'));
  const auto refused = zstd_decompress(bomb, 50'000'000, 100);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::bad_request);
  EXPECT_EQ(refused.error().limit, 100);
  EXPECT_EQ(
      zstd_decompress(streamed(std::string(20'000'000, 'a'), 20), 50'000'000, 100).error().limit,
      100)
      << "whether or not it tells its size";
  EXPECT_EQ(zstd_decompress(bomb, 20'000'000, 20'000'000 / bomb.size() + 1)->size(), 20'000'000U);
  EXPECT_EQ(zstd_decompress(bomb, 1'000, 100).error().code, errc::body_too_large)
      << "the lesser of the two counts";
}

// Nothing follows its head: whoever had begun to unpack it would miss the rest.
TEST(zstd, a_size_that_is_told_in_front_is_refused_before_anything_is_unpacked) {
  const auto head = zstd_compress(std::string(20'000'000, 'a')).substr(0, 12);
  EXPECT_EQ(zstd_decompress(head, 1'000'000).error().code, errc::body_too_large);
  EXPECT_EQ(zstd_decompress(head, 50'000'000, 100).error().limit, 100);
  EXPECT_EQ(zstd_decompress(head, 20'000'000).error().code, errc::bad_request) << "not one frame";
}

TEST(zstd, what_it_makes_for_sending_is_what_a_server_takes) {
  EXPECT_FALSE(zstd_for_sending(std::string(k_compress_above, 'a'))) << "too short";
  EXPECT_FALSE(zstd_for_sending(std::string(20'000'000, 'a'))) << "it would swell too much";
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919);
  const auto packed = zstd_for_sending(text);
  ASSERT_TRUE(packed);
  EXPECT_EQ(zstd_decompress(*packed, text.size(), k_zstd_ratio).value(), text);
}

TEST(zstd, refuses_windows_that_take_too_much_memory) {
  const std::string plain(20'000'000, 'a');
  EXPECT_EQ(zstd_decompress(streamed(plain, 23), plain.size())->size(), plain.size());
  EXPECT_EQ(zstd_decompress(streamed(plain, 24), plain.size()).error().code, errc::bad_request);
}

TEST(zstd, refuses_everything_but_one_whole_frame) {
  const auto frame = zstd_compress("some text that is long enough to be cut in many places");
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(zstd_decompress(frame.substr(0, size), 1000).error().code, errc::bad_request) << size;
  }
  EXPECT_EQ(zstd_decompress(frame + frame, 1000).error().code, errc::bad_request);
  EXPECT_EQ(zstd_decompress(frame + "x", 1000).error().code, errc::bad_request);
  const std::string skippable("\x50\x2a\x4d\x18\x04\0\0\0abcd", 12);
  EXPECT_EQ(zstd_decompress(skippable, 1000).error().code, errc::bad_request);
  EXPECT_EQ(zstd_decompress(skippable + frame, 1000).error().code, errc::bad_request);
}

TEST(worker_pools, refuse_when_full_and_when_stopped) {
  worker_pool pool(1, 1);
  std::mutex gate;
  gate.lock();
  std::atomic<int> ran{0};
  std::atomic<bool> began{false};
  ASSERT_TRUE(pool.submit([&] {
    began = true;
    const std::lock_guard wait(gate);
    ++ran;
  }));
  while (!began) std::this_thread::yield();
  EXPECT_TRUE(pool.submit([&] { ++ran; }));
  EXPECT_FALSE(pool.submit([&] { ++ran; }));
  EXPECT_TRUE(pool.submit_admitted([&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 2U);
  gate.unlock();
  while (ran < 3) std::this_thread::yield();
  pool.stop();
  EXPECT_FALSE(pool.submit([&] { ++ran; }));
  EXPECT_EQ(ran, 3);
}

}  // namespace
}  // namespace autocusto::http
