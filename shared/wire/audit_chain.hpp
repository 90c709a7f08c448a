#pragma once
// The chain over the audit log: what it covers, and what a server signs of it.
//
// Line n of the log (n from 1, without a gap) has the link
//
//   link(n) = SHA-256("autocusto/audit-line/v1" 0x00 link(n-1) parts)
//
// with 32 zero bytes as link(0), and as parts of the line, each with its length in 8 bytes, most
// significant first, before it: n and the time (RFC 3339) as text, the act's id, the actor's id,
// the device's id, the name of the act or read, the id of the user it is about, the object and the
// signature (ids and signature in raw bytes; what is absent is empty). Who knows link(n) knows all
// lines up to n: none can be changed, removed or added before it without another link(n).
//
// The head of a log is its last line's number and link, signed by the server with purpose `audit`.
// Values only; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::wire {

struct audit_line {
  std::int64_t seq = 0;
  std::string at;
  std::optional<act_id> act;
  user_id actor;
  std::optional<device_id> device;
  std::string what;
  std::optional<user_id> user;
  std::string object;
  std::string signature;  ///< raw, or empty
};

/// The link of a line behind the one with link `before`.
[[nodiscard]] hash256 audit_link(const hash256& before, const audit_line& line);

/// What the server says of its log, signed, in the response header `Autocusto-Audit-Head`
/// (base64url of {"object","signature"}) of every answer to an administrator's call. With `seen`,
/// the number that the request's header `Autocusto-Audit-Seen` named, comes the link of that line;
/// none where the log is shorter.
struct audit_head {
  server_id server;
  std::int64_t seq = 0;
  hash256 link;
  std::string at;  ///< when it was signed
  std::optional<std::int64_t> seen;
  std::optional<hash256> seen_link;
};

inline constexpr std::string_view k_audit_head_header = "autocusto-audit-head";
inline constexpr std::string_view k_audit_seen_header = "autocusto-audit-seen";

/// Canonical JSON, and back (error: malformed).
[[nodiscard]] std::string encode_object(const audit_head& head);
[[nodiscard]] result<audit_head> decode_audit_head(std::string_view json);

}  // namespace autocusto::wire
