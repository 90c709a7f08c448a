#pragma once
// What the sealed cells of the replica hold, as values. Private to client/replica. Any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/replica/file/shown_view.hpp"
#include "client/replica/types.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/ids.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::replica {

/// A version's row is its record copy's plus a number below this, so that a record's rows lie
/// together and need no index.
inline constexpr std::int64_t k_rows_per_copy = std::int64_t{1} << 20;
[[nodiscard]] constexpr std::int64_t copy_row(std::int64_t row) {
  return row & ~(k_rows_per_copy - 1);
}

/// How a version stands between laptop and server. Local are those waiting and acknowledged.
enum class version_sync_state : std::uint8_t {
  told,          ///< the server sent it, or its feed item
  waiting,       ///< saved here, not acknowledged
  acknowledged,  ///< saved here, in a receipt, feed item not pulled
  refused,       ///< saved here; on the refused list
  missing,       ///< told or seen before, and the server has lost it: it waits with its proof
};

/// version.meta
struct version_meta {
  std::int64_t row = 0;  ///< not in the cell
  version_id id;
  domain::version_status status = domain::version_status::active;
  std::int64_t generation = 1;
  std::vector<version_id> parents;
  version_sync_state where = version_sync_state::told;
  std::int64_t seq = 0;    ///< position in the feed; 0 while its item has not been pulled
  std::int64_t saved = 0;  ///< count of local saves when it was made; 0 if not made here
  unix_millis since = 0;   ///< when it was made here
  bool archived = false;
  bool erased = false;  ///< the payload is gone
  bytes proof;          ///< 32 bytes, or empty

  [[nodiscard]] bool is_local() const {
    return where == version_sync_state::waiting || where == version_sync_state::acknowledged;
  }
  /// Whether it stands in the table `waiting`.
  [[nodiscard]] bool to_be_pushed() const {
    return where == version_sync_state::waiting || where == version_sync_state::missing;
  }
  [[nodiscard]] bool visible() const { return where != version_sync_state::refused; }
};
[[nodiscard]] bytes pack(const version_meta& meta);
[[nodiscard]] version_meta unpack_meta(std::string_view cell, std::int64_t row);

/// version.content
[[nodiscard]] bytes pack_content(std::string_view header, std::string_view payload);
[[nodiscard]] domain::version_bytes unpack_content(std::string_view cell);

/// A discard that the server does not show yet.
struct waiting_discard {
  std::int64_t row = 0;  ///< the draft's
  version_id draft;
  bool acknowledged = false;
};

/// holding.state
struct copy_state {
  domain::record_ref record;
  std::optional<incarnation_id> incarnation;  ///< none until the server has opened the view
  bool hidden = false;                        ///< the server closed the view
  std::string key;
  server_view told;
  std::vector<waiting_discard> discards;
  // Worked out from all of the record's versions whenever one changes:
  shown_view shown;
  std::string name;           ///< of the front version
  std::int64_t number = 0;    ///< of the front version
  std::int64_t unsynced = 0;  ///< versions and discards that are not acknowledged
  std::int64_t versions = 0;  ///< rows of `version`, so that a missing one is noticed
};
[[nodiscard]] bytes pack(const copy_state& state);
[[nodiscard]] copy_state unpack_state(std::string_view cell);

/// waiting.entry and unpulled.entry; the id is the version's row. `saved` orders a record's pushes:
/// what the server has lost goes before every edit, in the order of generations.
struct waiting_entry {
  version_id version;
  std::int64_t saved = 0;
  unix_millis since = 0;
};
[[nodiscard]] bytes pack(const waiting_entry& entry);
[[nodiscard]] waiting_entry unpack_waiting(std::string_view cell);

/// discard.entry; its id is the draft's row.
struct discard_entry {
  version_id draft;
  unix_millis since = 0;
  bool acknowledged = false;
};
[[nodiscard]] bytes pack(const discard_entry& entry);
[[nodiscard]] discard_entry unpack_discard(std::string_view cell);

/// refused.entry; its id is the version's row.
struct refused_entry {
  version_id version;
  std::optional<version_id> base;  ///< the nearest ancestor that was not refused
  std::string code;
  std::string reason;
  std::string field;
  std::optional<std::int64_t> limit;
  unix_millis at = 0;
  bool at_server = false;
};
[[nodiscard]] bytes pack(const refused_entry& entry);
[[nodiscard]] refused_entry unpack_refused(std::string_view cell);

/// mark.entry; its id is the record copy's.
struct mark_entry {
  bool conflict = false;
  bool hidden = false;
  [[nodiscard]] bool any() const { return conflict || hidden; }
  friend bool operator==(const mark_entry&, const mark_entry&) = default;
};
[[nodiscard]] bytes pack(const mark_entry& entry);
[[nodiscard]] mark_entry unpack_mark(std::string_view cell);

/// notice.entry
struct notice_entry {
  notice_kind what = notice_kind::moved;
  std::optional<version_id> version;
  unix_millis at = 0;
};
[[nodiscard]] bytes pack(const notice_entry& entry);
[[nodiscard]] notice_entry unpack_notice(std::string_view cell);

/// The settings that keep the pushes under way. Rows are parallel to the ids in its object.
struct push_entry {
  wire::signed_object object;
  std::vector<std::int64_t> versions;
  std::vector<std::int64_t> discards;
};
[[nodiscard]] bytes pack(const push_entry& entry);
[[nodiscard]] push_entry unpack_kept(std::string_view cell);

[[nodiscard]] bytes pack(const identity& who);
[[nodiscard]] identity unpack_identity(std::string_view cell);
[[nodiscard]] bytes pack(const sync_outcome& outcome);
[[nodiscard]] sync_outcome unpack_outcome(std::string_view cell);

}  // namespace autocusto::replica
