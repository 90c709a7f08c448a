#pragma once
// What goes into the replica and what comes out of it: plain values, any thread.
//
// Times are RFC 3339 texts as in the version headers, or unix_millis where the laptop took them
// from its own clock. `author` is an e-mail (`system` for the system user; empty when the server
// never sent it). A `selector` is what a person types for a version: its number as shown, or a
// prefix of at least four digits of its id.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/bytes.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/domain/version.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::replica {

/// What enrollment gave this laptop, but for the keys.
struct identity {
  std::string host;
  std::uint16_t port = 443;
  bool pin_is_ca = true;      ///< the pin of the enrollment link: a CA's key, or the server's
  std::string pin;            ///< 32 raw bytes
  wire::signed_object trust;  ///< the newest accepted trust object; it names the server
  server_id server;
  user_id user;
  std::string email;
  std::string role;  ///< `doctor` or `admin`
  device_id device;
  std::string device_name;
};

/// A small text about a record, which is forgotten with it; about none while `kind` is empty.
struct kept_text {
  std::string kind;
  std::string key;
  std::string value;
  friend bool operator==(const kept_text&, const kept_text&) = default;
};

/// One line of entering: creates or updates.
struct edit {
  std::string kind;
  std::string key;           ///< as typed
  domain::field_map fields;  ///< the given fields only; the others stay
  std::optional<std::string> summary;
  bool draft = false;
  /// What the person saw when they began: the version to start from, or that the record was new. If
  /// it starts from another one by now, the edit is refused (view_moved; already_exists for a new
  /// record that is here by now). Not given: whatever is shown.
  struct start {
    std::optional<version_id> version;  ///< nothing: the record is new
  };
  std::optional<start> expect = std::nullopt;
  std::size_t line = 0;  ///< where it stands in the file it comes from, from 1; 0: in none
  /// Why its line of the file is no edit; then nothing of the batch is saved.
  std::optional<error> unreadable = std::nullopt;
};

/// Of many wrong lines of a batch at most this many are told.
inline constexpr std::size_t k_lines_told = 50;

/// Why an edit was refused, in full: every field that is wrong.
struct edit_problems {
  std::size_t index = 0;  ///< which edit of the batch
  std::vector<error> problems;
  std::size_t wrong_lines = 0;  ///< of a batch: how many, also those that are not told
};

struct saved {
  std::string kind;
  std::string key;
  version_id version;  ///< the new version; the shown one when nothing changed
  std::int64_t number = 0;
  bool created = false;  ///< the record is new on this laptop
  bool changed = false;  ///< false: nothing to save, no version was made
};

/// How heads are joined. `take` is the starting point; without it, fields on which the heads agree
/// or that only one of them changed are taken over, and each other field must be named.
struct resolution {
  std::optional<std::string> take;                        ///< selector
  std::vector<std::pair<std::string, std::string>> from;  ///< field, selector
  domain::field_map set;
  std::optional<std::string> summary;
  /// The heads that the person saw, in any order; view_moved when others are shown by now.
  std::optional<std::vector<version_id>> expect_heads = std::nullopt;
};

struct version_info {
  version_id id;
  std::int64_t number = 0;  ///< position in the doctor's own history; 0 for a refused version
  std::vector<version_id> parents;
  std::string author;
  std::string device;  ///< name of the device, empty if never told
  std::string created_at;
  std::string summary;
  domain::version_status status = domain::version_status::active;
  bool active = false;  ///< the one that is shown
  bool head = false;
  bool set_aside = false;  ///< a draft that was discarded, replaced or published
  bool synced = false;     ///< the server has acknowledged it
  bool archived = false;
  bool erased = false;  ///< the payload is gone: no summary, no fields
};

struct record_shown {
  std::string kind;
  std::string key;
  version_info version;
  domain::field_map fields;
  bool conflict = false;
  std::vector<version_id> heads;
  std::vector<version_id> drafts;  ///< the last is the newest
  bool synced = false;             ///< nothing of this record waits
};

struct list_item {
  std::string kind;
  std::string key;
  std::string name;
  version_id version;
  std::int64_t number = 0;
  bool conflict = false;
  bool synced = false;
  bool draft = false;      ///< the record has only drafts
  bool has_draft = false;  ///< drafts stand beside what is in use, or are all there is
};

struct conflict_item {
  std::optional<std::int64_t> id;  ///< the server's, once it told it
  std::string kind;
  std::string key;
  std::optional<version_id> base;
  std::vector<version_id> heads;
  std::string opened_at;  ///< empty for one that only this laptop knows
};

/// A version that the server refused, or that depends on one.
struct refused_item {
  version_id version;
  std::string kind;
  std::string key;
  std::string code;    ///< stable name; newer servers may know more
  std::string reason;  ///< a sentence
  std::string field;
  std::optional<std::int64_t> limit;
  unix_millis refused_at = 0;
  bool at_server = false;  ///< its bytes are in the server's quarantine
};

struct refused_shown {
  refused_item what;
  version_info version;
  domain::field_map fields;
  /// What it changed against its nearest accepted ancestor (the empty record if there is none).
  std::vector<domain::field_change> changes;
};

enum class waiting_for {
  push,       ///< not sent, or sent without an answer yet
  feed,       ///< acknowledged; its feed item has not been pulled
  surrender,  ///< its record was taken away; sent so that the server keeps it in quarantine
};

/// Its name in what programs read.
[[nodiscard]] constexpr const char* waiting_name(waiting_for what) {
  switch (what) {
    case waiting_for::push:
      return "push";
    case waiting_for::feed:
      return "feed";
    case waiting_for::surrender:
      return "surrender";
  }
  return "";
}

struct waiting_item {
  version_id version;
  std::string kind;
  std::string key;
  bool discard = false;  ///< the wish to discard that draft
  waiting_for what = waiting_for::push;
  unix_millis since = 0;
};

/// Something that a person should know about: what the server showed moved while local edits wait;
/// or a record was taken away.
enum class notice_kind { merged, assigned, moved, taken };

/// Its name in what programs read.
[[nodiscard]] constexpr const char* notice_name(notice_kind what) {
  switch (what) {
    case notice_kind::merged:
      return "merged";
    case notice_kind::assigned:
      return "assigned";
    case notice_kind::moved:
      return "moved";
    case notice_kind::taken:
      return "taken";
  }
  return "";
}

struct notice {
  std::int64_t id = 0;
  notice_kind what = notice_kind::moved;
  std::string kind;
  std::string key;
  std::optional<version_id> version;
  unix_millis at = 0;
  /// Of `taken`, which has no key: the initials of its name, and how many edits of this laptop went
  /// to the server's quarantine instead of into the record.
  std::string initials = {};
  std::int64_t edits = 0;
};

struct sync_outcome {
  unix_millis at = 0;
  bool ok = false;
  std::string code;     ///< stable name of the error, empty when ok
  std::string message;  ///< a sentence, empty when ok
};

/// Edits of records that were taken away, or of a laptop without access, which the server does not
/// have: they stay sealed here until it does.
struct sealed_edits {
  std::size_t items = 0;
  unix_millis since = 0;  ///< when the first of them was refused, else saved
  std::string code;       ///< `quarantine_full`; empty: they have not been sent yet
  std::string reason;     ///< the server's sentence
};

struct status {
  std::size_t pending = 0;   ///< versions and discards that the server has not acknowledged
  std::size_t unpulled = 0;  ///< acknowledged, feed item not pulled yet
  std::size_t conflicts = 0;
  std::size_t hidden = 0;  ///< records of removed views that still hold the doctor's edits
  std::optional<unix_millis> oldest_pending;
  std::optional<unix_millis> closed_since;  ///< the access is gone: nothing is shown or saved
  bool erased = false;                      ///< and everything has been erased
  bool erasure_due = false;                 ///< the server lacks an erasure receipt
  std::optional<sealed_edits> sealed;
  std::size_t beyond_server = 0;     ///< records that wait for a newer server
  bool catalogue_refused = false;    ///< the server's newest one is not signed as it has to be
  std::vector<std::string> unknown;  ///< `kind` or `kind.field` that a newer program shows
  std::vector<refused_item> refused;
  std::optional<sync_outcome> last_sync;
  std::optional<unix_millis> last_success;
};

/// The next batch to push: parents before children, one record's versions together unless they
/// exceed a batch, within the limits of one push.
struct outbox {
  std::vector<version_id> ids;
  std::vector<wire::pushed_version> versions;  ///< parallel to ids
  std::vector<version_id> discards;
  bool more = false;  ///< something waits behind this batch
  [[nodiscard]] bool empty() const { return ids.empty() && discards.empty(); }
};

struct verify_report {
  std::size_t records = 0;
  std::size_t versions = 0;
  std::size_t cells = 0;
  std::vector<std::string> problems;  ///< sentences without patient data; empty: all is well
  /// Transactions that were written here and are not in the file any more: its log was removed, or
  /// an older file put in its place. Not a problem of what is here; it may be edits that nobody
  /// has.
  std::int64_t missing_commits = 0;
};

/// The reference catalogue as it is kept here.
struct kept_catalogue {
  hash256 hash;
  std::int64_t revision = 0;
  unix_millis kept_at = 0;
  std::string text;  ///< canonical
  /// The server's newest one has a form that this program does not know.
  bool newer_unknown = false;
};

}  // namespace autocusto::replica
