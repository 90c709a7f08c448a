#pragma once
// Making and reading certificates: a small certificate authority, and the server's leaves.
//
// All keys are EC P-256 (every TLS stack knows it), all signatures ECDSA with SHA-256, all texts
// PEM. The CA is a version-3 certificate with critical basicConstraints and keyUsage; a leaf
// carries its names as subjectAltName and may only serve TLS. Functions only; any thread. A failure
// of the cryptographic library throws std::runtime_error; what callers hand in wrong is `result`.

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::http {

/// A certificate (or chain, leaf first) and the private key of its first certificate, both PEM.
struct certificate_pair {
  std::string certificate;
  std::string private_key;
};

/// A self-signed CA, valid from `not_before` for `years` times 365 days.
[[nodiscard]] certificate_pair make_ca(std::string_view common_name, int years,
                                       unix_millis not_before);

/// A leaf for `names` (DNS names and numeric IP addresses, at least one), valid from `not_before`
/// for `days`, signed by `ca`. The result's `certificate` is the chain to send: leaf, then CA.
/// `usage` when `ca` cannot be read or there is no name.
[[nodiscard]] result<certificate_pair> issue_leaf(const certificate_pair& ca,
                                                  const std::vector<std::string>& names, int days,
                                                  unix_millis not_before);

/// The dates of the first certificate in `pem`; `usage` when there is none.
[[nodiscard]] result<unix_millis> certificate_not_before(std::string_view pem);
[[nodiscard]] result<unix_millis> certificate_not_after(std::string_view pem);

/// Whether the private key belongs to the first certificate; false when either cannot be read.
[[nodiscard]] bool key_matches(std::string_view certificate_pem, std::string_view key_pem);

/// SHA-256 over the DER SubjectPublicKeyInfo of the first certificate in `pem`: what a CA pin is.
/// `usage` when there is none.
[[nodiscard]] result<hash256> spki_sha256(std::string_view pem);

/// The PEM of the last certificate in a chain: the CA, where the chain carries one. `usage` when
/// there is none.
[[nodiscard]] result<std::string> last_certificate(std::string_view pem);

}  // namespace autocusto::http
