#pragma once
// A device that speaks the protocol and nothing more: for tests of the server.
//
// It keeps no replica: what it sends is what the test says, signed with its own key, over real TLS
// with the link's pin. One thread.

#include <optional>
#include <string>
#include <vector>

#include "shared/crypto/random.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/domain/version.hpp"
#include "shared/http/client.hpp"
#include "shared/wire/messages.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::test {

class wire_device {
 public:
  /// Talks to `port` on 127.0.0.1, trusting what the link pins.
  wire_device(const std::string& link, std::uint16_t port);

  /// POST with a JSON body, with the session's token if there is one.
  http::response post(const std::string& path, const std::string& body);
  http::response get(const std::string& path_with_query, http::header_list headers = {});

  /// The challenge of the server's greeting.
  [[nodiscard]] std::string greeting();
  /// The new key's signature over a challenge.
  [[nodiscard]] static wire::signed_object enroll_proof(const crypto::signing_key& by,
                                                        const server_id& server,
                                                        const std::string& challenge);
  /// Enrolls with the link's code (or another one); keeps what it learns when it works.
  http::response enroll(const std::string& name = "laptop",
                        const std::optional<std::string>& other_code = std::nullopt);
  [[nodiscard]] std::string challenge();
  /// The second step of a session.
  [[nodiscard]] std::string session_body(const std::string& challenge,
                                         const std::optional<push_id>& prev_push = std::nullopt);
  /// Both steps; keeps the token when it works.
  http::response open_session(const std::optional<push_id>& prev_push = std::nullopt);

  /// A version by this user on this device.
  [[nodiscard]] domain::version version(testing::version_builder builder) const;
  [[nodiscard]] std::string push_body(const std::vector<domain::version>& versions,
                                      const push_id& id);
  /// Signs and sends; remembers the push when it is acknowledged.
  http::response push(const std::vector<domain::version>& versions);
  /// The lines of a receipt; throws when the answer is none.
  [[nodiscard]] static std::vector<wire::push_result> results(const http::response& answer);
  http::response changes(const wire::cursor& from, int wait = 0);

  /// A fresh key under the same identity: what a thief of nothing but ids has.
  void forget_key() { key = crypto::signing_key::generate(crypto::system_random()); }

  wire::enrollment_link link;
  crypto::signing_key key = crypto::signing_key::generate(crypto::system_random());
  wire::enroll_answer who;
  wire::session_answer session;
  std::optional<push_id> last_push;
  std::string token;

 private:
  http::response send(const std::string& method, const std::string& path, std::string body,
                      http::header_list headers = {});

  http::client client_;
  server_id server_;  ///< of the greeting
};

/// The stable code of a problem document; `ok` for a success.
[[nodiscard]] std::string code_of(const http::response& answer);

}  // namespace autocusto::test
