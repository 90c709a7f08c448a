#include "shared/http/server.hpp"

#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "shared/base/bytes.hpp"
#include "shared/crypto/random.hpp"
#include "shared/http/address_key.hpp"
#include "shared/http/server_core.hpp"

namespace autocusto::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// After a failed accept: how long until the next, for descriptors and memory to come back.
constexpr std::chrono::milliseconds k_accept_retry{200};

}  // namespace

/// The accept loop and the end of the server. Members after `core_` belong to the socket thread,
/// except where they say otherwise.
class server::impl {
 public:
  impl(std::shared_ptr<core> shared, context_ptr tls)
      : core_(std::move(shared)),
        acceptor_(core_->io),
        retry_timer_(core_->io),
        check_timer_(core_->io),
        stop_timer_(core_->io),
        has_tls_(tls != nullptr) {
    core_->tls = std::move(tls);
  }

  /// Before the thread starts.
  error_code listen(const tcp::endpoint& at) {
    error_code ec;
    acceptor_.open(at.protocol(), ec);
    if (!ec) acceptor_.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec && at.address().is_v6() && at.address().is_unspecified()) {
      acceptor_.set_option(asio::ip::v6_only(false), ec);
    }
    if (!ec) acceptor_.bind(at, ec);
    if (!ec) acceptor_.listen(tcp::acceptor::max_listen_connections, ec);
    if (!ec) port_ = acceptor_.local_endpoint(ec).port();
    return ec;
  }

  void run() {
    core_->on_session_end = [this] { session_ended(); };
    accept_next();
    check_later();
    thread_ = std::thread([this] { run_sockets(); });
  }

  void set_tls(context_ptr tls) {
    auto shared = std::make_shared<context_ptr>(std::move(tls));
    asio::post(core_->io, [core = core_, shared] { core->tls = std::move(*shared); });
  }

  void request_stop() {
    asio::post(core_->io, [this] { stop(); });
  }

  bool answers(std::chrono::milliseconds within) const {
    const auto done = std::make_shared<std::promise<void>>();
    auto answered = done->get_future();
    asio::post(core_->io, [done] { done->set_value(); });
    // Given before the end, it is still done; after it, never.
    if (core_->io.stopped()) return false;
    return answered.wait_for(within) == std::future_status::ready;
  }

  /// Any thread, several at once.
  void wait() {
    const std::lock_guard lock(join_mutex_);
    if (thread_.joinable()) thread_.join();
    core_->workers->stop();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool has_tls() const { return has_tls_; }
  [[nodiscard]] const core& shared() const { return *core_; }

 private:
  void run_sockets() {
    while (true) {
      try {
        core_->io.run();
        return;  // it has no work left: the server has stopped
      } catch (const std::exception& broken) {
        core_->report(broken.what());
      }
    }
  }

  void accept_next() {
    if (core_->stopping || accepting_ || held_) return;
    accepting_ = true;
    acceptor_.async_accept(
        [this](const error_code& ec, server_socket socket) { accepted(ec, std::move(socket)); });
  }

  void accepted(const error_code& ec, server_socket socket) {
    accepting_ = false;
    if (core_->stopping) return;
    if (!ec) {
      if (!make_room()) {
        // It waits here, and others in the kernel's queue, until a connection ends.
        held_ = std::move(socket);
        return;
      }
      begin_session(std::move(socket));
      accept_next();
      return;
    }
    if (ec == asio::error::connection_aborted) {
      accept_next();
      return;
    }
    core_->report("accepting a connection: " + ec.message());
    retry_timer_.expires_after(k_accept_retry);
    retry_timer_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) accept_next();
    });
  }

  /// Whether one more connection is within the maximum, after closing a silent one of a stranger if
  /// need be: so those who prove nothing do not keep others out.
  bool make_room() {
    if (core_->sessions.size() < core_->options->max_connections) return true;
    auto* silent = core_->unowned.most_dispensable();
    if (silent == nullptr) return false;
    ++core_->evicted;
    silent->abort();
    return true;
  }

  void begin_session(server_socket socket) {
    try {
      error_code gone;
      const auto peer = socket.remote_endpoint(gone);
      std::string address = gone ? std::string() : peer.address().to_string(gone);
      if (!has_room_for(address)) return;  // which closes it
      start_session(core_, std::move(socket), std::move(address));
    } catch (const std::exception& broken) {  // memory; the next connection may fare better
      core_->report(broken.what());
    }
  }

  /// Whether the address may have one more connection, after closing an idle one of it if need be.
  bool has_room_for(const std::string& address) {
    const auto& options = *core_->options;
    const auto key = address_key(address);
    // First those of nobody known: a stranger gives up one of their own, or is turned away, before
    // a connection with an owner is closed.
    return has_room_in(core_->unowned, key, options.max_unowned_per_address) &&
           has_room_in(core_->addresses, key, options.max_connections_per_address);
  }

  bool has_room_in(const address_book& book, const std::string& key, std::size_t most) {
    if (most == 0 || book.count(key) < most) return true;
    if (auto* idle = book.longest_idle(key)) {
      ++core_->evicted;
      idle->abort();
      return true;
    }
    ++core_->turned_away;
    return false;
  }

  void check_later() {
    check_timer_.expires_after(core_->options->deadlines.client_check);
    check_timer_.async_wait([this](const error_code& cancelled) {
      if (cancelled || core_->stopping) return;
      for_each_session(&session_control::check_client);
      check_later();
    });
  }

  void for_each_session(void (session_control::*act)()) {
    // A session never ends inside these calls: it ends when its coroutine is next resumed.
    for (auto* session : core_->sessions) (session->*act)();
  }

  void session_ended() {
    if (core_->stopping) {
      if (core_->sessions.empty()) stop_timer_.cancel();
      return;
    }
    if (held_ && core_->sessions.size() < core_->options->max_connections) {
      auto socket = *std::exchange(held_, std::nullopt);
      begin_session(std::move(socket));
    }
    accept_next();
  }

  void stop() {
    if (core_->stopping) return;
    core_->stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    held_.reset();
    retry_timer_.cancel();
    check_timer_.cancel();
    if (core_->sessions.empty()) return;
    for_each_session(&session_control::begin_stop);
    stop_timer_.expires_after(core_->options->deadlines.stop);
    stop_timer_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) for_each_session(&session_control::abort);
    });
  }

  std::shared_ptr<core> core_;
  asio::basic_socket_acceptor<tcp, socket_executor> acceptor_;
  asio::steady_timer retry_timer_;
  asio::steady_timer check_timer_;
  asio::steady_timer stop_timer_;
  bool accepting_ = false;
  std::optional<server_socket> held_;  ///< accepted at the maximum
  const bool has_tls_;
  std::uint16_t port_ = 0;  ///< fixed before the thread starts
  std::mutex join_mutex_;
  std::thread thread_;
};

session_control* address_book::longest_idle(const std::string& address) const {
  session_control* found = nullptr;
  std::optional<std::chrono::steady_clock::time_point> earliest;
  const auto at = of_.find(address);
  if (at == of_.end()) return nullptr;
  for (auto* each : at->second) {
    const auto since = each->idle_since();
    if (!since || (earliest && *since >= *earliest)) continue;
    earliest = since;
    found = each;
  }
  return found;
}

session_control* address_book::most_dispensable() const {
  session_control* found = nullptr;
  std::size_t most = 0;
  std::optional<std::chrono::steady_clock::time_point> earliest;
  for (const auto& [address, of_it] : of_) {
    if (of_it.size() < most) continue;
    for (auto* each : of_it) {
      const auto since = each->silent_since();
      if (!since || (of_it.size() == most && earliest && *since >= *earliest)) continue;
      most = of_it.size();
      earliest = since;
      found = each;
    }
  }
  return found;
}

session_books::session_books(core& of, session_control* who, std::string address)
    : core_(of), who_(who), address_(std::move(address)) {
  core_.addresses.add(address_, who_);
  core_.unowned.add(address_, who_);
}

void session_books::leave() {
  core_.addresses.remove(address_, who_);
  core_.unowned.remove(address_, who_);
  for (const auto& owner : owners_) core_.owned.remove(owner.key, who_);
}

bool session_books::take(std::vector<connection_owner> owners) {
  if (owners == owners_) return true;
  core_.unowned.remove(address_, who_);
  for (const auto& owner : owners_) core_.owned.remove(owner.key, who_);
  owners_ = std::move(owners);
  for (const auto& owner : owners_) core_.owned.add(owner.key, who_);
  bool room = true;
  for (const auto& owner : owners_) {
    if (owner.most == 0 || core_.owned.count(owner.key) <= owner.most) continue;
    if (auto* idle = core_.owned.longest_idle(owner.key)) {
      ++core_.evicted;
      idle->abort();
    } else {
      room = false;
    }
  }
  if (!room) ++core_.turned_away;
  return room;
}

std::string id_source::next() {
  constexpr std::size_t k_at_once = 128;
  if (left_.empty()) left_ = crypto::system_random().bytes(k_at_once * k_id_bytes);
  const auto from = left_.size() - k_id_bytes;
  auto id = to_hex(std::string_view(left_).substr(from));
  left_.resize(from);
  return id;
}

bool body_hold::grow(std::size_t total) {
  of->body_bytes += total - bytes;
  bytes = total;
  return of->body_bytes <= of->options->body_budget;
}

body_hold::~body_hold() {
  if (of != nullptr) of->body_bytes -= bytes;
}

server::server(std::unique_ptr<impl> state) : impl_(std::move(state)) {}

server::~server() {
  request_stop();
  wait();
}

result<std::unique_ptr<server>> server::start(server_options options,
                                              std::vector<endpoint> endpoints) {
  auto routes = router::make(std::move(endpoints));
  if (!routes) return routes.error();
  context_ptr tls;
  if (!options.certificate_chain.empty() || !options.private_key.empty()) {
    auto made = make_server_context(options.certificate_chain, options.private_key);
    if (!made) return made.error();
    tls = *std::move(made);
  }
  error_code ec;
  const auto address = asio::ip::make_address(options.address, ec);
  if (ec) {
    return fail(errc::usage,
                "'" + options.address + "' is not a numeric address; give one like 0.0.0.0.");
  }
  const tcp::endpoint at(address, options.port);
  wipe(options.private_key);
  const auto kept = std::make_shared<const server_options>(std::move(options));
  auto state =
      std::make_unique<impl>(std::make_shared<core>(kept, *std::move(routes)), std::move(tls));
  ec = state->listen(at);
  if (ec == asio::error::address_in_use) {
    return fail(errc::unavailable, "The address “" + kept->address + " port " +
                                       std::to_string(kept->port) +
                                       "” is in use by another program; end it, or choose another "
                                       "address.");
  }
  if (ec) {
    return fail(errc::unavailable, "Cannot listen on " + kept->address + " port " +
                                       std::to_string(kept->port) + " (" + ec.message() +
                                       "); free it or choose another.");
  }
  state->run();
  return std::unique_ptr<server>(new server(std::move(state)));
}

std::uint16_t server::port() const {
  return impl_->port();
}

server_stats server::stats() const {
  const auto& shared = impl_->shared();
  return {shared.connections.load(), shared.waiting.load(),     shared.workers->queued(),
          shared.evicted.load(),     shared.turned_away.load(), shared.decoded->load(),
          shared.jobs.load()};
}

bool server::answers(std::chrono::milliseconds within) const {
  return impl_->answers(within);
}

result<void> server::set_certificate(const std::string& chain, const std::string& key) {
  if (!impl_->has_tls()) {
    return fail(errc::usage, "This listener speaks plain HTTP; it takes no certificate.");
  }
  auto made = make_server_context(chain, key);
  if (!made) return made.error();
  impl_->set_tls(*std::move(made));
  return {};
}

void server::request_stop() {
  impl_->request_stop();
}

void server::wait() {
  impl_->wait();
}

}  // namespace autocusto::http
