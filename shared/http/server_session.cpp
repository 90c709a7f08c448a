// One connection of the server, request by request: a coroutine on the socket thread. Its bytes
// pass through a server_stream.
//
// GCC 12 miscompiles some temporaries inside co_await expressions (GCC bugs 95599, 107288):
// arguments of awaited calls are named first here, and no lambda that captures stands in them.

#include <optional>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "shared/base/bytes.hpp"
#include "shared/http/address_key.hpp"
#include "shared/http/admission.hpp"
#include "shared/http/exchange.hpp"
#include "shared/http/render.hpp"
#include "shared/http/server_core.hpp"
#include "shared/http/server_stream.hpp"

namespace autocusto::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto k_await = asio::as_tuple(asio::use_awaitable_t<socket_executor>());
constexpr std::size_t k_head_chunk = 4 * 1024;   ///< a head seldom needs more than one
constexpr std::size_t k_body_chunk = 64 * 1024;  ///< memory grows as bytes come, not as announced
/// Bodies up to this size are taken however full the budget is: little, and what keeps the server
/// of use while others send much.
constexpr std::size_t k_small_body = 16 * 1024;
constexpr std::size_t k_join_below = 16 * 1024;  ///< bodies sent in one write with their head

class session final : public session_control, public std::enable_shared_from_this<session> {
 public:
  session(std::shared_ptr<core> shared, server_socket socket, std::string address)
      : core_(std::move(shared)),
        stream_(std::make_shared<server_stream>(std::move(socket), core_->tls.get())),
        answer_timer_(core_->io),
        peer_(std::move(address)),
        books_(*core_, this, address_key(peer_)) {
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
  static socket_task<void> run(std::shared_ptr<session> self) {
    const bool ready = co_await self->handshake();
    if (!ready) co_return;
    bool more = true;
    while (more) more = co_await self->serve_next();
    if (self->cut_) co_return;
    self->stream_->expires_after(self->deadlines().linger);
    co_await self->stream_->close_gently();
  }

  void begin_stop() override {
    if (phase_ == phase::idle) stream_->cancel();
    if (phase_ == phase::waiting) {
      if (const auto waiting = exchange_.lock()) waiting->cancel();
    }
  }

  void abort() override {
    cut_ = true;
    books_.leave();  // it is as good as gone
    stream_->close();
    answer_timer_.cancel();
  }

  void check_client() override {
    if (phase_ != phase::waiting || cut_) return;
    if (!stream_->client_is_gone()) return;
    cut_ = true;
    answer_timer_.cancel();
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

  socket_task<bool> handshake() {
    if (!stream_->has_tls()) co_return true;
    stream_->expires_after(deadlines().handshake);
    const bool done = co_await stream_->handshake();
    if (!done) co_return false;
    const auto shown = own_key(stream_->tls());
    if (shown) channel_ = shown->raw();
    co_return true;
  }

  socket_task<bool> write_all(std::string_view bytes) {
    if (stream_->write_now(bytes)) co_return !stream_->broken();
    const bool sent = co_await stream_->write(bytes);
    co_return sent;
  }

  /// Waits for a request and answers it; false when the connection shall end.
  socket_task<bool> serve_next() {
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
  socket_task<std::size_t> await_head(turn& now) {
    const auto limit = core_->options->header_limit;
    // Whoever sends many requests at once gets one answer at a time, like everybody.
    if (!input_.empty()) co_await stream_->yield();
    if (input_.empty()) {
      if (core_->stopping) co_return 0;
      stream_->expires_after(deadlines().idle);
      const bool some = co_await stream_->read_some(input_, k_head_chunk);
      if (!some) co_return 0;
    }
    now.started = steady_clock::now();
    phase_ = phase::busy;
    stream_->expires_after(deadlines().header);
    while (true) {
      const auto end = head_end(input_);
      if (end) co_return *end;
      if (!may_begin_head(input_)) co_return std::min(input_.size(), limit);
      if (input_.size() > limit) co_return limit + 1;
      const bool some = co_await stream_->read_some(input_, k_head_chunk);
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
  socket_task<std::optional<response>> receive_and_handle(turn& now) {
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
  socket_task<std::optional<response>> hand_over(turn& now, std::shared_ptr<request> asked,
                                                 stage what) {
    if (!submit(now, std::move(asked), what)) co_return busy(now.request_id);
    phase_ = phase::waiting;
    stream_->expires_never();
    ++core_->waiting;
    auto answer = co_await await_answer(now);
    --core_->waiting;
    phase_ = phase::busy;
    co_return answer;
  }

  enum class body_end { complete, cut, no_room };

  socket_task<body_end> receive_body(turn& now, std::string& body) {
    const auto length = static_cast<std::size_t>(now.asked.frame.content_length);
    body = input_.substr(0, length);
    input_.erase(0, body.size());
    const bool small = length <= k_small_body;
    const bool begun = now.hold.grow(body.size());
    if (!begun && !small) co_return body_end::no_room;
    stream_->expires_after(with_rate(deadlines().body, length));
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
      const bool some = co_await stream_->read_some(body, room);
      if (!some) co_return body_end::cut;
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

  socket_task<std::optional<response>> await_answer(turn& now) {
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

  socket_task<bool> send(turn& now, response answer) {
    if (answer.close || !may_go_on()) now.keep_alive = false;
    response_frame frame;
    frame.keep_alive = now.keep_alive;
    frame.tls = stream_->has_tls();
    frame.request_id = now.request_id;
    std::string first = render_head(answer, frame);
    std::string_view rest = answer.body;
    if (now.asked.head.method == "HEAD" || answer.status == 204) rest = {};
    if (rest.size() < k_join_below) first += std::exchange(rest, {});
    stream_->expires_after(with_rate(deadlines().write, first.size() + rest.size()));
    now.bytes_out = first.size() + rest.size();
    std::string_view left = first;
    bool sent = stream_->write_now(left) && !stream_->broken();
    if (!left.empty() || !sent) sent = co_await stream_->write(left);
    if (sent && !rest.empty()) sent = co_await write_all(rest);
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

  std::shared_ptr<core> core_;
  const std::shared_ptr<server_stream> stream_;
  asio::steady_timer answer_timer_;  ///< cancelled when there is something new to `await_answer`
  const std::string peer_;
  session_books books_;
  std::string channel_;  ///< see request::channel
  std::string input_;    ///< read, not yet used
  std::size_t served_ = 0;
  phase phase_ = phase::idle;
  steady_clock::time_point idle_since_ = steady_clock::now();
  bool last_turn_ = false;  ///< its owner has too many: it ends with the request in hand
  bool cut_ = false;        ///< the client is gone, or the server is at the end of its patience
  std::optional<response> answer_;
  std::weak_ptr<exchange> exchange_;
};

}  // namespace

void start_session(const std::shared_ptr<core>& shared, server_socket socket, std::string address) {
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
