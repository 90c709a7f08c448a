#pragma once
// The server as a client reaches it: HTTPS, messages, sessions, trust.
//
// One object is one kept connection and at most one session. Nothing is retried here but what the
// HTTP layer may retry without harm, and, in `call`, a request that came back with 401 (once, with
// a new session). A session's challenge and its answer must be signed by the server for the TLS key
// that this connection was shown; requests with the token go to that key alone, so another
// certificate (a renewed one, or somebody in between) costs a new session. Tokens live in this
// object's memory. One thread at a time, but `interrupt`.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/transport/remote_api.hpp"
#include "shared/base/clock.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/wire/audit_chain.hpp"

namespace autocusto::transport {

/// Where the server is and what is known of it.
struct server_address {
  std::string host;
  std::uint16_t port = 443;
  bool pin_is_ca = true;
  std::string pin;  ///< 32 raw bytes
  /// The newest accepted trust object; nothing before enrollment.
  std::optional<wire::signed_object> trust;
  /// The last time that the server told; nothing before enrollment.
  std::optional<unix_millis> server_time;
};

/// What enrollment gives, to be kept sealed.
struct enrollment {
  server_address address;
  server_id server;
  user_id user;
  std::string email;
  std::string role;
  device_id device;
  crypto::secret tenant_key;
};

/// What a new device is to be: its name, its key, and the device that it is to stand in for. The
/// keys must live until the call is over; they sign the server's challenge.
struct new_device {
  struct replaced {
    server_id server;
    device_id device;
    const crypto::signing_key* key;
  };
  std::string name;
  const crypto::signing_key* key;
  std::optional<replaced> replaces{};
};

/// Redeems a link: tells the server this device's name and public key, and the code, once the
/// server has signed for this very connection with the key that the link pins (`key:`), or with one
/// that a server of the pinned CA names (`ca:`). Doing it again within 72 hours with the same key
/// gives the same answer. Errors: untrusted_server, unreachable, code_unknown, code_expired,
/// user_disabled, invalid_field, protocol_error; with `replaces` also those of `enroll_again`.
[[nodiscard]] result<enrollment> enroll(const wire::enrollment_link& link, const new_device& made);

/// Without a link, at a server that is known already, by the old device's signature alone; may be
/// repeated at any time. Errors: untrusted_server, unreachable, device_unknown, device_revoked,
/// user_disabled, bad_signature, forbidden, too_many_devices, invalid_field, protocol_error.
[[nodiscard]] result<enrollment> enroll_again(const server_address& at, const new_device& made);

class remote final : public remote_api {
 public:
  /// Connects with the first request. Throws error_exception (malformed) when the kept trust object
  /// cannot be read.
  explicit remote(server_address address);
  ~remote() override;
  remote(const remote&) = delete;
  remote& operator=(const remote&) = delete;

  [[nodiscard]] bool has_session() const override;
  [[nodiscard]] answer<wire::challenge_answer> challenge(const device_id& device) override;
  [[nodiscard]] answer<wire::session_answer> open_session(
      const wire::signed_object& proof) override;
  [[nodiscard]] engine::learned last_learned() const override;
  [[nodiscard]] answer<wire::push_receipt> push(const packed_push& request) override;
  [[nodiscard]] answer<wire::push_receipt> surrender(const packed_push& request) override;
  [[nodiscard]] answer<wire::push_receipt> receipt(const push_id& id) override;
  [[nodiscard]] answer<wire::erasure_answer> send_erasure(
      const wire::signed_object& receipt) override;
  [[nodiscard]] answer<std::vector<version_id>> missing(
      const std::vector<version_id>& held) override;
  [[nodiscard]] answer<std::optional<engine::fetched_catalogue>> catalogue(
      const std::optional<hash256>& have) override;
  [[nodiscard]] answer<wire::page> changes(const wire::cursor& from, std::int64_t limit,
                                           int wait_seconds,
                                           std::optional<std::int64_t> unsent_seconds,
                                           bool own) override;
  void interrupt() noexcept override;
  void clear_interrupt() override;

  /// Empty: none.
  [[nodiscard]] const std::string& token() const;

  /// Both steps of a session: asks, signs, opens.
  [[nodiscard]] answer<wire::session_answer> sign_in(const device_id& device,
                                                     const crypto::signing_key& key,
                                                     const std::optional<push_id>& prev_push);
  /// From now on `call` signs in by itself where it has to.
  void sign_in_as(const device_id& device, const crypto::signing_key& key,
                  const std::optional<push_id>& prev_push);

  /// Any other endpoint, with the bearer token: the JSON body of its answer. `path_with_query`
  /// holds nothing about patients. GET is repeated when a kept connection was dead; POST only if
  /// `idempotent`.
  [[nodiscard]] answer<std::string> call(std::string_view method, std::string_view path_with_query,
                                         std::string body = {}, bool idempotent = false);
  /// With every `call` and `act` from now on the server is asked for the link of that line of its
  /// audit log.
  void ask_of_audit_line(std::int64_t seq);
  /// The head of the audit log that came with the last answer to one of them, if its signature is
  /// that of a key that this connection trusts.
  [[nodiscard]] std::optional<wire::audit_head> last_audit_head() const;

  /// Signs an act and sends it to POST /v1/admin/act, again after a lost answer (acts have ids).
  [[nodiscard]] answer<std::string> act(const wire::act_object& what,
                                        const crypto::signing_key& key);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// The second step of an enrollment: both keys sign the challenge of the first.
[[nodiscard]] wire::enroll_request enroll_request_of(const std::string& code,
                                                     const new_device& made,
                                                     const server_id& server,
                                                     const std::string& challenge);

}  // namespace autocusto::transport
