#pragma once
// What a sync needs of the replica, as calls on values. `replica::sync_store` is the real one;
// tests have their own. One thread.
//
// A call that answers success has its change on disk. Errors of calls that change something:
// replica_busy. What is broken (full disk, damaged file) is thrown.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/check_page.hpp"
#include "client/engine/messages.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::engine {

/// What a session's answer has taught about the server; to be kept on disk.
struct learned {
  /// The newest trust object, verified against the one known before; nothing while it is the one
  /// that was known at first. Each session reports it again, because storing it may have failed.
  std::optional<wire::signed_object> trust;
  unix_millis server_time = 0;  ///< by the server's clock; the greatest ever heard
  /// What the newest session of this object told, as it was; nothing before the first.
  std::optional<unix_millis> session_time = std::nullopt;
  /// What the server takes, by that session: versions beyond it are held back.
  std::optional<domain::kind_revisions> kinds = std::nullopt;
};

/// A reference catalogue of the server, its signature and hash verified.
struct fetched_catalogue {
  hash256 hash;
  std::int64_t revision = 0;
  std::string text;  ///< canonical
};

class replica_port {
 public:
  virtual ~replica_port() = default;

  // The reference catalogue. The defaults are for replicas that keep none (in tests).

  /// The hash of the catalogue that is here, or of a newer one whose form this program does not
  /// know: there is no use in fetching that one.
  [[nodiscard]] virtual std::optional<hash256> catalogue_hash() { return std::nullopt; }
  /// Keeps a catalogue in place of the one before. One that cannot be read is only remembered.
  [[nodiscard]] virtual result<void> keep_catalogue(const fetched_catalogue& /*fetched*/) {
    return {};
  }

  /// Whether the server's newest one was refused, since it is not signed as it has to be.
  [[nodiscard]] virtual result<void> note_catalogue_refused(bool /*refused*/) { return {}; }

  /// Cheap while nothing waits to be pushed: it is asked once a second while watching.
  [[nodiscard]] virtual result<replica_state> load_state() = 0;

  /// What batches may hold from here on. `load_state` and `prepare_push` keep to it.
  virtual void bound_batches(const batch_bounds& bounds) = 0;

  /// Signs with the device key.
  [[nodiscard]] virtual wire::signed_object sign(wire::purpose of, std::string object) = 0;
  [[nodiscard]] virtual result<void> note_learned(const learned& what) = 0;

  /// Signs a push and keeps it before its first sending. Errors: busy when another push is under
  /// way or was answered since `prev_push` was looked up; bad_request.
  [[nodiscard]] virtual result<void> save_push(const wire::push_object& what) = 0;
  /// Fills the push with what follows the one under way and shares no record with it, signs it and
  /// keeps it behind that one: it must not be sent before the first one's receipt is here.
  [[nodiscard]] virtual result<push_prepared> prepare_push(wire::push_object what) = 0;
  /// The kept push of that id; nothing when another process has finished it meanwhile.
  [[nodiscard]] virtual result<std::optional<wire::push_request>> kept_push(const push_id& id) = 0;
  /// Whether that push is kept still.
  [[nodiscard]] virtual bool keeps_push(const push_id& id) = 0;
  /// Applies a receipt whose signature the caller has verified; it must answer the push under way.
  /// Acknowledged versions stay local until their feed item comes; refused ones and their local
  /// descendants leave for the refused list.
  [[nodiscard]] virtual result<receipt_applied> apply_receipt(
      const wire::push_receipt& receipt) = 0;
  /// Gives the push under way up, which the server refused as a whole, and the one that was to
  /// follow it; their versions wait again. Does nothing when another push is under way: another
  /// process has finished or given up this one.
  [[nodiscard]] virtual result<void> drop_push(const push_id& id) = 0;

  // When the server went back to an older state: begin_recovery; ask the server about
  // held_versions; mark_missing; push all that waits; restart_feed. Each step may be repeated, and
  // is, when the laptop stops in between.

  /// Remembers that it has begun. `server_last`: the last push of this device that the server has,
  /// if the server reported it; the kept push is then dropped, and the next push names that one as
  /// `prev_push`. What the server has refused counts as not being there: those of removed records
  /// and of a closed laptop wait once more, the others as soon as their record or the laptop loses
  /// its access.
  [[nodiscard]] virtual result<void> begin_recovery(
      const std::optional<std::optional<push_id>>& server_last) = 0;
  /// Everything in open views that the server had: told by it or acknowledged.
  [[nodiscard]] virtual std::vector<version_id> held_versions() = 0;
  /// These of them wait to be pushed again, with their proofs; discards, too. What is shown does
  /// not change.
  [[nodiscard]] virtual result<void> mark_missing(const std::vector<version_id>& ids) = 0;
  /// Starts the feed at 0 again, without erasing anything; the recovery is over.
  [[nodiscard]] virtual result<void> restart_feed() = 0;

  /// Applies a checked page and moves the cursor, in one transaction. Nothing happens when the
  /// cursor is not `page.from` any more, or the laptop is closed. Errors: protocol_error when the
  /// page does not fit what is here.
  [[nodiscard]] virtual result<page_applied> apply_page(const checked_page& page) = 0;
  /// Destroys the keys and rows of the records that pages have removed, unless they hold something
  /// that is not at the server. `offer_again`: their refused versions that the server did not keep
  /// go back into the outbox.
  [[nodiscard]] virtual result<removed_erased> erase_removed(bool offer_again) = 0;

  // When the access is taken away.

  /// The laptop has lost its access: from now on nothing is shown or saved here (device_revoked),
  /// and everything that the server lacks waits to be handed over. Twice is fine.
  [[nodiscard]] virtual result<void> close() = 0;
  /// It has access again. Errors: device_revoked once everything is erased.
  [[nodiscard]] virtual result<void> reopen() = 0;
  /// Destroys everything but the identity and the device's key, which signs the receipt; only of a
  /// closed laptop, and only if the server has everything. `in_any_case`: for a laptop that was
  /// reported lost. Errors: session_expired when another process has reopened it.
  [[nodiscard]] virtual result<everything_erased> erase_everything(bool in_any_case) = 0;
  /// An erasure receipt, signed: for removed incarnations, or for everything.
  struct erasure_receipt {
    wire::erasure_object object;
    wire::signed_object signed_form;
  };
  /// Claims only what is gone from the disk; nothing when nothing is due. Errors: replica_busy
  /// while somebody else reads.
  [[nodiscard]] virtual result<std::optional<erasure_receipt>> erasure() = 0;
  /// The server has noted it.
  [[nodiscard]] virtual result<void> note_erasure(const wire::erasure_object& what) = 0;
  [[nodiscard]] virtual result<void> wipe() = 0;
  /// How the sync stands; nothing: all went well.
  virtual void note_sync(const std::optional<error>& why) = 0;
  [[nodiscard]] virtual std::int64_t open_conflicts() = 0;
};

}  // namespace autocusto::engine
