#pragma once
// Internal to shared/http: the socket of one connection of the server, with TLS on it or without,
// and one deadline.
//
// Bytes pass between the socket and OpenSSL through two buffers of this object. What can be done at
// once is done without suspending the coroutine: most answers leave with one call of the system.
// Reading always suspends, so that no connection keeps the others waiting.
//
// One timer watches over the deadline. It is set again only where it would come too late, and looks
// again where it came too early: so a request costs no work at the queue of timers. At the deadline
// the socket is closed, which ends what waits for it.
//
// One coroutine reads and writes. Made by std::make_shared. Socket thread.

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "shared/http/tls.hpp"

struct ssl_st;

namespace autocusto::http {

/// The executor by its own type: the general one would be copied and destroyed at every step.
using socket_executor = boost::asio::io_context::executor_type;
using server_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, socket_executor>;
template <class Value>
using socket_task = boost::asio::awaitable<Value, socket_executor>;

class server_stream : public std::enable_shared_from_this<server_stream> {
 public:
  /// `tls` null: plain.
  server_stream(server_socket socket, ssl_ctx_st* tls);
  server_stream(const server_stream&) = delete;
  server_stream& operator=(const server_stream&) = delete;
  ~server_stream();

  void expires_after(std::chrono::milliseconds time);
  /// While nothing is read or written.
  void expires_never() { deadline_ = std::chrono::steady_clock::time_point::max(); }

  /// Of a plain connection there is nothing to do.
  [[nodiscard]] socket_task<bool> handshake();
  /// Adds at least one and at most `most` bytes to `to`; false when the connection is at its end in
  /// whatever way, or `cancel` came.
  [[nodiscard]] socket_task<bool> read_some(std::string& to, std::size_t most);
  /// Sends what can be sent at once, and takes it off `bytes`. False: the socket takes no more now,
  /// and `write` has to do the rest; also true when the connection broke.
  [[nodiscard]] bool write_now(std::string_view& bytes);
  /// Sends them, after what is on its way; false when the connection is at its end.
  [[nodiscard]] socket_task<bool> write(std::string_view bytes);
  /// Lets others have their turn.
  [[nodiscard]] socket_task<void> yield();
  /// Tells the client that nothing more comes, and throws away unread what the client still sends,
  /// until it has closed or the deadline has come: closing while bytes of the client are unread
  /// would reset the connection and lose the last answer.
  [[nodiscard]] socket_task<void> close_gently();

  /// Ends a `read_some`, and leaves the connection whole.
  void cancel();
  void close();
  /// A read or write has failed: nothing more can be sent.
  [[nodiscard]] bool broken() const { return broken_; }
  [[nodiscard]] bool has_tls() const { return tls_ != nullptr; }
  /// Null for a plain connection.
  [[nodiscard]] const ssl_st* tls() const { return tls_.get(); }
  /// Whether the client has closed its end.
  [[nodiscard]] bool client_is_gone();

 private:
  struct ssl_deleter {
    void operator()(ssl_st* connection) const noexcept;
  };
  friend struct stream_bio;

  enum class decrypted { some, nothing_yet, end };
  [[nodiscard]] decrypted read_decrypted(std::string& to, std::size_t most);
  [[nodiscard]] socket_task<bool> receive(std::size_t wanted);
  [[nodiscard]] bool encrypt(std::string_view bytes);
  /// Whether nothing is left to send; also when the connection broke.
  bool send_now();
  [[nodiscard]] socket_task<bool> flush();
  void watch();
  void look_at_deadline();

  server_socket socket_;
  std::unique_ptr<ssl_st, ssl_deleter> tls_;
  std::unique_ptr<char[]> room_;  ///< for what comes from the socket
  std::size_t room_size_ = 0;
  std::size_t received_ = 0;  ///< bytes in `room_`
  std::size_t taken_ = 0;     ///< of them
  std::string outgoing_;      ///< for the socket
  std::size_t sent_ = 0;      ///< of `outgoing_`
  bool broken_ = false;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  std::optional<std::chrono::steady_clock::time_point> watched_;  ///< when the timer comes
};

}  // namespace autocusto::http
