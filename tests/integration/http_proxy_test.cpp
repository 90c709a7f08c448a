// Through a proxy's tunnel: the environment names it, CONNECT opens it, TLS goes on inside it.
#include <cstdlib>
#include <map>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/http/proxy.hpp"
#include "tests/integration/http_support.hpp"

namespace autocusto::http {
namespace {

using namespace testing;
using ::testing::HasSubstr;

sockaddr_in loopback_at(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

/// Takes one connection, answers its CONNECT, and with 200 passes everything on to `target`.
class one_proxy {
 public:
  one_proxy(std::uint16_t target, std::string answer)
      : target_(target), answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    auto at = loopback_at(0);
    socklen_t size = sizeof at;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
        ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  one_proxy(const one_proxy&) = delete;
  one_proxy& operator=(const one_proxy&) = delete;
  ~one_proxy() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  /// What it was asked; only after the request.
  [[nodiscard]] const std::string& asked() const { return asked_; }

  std::uint16_t port = 0;

 private:
  void run() {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    char c = 0;
    while (!asked_.ends_with("\r\n\r\n") && ::recv(client, &c, 1, 0) == 1) asked_ += c;
    ::send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (answer_.find(" 200 ") != std::string::npos) pass_on(client);
    ::close(client);
  }
  void pass_on(int client) const {
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto at = loopback_at(target_);
    bool going = ::connect(server, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    while (going) {
      pollfd both[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(both, 2, 10'000) <= 0) break;
      for (int i = 0; i < 2; ++i) {
        if (both[i].revents == 0) continue;
        char bytes[4096];
        const auto got = ::recv(both[i].fd, bytes, sizeof bytes, 0);
        going = going && got > 0 &&
                ::send(both[1 - i].fd, bytes, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
      }
    }
    ::close(server);
  }

  std::uint16_t target_;
  std::string answer_;
  int listener_;
  std::string asked_;
  std::thread thread_;
};

class through_proxy : public ::testing::Test {
 protected:
  through_proxy() {
    auto options = test_server_options();
    const auto leaf = test_leaf({"sync.clinic.test"}, 30, system_clock_source().now() - 86'400'000);
    options.certificate_chain = leaf.certificate;
    options.private_key = leaf.private_key;
    const auto handler = blocking_handler([](const request&) { return json_response("{}"); });
    running = start_or_throw(std::move(options), {{"GET", "/", 0, false, handler}});
  }
  ~through_proxy() override { ::unsetenv("https_proxy"); }

  /// A name that only the proxy can reach.
  [[nodiscard]] result<response> ask(std::uint16_t proxy, const std::string& user = "") const {
    ::setenv("https_proxy", ("http://" + user + "127.0.0.1:" + std::to_string(proxy)).c_str(), 1);
    auto options = test_client_options(running->port());
    options.host = "sync.clinic.test";
    options.proxy_from_environment = true;
    client asking(std::move(options));
    return asking.send({});
  }

  std::unique_ptr<server> running;
};

TEST_F(through_proxy, tls_goes_to_the_server_itself) {
  one_proxy proxy(running->port(), "HTTP/1.1 200 Connection established\r\n\r\n");
  const auto answer = ask(proxy.port);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(proxy.asked(), "CONNECT sync.clinic.test:" + std::to_string(running->port()) +
                               " HTTP/1.1\r\nHost: sync.clinic.test:" +
                               std::to_string(running->port()) + "\r\n\r\n");
}

TEST_F(through_proxy, a_name_and_password_are_given) {
  one_proxy proxy(running->port(), "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n");
  EXPECT_TRUE(ask(proxy.port, "ana:s%40o@"));
  EXPECT_THAT(proxy.asked(), HasSubstr("Proxy-Authorization: Basic YW5hOnNAbw==\r\n"));
}

TEST_F(through_proxy, a_refusal_is_told_by_name) {
  one_proxy wants_name(running->port(),
                       "HTTP/1.1 407 Proxy Authentication Required\r\n"
                       "Content-Length: 0\r\n\r\n");
  auto refused = ask(wants_name.port);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::unreachable);
  EXPECT_THAT(refused.error().message, HasSubstr("asks for a name and a password"));
  one_proxy filter(running->port(), "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n<a/>\n");
  refused = ask(filter.port);
  EXPECT_THAT(refused.error().message, HasSubstr("“127.0.0.1” does not open a way"));
  EXPECT_THAT(refused.error().message, HasSubstr("status 403"));
  one_proxy eager(running->port(), "HTTP/1.1 200 OK\r\n\r\nand more");
  EXPECT_THAT(ask(eager.port).error().message, HasSubstr("what nobody asked for"));
  one_proxy silent(running->port(), "");
  EXPECT_THAT(ask(silent.port).error().message, HasSubstr("no answer"));
}

TEST_F(through_proxy, no_sentence_names_the_password) {
  const char* answers[] = {"", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.1 407 Proxy Authentication Required\r\n"
                           "Content-Length: 0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\n\r\nand more", "SSH-2.0-x\r\n\r\n"};
  for (const char* each : answers) {
    one_proxy proxy(running->port(), each);
    const auto refused = ask(proxy.port, "ana:girassol@");
    ASSERT_TRUE(refused.has_error()) << each;
    EXPECT_THAT(refused.error().message, Not(HasSubstr("girassol"))) << each;
  }
  for (const char* odd :
       {"socks5://ana:girassol@p:1", "http://ana:girassol@", "ana:girassol@p:0"}) {
    const auto read = proxy_for("sync.clinic.test", [&](const char* name) -> const char* {
      return std::string_view(name) == "https_proxy" ? odd : nullptr;
    });
    ASSERT_TRUE(read.has_error()) << odd;
    EXPECT_THAT(read.error().message, Not(HasSubstr("girassol"))) << odd;
  }
}

TEST_F(through_proxy, an_impostor_inside_the_tunnel_is_not_believed) {
  const auto handler = blocking_handler([](const request&) { return json_response("{}"); });
  const auto other = start_or_throw(test_server_options(), {{"GET", "/", 0, false, handler}});
  one_proxy proxy(other->port(), "HTTP/1.1 200 OK\r\n\r\n");
  const auto refused = ask(proxy.port);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::untrusted_server) << "another name in its certificate";
}

using variables = std::map<std::string, std::string>;

std::string named(const variables& all, const std::string& host = "sync.clinic.test") {
  const auto found = proxy_for(host, [&all](const char* name) -> const char* {
    const auto at = all.find(name);
    return at == all.end() ? nullptr : at->second.c_str();
  });
  if (!found) return std::string(code_name(found.error().code));
  if (!*found) return "direct";
  const auto& by = **found;
  return by.host + " " + std::to_string(by.port) +
         (by.credentials.empty() ? "" : " " + by.credentials);
}

TEST(proxy_environment, is_read_as_other_programs_do) {
  EXPECT_EQ(named({}), "direct");
  EXPECT_EQ(named({{"https_proxy", "http://proxy:3128"}}), "proxy 3128");
  EXPECT_EQ(named({{"HTTPS_PROXY", "http://proxy:3128/"}}), "proxy 3128");
  EXPECT_EQ(named({{"https_proxy", "proxy:3128"}, {"HTTPS_PROXY", "http://b"}}), "proxy 3128");
  EXPECT_EQ(named({{"all_proxy", "http://proxy"}}), "proxy 80");
  EXPECT_EQ(named({{"https_proxy", "http://u:p%3Aw@[::2]:99"}}), "::2 99 u:p:w");
  EXPECT_EQ(named({{"http_proxy", "http://proxy:3128"}}), "direct") << "not for TLS";
  EXPECT_EQ(named({{"https_proxy", ""}}), "direct");
  EXPECT_EQ(named({{"ALL_PROXY", "socks5://proxy:1080"}}), "direct") << "for other programs";
  EXPECT_EQ(named({{"all_proxy", "SOCKS5h://p:1"}, {"ALL_PROXY", "http://b:2"}}), "b 2");
  EXPECT_EQ(named({{"all_proxy", "http://a:b:c"}}), "usage");
  for (const char* odd : {"socks5://proxy:1", "https://proxy", "http://", "http://a:b:c", "a:0",
                          "a:99999", "http://[::1", "a b:1"}) {
    EXPECT_EQ(named({{"https_proxy", odd}}), "usage") << odd;
  }
}

TEST(proxy_environment, excepts_this_machine_and_whom_no_proxy_names) {
  const auto with = [](const std::string& list, const std::string& host = "sync.clinic.test") {
    return named({{"https_proxy", "http://p:1"}, {"no_proxy", list}}, host);
  };
  for (const char* here : {"localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_EQ(with("", here), "direct") << here;
  }
  for (const char* list :
       {"*", "sync.clinic.test", "a, SYNC.clinic.test ,b", "clinic.test", ".clinic.test", "test",
        "*.clinic.test", "sync.clinic.test:8443", "*.test:443"}) {
    EXPECT_EQ(with(list), "direct") << list;
  }
  for (const auto& [list, host] : {std::pair("192.168.0.0/16", "192.168.7.9"),
                                   {"10.1.2.3/8", "10.200.0.1"},
                                   {"a, fd00::/8", "fd12::7"},
                                   {"[fd12::7]:8443", "fd12::7"},
                                   {"fd12::7", "fd12::7"},
                                   {"10.0.0.4:8443", "10.0.0.4"}}) {
    EXPECT_EQ(with(list, host), "direct") << list;
  }
  for (const auto& [list, host] : {std::pair("192.168.0.0/16", "192.169.0.1"),
                                   {"192.168.0.0/33", "192.168.0.1"},
                                   {"192.168.0.0/16", "fd00::1"},
                                   {"fd00::/8", "192.168.0.1"},
                                   {"192.168.0.0/16", "sync.clinic.test"},
                                   {"/", "192.168.0.1"}}) {
    EXPECT_EQ(with(list, host), "p 1") << list;
  }
  for (const char* list : {"", "inic.test", "other.test", "sync.clinic.test.br", ","}) {
    EXPECT_EQ(with(list), "p 1") << list;
  }
}

}  // namespace
}  // namespace autocusto::http
