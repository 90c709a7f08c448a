#pragma once
// What the shell needs of the replica, as calls on values. `store_port` is the real one; tests have
// their own. One thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/engine/check_page.hpp"
#include "client/engine/messages.hpp"
#include "client/transport/remote_api.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::engine {

class replica_port {
 public:
  virtual ~replica_port() = default;

  /// Cheap while nothing waits to be pushed: it is asked once a second while watching.
  [[nodiscard]] virtual result<looked> look() = 0;

  /// What batches may hold from here on. `look` and `prepare_push` keep to it.
  virtual void bound_batches(const batch_bounds& bounds) = 0;

  /// Signs with the device key.
  [[nodiscard]] virtual wire::signed_object sign(std::string_view purpose, std::string object) = 0;
  [[nodiscard]] virtual result<void> note_learned(const transport::learned& what) = 0;

  /// Signs a push and keeps it.
  [[nodiscard]] virtual result<void> save_push(const wire::push_object& what) = 0;
  /// Fills the push with what follows the kept one, signs it and keeps it behind that one.
  [[nodiscard]] virtual result<push_prepared> prepare_push(wire::push_object what) = 0;
  /// The kept push of that id; nothing when another process has finished it meanwhile.
  [[nodiscard]] virtual result<std::optional<wire::push_request>> kept_push(const push_id& id) = 0;
  /// Whether that push is kept still.
  [[nodiscard]] virtual bool keeps_push(const push_id& id) = 0;
  [[nodiscard]] virtual result<void> apply_receipt(const wire::push_receipt& receipt) = 0;
  [[nodiscard]] virtual result<void> drop_push(const push_id& id) = 0;

  /// When the server went back; see replica_store.
  [[nodiscard]] virtual result<void> begin_recovery(
      const std::optional<std::optional<push_id>>& server_last) = 0;
  [[nodiscard]] virtual std::vector<version_id> held_versions() = 0;
  [[nodiscard]] virtual result<void> mark_missing(const std::vector<version_id>& ids) = 0;
  [[nodiscard]] virtual result<void> restart_feed() = 0;

  [[nodiscard]] virtual result<page_applied> apply_page(const checked_page& page) = 0;
  [[nodiscard]] virtual result<removed_erased> erase_removed(bool offer_again) = 0;

  /// When the access is taken away; see replica_store.
  [[nodiscard]] virtual result<void> close() = 0;
  [[nodiscard]] virtual result<void> reopen() = 0;
  [[nodiscard]] virtual result<everything_erased> erase_everything(bool in_any_case) = 0;
  /// Our word for what is erased, signed; nothing when nothing is due.
  struct erasure_word {
    wire::erasure_object what;
    wire::signed_object form;
  };
  [[nodiscard]] virtual result<std::optional<erasure_word>> erasure() = 0;
  [[nodiscard]] virtual result<void> erasure_noted(const wire::erasure_object& what) = 0;
  [[nodiscard]] virtual result<void> wipe() = 0;
  /// Nothing: all went well.
  virtual void note_sync(const std::optional<error>& why) = 0;
  [[nodiscard]] virtual std::int64_t open_conflicts() = 0;
};

}  // namespace autocusto::engine
