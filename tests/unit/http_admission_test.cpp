// What the head of a request alone decides, as a table: no socket, and no byte of a body.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shared/http/admission.hpp"

namespace autocusto::http {
namespace {

endpoint taking(std::string method, std::string path, std::size_t limit) {
  endpoint out;
  out.method = std::move(method);
  out.path = std::move(path);
  out.body_limit = limit;
  out.handler = blocking_handler([](const request&) { return response{}; });
  return out;
}

router routes_of_test() {
  std::vector<endpoint> lines{taking("GET", "/items/{id}", 0), taking("POST", "/items", 100),
                              taking("POST", "/plain", 100), taking("POST", "/mine", 100)};
  lines[2].plain_only = true;
  lines[3].needs_bearer = true;
  return router::make(std::move(lines)).value();
}

struct admission_case {
  std::string name;
  std::string line;
  std::string headers;
  int status;  ///< 0: let in
  std::string header = {};
};

TEST(http_admission, decides_by_the_head) {
  const std::vector<admission_case> cases{
      {"a good one", "GET /items/a%20b HTTP/1.1", "", 0},
      {"a body within the limit", "POST /items HTTP/1.1", "Content-Length: 100\r\n", 0},
      {"a body beyond it", "POST /items HTTP/1.1", "Content-Length: 101\r\n", 413},
      {"no such path", "GET /other HTTP/1.1", "", 404},
      {"another method", "DELETE /items/a HTTP/1.1", "", 405, "Allow: GET"},
      {"compressed", "POST /items HTTP/1.1", "Content-Length: 9\r\nContent-Encoding: zstd\r\n", 0},
      {"compressed where it may not be", "POST /plain HTTP/1.1",
       "Content-Length: 9\r\nContent-Encoding: zstd\r\n", 415},
      {"an unknown encoding", "POST /items HTTP/1.1",
       "Content-Length: 9\r\nContent-Encoding: gzip\r\n", 415},
      {"no token", "POST /mine HTTP/1.1", "Content-Length: 9\r\n", 401, "WWW-Authenticate: Bearer"},
      {"another scheme", "POST /mine HTTP/1.1", "Content-Length: 9\r\nAuthorization: Basic x\r\n",
       401, "WWW-Authenticate: Bearer"},
      {"a token", "POST /mine HTTP/1.1", "Content-Length: 9\r\nAuthorization: Bearer x\r\n", 0},
      {"a length in doubt", "POST /items HTTP/1.1", "Transfer-Encoding: chunked\r\n", 400},
      {"a space before the colon", "GET /items/a HTTP/1.1", "X : y\r\n", 400},
      {"another protocol", "GET /items/a HTTP/2.0", "", 400},
  };
  const auto routes = routes_of_test();
  for (const auto& c : cases) {
    admission into;
    const auto refused =
        admit(routes, c.line + "\r\nHost: a\r\n" + c.headers + "\r\n", "request-1", into);
    EXPECT_EQ(refused ? refused->status : 0, c.status) << c.name;
    if (!refused) continue;
    std::string found;
    for (const auto& h : refused->headers) {
      if (!c.header.empty() && c.header.starts_with(h.name + ": ")) found = h.name + ": " + h.value;
    }
    EXPECT_EQ(found, c.header) << c.name;
    EXPECT_NE(refused->body.find("request-1"), std::string::npos) << c.name;
  }
}

TEST(http_admission, fills_in_what_it_has_found) {
  const auto routes = routes_of_test();
  admission into;
  ASSERT_FALSE(admit(routes, "GET /items/a%20b?x=1 HTTP/1.1\r\nHost: a\r\n\r\n", "r", into));
  EXPECT_TRUE(into.framed);
  ASSERT_NE(into.target, nullptr);
  const auto asked = take_request(into);
  EXPECT_EQ(asked->captures.at("id"), "a b");
  EXPECT_EQ(asked->query.at("x"), "1");
  admission doubtful;
  ASSERT_TRUE(admit(routes, "GET /items/a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "r", doubtful));
  EXPECT_FALSE(doubtful.framed) << "its end is in doubt: the connection has to close";
  admission lost;
  ASSERT_TRUE(admit(routes, "GET /other HTTP/1.1\r\nHost: a\r\n\r\n", "r", lost));
  EXPECT_TRUE(lost.framed) << "only its path is wrong: the connection may go on";
}

TEST(http_admission, labels_are_the_methods_of_http) {
  for (const auto* known : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(label_of(known), known);
  }
  for (const auto* other : {"get", "BREW", "", "GETX"}) EXPECT_EQ(label_of(other), "OTHER");
}

}  // namespace
}  // namespace autocusto::http
