// GCC 12 miscompiles some temporaries inside co_await expressions (GCC bugs 95599, 107288):
// arguments of awaited calls are named first here, and no lambda that captures stands in them.

#include "shared/http/server_stream.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

namespace autocusto::http {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr auto k_await = asio::as_tuple(asio::use_awaitable_t<socket_executor>());
/// A request seldom needs more; many connections wait with such a buffer.
constexpr std::size_t k_least_received = std::size_t{4} * 1024;
/// A whole TLS record, for bodies.
constexpr std::size_t k_most_received = std::size_t{17} * 1024;
/// Encrypted ahead of the socket.
constexpr std::size_t k_ahead = std::size_t{64} * 1024;
constexpr std::size_t k_thrown_away = std::size_t{64} * 1024;

}  // namespace

/// How OpenSSL reaches the buffers of a stream.
struct stream_bio {
  static int read(BIO* bio, char* into, int size) {
    auto& stream = *static_cast<server_stream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto left = stream.received_ - stream.taken_;
    if (left == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const auto part = std::min(left, static_cast<std::size_t>(size));
    std::memcpy(into, stream.room_.get() + stream.taken_, part);
    stream.taken_ += part;
    return static_cast<int>(part);
  }

  static int write(BIO* bio, const char* from, int size) {
    auto& stream = *static_cast<server_stream*>(BIO_get_data(bio));
    try {
      stream.outgoing_.append(from, static_cast<std::size_t>(size));
    } catch (const std::bad_alloc&) {  // must not pass through C code
      return -1;
    }
    return size;
  }

  static long control(BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      auto* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "server stream");
      if (fresh == nullptr || BIO_meth_set_read(fresh, read) != 1 ||
          BIO_meth_set_write(fresh, write) != 1 || BIO_meth_set_ctrl(fresh, control) != 1) {
        throw std::bad_alloc();
      }
      return fresh;
    }();
    return made;
  }
};

void server_stream::ssl_deleter::operator()(ssl_st* connection) const noexcept {
  SSL_free(connection);
}

server_stream::server_stream(server_socket socket, ssl_ctx_st* tls)
    : socket_(std::move(socket)), timer_(socket_.get_executor()) {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  if (tls == nullptr) return;
  tls_.reset(SSL_new(tls));  // which keeps its context alive
  auto* bio = BIO_new(stream_bio::method());
  if (!tls_ || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls_.get(), bio, bio);
  SSL_set_accept_state(tls_.get());
}

server_stream::~server_stream() = default;

void server_stream::expires_after(std::chrono::milliseconds time) {
  deadline_ = steady_clock::now() + time;
  if (!watched_ || deadline_ < *watched_) watch();
}

void server_stream::watch() {
  watched_ = deadline_;
  timer_.expires_at(deadline_);
  timer_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
    if (cancelled) return;
    if (const auto self = weak.lock()) self->look_at_deadline();
  });
}

void server_stream::look_at_deadline() {
  watched_.reset();
  if (deadline_ == steady_clock::time_point::max()) return;
  if (steady_clock::now() < deadline_) {
    watch();
  } else {
    close();
  }
}

socket_task<bool> server_stream::handshake() {
  while (tls_) {
    ERR_clear_error();
    const int done = SSL_do_handshake(tls_.get());
    const int why_not = done == 1 ? SSL_ERROR_NONE : SSL_get_error(tls_.get(), done);
    if (why_not != SSL_ERROR_NONE && why_not != SSL_ERROR_WANT_READ) broken_ = true;
    // Also the alert that tells why it failed.
    if (!send_now()) {
      const bool flushed = co_await flush();
      if (!flushed) co_return false;
    }
    if (broken_) co_return false;
    if (done == 1) co_return true;
    const bool more = co_await receive(k_least_received);
    if (!more) co_return false;
  }
  co_return true;
}

server_stream::decrypted server_stream::read_decrypted(std::string& to, std::size_t most) {
  thread_local std::array<char, k_most_received> plain;
  if (taken_ == received_ && SSL_pending(tls_.get()) == 0) return decrypted::nothing_yet;
  ERR_clear_error();
  std::size_t got = 0;
  const int done = SSL_read_ex(tls_.get(), plain.data(), std::min(most, plain.size()), &got);
  if (done == 1) {
    to.append(plain.data(), got);
    return decrypted::some;
  }
  if (SSL_get_error(tls_.get(), done) == SSL_ERROR_WANT_READ) return decrypted::nothing_yet;
  broken_ = true;
  send_now();  // the alert that tells why
  return decrypted::end;
}

/// What comes next, into `room_`.
socket_task<bool> server_stream::receive(std::size_t wanted) {
  const auto size = std::clamp(wanted, k_least_received, k_most_received);
  // What a body took is given back: most connections wait most of the time.
  if (room_size_ < size || size == k_least_received) {
    if (room_size_ != size) room_ = std::make_unique_for_overwrite<char[]>(size);
    room_size_ = size;
  }
  received_ = 0;
  taken_ = 0;
  const auto into = asio::buffer(room_.get(), room_size_);
  const auto done = co_await socket_.async_receive(into, k_await);
  const auto& failed = std::get<0>(done);
  // A read that `cancel` ended leaves the connection whole.
  if (failed && failed != asio::error::operation_aborted) broken_ = true;
  if (failed) co_return false;
  received_ = std::get<1>(done);
  co_return true;
}

socket_task<bool> server_stream::read_some(std::string& to, std::size_t most) {
  while (tls_) {
    const auto got = read_decrypted(to, most);
    // OpenSSL may have something to say for itself, such as a new key.
    if (!send_now()) {
      const bool flushed = co_await flush();
      if (!flushed) co_return false;
    }
    if (got != decrypted::nothing_yet) co_return got == decrypted::some;
    const bool more = co_await receive(most);
    if (!more) co_return false;
  }
  if (taken_ == received_) {
    const bool more = co_await receive(most);
    if (!more) co_return false;
  }
  const auto part = std::min(most, received_ - taken_);
  to.append(room_.get() + taken_, part);
  taken_ += part;
  co_return true;
}

bool server_stream::encrypt(std::string_view bytes) {
  if (!tls_) {
    outgoing_.append(bytes);
    return true;
  }
  while (!bytes.empty()) {
    ERR_clear_error();
    std::size_t written = 0;
    if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written) != 1) return false;
    bytes.remove_prefix(written);
  }
  return true;
}

bool server_stream::send_now() {
  while (sent_ < outgoing_.size()) {
    error_code failed;
    const auto rest = asio::buffer(outgoing_.data() + sent_, outgoing_.size() - sent_);
    const auto part = socket_.write_some(rest, failed);
    if (failed == asio::error::would_block) return false;
    if (failed) broken_ = true;
    if (failed) break;
    sent_ += part;
  }
  outgoing_.clear();
  sent_ = 0;
  if (outgoing_.capacity() > k_most_received) outgoing_ = {};
  return true;
}

socket_task<bool> server_stream::flush() {
  while (!send_now()) {
    const auto rest = asio::buffer(outgoing_.data() + sent_, outgoing_.size() - sent_);
    const auto done = co_await socket_.async_send(rest, k_await);
    if (std::get<0>(done)) broken_ = true;
    if (broken_) co_return false;
    sent_ += std::get<1>(done);
  }
  co_return !broken_;
}

bool server_stream::write_now(std::string_view& bytes) {
  while (!bytes.empty() && !broken_) {
    const auto part = bytes.substr(0, k_ahead);
    bytes.remove_prefix(part.size());
    if (!encrypt(part)) broken_ = true;
    if (!broken_ && !send_now()) return false;
  }
  return true;
}

socket_task<bool> server_stream::write(std::string_view bytes) {
  while (true) {
    const bool flushed = co_await flush();
    if (!flushed) co_return false;
    if (write_now(bytes)) co_return !broken_;
  }
}

socket_task<void> server_stream::yield() {
  constexpr auto later = asio::use_awaitable_t<socket_executor>();
  co_await asio::post(socket_.get_executor(), later);
}

socket_task<void> server_stream::close_gently() {
  if (broken_) co_return;
  if (tls_) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());
  }
  const bool flushed = co_await flush();
  if (!flushed) co_return;
  error_code failed;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  std::string thrown_away(failed ? 0 : k_thrown_away, '\0');
  while (!failed) {
    const auto into = asio::buffer(thrown_away.data(), thrown_away.size());
    const auto done = co_await socket_.async_receive(into, k_await);
    failed = std::get<0>(done);
  }
}

void server_stream::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
}

void server_stream::close() {
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
}

bool server_stream::client_is_gone() {
  pollfd state{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace autocusto::http
