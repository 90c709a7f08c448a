#pragma once
// Internal to shared/http: what the accept loop and the sessions share.
//
// One `core` per server, held by the server and by each session. Everything in it belongs to the
// socket thread (the one that runs `io`) except `io` itself, the options, the routes, the workers
// and the counters.

#include <atomic>
#include <memory>
#include <set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "shared/http/router.hpp"
#include "shared/http/server.hpp"
#include "shared/http/tls.hpp"
#include "shared/http/worker_pool.hpp"

namespace autocusto::http {

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

  context_ptr tls;  ///< null: plain HTTP
  std::set<session_control*> sessions;
  std::size_t body_bytes = 0;  ///< announced lengths of the bodies in hand
  bool stopping = false;
  std::function<void()> on_session_end;  ///< set by the accept loop

  /// Last, so that it goes first: handlers that it still holds refer to the rest.
  boost::asio::io_context io{1};

  void report(std::string_view what) const {
    if (options->on_error) options->on_error({}, what);
  }
};

/// Runs a session on an accepted socket. Socket thread; returns at once.
void start_session(const std::shared_ptr<core>& shared, boost::asio::ip::tcp::socket socket);

}  // namespace autocusto::http
