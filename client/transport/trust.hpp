#pragma once
// Whom a client trusts: pins, trust objects and receipts. Pure functions; any thread.
//
// A link pins a CA (`ca:`, SHA-256 over the CA's public key) or the server's Ed25519 key (`key:`).
// With a pinned CA, TLS authenticates the server. With a pinned key, TLS is checked against the
// system's roots, and the trust object authenticates the server. The trust object names the server,
// its keys and its CAs, and is signed by one of its keys. The first one must fit the pin. Each
// later one must be signed by a key of the one before, name the same server, and not have a lower
// serial; where CAs are pinned, it must name some. So keys can be replaced, but only by who holds
// one.

#include <optional>
#include <string_view>
#include <vector>

#include "client/engine/replica_port.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/wire/audit_chain.hpp"
#include "shared/wire/catalogue.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::transport {

/// The trust object of an enrollment. With `key_pin` beside the pin of a CA, that key has to have
/// signed it; TLS has proved the CA. Errors: untrusted_server.
[[nodiscard]] result<wire::trust> accept_first_trust(const wire::signed_object& offered,
                                                     bool pin_is_ca, std::string_view pin,
                                                     std::string_view key_pin = {});

/// The trust object of a session. Errors: untrusted_server.
[[nodiscard]] result<wire::trust> accept_next_trust(const wire::trust& known,
                                                    const wire::signed_object& offered);

/// Whether one of the server's keys signed the object for that purpose.
[[nodiscard]] bool signed_by_server(const wire::trust& known, wire::purpose of,
                                    const wire::signed_object& object);

/// Whether the server itself, and nobody who stands in between, is at the other end of this
/// connection: one of its keys has signed, for that purpose, the object that was expected (with
/// this client's nonce or challenge, and the TLS key that this client was shown). Nothing: it is;
/// else `untrusted_server`, also where the server, being of a release before, has signed nothing.
[[nodiscard]] std::optional<error> refuse_other_end(const wire::trust& known, wire::purpose of,
                                                    const std::optional<wire::signed_object>& given,
                                                    std::string_view expected);

/// The reference catalogue of an answer: the hash of its text is the one that one of the server's
/// keys has signed. Error: untrusted_server.
[[nodiscard]] result<engine::fetched_catalogue> check_catalogue(
    const std::optional<wire::trust>& known, wire::catalogue_answer told);

/// The head of the audit log in a header's value: it has to be signed by the server, whoever ends
/// TLS. Error: untrusted_server.
[[nodiscard]] result<wire::audit_head> read_audit_head(const wire::trust& known,
                                                       std::string_view text);

/// Which CAs TLS may show: those that the trust object names, several while one is replaced; before
/// there is one, the pin of the link. None where the link pins the server's key (the system's roots
/// then).
[[nodiscard]] std::vector<hash256> tls_pins(bool pin_is_ca, std::string_view pin,
                                            const std::optional<wire::trust>& known);

/// When this program was built (UTC midnight; SOURCE_DATE_EPOCH where it is set). It is certainly
/// later than that.
[[nodiscard]] unix_millis build_time();

/// By what time certificate dates are judged: the later of the build and the last time that the
/// server told. Not the laptop's clock, which may be off by years.
[[nodiscard]] unix_millis certificate_time(std::optional<unix_millis> server_time);

}  // namespace autocusto::transport
