// One connection of the server: a coroutine on the socket thread. This file and
// client_connection.cpp are the only ones that instantiate asynchronous socket operations.
//
// GCC 12 miscompiles some temporaries inside co_await expressions (GCC bugs 95599, 107288):
// arguments of awaited calls are named first here, and no lambda that captures stands in them.

#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <openssl/ssl.h>
#include <poll.h>

#include "shared/base/bytes.hpp"
#include "shared/crypto/random.hpp"
#include "shared/http/address_key.hpp"
#include "shared/http/admission.hpp"
#include "shared/http/exchange.hpp"
#include "shared/http/render.hpp"
#include "shared/http/server_core.hpp"

namespace autocusto::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::awaitable;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto k_await = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t k_head_chunk = 4 * 1024;   ///< a head seldom needs more than one
constexpr std::size_t k_body_chunk = 64 * 1024;  ///< memory grows as bytes come, not as announced
/// Bodies up to this size are taken however full the budget is: little, and what keeps the server
/// of use while others send much.
constexpr std::size_t k_small_body = 16 * 1024;
constexpr std::size_t k_join_below = 16 * 1024;  ///< bodies sent in one write with their head

class session final : public session_control, public std::enable_shared_from_this<session> {
 public:
  session(std::shared_ptr<core> shared, asio::ip::tcp::socket socket, std::string address)
      : core_(std::move(shared)),
        tcp_(std::move(socket)),
        answer_timer_(tcp_.get_executor()),
        peer_(std::move(address)),
        books_(*core_, this, address_key(peer_)) {
    error_code ignored;
    tcp_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    if (core_->tls) {
      // The stream owns the SSL, and that keeps its context alive.
      auto* connection = SSL_new(core_->tls.get());
      if (connection == nullptr) throw std::bad_alloc();
      tls_.emplace(tcp_, connection);
    }
    core_->sessions.insert(this);
    ++core_->connections;
  }
  ~session() override {
    core_->sessions.erase(this);
    books_.leave();
    --core_->connections;
    if (core_->on_session_end) core_->on_session_end();
  }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// `self` keeps this alive until the coroutine ends.
  static awaitable<void> run(std::shared_ptr<session> self) {
    const bool ready = co_await self->handshake();
    if (!ready) co_return;
    bool more = true;
    while (more) more = co_await self->serve_next();
    co_await self->close_gently();
  }

  void begin_stop() override {
    if (phase_ == phase::idle) tcp_.cancel();
    if (phase_ == phase::waiting) {
      if (const auto waiting = exchange_.lock()) waiting->cancel();
    }
  }

  void abort() override {
    cut_ = true;
    books_.leave();  // it is as good as gone
    tcp_.close();
    answer_timer_.cancel();
  }

  void check_client() override {
    if (phase_ != phase::waiting || cut_) return;
    pollfd state{tcp_.socket().native_handle(), POLLRDHUP, 0};
    if (::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
      cut_ = true;
      answer_timer_.cancel();
    }
  }

  [[nodiscard]] std::optional<steady_clock::time_point> idle_since() const override {
    if (phase_ != phase::idle || cut_) return std::nullopt;
    return idle_since_;
  }

  [[nodiscard]] std::optional<steady_clock::time_point> silent_since() const override {
    if (phase_ == phase::waiting || cut_) return std::nullopt;
    return idle_since_;
  }

 private:
  enum class phase { idle, busy, waiting };

  /// One request, from its first byte to the last of its response.
  struct turn {
    std::string request_id;
    steady_clock::time_point started;
    admission asked;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    body_hold hold;
    bool keep_alive = false;
  };

  /// Tells the session, from a worker, what the gate has found; most often nothing new.
  [[nodiscard]] auto owner_note() const {
    return [weak_core = std::weak_ptr<core>(core_), weak_self = weak_from_this(),
            known = books_.owners()](const std::vector<connection_owner>& owners) {
      if (owners.empty() || owners == known) return;
      const auto shared = weak_core.lock();
      if (!shared) return;
      asio::post(shared->io, [weak_self, owners] {
        const auto self = std::const_pointer_cast<session>(weak_self.lock());
        if (self && !self->cut_ && !self->books_.take(owners)) self->last_turn_ = true;
      });
    };
  }

  [[nodiscard]] const server_deadlines& deadlines() const { return core_->options->deadlines; }

  [[nodiscard]] milliseconds with_rate(milliseconds base, std::uint64_t bytes) const {
    const auto rate = std::max<std::uint64_t>(deadlines().min_rate, 1);
    return base + milliseconds(static_cast<std::int64_t>(bytes * 1000 / rate));
  }

  awaitable<bool> handshake() {
    if (!tls_) co_return true;
    tcp_.expires_after(deadlines().handshake);
    auto done = co_await tls_->async_handshake(asio::ssl::stream_base::server, k_await);
    if (std::get<0>(done)) co_return false;
    const auto shown = own_key(tls_->native_handle());
    if (shown) channel_ = shown->raw();
    co_return true;
  }

  /// Some bytes into `into`; 0 when the connection is at its end in whatever way.
  awaitable<std::size_t> read_some(asio::mutable_buffer into) {
    std::tuple<error_code, std::size_t> done;
    if (tls_) {
      done = co_await tls_->async_read_some(into, k_await);
    } else {
      done = co_await tcp_.async_read_some(into, k_await);
    }
    const auto& ec = std::get<0>(done);
    // An idle read that `begin_stop` ended leaves the connection whole.
    if (ec && ec != asio::error::operation_aborted) broken_ = true;
    co_return ec ? 0 : std::get<1>(done);
  }

  /// More bytes at the end of `input_`; false at the end of the connection.
  awaitable<bool> read_head_bytes() {
    const auto have = input_.size();
    input_.resize(have + k_head_chunk);
    const auto into = asio::buffer(input_.data() + have, k_head_chunk);
    const auto got = co_await read_some(into);
    input_.resize(have + got);
    co_return got > 0;
  }

  awaitable<bool> write_all(std::string_view bytes) {
    if (bytes.empty()) co_return true;
    const auto from = asio::buffer(bytes.data(), bytes.size());
    std::tuple<error_code, std::size_t> done;
    if (tls_) {
      done = co_await asio::async_write(*tls_, from, k_await);
    } else {
      done = co_await asio::async_write(tcp_, from, k_await);
    }
    if (std::get<0>(done)) broken_ = true;
    co_return !broken_;
  }

  /// Waits for a request and answers it; false when the connection shall end.
  awaitable<bool> serve_next() {
    turn now;
    const auto size = co_await await_head(now);
    if (size == 0) co_return false;
    ++served_;
    phase_ = phase::busy;
    now.request_id = core_->request_ids.next();
    std::optional<response> early;
    if (size > core_->options->header_limit) {
      early = head_too_long(core_->options->header_limit, now.request_id);
    } else {
      early = accept_head(now, size);
    }
    if (!early) {
      early = co_await receive_and_handle(now);
    }
    bool sent = false;
    if (early) {
      sent = co_await send(now, *std::move(early));
    } else {
      record(now, 0);
    }
    phase_ = phase::idle;
    idle_since_ = steady_clock::now();
    const bool more = sent && now.keep_alive;
    co_return more;
  }

  /// The length of the head in `input_` (or of what cannot be one, for the screen to refuse), more
  /// than the limit when it does not end within that; 0 when the connection ends first.
  awaitable<std::size_t> await_head(turn& now) {
    const auto limit = core_->options->header_limit;
    if (input_.empty()) {
      if (core_->stopping) co_return 0;
      tcp_.expires_after(deadlines().idle);
      const bool some = co_await read_head_bytes();
      if (!some) co_return 0;
    }
    now.started = steady_clock::now();
    phase_ = phase::busy;
    tcp_.expires_after(deadlines().header);
    while (true) {
      const auto end = head_end(input_);
      if (end) co_return *end;
      if (!may_begin_head(input_)) co_return std::min(input_.size(), limit);
      if (input_.size() > limit) co_return limit + 1;
      const bool some = co_await read_head_bytes();
      if (!some) co_return 0;
    }
  }

  /// Takes the head out of `input_` and decides what it alone can decide: a refusal, or nothing
  /// when the body may be read. A refused request's connection is kept only where nothing of the
  /// request follows the head.
  std::optional<response> accept_head(turn& now, std::size_t size) {
    now.bytes_in = size;
    const std::string text = input_.substr(0, size);
    input_.erase(0, size);
    auto refused = admit(core_->routes, text, now.request_id, now.asked);
    const auto length = now.asked.frame.content_length;
    const bool ends_here = !refused || length == 0;
    now.keep_alive = now.asked.framed && now.asked.frame.keep_alive && ends_here && may_go_on();
    now.hold.of = core_.get();
    return refused;
  }

  [[nodiscard]] bool may_go_on() const {
    return !core_->stopping && !last_turn_ && served_ < core_->options->max_requests_per_connection;
  }

  /// Reads the body and waits for the handler. Nothing: there is no one to answer any more.
  awaitable<std::optional<response>> receive_and_handle(turn& now) {
    auto asked = take_request(now.asked);
    asked->request_id = now.request_id;
    asked->peer = peer_;
    asked->channel = channel_;
    const auto& target = *now.asked.target;
    const bool small = now.asked.frame.content_length <= k_small_body;
    auto refused = ask_here(target.front, *asked, *core_->options);
    if (refused && (!small || now.asked.frame.expect_continue)) {
      now.keep_alive = now.keep_alive && now.asked.frame.content_length == 0;
      co_return refused;
    }
    asked->body_is_here = !target.gate || small;
    if (!asked->body_is_here) {
      auto verdict = co_await hand_over(now, asked, stage::gate);
      if (!verdict || verdict->status != k_go_on) {
        now.keep_alive = false;  // the body is not read
        co_return verdict;
      }
    }
    std::string body;
    const auto received = co_await receive_body(now, body);
    if (received == body_end::cut) co_return std::nullopt;
    if (received == body_end::no_room) {
      now.keep_alive = false;
      co_return busy(now.request_id);
    }
    if (refused) co_return refused;  // read, so that the connection can go on
    asked->body = std::move(body);
    asked->body_is_here = true;
    if (small && target.brief) {
      auto answer = ask_here(target.brief, *asked, *core_->options);
      if (answer) co_return answer;
    }
    co_return co_await hand_over(now, asked, stage::whole);
  }

  /// What a worker is to do with a request.
  enum class stage { gate, whole };

  /// Has a worker do it, and waits for the answer.
  awaitable<std::optional<response>> hand_over(turn& now, std::shared_ptr<request> asked,
                                               stage what) {
    if (!submit(now, std::move(asked), what)) co_return busy(now.request_id);
    phase_ = phase::waiting;
    ++core_->waiting;
    auto answer = co_await await_answer(now);
    --core_->waiting;
    phase_ = phase::busy;
    co_return answer;
  }

  enum class body_end { complete, cut, no_room };

  awaitable<body_end> receive_body(turn& now, std::string& body) {
    const auto length = static_cast<std::size_t>(now.asked.frame.content_length);
    body = input_.substr(0, length);
    input_.erase(0, body.size());
    const bool small = length <= k_small_body;
    const bool begun = now.hold.grow(body.size());
    if (!begun && !small) co_return body_end::no_room;
    tcp_.expires_after(with_rate(deadlines().body, length));
    if (now.asked.frame.expect_continue && body.size() < length) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      const bool sent = co_await write_all(go_on);
      if (!sent) co_return body_end::cut;
    }
    while (body.size() < length) {
      const auto have = body.size();
      const auto room = std::min(length - have, std::max(k_body_chunk, have));
      const bool fits = now.hold.grow(have + room);
      if (!fits && !small) co_return body_end::no_room;
      body.resize(have + room);
      const auto into = asio::buffer(body.data() + have, room);
      const auto got = co_await read_some(into);
      body.resize(have + got);
      if (got == 0) co_return body_end::cut;
    }
    now.bytes_in += length;
    co_return body_end::complete;
  }

  /// Hands the request to a worker; false when too many wait.
  bool submit(turn& now, std::shared_ptr<request> asked, stage what) {
    exchange::parts given;
    given.request_id = now.request_id;
    const auto accepted = find_header(asked->headers, "accept-encoding");
    given.zstd = accepted && accepts_zstd(*accepted);
    given.options = core_->options;
    given.workers = core_->workers;
    given.decoded = core_->decoded;
    given.deliver = [weak_core = std::weak_ptr<core>(core_), weak_self = weak_from_this(),
                     turn_number = served_](response answer) {
      const auto shared = weak_core.lock();
      if (!shared) return;
      auto carried = std::make_shared<response>(std::move(answer));
      asio::post(shared->io, [weak_self, turn_number, carried] {
        if (const auto self = weak_self.lock()) self->take_answer(turn_number, *carried);
      });
    };
    auto state = std::make_shared<exchange>(std::move(given));
    answer_.reset();
    exchange_ = state;
    const auto* target = now.asked.target;
    const bool taken = core_->workers->submit(
        [target, asked = std::move(asked), state, what, note = owner_note()] {
          if (!pass_gate(*target, *asked, state)) return;
          note(asked->owners);
          if (what == stage::gate) return state->pass();
          serve(*target, std::move(*asked), state);
        });
    if (taken) ++core_->jobs;
    if (!taken) state->cancel();  // so that letting go of it is not taken for a fault
    return taken;
  }

  void take_answer(std::size_t turn_number, response& answer) {
    if (turn_number != served_ || phase_ != phase::waiting) return;
    answer_ = std::move(answer);
    answer_timer_.cancel();
  }

  awaitable<std::optional<response>> await_answer(turn& now) {
    const auto deadline = steady_clock::now() + deadlines().handler;
    if (core_->stopping) begin_stop();
    while (!answer_ && !cut_ && steady_clock::now() < deadline) {
      answer_timer_.expires_at(deadline);
      co_await answer_timer_.async_wait(k_await);
    }
    if (!answer_) {
      if (const auto waiting = exchange_.lock()) waiting->cancel();
    }
    exchange_.reset();
    if (cut_) co_return std::nullopt;
    if (!answer_) {
      auto late = problem_response(
          fail(errc::unavailable, "The server took too long; try again in a moment."),
          now.request_id);
      late.close = true;
      co_return late;
    }
    co_return std::exchange(answer_, std::nullopt);
  }

  awaitable<bool> send(turn& now, response answer) {
    if (answer.close || !may_go_on()) now.keep_alive = false;
    response_frame frame;
    frame.keep_alive = now.keep_alive;
    frame.tls = tls_.has_value();
    frame.request_id = now.request_id;
    std::string first = render_head(answer, frame);
    std::string_view rest = answer.body;
    if (now.asked.head.method == "HEAD" || answer.status == 204) rest = {};
    if (rest.size() < k_join_below) first += std::exchange(rest, {});
    tcp_.expires_after(with_rate(deadlines().write, first.size() + rest.size()));
    bool sent = co_await write_all(first);
    if (sent) sent = co_await write_all(rest);
    now.bytes_out = first.size() + rest.size();
    record(now, sent ? answer.status : 0);
    co_return sent;
  }

  void record(const turn& now, int status) const {
    if (!core_->options->on_access) return;
    access_record done;
    done.method = label_of(now.asked.head.method);
    if (now.asked.target != nullptr) done.route = now.asked.target->path;
    done.status = status;
    done.micros =
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - now.started)
            .count();
    done.bytes_in = now.bytes_in;
    done.bytes_out = now.bytes_out;
    done.request_id = now.request_id;
    core_->options->on_access(done);
  }

  /// Ends an intact connection so that the client surely gets the last response: closing while
  /// bytes of the client are unread would reset the connection and lose it. What comes is thrown
  /// away unread.
  awaitable<void> close_gently() {
    if (broken_ || cut_) co_return;
    tcp_.expires_after(deadlines().linger);
    if (tls_) co_await tls_->async_shutdown(k_await);
    error_code failed;
    tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, failed);
    std::string thrown_away(failed ? 0 : k_body_chunk, '\0');
    while (!failed) {
      const auto into = asio::buffer(thrown_away.data(), thrown_away.size());
      auto done = co_await tcp_.async_read_some(into, k_await);
      failed = std::get<0>(done);
    }
  }

  std::shared_ptr<core> core_;
  beast::tcp_stream tcp_;
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls_;
  asio::steady_timer answer_timer_;  ///< cancelled when there is something new to `await_answer`
  const std::string peer_;
  session_books books_;
  std::string channel_;  ///< see request::channel
  std::string input_;    ///< read, not yet used
  std::size_t served_ = 0;
  phase phase_ = phase::idle;
  steady_clock::time_point idle_since_ = steady_clock::now();
  bool broken_ = false;     ///< a read or write failed: nothing more can be sent
  bool last_turn_ = false;  ///< its owner has too many: it ends with the request in hand
  bool cut_ = false;        ///< the client is gone, or the server is at the end of its patience
  std::optional<response> answer_;
  std::weak_ptr<exchange> exchange_;
};

}  // namespace

void start_session(const std::shared_ptr<core>& shared, asio::ip::tcp::socket socket,
                   std::string address) {
  auto made = std::make_shared<session>(shared, std::move(socket), std::move(address));
  auto running = session::run(std::move(made));
  auto note_end = [shared](const std::exception_ptr& thrown) {
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& broken) {
      shared->report(broken.what());
    }
  };
  asio::co_spawn(shared->io, std::move(running), std::move(note_end));
}

}  // namespace autocusto::http
