#pragma once
// A laptop in a temporary folder, and a server small enough to see through.
//
// The server keeps one user's versions, views and feed in memory, takes every push (but the
// versions that a test tells it to refuse), never merges by itself, and answers pages as the
// protocol says. Its receipts carry no signatures: whoever applies them has checked those. One
// thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "client/replica/replica.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "shared/domain/dag.hpp"
#include "shared/domain/view.hpp"
#include "tests/support/process.hpp"
#include "tests/support/replica_state.hpp"

namespace autocusto::test {

inline constexpr std::string_view k_passphrase = "correto cavalo bateria grampo";

/// A clock that stands still until it is told.
class hand_clock : public clock_source {
 public:
  [[nodiscard]] unix_millis now() const override { return now_; }
  void advance(unix_millis by) { now_ += by; }

 private:
  unix_millis now_ = 1'795'000'000'000;
};

/// A cheap passphrase, so that tests are quick.
[[nodiscard]] replica::environment quick_environment(const clock_source& clock);

class small_server {
 public:
  small_server();

  [[nodiscard]] replica::identity identity_for(const device_id& device) const;
  [[nodiscard]] const crypto::secret& tenant_key() const { return tenant_key_; }
  [[nodiscard]] record_id record_of(const std::string& kind, const std::string& key) const;

  /// Takes a push as a device's.
  [[nodiscard]] wire::push_receipt push(const wire::push_object& object,
                                        const wire::push_request& request);
  /// The code by which the next pushes of that version are refused.
  void refuse(const version_id& id, std::string code) { refusals_[id] = std::move(code); }
  /// The next page for that device.
  [[nodiscard]] wire::page page(const wire::cursor& from, const device_id& asking,
                                std::size_t limit = 1000) const;

  /// A version that another device of the user, an administrator or a merge makes.
  void accept(const domain::version& v, wire::item_kind kind = wire::item_kind::version);
  /// Shows exactly this version, as an administrator's assignment does.
  void assign(const domain::version& v);
  void unassign(const record_id& record);
  [[nodiscard]] const domain::view_state& view(const record_id& record) const {
    return views_.at(record).state;
  }
  [[nodiscard]] std::size_t versions() const { return known_.size(); }
  [[nodiscard]] wire::cursor end() const { return chain_.back(); }
  /// The version of that id, decoded.
  [[nodiscard]] domain::version version(const version_id& id) const;

  user_id user;
  server_id server;

 private:
  struct open_view {
    domain::record_ref record;
    domain::view_state state;
    domain::version_dag dag;
    std::optional<std::int64_t> conflict;
  };
  struct known_version {
    domain::version_bytes raw;
    incarnation_id incarnation;
    device_id device;
    bool by_item = false;  ///< came by an item of kind `version`
  };

  wire::push_result take(const domain::version& v, const device_id& device);
  open_view& open(const domain::record_ref& record);
  void append(wire::item_kind kind, const incarnation_id& incarnation, const record_id& record,
              const std::optional<version_id>& version);
  void note_conflict(open_view& view);
  [[nodiscard]] wire::page_view told(const open_view& view) const;
  [[nodiscard]] wire::page_version bytes_of(const version_id& id) const;

  crypto::secret tenant_key_;
  std::map<version_id, std::string> refusals_;
  std::map<version_id, known_version> known_;
  std::map<record_id, open_view> views_;
  std::vector<wire::item> feed_;
  std::vector<wire::cursor> chain_;
  std::vector<incarnation_id> closed_;
  std::int64_t conflicts_ = 0;
};

/// An enrolled replica, and what its sync does.
class laptop {
 public:
  explicit laptop(small_server& server, const std::string& name = "laptop-da-ana");

  replica::replica_store& operator*() { return *store_; }
  replica::replica_store* operator->() { return store_.get(); }
  /// Closes and opens it again.
  void reopen();
  void close() { store_.reset(); }
  [[nodiscard]] std::string home() const { return folder_ / "home"; }
  [[nodiscard]] const device_id& device() const { return device_; }
  [[nodiscard]] hand_clock& clock() { return clock_; }

  /// Pushes everything that waits; the effects of all receipts together.
  ::autocusto::engine::receipt_applied push();
  /// Makes a push, keeps it, and leaves it there.
  wire::push_object start_push() { return start_push(store_->identity().last_push()); }
  wire::push_object start_push(const std::optional<push_id>& prev);
  /// Pulls to the end of the feed; false when a page was refused.
  bool pull(std::size_t limit = 1000);
  void sync() {
    push();
    pull();
  }

 private:
  small_server& server_;
  temporary_folder folder_;
  hand_clock clock_;
  device_id device_;
  std::unique_ptr<replica::replica_store> store_;
};

[[nodiscard]] replica::edit patient_edit(const std::string& key, const std::string& name);
/// One field of a patient.
[[nodiscard]] replica::edit set_field(const std::string& key, const std::string& field,
                                      const std::string& value);
/// The n-th valid CPF.
[[nodiscard]] std::string cpf(std::uint32_t n);

}  // namespace autocusto::test
