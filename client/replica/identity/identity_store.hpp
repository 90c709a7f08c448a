#pragma once
// Who this laptop is: its account, its keys, where the server is and what proves it, the last of
// its pushes, and small settings by name.
//
// A handle on the open file (client/replica/replica.hpp), which must outlive it. Every call is a
// transaction or a read of its own; what answers success is on disk. Errors common to all calls
// that change something: replica_busy. One thread at a time per file.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/replica/types.hpp"
#include "shared/base/error.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/crypto/sign.hpp"

namespace autocusto::replica {

class replica_file;

class identity_store {
 public:
  explicit identity_store(replica_file& file) : file_(&file) {}

  [[nodiscard]] bool enrolled() const;
  /// Completes enrollment. Errors: already_enrolled unless it is the same user, device and server.
  [[nodiscard]] result<void> enroll(const identity& who, const crypto::secret& tenant_key);
  /// Errors: not_enrolled.
  [[nodiscard]] result<identity> who() const;
  /// The server is reached at another name or port now. What proves it (pin and trust) stays, and
  /// everything else. Errors: not_enrolled.
  [[nodiscard]] result<void> set_server(std::string_view host, std::uint16_t port);
  /// Keeps a newer trust object (the caller has verified it); does nothing with one whose serial
  /// number is not greater.
  [[nodiscard]] result<void> set_trust(const wire::signed_object& trust);

  /// The device's private key; a copy for the caller.
  [[nodiscard]] crypto::signing_key device_key() const;
  /// The key of another device that this folder is to become (`enroll --again`): made at the first
  /// asking, on disk before anybody can send it, the same until `become`.
  [[nodiscard]] result<crypto::signing_key> next_device_key();
  /// Becomes the device of that key, in one transaction: edits, refused ones and the place in the
  /// feed stay; what waits is pushed by the new device, and a push that is kept is given up. Doing
  /// it twice is fine. Errors: not_enrolled; already_enrolled for another user or server; busy when
  /// `key` is not that key any more.
  [[nodiscard]] result<void> become(const identity& who, const crypto::public_key& key,
                                    const crypto::secret& tenant_key);
  /// Errors: not_enrolled.
  [[nodiscard]] result<crypto::secret> tenant_key() const;

  /// Whether everything but the identity and the device's key has been erased, because the access
  /// was withdrawn.
  [[nodiscard]] bool erased() const;

  /// The last push of this device that was answered.
  [[nodiscard]] std::optional<push_id> last_push() const;
  /// For going on where the server is.
  [[nodiscard]] result<void> set_last_push(const std::optional<push_id>& id);

  /// Small texts by name that others keep here, sealed (language, state of the audit log, …), with
  /// nothing about a record in them. Empty value: forget it. Names have 1 to 64 bytes.
  [[nodiscard]] result<void> set_setting(std::string_view name, std::string_view value);
  [[nodiscard]] std::optional<std::string> setting(std::string_view name) const;

  /// The greatest time that the server has told; certificates are judged by it.
  [[nodiscard]] std::optional<unix_millis> server_time() const;
  /// From now on they are judged by this time, be it earlier; without one, by the program's own
  /// date.
  [[nodiscard]] result<void> set_server_time(std::optional<unix_millis> told);
  /// By how many seconds this laptop's clock was ahead of the server's at the newest session;
  /// negative when it was behind. Nothing where the two agreed to within five minutes.
  [[nodiscard]] std::optional<std::int64_t> clock_difference() const;
  /// Keeps it; written only where there is news, to within a minute.
  [[nodiscard]] result<void> note_server_clock(unix_millis server_now);

 private:
  replica_file* file_;
};

}  // namespace autocusto::replica
