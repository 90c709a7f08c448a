#include "tests/integration/http_support.hpp"

#include <csignal>
#include <mutex>
#include <stdexcept>

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/http/tls.hpp"

namespace autocusto::http::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr unix_millis k_day = 24LL * 60 * 60 * 1000;

struct free_ssl {
  void operator()(SSL* p) const noexcept { SSL_free(p); }
};
using ssl_ptr = std::unique_ptr<SSL, free_ssl>;

void bound_reads(int socket) {
  // OpenSSL writes to a socket that the other side has closed with a plain write().
  std::signal(SIGPIPE, SIG_IGN);
  const timeval limit{5, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

/// The contexts of this layer allow partial writes.
bool write_all(SSL* tls, std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = SSL_write(tls, bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool readable_within(int socket, milliseconds limit) {
  pollfd state{socket, POLLIN, 0};
  return ::poll(&state, 1, static_cast<int>(limit.count())) > 0;
}

std::size_t announced_length(std::string_view head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string_view::npos ? 0 : std::stoul(std::string(head.substr(at + 16)));
}

}  // namespace

const identity& test_identity() {
  static const identity made = [] {
    identity all;
    const auto now = system_clock_source().now();
    all.ca = make_ca("Test CA", 30, now - k_day);
    all.leaf = issue_leaf(all.ca, {"localhost", "127.0.0.1"}, 365, now - k_day).value();
    all.pin = spki_sha256(all.ca.certificate).value();
    return all;
  }();
  return made;
}

certificate_pair test_leaf(const std::vector<std::string>& names, int days,
                           unix_millis not_before) {
  return issue_leaf(test_identity().ca, names, days, not_before).value();
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(100);
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

std::string reply::header(std::string_view name) const {
  const auto line = "\r\n" + std::string(name) + ": ";
  const auto at = head.find(line);
  if (at == std::string::npos) return {};
  const auto begin = at + line.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

class raw_peer::impl {
 public:
  impl(std::uint16_t port, bool tls, const std::optional<hash256>& pin)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    bound_reads(socket_);
    const auto at = loopback(port);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
      throw std::runtime_error("cannot connect to the server under test");
    }
    if (!tls) return;
    context_ = make_client_context({pin.value_or(test_identity().pin), {}, std::nullopt});
    tls_.reset(SSL_new(context_.get()));
    expect_host(tls_.get(), pin ? "localhost" : "127.0.0.1");
    SSL_set_fd(tls_.get(), socket_);
    if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("the TLS handshake failed");
  }
  ~impl() { close(); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  bool send(std::string_view bytes) {
    if (bytes.empty()) return true;
    if (tls_) return write_all(tls_.get(), bytes);
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  }

  /// More into `input`; false at the end of the connection or after 5 s (then `timed_out`).
  bool read_more() {
    char chunk[16 * 1024];
    const auto got = tls_ ? static_cast<ssize_t>(SSL_read(tls_.get(), chunk, sizeof chunk))
                          : ::recv(socket_, chunk, sizeof chunk, 0);
    if (got > 0) input.append(chunk, static_cast<std::size_t>(got));
    timed_out = got < 0 && errno == EAGAIN;
    return got > 0;
  }

  [[nodiscard]] bool pending(milliseconds limit) const {
    return (tls_ && SSL_pending(tls_.get()) > 0) || readable_within(socket_, limit);
  }

  void close() {
    tls_.reset();
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  std::string input;
  bool timed_out = false;

 private:
  int socket_;
  context_ptr context_;
  ssl_ptr tls_;
};

raw_peer::raw_peer(std::uint16_t port, bool tls, const std::optional<hash256>& pin)
    : impl_(std::make_unique<impl>(port, tls, pin)) {}
raw_peer::~raw_peer() = default;

bool raw_peer::send(std::string_view bytes) {
  return impl_->send(bytes);
}

std::optional<reply> raw_peer::read_reply() {
  auto& input = impl_->input;
  std::size_t end = 0;
  while ((end = input.find("\r\n\r\n")) == std::string::npos) {
    if (!impl_->read_more()) return std::nullopt;
  }
  reply got;
  got.head = input.substr(0, end + 2);
  got.status = std::stoi(got.head.substr(9, 3));
  input.erase(0, end + 4);
  const auto length = announced_length(got.head);
  while (input.size() < length) {
    if (!impl_->read_more()) return std::nullopt;
  }
  got.body = input.substr(0, length);
  input.erase(0, length);
  return got;
}

std::optional<std::string> raw_peer::read_to_end() {
  while (impl_->read_more()) {
  }
  if (impl_->timed_out) return std::nullopt;
  return std::exchange(impl_->input, {});
}

bool raw_peer::closed_within(milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (steady_clock::now() < deadline) {
    if (impl_->pending(milliseconds(10)) && !impl_->read_more()) return !impl_->timed_out;
  }
  return false;
}

void raw_peer::close() {
  impl_->close();
}

class scripted_server::impl {
 public:
  explicit impl(std::vector<std::vector<std::string>> connections)
      : script_(std::move(connections)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        context_(
            make_server_context(test_identity().leaf.certificate, test_identity().leaf.private_key)
                .value()) {
    auto at = loopback(0);
    socklen_t size = sizeof at;
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
        ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~impl() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  std::uint16_t port = 0;
  std::atomic<int> requests{0};

 private:
  void run() {
    std::size_t next = 0;
    while (!stopping_) {
      if (!readable_within(listener_, milliseconds(10))) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      bound_reads(socket);
      if (next < script_.size()) serve(socket, script_[next++]);
      ::close(socket);
    }
  }

  void serve(int socket, const std::vector<std::string>& answers) {
    const ssl_ptr tls(SSL_new(context_.get()));
    SSL_set_fd(tls.get(), socket);
    if (SSL_accept(tls.get()) != 1) return;
    std::string input;
    for (const auto& answer : answers) {
      if (!read_request(tls.get(), input)) return;
      ++requests;
      if (!write_all(tls.get(), answer)) return;
    }
    SSL_shutdown(tls.get());
  }

  static bool read_request(SSL* tls, std::string& input) {
    char chunk[16 * 1024];
    while (true) {
      const auto end = input.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto size = end + 4 + announced_length(input.substr(0, end + 2));
        if (input.size() >= size) {
          input.erase(0, size);
          return true;
        }
      }
      const int got = SSL_read(tls, chunk, sizeof chunk);
      if (got <= 0) return false;
      input.append(chunk, static_cast<std::size_t>(got));
    }
  }

  std::vector<std::vector<std::string>> script_;
  int listener_;
  context_ptr context_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

scripted_server::scripted_server(std::vector<std::vector<std::string>> connections)
    : impl_(std::make_unique<impl>(std::move(connections))) {}
scripted_server::~scripted_server() = default;

std::uint16_t scripted_server::port() const {
  return impl_->port;
}

int scripted_server::requests() const {
  return impl_->requests;
}

server_options test_server_options() {
  server_options options;
  options.certificate_chain = test_identity().leaf.certificate;
  options.private_key = test_identity().leaf.private_key;
  return options;
}

std::unique_ptr<server> start_or_throw(server_options options, std::vector<endpoint> endpoints) {
  return server::start(std::move(options), std::move(endpoints)).value();
}

client_options test_client_options(std::uint16_t port) {
  client_options options;
  options.host = "127.0.0.1";
  options.port = port;
  options.ca_pin = test_identity().pin;
  return options;
}

}  // namespace autocusto::http::testing
