#pragma once
// The HTTP/1.1 server: a table of endpoints behind a TLS (or, for loopback metrics, plain) socket.
//
// One thread owns all sockets; a bounded pool of workers decodes bodies, runs handlers and encodes
// responses. A request is refused as early as its head allows it: bad framing (connection closed),
// unknown path (404), wrong method (405 with Allow), missing bearer token (401), a body longer than
// its route's limit (413) -- the last two before a byte of the body is read. When more requests
// wait for a worker than the queue holds, the answer is 503 with Retry-After.
//
// An endpoint may have a gate, which decides from the head who asks and whether they may. It runs
// on a worker, before any body is decoded; for a body of more than 16 KiB it is also asked before
// the body is read, which may take a minute. So nobody whom the gate does not know makes the server
// hold or unpack anything.
//
// Two hooks of an endpoint run on the socket thread and spare the hand-over to a worker: `front`
// refuses by the head alone whom arithmetic can refuse, before the gate; `brief` answers a request
// that needs arithmetic only. Neither may wait for anything.
//
// An address has a limit of connections, and a lower one of those whose owner no gate has named
// yet; an owner has a limit of their own. Over it, that one of the idle connections of the same
// address or owner is closed that has waited longest. If none is idle, the new one is: of an owner
// after the answer in hand.
//
// An endpoint is either blocking (returns its response) or deferred (answers through a `responder`
// later, from any thread; a waiting long poll holds no thread). Both start on a worker.
//
// `server` owns the listening socket, the threads and all connections. Its functions may be called
// from any thread. Handlers and hooks must outlive it in whatever they refer to, and are called on
// worker threads (handlers) or on the socket thread (hooks, cancel callbacks: these must be brief).

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/http/message.hpp"

namespace autocusto::http {

class exchange;

/// The right to answer one request, once. Copies share that right: the first answer counts, later
/// ones are ignored. When the last copy goes without an answer, the client gets a 500. May be used
/// from any thread, and may outlive the server (then it does nothing).
class responder {
 public:
  explicit responder(std::shared_ptr<exchange> state) : state_(std::move(state)) {}

  /// Answers. Encodes the response (compression) in the calling thread.
  void operator()(response answer) const;

  /// Answers with what `work` returns, run on a worker; for threads that must not be held up, such
  /// as the one that wakes long polls. An exception of `work` is logged and becomes a 500.
  void finish(std::function<response()> work) const;

  /// True once nobody needs the answer any more, or a quick one is wanted: the client went away,
  /// the handler took too long, or the server is stopping.
  [[nodiscard]] bool cancelled() const;

  /// `callback` runs once when `cancelled` becomes true: on the socket thread, or at once in this
  /// thread when it already is. It should answer. It is dropped unrun by an answer. A callback that
  /// holds a copy of this responder keeps it from counting as dropped.
  void on_cancel(std::function<void()> callback) const;

 private:
  std::shared_ptr<exchange> state_;
};

using blocking_handler = std::function<response(const request&)>;
using deferred_handler = std::function<void(request, responder)>;
/// Must not look at the body, which is not decoded and (`request::body_is_here`) may not be read
/// yet. A response refuses the request. May set `request::caller`. An exception is answered like a
/// handler's.
using head_gate = std::function<std::optional<response>(request&)>;
/// On the socket thread, so without I/O and locks that are held for long. A response refuses (of a
/// `front_gate`, asked from the head alone) or answers (of a `brief_handler`, asked with a body of
/// at most 16 KiB as it was sent); nothing: a worker goes on with the request. An exception is
/// answered like a handler's.
using front_gate = std::function<std::optional<response>(const request&)>;
using brief_handler = std::function<std::optional<response>(const request&)>;

/// One line of the endpoint table.
struct endpoint {
  std::string method;  ///< upper case
  std::string path;    ///< `/v1/users/{id}`: a `{name}` segment matches any one segment
  /// Bytes, of the body as sent and of the decoded body alike; a zstd body may hold at most
  /// `k_zstd_ratio` times its own size besides (compress.hpp).
  std::size_t body_limit = 0;
  bool needs_bearer = false;  ///< refuse before the body when there is no bearer token
  std::variant<blocking_handler, deferred_handler> handler;
  head_gate gate = nullptr;       ///< may be empty
  bool plain_only = false;        ///< compressed bodies are refused (415) instead of decoded
  front_gate front = nullptr;     ///< may be empty
  brief_handler brief = nullptr;  ///< may be empty; only where there is no gate
};

/// What happened to one request, without anything of its path, query or body.
struct access_record {
  std::string_view method;  ///< `OTHER` for a method that HTTP does not define
  std::string_view route;   ///< the endpoint's path pattern; empty where none matched
  int status = 0;           ///< 0: the client went away before it had an answer
  std::int64_t micros = 0;  ///< from the first byte of the request to the last of the response
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string_view request_id;
};

/// Budgets for whole operations: bytes that trickle in do not extend them.
struct server_deadlines {
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds header{10'000};   ///< from the first byte of a request
  std::chrono::milliseconds body{30'000};     ///< plus the time that `min_rate` allows
  std::chrono::milliseconds write{30'000};    ///< plus the time that `min_rate` allows
  std::chrono::milliseconds idle{30'000};     ///< between requests of one connection
  std::chrono::milliseconds handler{80'000};  ///< until a handler must have answered
  std::chrono::milliseconds linger{2'000};    ///< TLS shutdown and reading what is left at a close
  std::chrono::milliseconds stop{10'000};     ///< for the requests in hand at `request_stop`
  std::chrono::milliseconds client_check{1'000};  ///< how often a waiting client is looked after
  std::uint64_t min_rate = 32 * 1024;             ///< bytes per second
};

struct server_options {
  std::string address = "127.0.0.1";  ///< a numeric IPv4 or IPv6 address
  std::uint16_t port = 0;             ///< 0: any free port, see `server::port`
  std::string certificate_chain;      ///< PEM, leaf first; both empty: plain HTTP
  std::string private_key;            ///< PEM
  /// At the maximum a connection without an owner gives way that has been silent longest, of the
  /// address that has most of them; where there is none, more wait until one ends.
  std::size_t max_connections = 12'000;
  std::size_t max_connections_per_address = 0;  ///< see `address_key`; 0: any number
  std::size_t max_unowned_per_address = 0;      ///< of those without an owner; 0: any number
  std::size_t header_limit = 16 * 1024;
  /// Memory of the bodies in hand at once, in bytes, as they come; those up to 16 KiB are taken
  /// even beyond it.
  std::size_t body_budget = std::size_t{512} * 1024 * 1024;
  std::size_t max_requests_per_connection = 10'000;
  std::size_t workers = 4;
  std::size_t queue = 256;  ///< requests that wait for a worker
  server_deadlines deadlines;
  /// After each answered or abandoned request. Socket thread; must be brief; may be empty.
  std::function<void(const access_record&)> on_access;
  /// Something broke: an exception of a handler (with its request id) or of a socket (without).
  /// Any thread; may be empty.
  std::function<void(std::string_view request_id, std::string_view what)> on_error;
};

/// What the server is doing, for metrics.
struct server_stats {
  std::size_t connections = 0;
  std::size_t waiting = 0;        ///< requests in the hands of handlers, long polls included
  std::size_t queued = 0;         ///< requests that wait for a worker
  std::uint64_t evicted = 0;      ///< connections that had to give way to others
  std::uint64_t turned_away = 0;  ///< connections closed because their address had too many
  std::uint64_t decoded = 0;      ///< bodies that were unpacked, since the start
  std::uint64_t jobs = 0;         ///< what workers were given to do, since the start
};

class server {
 public:
  /// Binds, listens and starts the threads. `unavailable`: the address cannot be used; `usage`: the
  /// certificate, the key or the endpoint table is not right.
  [[nodiscard]] static result<std::unique_ptr<server>> start(server_options options,
                                                             std::vector<endpoint> endpoints);
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  /// Stops and waits.
  ~server();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] server_stats stats() const;
  /// Whether the thread of the sockets does what it is given within that time. From any other
  /// thread.
  [[nodiscard]] bool answers(std::chrono::milliseconds within) const;

  /// Uses another certificate for connections made from now on; those that exist keep theirs.
  /// `usage` when the two do not belong together or the server is a plain one.
  [[nodiscard]] result<void> set_certificate(const std::string& chain, const std::string& key);

  /// Begins the end: no new connections, idle ones closed, waiting long polls cancelled, requests
  /// in hand answered with `Connection: close`, and after `deadlines.stop` everything cut. Returns
  /// at once. From any thread, but not from inside a signal handler.
  void request_stop();
  /// Returns when the server has stopped and all its threads have ended. Whoever calls this from a
  /// handler or a hook waits for ever.
  void wait();

 private:
  class impl;
  explicit server(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::http
