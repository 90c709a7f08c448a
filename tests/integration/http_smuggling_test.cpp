// Requests whose end two servers could see at different places, over a real TLS socket: each is
// refused, the connection closed, and what follows never taken for a request.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/http_support.hpp"

namespace autocusto::http::testing {
namespace {

struct shape {
  const char* name;
  std::string head;
  int status;
  const char* code;
};

class ambiguous_request : public ::testing::TestWithParam<shape> {};

TEST_P(ambiguous_request, is_refused_and_ends_the_connection) {
  std::atomic<int> handled{0};
  const auto count = blocking_handler([&handled](const request&) {
    ++handled;
    return json_response("{}");
  });
  const auto running = start_or_throw(test_server_options(), {{"POST", "/", 1000, false, count},
                                                              {"GET", "/", 1000, false, count},
                                                              {"GET", "/hidden", 0, false, count}});
  raw_peer peer(running->port());
  ASSERT_TRUE(peer.send(GetParam().head + "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"));
  const auto answer = peer.read_reply();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, GetParam().status);
  EXPECT_EQ(answer->header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer->header("Connection"), "close");
  EXPECT_THAT(answer->body, ::testing::HasSubstr("\"code\":\"" + std::string(GetParam().code)));
  EXPECT_EQ(peer.read_to_end(), "") << "nothing may follow the refusal";
  EXPECT_EQ(handled, 0);
}

const std::string k_post = "POST / HTTP/1.1\r\nHost: a\r\n";

INSTANTIATE_TEST_SUITE_P(
    shapes, ambiguous_request,
    ::testing::Values(
        shape{"gzip_then_length",
              k_post + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", 400,
              "transfer_encoding_refused"},
        shape{"gzip_without_length", k_post + "Transfer-Encoding: gzip\r\n\r\nabcde", 400,
              "transfer_encoding_refused"},
        shape{"chunked_gzip", k_post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400,
              "transfer_encoding_refused"},
        shape{"chunked", k_post + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
              "transfer_encoding_refused"},
        shape{"chunked_in_http10",
              "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
              "transfer_encoding_refused"},
        shape{"chunked_and_length",
              k_post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400,
              "transfer_encoding_refused"},
        shape{"length_and_chunked",
              k_post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
              "transfer_encoding_refused"},
        shape{"hidden_coding_name", k_post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400,
              "bad_request"},
        shape{"folded_coding", k_post + "X: y\r\n Transfer-Encoding: chunked\r\n\r\n", 400,
              "bad_request"},
        shape{"two_lengths", k_post + "Content-Length: 5\r\nContent-Length: 0\r\n\r\nabcde", 400,
              "bad_request"},
        shape{"two_equal_lengths", k_post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
              400, "bad_request"},
        shape{"length_list", k_post + "Content-Length: 5, 5\r\n\r\nabcde", 400, "bad_request"},
        shape{"no_length", k_post + "\r\n", 411, "length_required"},
        shape{"no_host", "GET / HTTP/1.1\r\n\r\n", 400, "bad_request"},
        shape{"two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "bad_request"},
        shape{"other_version", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400, "bad_request"},
        shape{"absolute_target", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "bad_request"},
        shape{"bare_line_feed", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, "bad_request"},
        shape{"head_too_long",
              "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431,
              "bad_request"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace autocusto::http::testing
