#pragma once
// The rules by which a server accepts versions into a user's view; the whole of them, and pure.
//
// Values in: the batch as `candidate`s, and what the store has of the records that it touches.
// Values out: a plan of what to write, with results for the receipt. No clock, no random numbers,
// no I/O: fresh incarnation ids and payloads of older versions come in as functions, so the same
// inputs always give the same plan and a transaction may be run again.
//
// For each version V of owner W, in the order of the batch, later ones building on earlier ones:
//  0. V is not visible in W's open view and has a valid proof: the server has lost it. It is
//     `restored` whatever its author, device and fields: it joins W's open view or opens one under
//     its own incarnation, unless that is known as closed (access_removed). It may lack parents.
//     A record in which something was restored is not merged by this push. When it turns out to be
//     the missing parent of a known version, the heads of everybody's views of the record are
//     worked out again.
//  1. V is known: visible in W's open view -> duplicate; else, if W is its author ->
//     access_removed. Nothing changes; a known version never opens a view. (Anybody else's known
//     version goes on to the checks below, where it fails like an unknown one.)
//  2. A parent was refused in this batch -> parent_refused. Else the first that fails of: form,
//     sizes, hashes, record id against key; author = actor; device = the session's or one that it
//     replaced; key form (roots only); summary and fields, where a value that W already sees in the
//     record, or that stands in a visible parent, is exempt; parents known and visible in W's open
//     view (parent_unavailable for both; access_removed when W had a view and has none);
//     generation.
//  3. No open view: a root opens one, under a fresh incarnation. With an open view a root is a
//     sibling like any other version.
//  4. heads := (heads − ancestors of V) ∪ {V}; more than 16 heads -> too_many_heads. A draft goes
//     beside the heads; more than 16 drafts -> too_many_heads too, because a page must be able to
//     carry them all.
//  5. After the whole push, once per record whose heads changed: more than one head -> the
//     automatic merge; if it does not apply, one conflict is open while there is more than one.
//  6. One feed event per change, in the order: versions, discards, merges.
//
// Work. Of a record that only gets children of its leaves nothing is asked for but these leaves,
// the versions of the push and their parents. The history of the owner's view (what is visible in
// it and what that descends from) is asked for once, where a rule needs it: other parents, several
// heads after the push, drafts, fields that are exempt. Each version and edge is looked at a fixed
// number of times, however many versions the push has (`domain::view_lineage`). What was looked at
// is counted; a push that passes `budget` is refused as a whole (too_much_work), and one that would
// make a view longer than `limits::versions_per_view` line by line (record_full). Whether and how
// much others treat the record changes nothing in what is asked for.
//
// Any thread; the inputs must outlive the plan, which points into them.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "server/store/rows.hpp"
#include "server/sync/candidate.hpp"
#include "shared/base/limits.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync {

/// Who pushes, and into whose view. For an ordinary push owner and actor are the same.
struct pusher {
  user_id actor;
  store::pk actor_key = 0;
  user_id owner;
  store::pk owner_key = 0;
  /// The session's device and those that it replaced: the ones that versions may name.
  std::vector<std::pair<device_id, store::pk>> devices;
};

/// Another user's open view of a record, for which a missing ancestor may come.
struct other_view {
  user_id owner;
  store::view_row row;
  std::optional<store::conflict_row> conflict;
};

/// What the store has of one record.
struct record_state {
  store::record_row row;
  /// Nodes, with `visible` told for the owner's open view: where `whole`, at least those that are
  /// visible and what they descend from; else at least the leaves of the view, and of the batch
  /// what is known, its parents and its discards.
  std::vector<store::version_node> graph;
  bool whole = true;
  /// How many versions the view shows, where that may be near the limit; else 0.
  std::int64_t shown = 0;
  std::optional<store::view_row> view;          ///< the owner's open view
  bool view_was_removed = false;                ///< no open view, but there was one
  std::optional<store::conflict_row> conflict;  ///< the open one of the view
  /// Only where something comes with a proof: the owner's incarnations that are closed, and the
  /// views of others where a parent is missing.
  std::vector<incarnation_id> closed;
  std::vector<other_view> others;
};

/// Bytes of stored versions by key, in any order; erased payloads are missing in them.
using payload_source =
    std::function<std::vector<store::stored_version>(std::span<const store::pk>)>;
/// The nodes that are visible in the owner's open view of a record, and what they descend from.
using history_source = std::function<std::vector<store::version_node>(const record_state&)>;
/// The version with this id, whoever sees it, if the store has it.
using known_source = std::function<std::optional<store::version_node>(const version_id&)>;
/// The owner's merge policy for a kind of record.
using policy_source = std::function<domain::merge_policy(std::string_view kind)>;

struct acceptance_input {
  pusher who;
  std::span<const candidate> batch;      ///< no id twice
  std::span<const version_id> discards;  ///< no id twice
  std::span<const record_state>
      records;  ///< those in which the owner has or had a view, or may get one
  /// What is known of the batch in other records.
  std::span<const store::version_node> elsewhere = {};
  history_source history = {};  ///< called at most once for each record that is not `whole`
  known_source known = {};      ///< called for merges; may be none where every record is `whole`
  payload_source payloads;      ///< called a few times a push, with whole sets
  policy_source policy;         ///< called only for views with several heads
  std::function<incarnation_id()> fresh_incarnation;
  std::string_view server_secret;  ///< salts automatic merges
  /// Keys of the system user and of the merge device; called only when something is merged.
  std::function<std::pair<store::pk, store::pk>()> merger;
  /// Keys of the author and the device that a header names; called for restored versions only.
  std::function<std::pair<store::pk, store::pk>(const domain::version_header&)> origin;
  /// The device or user has lost its access: nothing enters a view any more. What the store does
  /// not have is refused for this reason and kept in quarantine; what it has lost still comes back.
  std::optional<error> withdrawn = std::nullopt;
  unix_millis now = 0;                      ///< put into conflicts, read by no rule
  std::int64_t budget = limits::push_work;  ///< of work, see below
};

/// The work of a push is what of histories it makes the server look at: 1 for each edge that is
/// followed, this for each version that is loaded, and more where its values are read. So the most
/// costly push costs less than ten times an ordinary one of 1,000 versions.
inline constexpr std::int64_t k_work_of_a_version = 6;

struct planned_version {
  std::size_t record = 0;  ///< position in `records`
  std::int64_t number = 0;
  store::pk author = 0;
  store::pk device = 0;
  const domain::version* value = nullptr;  ///< in the batch or in `merges`
  store::pk parent = 0;                    ///< the key of its first parent, where that is known
};

struct planned_event {
  std::size_t record = 0;
  store::feed_kind kind = store::feed_kind::version;
  version_id version;
  store::pk known = 0;  ///< the version's key if it was stored before, else 0: a planned one
};

struct planned_view {
  std::size_t record = 0;
  store::view_row row;
};

struct planned_conflict {
  std::size_t record = 0;
  store::conflict_row row;  ///< `view` is 0 for a view that is not stored yet
};

/// Another user's view that changed because a missing ancestor came; `shows` is a head or draft of
/// it, for the feed item that tells its owner.
struct planned_renewal {
  std::size_t record = 0;
  user_id owner;
  store::view_row row;
  std::optional<store::conflict_row> conflict;
  version_id shows;
  store::pk shows_key = 0;
};

struct acceptance_plan {
  /// The push as a whole is refused, and the rest is empty: too_much_work.
  std::optional<error> refusal;
  std::int64_t work = 0;
  std::vector<planned_version> versions;  ///< numbers dense per record, in this order
  std::vector<std::unique_ptr<domain::version>> merges;
  std::vector<planned_event> events;
  std::vector<planned_view> views;  ///< new and changed ones
  std::vector<planned_conflict> conflicts;
  std::vector<planned_renewal> renewals;
  /// One per version of the batch in its order, then one per discard; no proofs yet.
  std::vector<wire::push_result> results;
  std::vector<std::size_t> quarantine;  ///< positions in the batch of refused bytes to keep
};

/// The plan for one push. Throws std::logic_error when a record of the batch is missing in
/// `records` although it has a root that may open a view.
[[nodiscard]] acceptance_plan accept(const acceptance_input& input);

/// The refusal of a push that passes its budget.
[[nodiscard]] error too_much_work(std::int64_t budget);

/// Whether a root of the batch may be accepted as far as can be said without the store: then its
/// record must exist before `accept`.
[[nodiscard]] bool may_open(const candidate& c, const pusher& who);

}  // namespace autocusto::sync
