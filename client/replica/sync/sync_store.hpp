#pragma once
// The replica as sync uses it: the port of the sync machine, over the open file.
//
// What a method promises stands at the port (client/engine/replica_port.hpp); each is one
// transaction, but for erasing, which takes two. It keeps nothing between calls but the device's
// key and the bytes of a push that was made and not sent yet, so that they are not opened twice.
// The file must outlive it. One thread.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/engine/replica_port.hpp"
#include "client/replica/types.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/sign.hpp"

namespace autocusto::replica {

class replica_file;

class sync_store final : public engine::replica_port {
 public:
  /// `batch_size` is how many versions a push takes.
  explicit sync_store(replica_file& file, std::size_t batch_size = limits::batch_versions)
      : file_(&file), batch_size_(batch_size) {}
  sync_store(const sync_store&) = delete;
  sync_store& operator=(const sync_store&) = delete;
  ~sync_store() override = default;

  [[nodiscard]] result<engine::replica_state> load_state() override;
  void bound_batches(const engine::batch_bounds& bounds) override { bounds_ = bounds; }
  [[nodiscard]] wire::signed_object sign(wire::purpose of, std::string object) override;
  [[nodiscard]] result<void> note_learned(const engine::learned& what) override;

  [[nodiscard]] std::optional<hash256> catalogue_hash() override;
  [[nodiscard]] result<void> keep_catalogue(const engine::fetched_catalogue& fetched) override;
  [[nodiscard]] result<void> note_catalogue_refused(bool refused) override;

  [[nodiscard]] result<void> save_push(const wire::push_object& what) override;
  [[nodiscard]] result<engine::push_prepared> prepare_push(wire::push_object what) override;
  [[nodiscard]] result<std::optional<wire::push_request>> kept_push(const push_id& id) override;
  [[nodiscard]] bool keeps_push(const push_id& id) override;
  [[nodiscard]] result<engine::receipt_applied> apply_receipt(
      const wire::push_receipt& receipt) override;
  [[nodiscard]] result<void> drop_push(const push_id& id) override;

  [[nodiscard]] result<void> begin_recovery(
      const std::optional<std::optional<push_id>>& server_last) override;
  [[nodiscard]] std::vector<version_id> held_versions() override;
  [[nodiscard]] result<void> mark_missing(const std::vector<version_id>& ids) override;
  [[nodiscard]] result<void> restart_feed() override;

  [[nodiscard]] result<engine::page_applied> apply_page(const engine::checked_page& page) override;
  [[nodiscard]] result<engine::removed_erased> erase_removed(bool offer_again) override;

  [[nodiscard]] result<void> close() override;
  [[nodiscard]] result<void> reopen() override;
  [[nodiscard]] result<engine::everything_erased> erase_everything(bool in_any_case) override;
  [[nodiscard]] result<std::optional<erasure_receipt>> erasure() override;
  [[nodiscard]] result<void> note_erasure(const wire::erasure_object& what) override;
  [[nodiscard]] result<void> wipe() override;
  void note_sync(const std::optional<error>& why) override;
  [[nodiscard]] std::int64_t open_conflicts() override;

  // What `load_state` is made of.

  [[nodiscard]] wire::cursor cursor() const;
  /// What to push next; empty while nothing waits, but for what shares a record with a push that is
  /// under way, or with one of the versions `without`. Asks nobody and changes nothing.
  [[nodiscard]] outbox next_outbox(std::size_t at_most = limits::batch_versions,
                                   std::span<const version_id> without = {}) const;
  /// The push under way (the first, where two are kept), ready to be sent (again); nothing when
  /// there is none.
  struct inflight {
    wire::push_object object;
    wire::push_request request;
    std::optional<push_id> queued_push;  ///< the second one's id
  };
  [[nodiscard]] std::optional<inflight> inflight_push() const;
  /// Whether a recovery has begun and is not over.
  [[nodiscard]] bool recovering() const;
  /// Whether an acknowledged version of an open view has not come with the feed.
  [[nodiscard]] bool any_unpulled() const;
  /// Whether the item of a version of an open view that the server has given is still to come: with
  /// a later page, or never, where the server went back in between.
  [[nodiscard]] bool any_awaited() const;

 private:
  [[nodiscard]] result<identity> identify();
  [[nodiscard]] result<void> keep(const wire::push_object& what, const wire::signed_object& form);
  [[nodiscard]] result<std::size_t> offer_refused_again();

  replica_file* file_;
  std::size_t batch_size_;
  engine::batch_bounds bounds_;
  /// What the server takes, by the newest session of this object: known before it is on disk.
  std::optional<domain::kind_revisions> server_takes_;
  std::optional<crypto::signing_key> key_;
  std::optional<device_id> device_;  ///< whose key that is; nothing before the first `load_state`
  /// The batch of the last look, so that its bytes are not opened twice.
  outbox batch_;
  /// The push that was kept last, until it is sent.
  struct unsent_push {
    push_id id;
    wire::push_request request;
  };
  std::optional<unsent_push> unsent_;
};

}  // namespace autocusto::replica
