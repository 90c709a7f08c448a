#pragma once
// The replica as the page uses it: closed until the passphrase was given, then open for the
// requests of the page, with a search index in memory, and a sync in the background.
//
// Whoever wants the replica takes a lease; one at a time holds it, others wait. Taking one fails
// while it is closed. Closing (lock, idle, wipe, end of the process) waits for the present holder,
// stops the sync, and takes the keys and the index out of memory.
//
// Any thread, but `work_behind` belongs to one.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "client/replica/replica.hpp"
#include "client/web/background_sync.hpp"
#include "client/web/laptop_catalogue.hpp"
#include "client/web/search_index.hpp"
#include "shared/crypto/secret.hpp"

namespace autocusto::web {

/// How the laptop stands.
enum class lock_state { not_enrolled, locked, open };

/// A record that was opened lately.
struct recent_record {
  std::string kind;
  std::string key;
  friend bool operator==(const recent_record&, const recent_record&) = default;
};

/// What the doctor was typing in one form and has not saved. Each form has a slot of its own, so
/// that several tabs do not take each other's text away.
struct unsaved_edit {
  std::string slot;         ///< names the form; the page's own
  replica::kept_text what;  ///< its value is the page's own JSON text, which holds the slot too
  friend bool operator==(const unsaved_edit&, const unsaved_edit&) = default;
};

/// Why nothing is left on this laptop: what a page says after a remote erasure. It lives as long as
/// the program.
struct erased_note {
  std::string user;
  std::string server;
  std::string device_name;
  unix_millis at = 0;
  std::optional<error> why;
};

/// At most so many of them, and so many bytes in all; beyond, the oldest gives way.
inline constexpr std::size_t k_most_unsaved = 16;
inline constexpr std::size_t k_most_unsaved_bytes = std::size_t{256} * 1024;

class unlocked_replica {
 public:
  struct options {
    std::string home;
    /// Whether to sync; tests may do without.
    bool sync = true;
    /// Replaces the idle time that the doctor has set; tests only.
    std::optional<std::chrono::milliseconds> idle;
  };
  /// `changed`: something that the page shows is different. Any thread; must be brief and must not
  /// call back. `closed`: the replica was closed; the same.
  unlocked_replica(options given, const replica::environment& env, std::function<void()> changed,
                   std::function<void()> closed);
  ~unlocked_replica();
  unlocked_replica(const unlocked_replica&) = delete;
  unlocked_replica& operator=(const unlocked_replica&) = delete;

  [[nodiscard]] lock_state at() const;

  /// Opens the replica. When it is open already, only checks the passphrase. Errors as of
  /// replica_store::open.
  [[nodiscard]] result<void> unlock(std::string_view passphrase);
  /// Redeems an enrollment link, with a new passphrase (at least 8 characters; the old one if an
  /// enrollment was cut before), and opens the replica.
  [[nodiscard]] result<void> enroll(std::string_view link, std::string_view device_name,
                                    std::string_view passphrase);
  /// Makes the open replica a device of its own (a copied folder), and syncs. Talks to the server.
  /// Errors: session_expired while it is closed, and those of engine::enroll_device_again.
  [[nodiscard]] result<void> enroll_again();
  /// Opens nothing. Errors as of replica_store::open.
  [[nodiscard]] result<void> check_passphrase(std::string_view passphrase);
  void lock();
  /// Nothing unless the server has had this laptop erased, and nobody has enrolled it since.
  [[nodiscard]] std::optional<erased_note> erased() const;
  /// Where each tab of the browser is, as the page tells it; forgotten with the lock.
  [[nodiscard]] std::string place(const std::string& tab) const;
  void set_place(const std::string& tab, std::string place);
  /// Destroys everything on this laptop.
  [[nodiscard]] result<void> wipe();

  /// The right to use the replica and the index, for as long as it lives.
  class lease {
   public:
    lease(std::unique_lock<std::mutex> held, unlocked_replica& of)
        : held_(std::move(held)), of_(&of) {}
    [[nodiscard]] replica::reader reader() const { return of_->replica_->read(); }
    [[nodiscard]] replica::editor editor() const { return of_->replica_->edit(); }
    [[nodiscard]] replica::identity_store identity() const { return of_->replica_->identity(); }
    /// Errors as of replica_store::change_passphrase.
    [[nodiscard]] result<void> change_passphrase(std::string_view old_one,
                                                 std::string_view new_one) const {
      return of_->replica_->change_passphrase(old_one, new_one);
    }
    [[nodiscard]] search_index& index() const { return of_->index_; }
    /// The reference catalogue of this laptop.
    [[nodiscard]] usable_catalogue catalogue() const { return of_->catalogue_.of(reader()); }
    /// What lists show of a record beside its name; read now if it is not known yet.
    [[nodiscard]] record_details details(const replica::list_item& of) const;
    /// Reads the details of all records that are not known yet: about 0.1 ms each.
    void learn_all() const;
    [[nodiscard]] std::vector<recent_record>& recent() const { return of_->recent_; }
    /// What was typed and not saved, the newest first. It outlives the lock and the program, sealed
    /// in the replica, but not its record.
    [[nodiscard]] const std::vector<unsaved_edit>& unsaved() const;
    /// In place of what that slot held; an empty value: forget it. Errors: device_revoked while the
    /// laptop is closed.
    [[nodiscard]] result<void> set_unsaved(unsaved_edit one) const;
    /// Tells that the holder has changed the record.
    void changed(std::string_view kind, std::string_view key) const;
    /// Tells that the holder has opened the record for the doctor.
    void visited(std::string_view kind, std::string_view key) const;
    /// For changes that are not about one record.
    void changed() const;

   private:
    std::unique_lock<std::mutex> held_;
    unlocked_replica* of_;
  };
  /// Error: session_expired while it is closed.
  [[nodiscard]] result<lease> take_lease();

  /// The doctor is there: the idle time starts again.
  void touch();
  [[nodiscard]] std::chrono::milliseconds idle_limit() const;
  /// The caller holds `by`: keeps the time in the replica.
  [[nodiscard]] result<void> set_idle_limit(const lease& by, std::chrono::minutes limit);

  [[nodiscard]] sync_state sync() const;
  void sync_now();
  /// Grows with every change that the page may show.
  [[nodiscard]] std::uint64_t revision() const { return revision_.load(); }

  /// Locks when nobody was there for too long, notices what others changed, and keeps what was not
  /// urgent. Call it about twice a second.
  void work_behind();

 private:
  [[nodiscard]] result<void> open_locked(std::unique_ptr<replica::replica_store> opened,
                                         std::string_view passphrase);
  void close(std::unique_lock<std::mutex>& held);
  void lock_what_was_wiped();
  void refill();
  void keep_what_is_not_urgent();
  void forget_what_is_gone();
  void bump();

  options options_;
  replica::environment env_;
  std::function<void()> changed_;
  std::function<void()> closed_;
  std::mutex lifecycle_;  ///< one opening or closing at a time; taken before mutex_

  mutable std::mutex mutex_;  ///< everything below
  std::unique_ptr<replica::replica_store> replica_;
  search_index index_;
  laptop_catalogue catalogue_;
  std::vector<recent_record> recent_;
  bool recent_dirty_ = false;
  std::vector<unsaved_edit> unsaved_;
  bool unsaved_dirty_ = false;
  std::int64_t seen_elsewhere_ = 0;
  std::map<std::string, std::string> places_;
  std::optional<erased_note> owner_;  ///< whom this laptop belongs to, for the note below
  std::optional<erased_note> erased_;
  crypto::secret passphrase_;  ///< only until the sync has opened its own
  std::unique_ptr<background_sync> sync_;

  std::atomic<std::uint64_t> revision_{1};
  std::atomic<std::int64_t> touched_{0};
  std::atomic<std::int64_t> idle_millis_{0};
};

/// Milliseconds that also pass while the laptop sleeps.
[[nodiscard]] std::int64_t awake_or_asleep_millis();

}  // namespace autocusto::web
