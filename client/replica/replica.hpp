#pragma once
// The replica: everything that one doctor may see and did, sealed, on one laptop.
//
// It is one SQLite file (`replica.sqlite`) and a lock file in the home folder. All contents are
// sealed (client/vault/vault.hpp); in clear are row counts and sizes only. It holds, per record:
// the versions byte by byte, S (the view as the server told it) and P (own versions whose feed item
// has not been pulled); and once: who this laptop is, its keys, the feed cursor, what waits to be
// pushed, the one push that is under way, what was refused.
//
// Durability: a call that answers success has its change on disk. A change is all or nothing,
// through kill -9 and power loss. A page and its cursor are one transaction.
//
// Processes: any number may have the same home open. Each call takes the lock file for its own
// short transaction only and keeps nothing from earlier calls but keys, so `sync --watch` and a
// command line work side by side. Who waits more than 5 s gets replica_busy, with the process id of
// the holder. Readers do not wait.
//
// Threads: one thread at a time per object. The clock and the random source must outlive it.
//
// Errors: `result` for what a caller may expect (common to all calls: replica_busy; not_enrolled
// where an identity is needed, and after somebody wiped the folder). Throws for what is broken:
// sqlite::sqlite_error (disk full, damaged file), and error_exception with errc::database when a
// sealed cell was changed by somebody.

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/check_page.hpp"
#include "client/replica/environment.hpp"
#include "client/replica/types.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/secret.hpp"
#include "shared/crypto/sign.hpp"

namespace autocusto::replica {

/// `AUTOCUSTO_HOME`, else `$XDG_DATA_HOME/autocusto`, else `~/.local/share/autocusto`.
[[nodiscard]] std::string default_home();

/// Makes a value of that field from what a person typed: text as it is, booleans from true/false,
/// sim/não, yes/no, 1/0. Errors: invalid_field for an unknown field or a text that is no boolean;
/// not_found for an unknown kind.
[[nodiscard]] result<domain::field_value> entered_value(std::string_view kind,
                                                        std::string_view field,
                                                        std::string_view text);

class replica_store {
 public:
  /// Whether the folder holds a replica.
  [[nodiscard]] static bool exists(const std::string& home);
  /// Makes the folder (mode 0700) if needed and an empty replica in it, with a new device key; not
  /// enrolled yet. The device key is on disk before anybody can send it, so that an enrollment that
  /// was cut can be repeated. Errors: already_exists; usage for an empty passphrase.
  [[nodiscard]] static result<std::unique_ptr<replica_store>> create(const std::string& home,
                                                                     std::string_view passphrase,
                                                                     const environment& env);
  /// A passphrase that costs less than it should (an older program's) is wrapped anew, if the file
  /// can be written now. Errors: not_enrolled when there is none; wrong_passphrase; schema_too_new;
  /// unavailable without the memory that the passphrase takes.
  [[nodiscard]] static result<std::unique_ptr<replica_store>> open(const std::string& home,
                                                                   std::string_view passphrase,
                                                                   const environment& env);
  /// Destroys the keys, then everything else, then the files. Needs no passphrase. Nothing there is
  /// fine too.
  [[nodiscard]] static result<void> wipe(const std::string& home);

  ~replica_store();
  replica_store(const replica_store&) = delete;
  replica_store& operator=(const replica_store&) = delete;

  /// Wraps the data key anew; only the new passphrase opens it afterwards. Errors:
  /// wrong_passphrase, usage.
  [[nodiscard]] result<void> change_passphrase(std::string_view old_one, std::string_view new_one);

  // ---- Who this laptop is ----

  [[nodiscard]] bool enrolled() const;
  /// Completes enrollment. Errors: already_enrolled unless it is the same user, device and server.
  [[nodiscard]] result<void> enroll(const identity& who, const crypto::secret& tenant_key);
  /// Errors: not_enrolled.
  [[nodiscard]] result<identity> who() const;
  /// The server is reached at another name or port now. What proves it (pin and trust) stays, and
  /// everything else. Errors: not_enrolled, replica_busy.
  [[nodiscard]] result<void> set_server(std::string_view host, std::uint16_t port);
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
  /// Keeps a newer trust object (the caller has verified it); does nothing with one whose serial
  /// number is not greater.
  [[nodiscard]] result<void> set_trust(const wire::signed_object& trust);
  /// Small texts by name that others keep here, sealed (language, server's time, …), with nothing
  /// about a record in them. Empty value: forget it. Names have 1 to 64 bytes.
  [[nodiscard]] result<void> set_setting(std::string_view name, std::string_view value);
  [[nodiscard]] std::optional<std::string> setting(std::string_view name) const;
  /// Texts about records that others keep here under one name, sealed, in place of those before.
  /// What is about a record that is not shown here is left out, and what is about one that is
  /// erased is erased with it. Errors: device_revoked while the laptop is closed.
  [[nodiscard]] result<void> keep_texts(std::string_view name, std::span<const kept_text> texts);
  /// None of a closed laptop, nor of records that were taken away.
  [[nodiscard]] std::vector<kept_text> kept_texts(std::string_view name) const;

  // ---- The doctor's acts; each is on disk when it answers ----
  // Common errors: not_found, invalid_key, invalid_field, ambiguous (a selector, or several
  // drafts). `key` is as typed.

  /// Creates or updates: starts from the shown active version (else the newest draft; drafts from
  /// the newest draft, else the active version), sets the given fields. If no field differs,
  /// nothing is saved.
  [[nodiscard]] result<saved> save(const edit& what, edit_problems* why = nullptr);
  /// All of them in one transaction, or none. The error's sentence names the line (from 1).
  /// Edits of one record build on each other.
  [[nodiscard]] result<std::vector<saved>> save_all(std::span<const edit> edits,
                                                    edit_problems* why = nullptr);
  /// An active version from a draft (the newest, or the selected one). Errors: not_found without a
  /// draft; ambiguous when there are several and no selector.
  [[nodiscard]] result<saved> publish(std::string_view kind, std::string_view key,
                                      const std::optional<std::string>& selector,
                                      const std::optional<std::string>& summary,
                                      edit_problems* why = nullptr);
  /// Takes a draft out of sight; the version stays. Answers its id.
  [[nodiscard]] result<version_id> discard_draft(std::string_view kind, std::string_view key,
                                                 const std::optional<std::string>& selector);
  /// A new version with the fields of the selected one.
  [[nodiscard]] result<saved> revert(std::string_view kind, std::string_view key,
                                     std::string_view selector,
                                     const std::optional<std::string>& summary,
                                     edit_problems* why = nullptr);
  /// Joins all shown heads. Errors: not_found without a conflict; conflict_open when fields are
  /// left undecided (`field` names the first).
  [[nodiscard]] result<saved> resolve(std::string_view kind, std::string_view key,
                                      const resolution& how, edit_problems* why = nullptr);
  /// The fields that `resolve` would save, and nothing is saved. The same errors but those of
  /// validation.
  [[nodiscard]] result<domain::field_map> preview(std::string_view kind, std::string_view key,
                                                  const resolution& how) const;

  // ---- Questions ----

  /// Another number whenever another process, or another object on the same folder, has changed
  /// something. Cheap.
  [[nodiscard]] std::int64_t changes_elsewhere() const;

  /// The shown active version (else the newest draft), or the selected one.
  [[nodiscard]] result<record_shown> show(
      std::string_view kind, std::string_view key,
      const std::optional<std::string>& selector = std::nullopt) const;
  /// What the term finds by shared/domain/search.hpp, in names and keys; blank: all. Sorted by the
  /// folded name, then the original, then the key. A record whose view was damaged is left out;
  /// `damaged` is how many there are, of whatever kind.
  [[nodiscard]] result<std::vector<list_item>> search(std::string_view kind, std::string_view term,
                                                      std::size_t* damaged = nullptr) const;
  [[nodiscard]] result<std::vector<list_item>> list(std::string_view kind) const {
    return search(kind, {});
  }
  /// All visible versions, oldest first, numbered 1, 2, 3 …
  [[nodiscard]] result<std::vector<version_info>> history(std::string_view kind,
                                                          std::string_view key) const;
  [[nodiscard]] result<std::vector<domain::field_change>> diff(std::string_view kind,
                                                               std::string_view key,
                                                               std::string_view from,
                                                               std::string_view to) const;
  [[nodiscard]] std::vector<conflict_item> conflicts() const;
  [[nodiscard]] replica::status status() const;
  /// `status().pending` alone: cheap even when thousands wait.
  [[nodiscard]] std::size_t pending_count() const;
  /// Since when the oldest of them waits, by this laptop's clock.
  [[nodiscard]] std::optional<unix_millis> oldest_pending() const;
  /// What the server does not have: what waits, and what it refused without keeping it; records
  /// that were taken away included.
  [[nodiscard]] std::size_t unsynced_count() const;
  /// Everything that waits, in the order of saving.
  [[nodiscard]] std::vector<waiting_item> waiting() const;
  [[nodiscard]] std::vector<notice> notices() const;
  [[nodiscard]] result<void> forget_notices();
  /// One JSON object a line (without the line's end) for every visible version:
  /// {kind,key,version_id,number,parents,author,created_at,status,summary,fields,active,head,
  /// synced,archived,header,payload}. Returns the number of lines.
  std::size_t export_lines(const std::function<void(std::string_view line)>& sink) const;
  /// Opens every cell and recomputes every hash, parent, generation and view.
  [[nodiscard]] verify_report verify() const;

  // ---- What the server refused ----

  [[nodiscard]] std::vector<refused_item> refused() const;
  /// By id prefix. Errors: not_found, ambiguous.
  [[nodiscard]] result<refused_shown> refused_show(std::string_view selector) const;
  /// Sets what it changed against its nearest accepted ancestor onto the shown active version, as a
  /// new edit, and takes it off the list.
  [[nodiscard]] result<saved> refused_reapply(std::string_view selector,
                                              edit_problems* why = nullptr);
  /// Erases it from this laptop, and its local descendants with it; answers how many.
  [[nodiscard]] result<std::size_t> refused_discard(std::string_view selector);

  // ---- Sync: pushing ----

  /// What to push next; empty while nothing waits, but for what shares a record with a push that is
  /// under way, or with one of the versions `without`. Asks nobody and changes nothing.
  [[nodiscard]] outbox next_outbox(std::size_t at_most = limits::batch_versions,
                                   std::span<const version_id> without = {}) const;
  /// Keeps a signed push before its first sending. While one is under way, one more may follow it:
  /// its `prev_push` is the first one's id, it shares no record with it, and it must not be sent
  /// before the first one's receipt is here. Errors: busy when another is under way or was answered
  /// since `prev_push` was looked up; bad_request.
  [[nodiscard]] result<void> store_pending_push(const wire::push_object& what,
                                                const wire::signed_object& signed_form);
  /// The push under way (the first, where two are kept), ready to be sent (again); nothing when
  /// there is none.
  struct pending_push {
    wire::push_object object;
    wire::push_request request;
    std::optional<push_id> following;  ///< the second one's id
  };
  [[nodiscard]] std::optional<pending_push> current_push() const;
  /// Whether that push is one of those that are kept.
  [[nodiscard]] bool keeps_push(const push_id& id) const;
  /// Applies a receipt whose signature the caller has verified; it must answer the push under way.
  /// Acknowledged versions stay in P until their feed item comes; refused ones and their local
  /// descendants leave for the refused list.
  [[nodiscard]] result<receipt_effect> apply_receipt(const wire::push_receipt& receipt);
  /// Gives the push under way up, which the server refused as a whole, and the one that was to
  /// follow it; their versions wait again. Does nothing when another push is under way: another
  /// process has finished or given up this one.
  [[nodiscard]] result<void> drop_pending_push(const push_id& id);
  [[nodiscard]] std::optional<push_id> last_push() const;
  /// For going on where the server is; `begin_recovery` does it, too.
  [[nodiscard]] result<void> set_last_push(const std::optional<push_id>& id);

  // ---- Sync: when the server went back to an older state ----
  // begin_recovery; ask the server about held_versions; mark_missing; push all that waits;
  // restart_feed. Each step may be repeated, and is, when the laptop stops in between.

  /// Whether a recovery has begun and is not over.
  [[nodiscard]] bool recovering() const;
  /// Remembers that it has begun. `server_last`: the last push of this device that the server has,
  /// if it was told (then a kept push is given up, and the next one goes on from there). What it
  /// has refused counts as not being there: those of removed records and of a closed laptop wait
  /// once more, the others as soon as their record or the laptop loses its access.
  [[nodiscard]] result<void> begin_recovery(
      const std::optional<std::optional<push_id>>& server_last);
  /// Everything in open views that the server had: told by it or acknowledged.
  [[nodiscard]] std::vector<version_id> held_versions() const;
  /// These of them wait to be pushed again, with their proofs; discards, too. What is shown does
  /// not change.
  [[nodiscard]] result<void> mark_missing(const std::vector<version_id>& ids);
  /// Starts the feed at 0 again, without erasing anything; the recovery is over.
  [[nodiscard]] result<void> restart_feed();
  /// Whether an acknowledged version of an open view has not come with the feed.
  [[nodiscard]] bool any_unpulled() const;
  /// Whether the item of a version of an open view that the server has given is still to come: with
  /// a later page, or never, where the server went back in between.
  [[nodiscard]] bool any_ahead() const;

  // ---- Sync: pulling ----

  [[nodiscard]] wire::cursor cursor() const;
  /// Applies a checked page and moves the cursor, in one transaction. Nothing happens when the
  /// cursor is not `page.from` any more, or the laptop is closed. Errors: protocol_error when the
  /// page does not fit what is here.
  [[nodiscard]] result<page_effect> apply_page(const engine::checked_page& page);
  /// Destroys the keys and rows of the records that pages have removed, unless they hold something
  /// that is not at the server.
  [[nodiscard]] result<erase_effect> erase_removed();
  [[nodiscard]] result<void> note_sync(const sync_outcome& outcome);

  // ---- Sync: when access is taken away ----

  /// Of records that were taken away: what the server refused without keeping it waits to be sent
  /// once more. Answers how many.
  [[nodiscard]] result<std::size_t> offer_again();
  /// The laptop has lost its access: from now on nothing is shown or saved here (device_revoked),
  /// and everything that the server lacks waits to be handed over. Twice is fine.
  [[nodiscard]] result<void> close();
  /// It has access again. Errors: device_revoked once everything is erased.
  [[nodiscard]] result<void> reopen();
  [[nodiscard]] bool closed() const;
  /// Errors: device_revoked while it is closed, with the sentence that everything else answers.
  [[nodiscard]] result<void> check_access() const;
  /// Destroys everything but the identity and the device's key, which signs the receipt; only of a
  /// closed laptop, and only if the server has everything, else answers how many versions it lacks.
  /// `in_any_case`: for a laptop that was reported lost. Errors: session_expired when another
  /// process has reopened it.
  [[nodiscard]] result<std::size_t> erase_everything(bool in_any_case);
  /// Whether `erase_everything` has been done.
  [[nodiscard]] bool erased() const;
  /// The incarnations of which something is here, hidden or not, in no order.
  [[nodiscard]] std::vector<incarnation_id> held_incarnations() const;
  /// Whether the server has not our word yet for something that is not here any more.
  [[nodiscard]] bool erasure_due() const;
  /// That word, to be signed: of removed incarnations, or of everything. Claims only what is gone
  /// from the disk; nothing when nothing is due. Errors: replica_busy while somebody else reads.
  [[nodiscard]] result<std::optional<wire::erasure_object>> erasure();
  /// The server has noted it.
  [[nodiscard]] result<void> erasure_noted(const wire::erasure_object& what);

 private:
  class impl;
  explicit replica_store(std::unique_ptr<impl> own);
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::replica
