#pragma once
// Internal to shared/http: what the accept loop and the sessions share.
//
// One `core` per server, held by the server and by each session. Everything in it belongs to the
// socket thread (the one that runs `io`) except `io` itself, the options, the routes, the workers
// and the counters.

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "shared/base/bytes.hpp"
#include "shared/http/router.hpp"
#include "shared/http/server.hpp"
#include "shared/http/server_stream.hpp"
#include "shared/http/tls.hpp"
#include "shared/http/worker_pool.hpp"

namespace autocusto::http {

struct core;

/// What the core may ask of a session; socket thread.
class session_control {
 public:
  virtual ~session_control() = default;
  /// Close if idle; cancel a waiting handler; else end after the request in hand.
  virtual void begin_stop() = 0;
  /// Close now.
  virtual void abort() = 0;
  /// If a handler is being waited for, see whether the client is still there.
  virtual void check_client() = 0;
  /// Since when it waits for a request; nothing while it has one in hand.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> idle_since() const = 0;
  /// Since when it has given no answer; nothing while a handler has its request.
  [[nodiscard]] virtual std::optional<std::chrono::steady_clock::time_point> silent_since()
      const = 0;
};

/// The open connections by some key: an `address_key`, or that of an owner. Socket thread.
class address_book {
 public:
  void add(const std::string& address, session_control* which) { of_[address].insert(which); }
  /// Idempotent.
  void remove(const std::string& address, session_control* which) {
    const auto at = of_.find(address);
    if (at == of_.end()) return;
    at->second.erase(which);
    if (at->second.empty()) of_.erase(at);
  }
  [[nodiscard]] std::size_t count(const std::string& address) const {
    const auto at = of_.find(address);
    return at == of_.end() ? 0 : at->second.size();
  }
  /// The idle one that has waited longest; null when none is idle. Looks at each of the address.
  [[nodiscard]] session_control* longest_idle(const std::string& address) const;
  /// The one that has been silent longest, of the address that has most of them; null when none is.
  /// Looks at all.
  [[nodiscard]] session_control* most_dispensable() const;

 private:
  std::unordered_map<std::string, std::set<session_control*>> of_;
};

/// What a request holds of the body budget; gives it back at its end. It grows with what the body
/// takes, not with what its head announces: announcing costs a client nothing. Socket thread.
struct body_hold {
  core* of = nullptr;
  std::size_t bytes = 0;

  body_hold() = default;
  body_hold(const body_hold&) = delete;
  body_hold& operator=(const body_hold&) = delete;
  ~body_hold();

  /// Holds `total` bytes; false when that is more than the budget has.
  [[nodiscard]] bool grow(std::size_t total);
};

/// Request ids: 16 hex digits that nobody foresees, but no secrets. Random bytes are taken many at
/// a time. Socket thread.
class id_source {
 public:
  [[nodiscard]] std::string next();

 private:
  static constexpr std::size_t k_id_bytes = 8;
  bytes left_;
};

struct core {
  core(std::shared_ptr<const server_options> given, router table)
      : options(std::move(given)),
        routes(std::move(table)),
        workers(std::make_shared<worker_pool>(options->workers, options->queue)) {}

  std::shared_ptr<const server_options> options;
  router routes;
  std::shared_ptr<worker_pool> workers;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::uint64_t> evicted{0};
  std::atomic<std::uint64_t> turned_away{0};
  std::atomic<std::uint64_t> jobs{0};
  /// Shared with requests in hand, which may outlive the server.
  const std::shared_ptr<std::atomic<std::uint64_t>> decoded =
      std::make_shared<std::atomic<std::uint64_t>>(0);

  context_ptr tls;  ///< null: plain HTTP
  std::set<session_control*> sessions;
  address_book addresses;
  address_book unowned;        ///< by address, those that no gate has given an owner
  address_book owned;          ///< by owner
  std::size_t body_bytes = 0;  ///< announced lengths of the bodies in hand
  bool stopping = false;
  id_source request_ids;
  std::function<void()> on_session_end;  ///< set by the accept loop

  /// Last, so that it goes first: handlers that it still holds refer to the rest.
  boost::asio::io_context io{1};

  void report(std::string_view what) const {
    if (options->on_error) options->on_error({}, what);
  }
};

/// Where one session is counted: with its address, and with its owners once a gate has named them.
/// Socket thread.
class session_books {
 public:
  session_books(core& of, session_control* who, std::string address);
  session_books(const session_books&) = delete;
  session_books& operator=(const session_books&) = delete;
  ~session_books() { leave(); }

  /// Idempotent.
  void leave();
  /// One too many costs an owner's idle connection that has waited longest; false: none is idle,
  /// and this one has to end.
  [[nodiscard]] bool take(std::vector<connection_owner> owners);
  [[nodiscard]] const std::vector<connection_owner>& owners() const { return owners_; }

 private:
  core& core_;
  session_control* who_;
  const std::string address_;  ///< its `address_key`
  std::vector<connection_owner> owners_;
};

/// Runs a session on an accepted socket; `address`: the peer's, as text. Socket thread; returns at
/// once.
void start_session(const std::shared_ptr<core>& shared, server_socket socket, std::string address);

}  // namespace autocusto::http
