#pragma once
// What the administrator's tool asks of the server and what it is told; values, no I/O.
//
// Questions without anything about a patient are GET; all others are POST with a body, so that no
// URL ever names a record. A record is named by its id (the tool knows the tenant key), a user by
// e-mail or id, a version by a selector: its number, or a prefix of at least four digits of its id.
// Acts are signed (`act_object` of messages.hpp) and go to POST /v1/admin/act with these `args`:
//
//   user.add {email, role}      user.enable {user}      user.disable {user}
//   enrollment.new {user}       enrollment.revoke {enrollment}
//   device.revoke {device, lost, only?}                  device.approve {device}
//   policy.set {kind, policy, user?}                     conflict.dismiss {conflict}
//   audit.accept {agreed, seen}
//   catalogue.publish {hash, revision}                   catalogue.rollback {revision, to, from}
//   quarantine.accept {quarantine, user} with expect_heads   quarantine.reject {quarantine}
//   assign {record, version, user} with expect_heads     unassign {record, user, dependents?}
//
// `expect_heads` of an act: the heads that its actor saw; view_moved when they are others by then.
// The JSON of a message has exactly the members' names; nothing for an optional is null; times are
// RFC 3339; lists of answers are called `items` beside `count`. Readers ignore what they do not
// know. Values only; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::wire::admin {

// ---- People, devices, policy, numbers: GET ----

struct user_item {
  user_id id;
  std::string email;
  std::string role;  ///< doctor, admin
  bool enabled = true;
  std::string created_at;
  std::int64_t devices = 0;  ///< not revoked
  /// Enabled, never had a device, and has no link that is still good: to be given one.
  bool pending = false;
};
/// GET /v1/admin/users
struct user_list {
  std::vector<user_item> items;
};

/// A link that is on its way: unused and still good.
struct enrollment_item {
  std::string id;    ///< 32 hex digits: how the SHA-256 of its code begins
  std::string user;  ///< e-mail
  user_id owner;
  std::string made_at;
  std::string expires_at;
};
/// GET /v1/admin/enrollments, the first to expire first
struct enrollment_list {
  std::vector<enrollment_item> items;
};

struct device_item {
  device_id id;
  std::string user;  ///< e-mail
  std::string name;
  std::string enrolled_at;
  std::optional<std::string> last_seen;
  std::optional<std::string> revoked_at;
  bool lost = false;
  std::string public_key;  ///< 64 hex digits
  std::optional<device_id> replaces;
  bool pending = false;  ///< an administrator has yet to approve it (`device.approve`)
  std::optional<push_id> last_push;
  /// Told for one device only: what of it lies in quarantine.
  std::optional<std::int64_t> quarantine_items;
  std::optional<std::int64_t> quarantine_bytes;
  /// When its receipt came that nothing is left on it. Not told by servers of 0.2 and before.
  std::optional<std::string> erased_at;
};
/// GET /v1/admin/devices
struct device_list {
  std::vector<device_item> items;
};

/// A view that was closed, as far as this device is concerned.
struct removal_item {
  incarnation_id incarnation;
  std::string removed_at;
  std::optional<std::string> erased_at;  ///< when the device's receipt came
};
/// GET /v1/admin/devices/{id}: the members of a device_item, and what the device was told to give
/// up.
struct device_shown {
  device_item device;
  std::string state;                     ///< in_use, pending, user_disabled, revoked, lost
  std::string scope;                     ///< of its next session: full, surrender
  std::optional<std::string> told_at;    ///< when it first heard that its access is gone
  std::optional<std::string> erased_at;  ///< when its receipt that nothing is left came
  std::vector<removal_item> removals;    ///< of its user since it was enrolled, oldest first
  std::int64_t outstanding = 0;          ///< receipts that have not come
  std::optional<std::string> outstanding_since;
};

struct policy_item {
  std::string kind;                 ///< of records: merging; or `reenrollment`
  std::optional<std::string> user;  ///< e-mail; none: the default of the kind
  std::string policy;               ///< auto, manual; of `reenrollment` allow, approve
};
/// GET /v1/admin/policy
struct policy_list {
  std::vector<policy_item> items;
};

/// GET /v1/admin/stats
struct stats {
  std::int64_t users = 0, devices = 0, records = 0, versions = 0, open_views = 0,
               open_conflicts = 0, quarantined = 0, pushes = 0, feed_items = 0;
};

// ---- Records: POST /v1/admin/records/… ----

/// …/list
struct record_query {
  std::optional<std::string> kind;
  bool divergent = false;
  std::int64_t after = 0;  ///< `next` of the page before
  std::int64_t limit = 500;
};
struct record_item {
  record_id id;
  std::string kind;
  std::string key;
  std::int64_t users = 0;
  std::int64_t versions = 0;
  bool divergent = false;
};
struct record_list {
  std::vector<record_item> items;
  std::int64_t next = 0;  ///< 0: there are no more
};

struct version_item {
  version_id version;
  std::int64_t number = 0;
  std::vector<version_id> parents;
  std::int64_t generation = 1;
  std::string author;  ///< e-mail; `system` for merges
  std::string device;  ///< its name
  std::string created_at;
  std::string summary;
  std::string status;  ///< active, draft
  bool archived = false;
  bool erased = false;                  ///< the payload is gone: no summary, no fields
  std::vector<std::string> head_of;     ///< e-mails of the users in whose view it is a head
  std::vector<std::string> active_for;  ///< … it is the active version
  std::vector<std::string> draft_of;    ///< … it is a draft
};
struct version_shown {
  version_item info;
  domain::field_map fields;  ///< empty once erased
};
struct view_item {
  std::string user;
  user_id id;  ///< of the user: e-mails may be shared but for case
  incarnation_id incarnation;
  std::vector<version_id> heads;
  std::optional<version_id> active;
  std::optional<version_id> pinned;
  std::vector<version_id> drafts;
};

/// …/dependents: the processes and emissions of a patient that a user sees, which an `unassign` of
/// the patient takes along. Servers of the first releases answer 404.
struct dependents_request {
  record_id record;  ///< the patient
  std::string user;
};
struct dependents {
  std::vector<record_item> items;  ///< without counts; at most 1,001
};

/// …/versions and …/graph (the same answer for two purposes of the audit log), …/show
struct record_request {
  record_id record;
  std::optional<std::string> version;  ///< selector; none: the newest that is active for somebody
};
struct history {
  std::string kind;
  std::string key;
  std::vector<version_item> versions;  ///< by number
  std::vector<view_item> views;        ///< by e-mail
};
struct record_shown {
  std::string kind;
  std::string key;
  version_shown version;
  std::vector<view_item> views;
};

/// …/compare
struct compare_request {
  record_id record;
  std::string from;
  std::string to;
};
struct comparison {
  std::string kind;
  std::string key;
  version_shown from;
  version_shown to;
};

/// …/why
struct explain_request {
  record_id record;
  std::string user;
};
/// One event of the user's feed about the record, and the heads after it.
struct access_step {
  std::int64_t seq = 0;
  std::string event;  ///< version, assigned, discarded, removed
  /// own, merge, resolution (an administrator's), assignment, discard, removal; import (a version
  /// that an import put into the history)
  std::string cause;
  incarnation_id incarnation;
  std::optional<version_id> version;
  std::int64_t number = 0;
  std::string author;
  std::string device;
  std::string created_at;
  std::string by;  ///< of an assignment or removal: who did it, and when; empty if not known
  std::string at;
  std::optional<std::int64_t> import_run;  ///< of what an import did
  std::vector<version_id> heads;
};
struct access_explanation {
  std::string kind;
  std::string key;
  std::string user;
  std::optional<view_item> view;  ///< none: closed
  /// Why the active version is it: pinned, only_head, greatest_generation, greatest_id,
  /// drafts_only; closed without a view
  std::string rule;
  /// What brought the active version there: imported_assignment, imported_own, imported_other,
  /// assigned, own, merged, resolved, unknown; drafts without an active one; closed without a view
  std::string cause;
  std::vector<access_step> steps;
};

// ---- Conflicts: POST /v1/admin/conflicts/… ----

/// …/list
struct conflict_query {
  bool closed = false;     ///< those that are over, too
  bool dismissed = false;  ///< those off the list, too
};
struct conflict_item {
  std::int64_t id = 0;
  std::string kind;
  std::string key;
  std::string user;
  std::optional<version_id> base;
  std::vector<version_id> heads;
  std::string opened_at;
  std::optional<std::string> closed_at;
  std::string state;  ///< open, resolved, merged, assigned, removed
  bool dismissed = false;
};
struct conflict_list {
  std::vector<conflict_item> items;
};

/// …/show
struct conflict_request {
  std::int64_t id = 0;
  bool visible = false;  ///< also every version that the owner can see (for resolving)
};
struct conflict_shown {
  conflict_item conflict;
  user_id owner;
  record_id record;
  bool view_open = true;
  std::optional<version_id> active;
  std::optional<version_id> pinned;
  std::string policy;                 ///< the owner's, for this kind
  bool single_base = false;           ///< the heads have exactly one nearest common ancestor
  std::optional<version_shown> base;  ///< if the owner can see it and it is not erased
  std::vector<version_shown> heads;
  std::vector<version_shown> visible;
};

// ---- Quarantine: POST /v1/admin/quarantine/… ----

struct quarantine_item {
  std::int64_t id = 0;
  std::string user;
  device_id device;
  std::string device_name;
  std::string code;
  std::string message;
  std::optional<version_id> version;  ///< as claimed
  std::string received_at;
};
/// …/list takes {}
struct quarantine_list {
  std::vector<quarantine_item> items;
};
/// …/show
struct quarantine_request {
  std::int64_t id = 0;
};
struct quarantine_shown {
  quarantine_item item;
  std::string header;
  std::string payload;
};
/// …/export, in pages of some megabytes, oldest first
struct quarantine_page_request {
  std::int64_t after = 0;
};
struct quarantine_page {
  std::vector<quarantine_shown> items;
  std::int64_t next = 0;  ///< 0: there are no more
};

// ---- Audit: POST /v1/admin/audit/list ----

struct audit_query {
  std::optional<std::string> user;  ///< e-mail: as actor or as the one it is about
  std::optional<record_id> record;
  std::optional<std::string> since;  ///< a time
  std::int64_t after = 0;
  std::int64_t limit = 500;
};
struct audit_item {
  std::int64_t id = 0;
  std::string at;
  std::optional<act_id> act;
  std::string actor;  ///< e-mail
  user_id actor_id;
  std::optional<device_id> device;
  std::string what;
  std::optional<std::string> user;  ///< e-mail of the one it is about
  std::optional<user_id> about;     ///< that one's id, `user_id`
  std::optional<std::string> kind;  ///< of the record it is about
  std::optional<std::string> key;
  std::string object;     ///< canonical JSON: what was signed, or what was asked
  std::string signature;  ///< 128 hex digits; empty for reads and acts of the server
};
struct audit_list {
  std::vector<audit_item> items;
  std::int64_t next = 0;  ///< 0: there are no more
};

// ---- The reference catalogue ----

struct catalogue_item {
  std::int64_t revision = 0;
  hash256 hash;
  std::string published_at;
};
/// GET /v1/admin/catalogue, by number. GET /v1/admin/catalogue/{revision} answers a
/// `catalogue_answer`.
struct catalogue_list {
  std::vector<catalogue_item> items;
};
/// POST /v1/admin/catalogue takes a catalogue's text, and keeps it to be published by
/// `catalogue.publish`.
struct catalogue_sent {
  hash256 hash;
};

/// POST /v1/admin/catalogue/uses: what the processes that users see and have not closed name of the
/// catalogue, over the next `limit` views.
struct catalogue_uses_query {
  std::int64_t after = 0;  ///< `next` of the page before
  std::int64_t limit = 1000;
};
struct catalogue_use {
  std::string user;  ///< e-mail
  std::string of;    ///< disease, protocol, medicine
  std::string code;  ///< CID or code
  std::int64_t processes = 0;
};
struct catalogue_uses {
  std::vector<catalogue_use> items;  ///< by user, of, code
  std::int64_t next = 0;             ///< 0: there are no more
};

// ---- Acts ----

/// The answer to an act, the same when the same act comes again.
struct act_answer {
  act_id act;
  std::string at;                              ///< when it was done
  std::optional<std::string> user;             ///< user.add, enrollment.new: e-mail
  std::optional<std::string> role;             ///< user.add
  std::optional<std::string> enrollment_link;  ///< user.add, enrollment.new
  std::optional<std::string> expires_at;
};

/// The `id` of an enrollment whose code has this SHA-256 (32 bytes): nobody gets from it to the
/// code.
[[nodiscard]] std::string enrollment_id(std::string_view code_hash);

/// Names of acts that are signed; anything else in the audit log was a read or the server's own.
[[nodiscard]] bool is_signed_act(std::string_view what);
/// The name under which the audit log keeps an administrator's resolving push.
inline constexpr std::string_view k_resolve = "conflict.resolve";

/// A version as administrators name it: its number, else a prefix of at least four hex digits of
/// its id. Errors: not_found; ambiguous (`field` is `version`). The answer is a position in
/// `among`.
struct version_name {
  version_id id;
  std::int64_t number = 0;
};
[[nodiscard]] result<std::size_t> select_version(const std::vector<version_name>& among,
                                                 std::string_view selector);

/// JSON text of a message, and back (errors: malformed, with the member). Defined for every struct
/// above that is a whole question or answer.
template <class Message>
[[nodiscard]] std::string encode(const Message& m);
template <class Message>
[[nodiscard]] result<Message> decode(std::string_view json);

}  // namespace autocusto::wire::admin
