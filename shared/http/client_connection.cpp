// The client's connection. This file and server_session.cpp are the only ones that instantiate
// asynchronous socket operations; see there for what GCC 12 asks of co_await expressions.

#include "shared/http/client_connection.hpp"

#include <atomic>
#include <system_error>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "shared/http/framing.hpp"
#include "shared/http/tls.hpp"

namespace autocusto::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr auto k_await = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t k_head_limit = 16 * 1024;
constexpr std::size_t k_head_chunk = 4 * 1024;
constexpr std::size_t k_body_chunk = 64 * 1024;
/// After everything was cancelled: how long to wait for it to be over. Only a name lookup, which
/// nothing can end, may take longer; it is then left to end by itself.
constexpr std::chrono::milliseconds k_unwind{200};

error unreachable(std::string message) {
  return fail(errc::unreachable, std::move(message));
}

error protocol(std::string message) {
  return fail(errc::protocol_error, std::move(message));
}

/// The sockets of one connection. Shared by the owner and its coroutines, so that one that was
/// given up keeps what it uses.
struct link {
  explicit link(asio::io_context& io) : resolver(io), socket(io) {}

  tcp::resolver resolver;
  tcp::socket socket;
  std::optional<asio::ssl::stream<tcp::socket&>> tls;
  std::string input;                ///< read, not yet used
  std::optional<hash256> peer_key;  ///< of the certificate that the server has shown

  void close() {
    error_code ignored;
    resolver.cancel();
    socket.close(ignored);
  }
};
using link_ptr = std::shared_ptr<link>;

/// What a coroutine leaves behind for its caller.
struct progress {
  bool done = false;
  std::exception_ptr thrown;
  exchange_outcome outcome;
};
using progress_ptr = std::shared_ptr<progress>;

awaitable<bool> read_some(link_ptr on, asio::mutable_buffer into, std::size_t& got) {
  std::tuple<error_code, std::size_t> done;
  if (on->tls) {
    done = co_await on->tls->async_read_some(into, k_await);
  } else {
    done = co_await on->socket.async_read_some(into, k_await);
  }
  got = std::get<1>(done);
  co_return !std::get<0>(done) && got > 0;
}

awaitable<bool> write_all(link_ptr on, std::string_view bytes) {
  if (bytes.empty()) co_return true;
  const auto from = asio::buffer(bytes.data(), bytes.size());
  std::tuple<error_code, std::size_t> done;
  if (on->tls) {
    done = co_await asio::async_write(*on->tls, from, k_await);
  } else {
    done = co_await asio::async_write(on->socket, from, k_await);
  }
  co_return !std::get<0>(done);
}

struct open_request {
  std::string host;
  std::uint16_t port = 0;
  ssl_ctx_st* tls = nullptr;
  std::optional<proxy_address> proxy;
};

awaitable<std::optional<error>> shake_hands(link_ptr on, open_request asked) {
  auto* connection = SSL_new(asked.tls);
  if (connection == nullptr) throw std::bad_alloc();
  on->tls.emplace(on->socket, connection);  // owns the SSL from here on
  expect_host(connection, asked.host);
  auto done = co_await on->tls->async_handshake(asio::ssl::stream_base::client, k_await);
  const auto ec = std::get<0>(done);
  if (!ec) {
    on->peer_key = peer_key(connection);
    co_return std::nullopt;
  }
  if (auto refused = refusal(connection, asked.host)) co_return refused;
  co_return unreachable("The server at " + asked.host + " does not speak TLS as expected (" +
                        ec.message() + "); check its address and port.");
}

/// Status and headers of a response head, and how long its body is.
struct response_head {
  raw_response answer;
  std::size_t length = 0;
  bool close = false;
};

result<std::size_t> body_length(const raw_response& answer, bool head_only, std::size_t limit) {
  if (find_header(answer.headers, "transfer-encoding")) {
    return protocol("The server's response has a Transfer-Encoding, which is not accepted.");
  }
  if (head_only || answer.status == 204 || answer.status == 304) return std::size_t{0};
  std::size_t length = 0;
  int lines = 0;
  for (const auto& [name, value] : answer.headers) {
    if (name != "content-length") continue;
    ++lines;
    const auto digits = value.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || value.empty() || value.size() > 18) lines = 2;
    if (lines == 1) length = std::stoull(value);
  }
  if (lines != 1) return protocol("The server's response does not tell its length.");
  if (length > limit) {
    return fail(errc::protocol_error, "The server's response is larger than was asked for.", {},
                static_cast<std::int64_t>(limit));
  }
  return length;
}

/// A refusal or a redirect without JSON, or a page for people: not from a server of ours.
bool made_on_the_way(const raw_response& answer) {
  const auto type = find_header(answer.headers, "content-type").value_or("");
  if (answer.status < 200 || type.find("json") != std::string_view::npos) return false;
  return answer.status > 299 || type.starts_with("text/html");
}

result<response_head> read_head(std::string_view text, bool head_only, std::size_t limit) {
  beast::http::response_parser<beast::http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(text.size() + 1));
  parser.body_limit(boost::none);
  parser.skip(head_only);
  error_code ec;
  parser.put(asio::buffer(text.data(), text.size()), ec);
  const auto& message = parser.get();
  if ((ec && ec != beast::http::error::need_more && ec != beast::http::error::unexpected_body) ||
      !parser.is_header_done() || message.result_int() < 200) {
    return protocol("What the server sent is not an HTTP response; check its address and port.");
  }
  response_head head;
  head.answer.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    header line{std::string(field.name_string()), std::string(field.value())};
    for (char& c : line.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    head.answer.headers.push_back(std::move(line));
  }
  head.close = !message.keep_alive();
  const auto length = body_length(head.answer, head_only, limit);
  const bool readable = length && !find_header(head.answer.headers, "content-encoding");
  if (!readable && made_on_the_way(head.answer)) {
    // What stands on the way answers as it likes. Its status and headers tell who it is; the body
    // is left alone, and the connection with it.
    std::erase_if(head.answer.headers,
                  [](const header& line) { return line.name == "content-encoding"; });
    head.close = true;
    return head;
  }
  if (!length) return length.error();
  head.length = *length;
  return head;
}

/// Asks the proxy for a tunnel (CONNECT); what it says instead.
awaitable<std::optional<error>> open_tunnel(link_ptr on, open_request asked) {
  const auto request = connect_request(*asked.proxy, asked.host, asked.port);
  bool going = co_await write_all(on, request);
  std::size_t got = 0;
  while (going && !head_end(on->input) && on->input.size() <= k_head_limit) {
    const auto have = on->input.size();
    on->input.resize(have + k_head_chunk);
    const auto into = asio::buffer(on->input.data() + have, k_head_chunk);
    going = co_await read_some(on, into, got);
    on->input.resize(have + (going ? got : 0));
  }
  const auto size = head_end(on->input);
  const auto head = size ? read_head(std::string_view(on->input).substr(0, *size), true, 0)
                         : result<response_head>(protocol("no answer"));
  const int status = head ? head->answer.status : 0;
  const std::string by = "The proxy “" + asked.proxy->host + "”";
  if (status == 407) {
    co_return unreachable(by +
                          " asks for a name and a password (407); give them in https_proxy, or ask "
                          "whoever runs the network.");
  }
  const bool open = status >= 200 && status <= 299;
  if (!open) {
    co_return unreachable(by + " does not open a way to the server (" +
                          (status == 0 ? "no answer" : "status " + std::to_string(status)) +
                          "); ask whoever runs the network.");
  }
  // Before TLS has begun the server says nothing.
  if (on->input.size() > *size) {
    co_return unreachable(by + " sends what nobody asked for; ask whoever runs the network.");
  }
  on->input.clear();
  co_return std::nullopt;
}

awaitable<void> open_link(link_ptr on, open_request asked, progress_ptr state) {
  const auto host = asked.proxy ? asked.proxy->host : asked.host;
  const auto service = std::to_string(asked.proxy ? asked.proxy->port : asked.port);
  const std::string what = asked.proxy ? "proxy" : "server";
  auto found =
      co_await on->resolver.async_resolve(host, service, tcp::resolver::numeric_service, k_await);
  if (std::get<0>(found)) {
    state->outcome.problem =
        unreachable("The " + what + "'s name " + host + " cannot be looked up (" +
                    std::get<0>(found).message() + "); check the network.");
    co_return;
  }
  const auto& addresses = std::get<1>(found);
  auto connected = co_await asio::async_connect(on->socket, addresses, k_await);
  if (std::get<0>(connected)) {
    state->outcome.problem =
        unreachable("The " + what + " at " + host + " port " + service + " cannot be reached (" +
                    std::get<0>(connected).message() + "); check the network, or try later.");
    co_return;
  }
  error_code ignored;
  on->socket.set_option(tcp::no_delay(true), ignored);
  if (asked.proxy) {
    state->outcome.problem = co_await open_tunnel(on, asked);
    if (state->outcome.problem) co_return;
  }
  if (asked.tls != nullptr) {
    state->outcome.problem = co_await shake_hands(on, std::move(asked));
  }
}

struct exchange_request {
  std::string head;
  std::string body;
  bool head_only = false;
  std::size_t limit = 0;
};

awaitable<void> run_exchange(link_ptr on, exchange_request asked, progress_ptr state) {
  constexpr std::string_view ended = "The connection to the server ended; it is tried again later.";
  auto& outcome = state->outcome;
  bool sent = co_await write_all(on, asked.head);
  if (sent) sent = co_await write_all(on, asked.body);
  // A server that refuses a request by its head may answer and close before it has read the body:
  // what it said is worth reading even when sending failed.
  std::size_t got = 0;
  while (!head_end(on->input)) {
    const auto have = on->input.size();
    if (have > k_head_limit) {
      outcome.problem = protocol("The head of the server's response is too long.");
      co_return;
    }
    on->input.resize(have + k_head_chunk);
    const auto into = asio::buffer(on->input.data() + have, k_head_chunk);
    const bool some = co_await read_some(on, into, got);
    on->input.resize(have + (some ? got : 0));
    if (some) continue;
    outcome.before_any_byte = have == 0;
    outcome.problem = unreachable(std::string(ended));
    co_return;
  }
  const auto size = *head_end(on->input);
  auto head = read_head(std::string_view(on->input).substr(0, size), asked.head_only, asked.limit);
  on->input.erase(0, size);
  if (!head) {
    outcome.problem = head.error();
    co_return;
  }
  auto& body = head->answer.body;
  body = on->input.substr(0, head->length);
  on->input.erase(0, body.size());
  while (body.size() < head->length) {
    const auto have = body.size();
    const auto room = std::min(head->length - have, std::max(k_body_chunk, have));
    body.resize(have + room);
    const auto into = asio::buffer(body.data() + have, room);
    const bool some = co_await read_some(on, into, got);
    body.resize(have + (some ? got : 0));
    if (some) continue;
    outcome.problem = unreachable(std::string(ended));
    co_return;
  }
  // Bytes behind the response were not asked for: nobody knows whose answer they are.
  if (head->close || !sent || !on->input.empty()) on->close();
  outcome.answer = std::move(head->answer);
}

}  // namespace

class client_connection::impl {
 public:
  impl() : wake_(io_, new_eventfd()) {}
  ~impl() { close(); }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;

  /// Runs the coroutine until it ends, the deadline passes, or `interrupt`. Whatever the reason, a
  /// coroutine that is not done has been cut off from its sockets.
  exchange_outcome drive(awaitable<void> work, const progress_ptr& state, deadline_point deadline) {
    if (interrupted_) return given_up();
    auto note_end = [state](const std::exception_ptr& thrown) {
      state->done = true;
      state->thrown = thrown;
    };
    asio::co_spawn(io_, std::move(work), std::move(note_end));
    io_.restart();
    watch_interrupt();
    while (!state->done && !interrupted_ && io_.run_one_until(deadline) > 0) {
    }
    if (!state->done) return cut_off(state);
    if (state->thrown) std::rethrow_exception(state->thrown);
    return std::move(state->outcome);
  }

  result<void> open(open_request asked, deadline_point deadline) {
    close();
    link_ = std::make_shared<link>(io_);
    const auto state = std::make_shared<progress>();
    auto outcome = drive(open_link(link_, std::move(asked), state), state, deadline);
    if (!outcome.problem) return {};
    close();
    return *std::move(outcome.problem);
  }

  exchange_outcome exchange(exchange_request asked, deadline_point deadline) {
    const auto state = std::make_shared<progress>();
    auto outcome = drive(run_exchange(link_, std::move(asked), state), state, deadline);
    if (outcome.problem) close();
    return outcome;
  }

  [[nodiscard]] std::optional<hash256> peer() const {
    return link_ ? link_->peer_key : std::nullopt;
  }

  [[nodiscard]] bool usable() const {
    if (!link_ || !link_->socket.is_open()) return false;
    pollfd state{link_->socket.native_handle(), POLLRDHUP, 0};
    const bool ended = ::poll(&state, 1, 0) > 0 &&
                       (state.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
    return !ended;
  }

  void close() {
    if (link_) link_->close();
    link_.reset();
  }

  void interrupt() noexcept {
    interrupted_ = true;
    const std::uint64_t one = 1;
    // A full counter is readable as well: there is nothing to do about a failure.
    [[maybe_unused]] const auto written = ::write(wake_.native_handle(), &one, sizeof one);
  }

  void clear_interrupt() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.native_handle(), &count, sizeof count);
    interrupted_ = false;
  }

  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

 private:
  static int new_eventfd() {
    const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    return descriptor;
  }

  /// Makes the event loop return when the descriptor becomes readable; the flag tells the rest.
  void watch_interrupt() {
    if (watching_) return;
    watching_ = true;
    wake_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this](const error_code&) { watching_ = false; });
  }

  exchange_outcome cut_off(const progress_ptr& state) {
    close();
    const auto patience = steady_clock::now() + k_unwind;
    while (!state->done && io_.run_one_until(patience) > 0) {
    }
    return given_up();
  }

  [[nodiscard]] exchange_outcome given_up() const {
    exchange_outcome outcome;
    outcome.problem = interrupted_
                          ? unreachable("The request was interrupted.")
                          : unreachable("The server did not answer in time; try again later.");
    return outcome;
  }

  asio::io_context io_{1};
  asio::posix::stream_descriptor wake_;
  bool watching_ = false;
  std::atomic<bool> interrupted_{false};
  static_assert(std::atomic<bool>::is_always_lock_free);  // interrupt() runs in signal handlers
  link_ptr link_;
};

client_connection::client_connection() : impl_(std::make_unique<impl>()) {}
client_connection::~client_connection() = default;

result<void> client_connection::open(const std::string& host, std::uint16_t port, ssl_ctx_st* tls,
                                     deadline_point deadline, std::optional<proxy_address> proxy) {
  open_request asked;
  asked.proxy = std::move(proxy);
  asked.host = host;
  asked.port = port;
  asked.tls = tls;
  return impl_->open(std::move(asked), deadline);
}

exchange_outcome client_connection::exchange(std::string head, std::string body, bool head_only,
                                             std::size_t limit, deadline_point deadline) {
  exchange_request asked;
  asked.head = std::move(head);
  asked.body = std::move(body);
  asked.head_only = head_only;
  asked.limit = limit;
  return impl_->exchange(std::move(asked), deadline);
}

std::optional<hash256> client_connection::peer_key() const {
  return impl_->peer();
}

bool client_connection::usable() const {
  return impl_->usable();
}

void client_connection::close() {
  impl_->close();
}

void client_connection::interrupt() noexcept {
  impl_->interrupt();
}

void client_connection::clear_interrupt() {
  impl_->clear_interrupt();
}

bool client_connection::interrupted() const noexcept {
  return impl_->interrupted();
}

}  // namespace autocusto::http
