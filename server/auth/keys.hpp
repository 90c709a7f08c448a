#pragma once
// The key bundle: the keys that identify an installation. No database holds them.
//
//   tenant_key     names records (HMAC); given to every enrolled device
//   server_secret  proofs, challenges, salts of merges; never leaves the servers
//   signing        Ed25519: receipts and the trust object
//   ca             the installation's certificate authority (valid for 30 years), whose key clients
//                  pin; none when the administrator supplied a certificate (`--cert`, `--key`):
//                  then clients pin the public half of `signing`
//   leaf           the TLS certificate and its key; one of the own CA is valid for a year and is
//                  reissued after half a year
//   trust_serial   the serial of the trust object; grows with each change of it
//   next_signing,  announced to clients, not in use yet (rotation.hpp); `…_from`: when they may be
//   next_ca
//   retired        public halves of signing keys that were in use, for what they have signed
//
// It lives in `keys.json` of the data folder (mode 0600), the same on every server process of one
// installation; outside the folder only sealed under a passphrase (see sealed_stream.hpp). Values
// that move but are not copied; only the process that holds the folder's lock writes the file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/http/x509.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::auth {

struct server_keys {
  server_id server;
  crypto::secret tenant_key;     ///< 32 bytes
  crypto::secret server_secret;  ///< 32 bytes
  crypto::signing_key signing;
  std::int64_t trust_serial = 1;
  std::optional<http::certificate_pair> ca;
  http::certificate_pair leaf;
  std::optional<crypto::signing_key> next_signing{};
  unix_millis next_signing_from = 0;
  std::optional<http::certificate_pair> next_ca{};
  unix_millis next_ca_from = 0;
  std::vector<crypto::public_key> retired{};
};

inline constexpr int k_root_years = 30;
inline constexpr int k_leaf_days = 365;

/// Fresh keys with a CA of their own and a leaf for `names`. `usage` when there is no name.
[[nodiscard]] result<server_keys> make_keys(random_source& random,
                                            const std::vector<std::string>& names, unix_millis now);
/// Fresh keys that use a given certificate; `usage` when it does not belong to its key.
[[nodiscard]] result<server_keys> make_keys(random_source& random, http::certificate_pair given);

/// The JSON text of `keys.json`; holds secrets.
[[nodiscard]] std::string encode_keys(const server_keys& keys);
[[nodiscard]] result<server_keys> decode_keys(std::string_view json);

/// `folder`/keys.json.
[[nodiscard]] std::string keys_path(const std::string& folder);
[[nodiscard]] result<void> save_keys(const std::string& folder, const server_keys& keys);
[[nodiscard]] result<server_keys> load_keys(const std::string& folder);

/// The whole bundle sealed under a passphrase, and back.
[[nodiscard]] std::string export_keys(const server_keys& keys, const crypto::secret& passphrase,
                                      random_source& random);
[[nodiscard]] result<server_keys> import_keys(std::string_view sealed,
                                              const crypto::secret& passphrase);

/// A new leaf by the own CA when the present one has passed half of its life, is not for a time
/// like this, or ends before `told`, the latest time that clients were told (they judge it by
/// that): true when `keys.leaf` changed. False without an own CA.
[[nodiscard]] result<bool> renew_leaf(server_keys& keys, const std::vector<std::string>& names,
                                      unix_millis now, unix_millis told = 0);
/// Always a new leaf by the own CA; `usage` without one. It is good for k_leaf_days, longer where
/// `told` or the end of the leaf before it is later (that one may have been issued by a clock that
/// was ahead, and clients were told its time), and never longer than the CA.
[[nodiscard]] result<void> reissue_leaf(server_keys& keys, const std::vector<std::string>& names,
                                        unix_millis now, unix_millis told = 0);

/// The keys by which this server's signatures of all times are checked.
[[nodiscard]] std::vector<crypto::public_key> all_signing_keys(const server_keys& keys);

/// What clients are told to trust, signed with purpose `trust`.
[[nodiscard]] wire::signed_object trust_object(const server_keys& keys);

/// Signs an object's canonical JSON for a purpose; the result goes into messages.
[[nodiscard]] wire::signed_object sign_canonical(const server_keys& keys, wire::purpose of,
                                                 std::string canonical_json);

/// The link by which a device is enrolled, with the pin that fits these keys.
[[nodiscard]] std::string enrollment_link(const server_keys& keys, const std::string& host,
                                          std::uint16_t port, const std::string& code);

}  // namespace autocusto::auth
