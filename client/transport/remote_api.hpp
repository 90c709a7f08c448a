#pragma once
// What a sync needs of the server, as calls on values; and how they fail.
//
// `remote` (remote.hpp) is the real one over HTTPS; tests have their own. Calls block, each with a
// bound on its time. One thread at a time, but `interrupt`, which any thread may call, signal
// handlers included.

#include <cstdint>
#include <optional>
#include <vector>

#include "client/engine/replica_port.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::transport {

/// Why a request failed; a push that came too late also brings the server's last one.
struct failure {
  error what;
  std::optional<push_id> last_push;
};

[[noreturn]] void throw_exception_from_error(const failure& f, const boost::source_location& where);

template <class T>
using answer = boost::system::result<T, failure>;

/// A push's request as it goes over the line; can be made while another one is under way.
struct packed_push {
  std::string body;         ///< its JSON
  bool compressed = false;  ///< with zstd
};
[[nodiscard]] packed_push pack(const wire::push_request& request);

class remote_api {
 public:
  virtual ~remote_api() = default;

  /// Whether a bearer token is at hand (the server may have forgotten it).
  [[nodiscard]] virtual bool has_session() const = 0;
  /// Session, step 1. Forgets the token. `untrusted_server` when the answer is not signed by the
  /// server for this connection.
  [[nodiscard]] virtual answer<wire::challenge_answer> challenge(const device_id& device) = 0;
  /// Session, step 2, with the signed session object. The answer is believed only when the server
  /// has signed it for this connection. Checks the trust object before the token is
  /// used: `untrusted_server` when it is not signed by a key known from before or goes back; and
  /// the order that comes with anything but full access: it must be signed for this very session.
  [[nodiscard]] virtual answer<wire::session_answer> open_session(
      const wire::signed_object& proof) = 0;
  /// What the sessions of this object have taught.
  [[nodiscard]] virtual engine::learned last_learned() const = 0;
  /// The receipt, its signature verified: `untrusted_server` when it is not the server's.
  [[nodiscard]] virtual answer<wire::push_receipt> push(const packed_push& request) = 0;
  /// The same form for a laptop without access: its versions go to quarantine.
  [[nodiscard]] virtual answer<wire::push_receipt> surrender(const packed_push& request) = 0;
  /// The receipt of a push that the server has from this device; `not_found` when it has none, or
  /// is of a release that does not answer this.
  [[nodiscard]] virtual answer<wire::push_receipt> receipt(const push_id& id) = 0;
  /// Sends a signed erasure receipt.
  [[nodiscard]] virtual answer<wire::erasure_answer> send_erasure(
      const wire::signed_object& receipt) = 0;
  /// Those of the ids (as many as there are) that this user cannot see at the server.
  [[nodiscard]] virtual answer<std::vector<version_id>> missing(
      const std::vector<version_id>& held) = 0;
  /// `limit`: items, 1 to limits::batch_versions; `wait_seconds`: 0 to limits::long_poll_seconds;
  /// `unsent_seconds`: how long the oldest edit has waited here, for whoever watches the server;
  /// `own`: also the bytes of versions that this device made.
  [[nodiscard]] virtual answer<wire::page> changes(const wire::cursor& from, std::int64_t limit,
                                                   int wait_seconds,
                                                   std::optional<std::int64_t> unsent_seconds,
                                                   bool own) = 0;

  /// The server's newest reference catalogue, its signature and hash verified; nothing when it is
  /// `have`, when there is none, and of a server that knows of none. Errors: untrusted_server.
  [[nodiscard]] virtual answer<std::optional<engine::fetched_catalogue>> catalogue(
      const std::optional<hash256>& have) = 0;

  /// The running call, and every later one, fails as `unreachable` at once.
  virtual void interrupt() noexcept = 0;
  /// Calls work again.
  virtual void clear_interrupt() = 0;
};

}  // namespace autocusto::transport
