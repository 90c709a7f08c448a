#pragma once
// The keys of a laptop: how everything in the replica is sealed, and how it is made unreadable.
//
//   passphrase --Argon2id--> wrapping key --AES-256-GCM--> data key (32 random bytes)
//   data key --HMAC label--> cell key      seals settings, lists and whatever is of no record
//                            record key    wraps the content key of each record
//                            index key     keyed hashes by which rows are found
//
// The envelope is the only thing that is stored in clear: version, cost of the passphrase, salt and
// the wrapped data key. The key is made from the NFC form of the passphrase (shared/passphrase).
// Envelopes of older programs (version 1: scrypt, the bytes as they were typed) still open; `aged`
// tells them apart. A new passphrase makes a new envelope around the same data key, so nothing else
// is written again. Each record has a content key of its own; who destroys its wrap has erased the
// record, whatever copies of its rows remain.
//
// Every sealed cell is bound to its place (table, row, column), so that two cells cannot change
// places. What is not noticed: an old value of the same cell put back.
//
// Objects own their keys and wipe them. One thread at a time uses a keyring and what it made; the
// random source must outlive them.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "shared/base/bytes.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/crypto/aead.hpp"
#include "shared/crypto/kdf.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/passphrase/cost.hpp"

namespace autocusto::vault {

/// From here on a crash of this process leaves no memory image on disk, and no other process of the
/// same user may read its memory. Called once at the start of main. False if the system refused.
bool forbid_core_dumps() noexcept;

/// Where a sealed value stands. Table and column are short constants (32 bytes at most).
struct cell_place {
  std::string_view table;
  std::int64_t row = 0;
  std::string_view column;
};

/// Seals cells under one key.
class cell_sealer {
 public:
  /// `key`: exactly 32 bytes (std::invalid_argument).
  cell_sealer(std::string_view key, random_source& random) : sealer_(key), random_(&random) {}

  [[nodiscard]] bytes seal(const cell_place& at, std::string_view plain);
  /// Nothing when the cell was changed, stood elsewhere or belongs to another key.
  [[nodiscard]] std::optional<bytes> open(const cell_place& at, std::string_view sealed);

 private:
  crypto::sealer sealer_;
  random_source* random_;
};

/// A keyed hash: the same value gives the same 16 bytes on this laptop, and tells nothing without
/// the key.
using lookup_hash = std::array<char, 16>;
[[nodiscard]] inline std::string_view view(const lookup_hash& hash) {
  return {hash.data(), hash.size()};
}

/// The content key of one record, and its wrap to be stored.
struct content_key {
  cell_sealer sealer;
  bytes wrap;
};

class keyring {
 public:
  /// A new data key.
  [[nodiscard]] static keyring create(random_source& random);
  /// Opens an envelope. Errors: wrong_passphrase (also for an envelope that was changed); malformed
  /// for one that no version of the program wrote or whose parameters are out of bounds;
  /// schema_too_new for one of a newer program; unavailable without the memory that it takes. Takes
  /// as long as the envelope asks for, usually half a second.
  [[nodiscard]] static result<keyring> open(std::string_view envelope, std::string_view passphrase,
                                            random_source& random);

  /// The envelope for a passphrase, with a fresh salt. The data key stays the same. Errors:
  /// malformed for parameters out of bounds; usage for a passphrase of blanks alone.
  [[nodiscard]] result<bytes> envelope(std::string_view passphrase,
                                       const crypto::argon2_params& params);
  /// Whether an envelope that opens should be replaced: it is an older program's, or costs less
  /// than the range.
  [[nodiscard]] static bool aged(std::string_view envelope, const passphrase::cost_range& range);

  /// Seals what is of no record.
  [[nodiscard]] cell_sealer& cells() { return cells_; }

  /// A fresh content key for the record in that row.
  [[nodiscard]] content_key new_content_key(std::int64_t row);
  /// The content key behind a wrap; nothing when it was destroyed, changed or is another row's.
  [[nodiscard]] std::optional<cell_sealer> open_content_key(std::int64_t row,
                                                            std::string_view wrap);

  /// `what` keeps equal values of different meaning apart: "record", "version", …
  [[nodiscard]] lookup_hash lookup(std::string_view what, std::string_view value) const;

 private:
  keyring(crypto::secret data_key, random_source& random);

  crypto::secret data_key_;
  crypto::secret index_key_;
  random_source* random_;
  cell_sealer cells_;
  cell_sealer wraps_;
};

}  // namespace autocusto::vault
