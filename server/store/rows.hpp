#pragma once
// What the store holds, as plain values.
//
// `pk` numbers are the database's own small keys: they join tables, never leave the server, and
// mean nothing elsewhere. Identifiers are the binary ids of shared/base/ids.hpp. Times are
// milliseconds.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/clock.hpp"
#include "shared/base/ids.hpp"
#include "shared/domain/merge.hpp"
#include "shared/domain/version.hpp"
#include "shared/domain/view.hpp"

namespace autocusto::store {

using pk = std::int64_t;

enum class user_role { doctor, admin, system };

struct user_row {
  pk key = 0;
  user_id id;
  std::string email;  ///< as given; unique without regard to case
  user_role role = user_role::doctor;
  bool enabled = true;
  unix_millis created_at = 0;
};

struct device_row {
  pk key = 0;
  device_id id;
  pk user = 0;
  std::string name;
  /// Ed25519, 32 bytes; empty: it has no key and can sign nothing (the server's own devices, and
  /// those that a restored database has forgotten).
  std::string public_key;
  unix_millis enrolled_at = 0;
  std::optional<unix_millis> revoked_at;
  bool lost = false;  ///< revoked as lost: wipe at the next contact
  std::optional<unix_millis> last_seen;
  std::optional<push_id> last_push;  ///< the last push that was acknowledged
  std::optional<pk> replaces;        ///< a device that this one stands in for
  /// Enrolled by that device's signature alone, and an administrator has yet to approve it.
  bool pending = false;
  /// When it first heard that its access is gone; none while it has access.
  std::optional<unix_millis> told_at = std::nullopt;
};

/// An erasure receipt: a device's signed statement that something is erased on it.
struct erasure_row {
  pk key = 0;
  pk device = 0;
  bool everything = false;  ///< nothing but the device's key is left
  unix_millis received_at = 0;
  std::string object;     ///< canonical JSON that was signed
  std::string signature;  ///< 64 bytes
};

/// A closed incarnation, and when a device's receipt for it came.
struct removal_row {
  incarnation_id incarnation;
  unix_millis removed_at = 0;
  std::optional<unix_millis> erased_at;
};

struct enrollment_row {
  std::string code_hash;  ///< SHA-256 of the code, 32 bytes
  pk user = 0;
  unix_millis expires_at = 0;
  std::optional<pk> device;  ///< the device that used it
};

enum class session_scope { full, surrender };

struct session_row {
  std::string token_hash;  ///< SHA-256 of the bearer token
  pk device = 0;
  session_scope scope = session_scope::full;
  unix_millis expires_at = 0;
};

/// Who a bearer token belongs to, as of now.
struct session_owner {
  session_row session;
  device_row device;
  user_row user;
};

struct record_row {
  pk key = 0;
  record_id id;
  std::string kind;
  std::string natural_key;
  std::int64_t last_number = 0;  ///< versions are numbered 1..last_number
};

/// What the rules need of a stored version; no payload.
struct version_node {
  pk key = 0;
  pk record = 0;
  version_id id;
  std::int64_t number = 0;
  std::int64_t generation = 1;
  pk author = 0;
  pk device = 0;  ///< of the header, not of the push
  domain::version_status status = domain::version_status::active;
  bool archived = false;
  std::vector<version_id> parents;
  bool visible = false;  ///< in the open view that the query named
};

struct new_version {
  pk record = 0;
  std::int64_t number = 0;
  pk author = 0;
  pk device = 0;
  const domain::version* value = nullptr;  ///< must live until the call returns
  pk parent = 0;                           ///< the key of its first parent; 0: to be looked up
  bool archived = false;
  unix_millis received_at = 0;
  std::optional<pk> import_run;
};

/// One incarnation of one user's access to one record.
struct view_row {
  pk key = 0;  ///< 0 = to be inserted
  pk user = 0;
  pk record = 0;
  bool open = true;
  domain::view_state state;
  std::optional<version_id> active;  ///< domain::active_version(state), stored for reading
  std::optional<unix_millis> closed_at;
  std::optional<pk> import_run;
};

enum class feed_kind { version, assigned, discarded, removed };
[[nodiscard]] std::string_view feed_kind_name(feed_kind kind);

struct feed_head {
  std::int64_t seq = 0;  ///< the last item given out, 0 = none
  hash256 chain;         ///< chain(seq); zero for seq 0
};

struct feed_row {
  pk user = 0;
  std::int64_t seq = 0;
  feed_kind kind = feed_kind::version;
  pk view = 0;
  std::optional<pk> version;  ///< none for `removed`
  hash256 item_hash;          ///< SHA-256 of the item's canonical JSON
  hash256 chain;              ///< chain(seq)
  std::optional<pk> import_run;
};

/// A feed item with everything that its JSON names.
struct feed_item {
  std::int64_t seq = 0;
  feed_kind kind = feed_kind::version;
  bool view_open = true;  ///< false: the incarnation is closed
  pk view = 0;
  incarnation_id incarnation;
  pk record = 0;
  record_id record_public;
  std::string record_kind;
  std::optional<pk> version;
  std::optional<version_id> version_public;
  hash256 item_hash;
  hash256 chain;
  std::optional<pk> import_run;  ///< the import that wrote it
};

/// The bytes of a version as they go out.
struct stored_version {
  pk key = 0;
  version_id id;
  std::string header;
  std::optional<std::string> payload;  ///< none once erased
  bool archived = false;
  pk device = 0;
  pk author = 0;
  std::int64_t number = 0;
};

enum class conflict_state { open, resolved, merged, assigned, removed };

struct conflict_row {
  pk key = 0;  ///< 0 = to be inserted; shown to admins as its id
  pk view = 0;
  conflict_state state = conflict_state::open;
  bool dismissed = false;          ///< off the admins' list until the heads change
  std::optional<version_id> base;  ///< the one nearest common ancestor, if there is one
  std::vector<version_id> heads;   ///< as of now, or as they were when it closed
  unix_millis opened_at = 0;
  std::optional<unix_millis> closed_at;
};

struct push_row {
  push_id id;
  pk device = 0;
  std::string object;     ///< canonical JSON that was signed
  std::string signature;  ///< 64 bytes
  std::string answer;     ///< the whole stored answer body (receipt and signature)
  unix_millis received_at = 0;
};

struct quarantine_row {
  pk key = 0;
  pk device = 0;
  pk user = 0;
  std::string code;  ///< stable refusal code
  std::string message;
  std::optional<version_id> version;  ///< as claimed
  std::string header;
  std::string payload;
  unix_millis received_at = 0;
};

/// The last line of the audit log that is chained (shared/wire/audit_chain.hpp).
struct audit_head_row {
  std::int64_t seq = 0;  ///< its number, 0: none
  pk line = 0;
  hash256 link;
};

struct audit_row {
  pk key = 0;
  unix_millis at = 0;
  std::optional<act_id> act;  ///< none for acts of the server itself (init, import)
  pk actor = 0;
  std::optional<pk> device;
  std::string what;  ///< `user.add`, `assign`, `record.show`, …
  std::optional<pk> subject_user;
  std::optional<pk> subject_record;
  std::string object;     ///< canonical JSON that was signed, or of a read
  std::string signature;  ///< 64 bytes; empty for reads and acts of the server
};

}  // namespace autocusto::store
