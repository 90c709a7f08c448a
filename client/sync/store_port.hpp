#pragma once
// The replica as the sync shell uses it. One thread; the replica and the clock must outlive it.

#include <optional>
#include <string>

#include "client/replica/replica.hpp"
#include "client/sync/replica_port.hpp"
#include "client/transport/remote.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::engine {

/// How the server of this replica is reached. Errors: not_enrolled.
[[nodiscard]] result<transport::server_address> address_of(const replica::replica_store& replica);

/// From now on certificates are judged by this time, be it earlier than the greatest one heard so
/// far; without one, by the program's own date.
[[nodiscard]] result<void> believe_time(replica::replica_store& replica,
                                        std::optional<unix_millis> told);

/// By how many seconds this laptop's clock was ahead of the server's at the newest session;
/// negative when it was behind. Nothing where the two agreed to within five minutes.
[[nodiscard]] std::optional<std::int64_t> clock_difference(const replica::replica_store& replica);

class store_port final : public replica_port {
 public:
  /// `home` is the replica's folder, for wiping; `batch_size` is how many versions a push takes.
  store_port(replica::replica_store& replica, std::string home, const clock_source& clock,
             std::size_t batch_size = limits::batch_versions);

  [[nodiscard]] result<looked> look() override;
  [[nodiscard]] wire::signed_object sign(std::string_view purpose, std::string object) override;
  [[nodiscard]] result<void> note_learned(const transport::learned& what) override;
  [[nodiscard]] result<void> save_push(const wire::push_object& what) override;
  void bound_batches(const batch_bounds& bounds) override { bounds_ = bounds; }
  [[nodiscard]] result<push_prepared> prepare_push(wire::push_object what) override;
  [[nodiscard]] result<std::optional<wire::push_request>> kept_push(const push_id& id) override;
  [[nodiscard]] bool keeps_push(const push_id& id) override;
  [[nodiscard]] result<void> apply_receipt(const wire::push_receipt& receipt) override;
  [[nodiscard]] result<void> drop_push(const push_id& id) override;
  [[nodiscard]] result<void> begin_recovery(
      const std::optional<std::optional<push_id>>& server_last) override;
  [[nodiscard]] std::vector<version_id> held_versions() override;
  [[nodiscard]] result<void> mark_missing(const std::vector<version_id>& ids) override;
  [[nodiscard]] result<void> restart_feed() override;
  [[nodiscard]] result<page_applied> apply_page(const checked_page& page) override;
  [[nodiscard]] result<removed_erased> erase_removed(bool offer_again) override;
  [[nodiscard]] result<void> close() override;
  [[nodiscard]] result<void> reopen() override;
  [[nodiscard]] result<everything_erased> erase_everything(bool in_any_case) override;
  [[nodiscard]] result<std::optional<erasure_word>> erasure() override;
  [[nodiscard]] result<void> erasure_noted(const wire::erasure_object& what) override;
  [[nodiscard]] result<void> wipe() override;
  void note_sync(const std::optional<error>& why) override;
  [[nodiscard]] std::int64_t open_conflicts() override;

 private:
  [[nodiscard]] result<replica::identity> identify();
  [[nodiscard]] result<void> note_clock(std::optional<unix_millis> server_now);

  replica::replica_store& replica_;
  std::string home_;
  const clock_source& clock_;
  crypto::signing_key key_;
  std::size_t batch_size_;
  batch_bounds bounds_;
  std::optional<device_id> device_;  ///< whose key that is; nothing before the first look
  /// The batch of the last look, so that its bytes are not opened twice.
  replica::outbox batch_;
  /// The push that was kept last, until it is sent.
  struct ready_push {
    push_id id;
    wire::push_request request;
  };
  std::optional<ready_push> saved_;
};

}  // namespace autocusto::engine
