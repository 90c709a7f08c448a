#pragma once
// A pushed version after everything that can be said of it without a database.
//
// Decoding, hashing and validating take most of the time of a push, so they happen before the
// transaction; the rules that need the store only look at the result. Values; any thread.

#include <optional>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/domain/version.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync {

struct candidate {
  version_id id;                                 ///< SHA-256 of the header's bytes
  std::optional<domain::version> value;          ///< none when it could not be read as a whole
  std::optional<domain::version_header> header;  ///< of an unreadable one, if that much can be read
  domain::version_bytes raw;                     ///< of an unreadable one, for quarantine
  /// The incarnation for which a valid proof came with it: the server has known it there before.
  std::optional<incarnation_id> proven;
  /// Form, sizes, hashes, record id against key: what no state of the store could mend.
  std::optional<error> flaw;
  /// Texts and fields that break a rule of entry; fields may still be exempt because an older
  /// version has the same value.
  std::vector<error> entry_problems;

  [[nodiscard]] const domain::version_header* head() const {
    if (value) return &value->header;
    return header ? &*header : nullptr;
  }
  /// Whether it is taken back as it is (its bytes are whole, and the proof is good).
  [[nodiscard]] bool restorable() const { return proven && value && !flaw; }
  [[nodiscard]] const domain::version_bytes& bytes() const { return value ? value->raw : raw; }
};

/// Reads and checks one version. `tenant_key` names records (32 bytes).
[[nodiscard]] candidate examine(domain::version_bytes raw, std::string_view tenant_key);
/// The same where the caller has worked out the id: the SHA-256 of the header.
[[nodiscard]] candidate examine(domain::version_bytes&& raw, const version_id& id,
                                std::string_view tenant_key);

}  // namespace autocusto::sync
