#pragma once
// A replica in memory for many runs a second: S and P as the replica keeps them, with the
// real shown view, outbox order, receipts and pages, but no file, no sealing and no erasing. One
// thread.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/replica/file/shown_view.hpp"
#include "tests/simulation/base.hpp"
#include "tests/simulation/sim_client.hpp"

namespace autocusto::simulation {

class light_client final : public sim_client, private engine::replica_port {
 public:
  light_client(const clock_source& clock, seeded_random random) : clock_(clock), random_(random) {}

  [[nodiscard]] engine::replica_port& port() override { return *this; }
  [[nodiscard]] std::optional<crypto::signing_key> key() override { return std::nullopt; }
  void enroll(const enrolled& who) override { who_ = who; }
  result<replica::saved> save(const replica::edit& what) override;
  result<replica::saved> publish(const std::string& key,
                                 const std::optional<std::string>& selector) override;
  result<version_id> discard_draft(const std::string& key,
                                   const std::optional<std::string>& selector) override;
  result<replica::saved> revert(const std::string& key, const std::string& selector) override;
  result<replica::saved> resolve(const std::string& key, const replica::resolution& how) override;
  result<replica::saved> reapply(const std::string& selector) override;
  result<std::size_t> discard_refused(const std::string& selector) override;
  [[nodiscard]] std::optional<seen_record> see(const std::string& key) override;
  [[nodiscard]] std::vector<seen_record> see_all() override;
  [[nodiscard]] std::vector<version_id> refused() override;
  [[nodiscard]] bool refused_readable(const version_id& id) override { return own_.contains(id); }
  [[nodiscard]] wire::cursor cursor() override { return cursor_; }
  [[nodiscard]] std::size_t waiting() override { return waiting_.size() + discards_.size(); }
  [[nodiscard]] std::size_t hidden() override { return 0; }
  [[nodiscard]] bool closed() override { return closed_off_; }
  [[nodiscard]] std::set<version_id> unsent() override;
  [[nodiscard]] std::vector<incarnation_id> incarnations() override { return {}; }
  [[nodiscard]] std::vector<std::string> verify() override { return {}; }
  [[nodiscard]] bool wiped() override { return wiped_; }
  [[nodiscard]] bool erased() override { return erased_; }
  void restart() override {}
  bool arm(trouble, std::uint64_t, std::uint64_t) override { return false; }
  void mend() override {}

 private:
  struct holding {
    std::string key;
    replica::server_view told;
    bool has_view = false;
    std::map<version_id, std::shared_ptr<const domain::version>> versions;
    domain::version_dag dag;
  };
  struct local {
    std::shared_ptr<const domain::version> what;
    bool acknowledged = false;
    std::optional<incarnation_id> incarnation;  ///< once acknowledged
  };

  // engine::replica_port
  result<engine::replica_state> load_state() override;
  void bound_batches(const engine::batch_bounds& bounds) override { bounds_ = bounds; }
  wire::signed_object sign(wire::purpose, std::string object) override {
    return {std::move(object), {}};
  }
  result<void> note_learned(const engine::learned&) override { return {}; }
  result<void> save_push(const wire::push_object& what) override;
  result<engine::push_prepared> prepare_push(wire::push_object) override {
    return engine::push_prepared{};
  }
  result<std::optional<wire::push_request>> kept_push(const push_id& id) override;
  bool keeps_push(const push_id& id) override { return kept_ && kept_->id == id; }
  result<void> begin_recovery(const std::optional<std::optional<push_id>>&) override { return {}; }
  std::vector<version_id> held_versions() override { return {}; }
  result<void> mark_missing(const std::vector<version_id>&) override { return {}; }
  result<void> restart_feed() override { return {}; }
  result<engine::receipt_applied> apply_receipt(const wire::push_receipt& receipt) override;
  result<void> drop_push(const push_id& id) override;
  result<engine::page_applied> apply_page(const engine::checked_page& page) override;
  result<engine::removed_erased> erase_removed(bool) override { return engine::removed_erased{}; }
  result<void> close() override;
  result<void> reopen() override;
  result<engine::everything_erased> erase_everything(bool in_any_case) override;
  result<std::optional<erasure_receipt>> erasure() override;
  result<void> note_erasure(const wire::erasure_object& what) override;
  result<void> wipe() override;
  void note_sync(const std::optional<error>&) override {}
  std::int64_t open_conflicts() override { return 0; }

  void apply_item(const wire::item& item);
  /// Nothing more will come of what was acknowledged in incarnations that are over.
  void forget_closed();
  void learn(holding& into, std::shared_ptr<const domain::version> v);
  holding* find(const std::string& key);
  replica::shown_view shown(const holding& of) const;
  /// Whether the rules of entry let these fields through.
  static bool fits(const holding& in, const domain::field_map& fields, bool draft);
  /// The erasure receipt for what is erased here, as far as it may be signed.
  [[nodiscard]] wire::erasure_object receipt() const;
  [[nodiscard]] std::size_t unsynced() const;
  [[nodiscard]] bool waits(const version_id& id) const;
  void next_batch(engine::replica_state& found) const;
  [[nodiscard]] std::optional<record_id> record_of(const version_id& id) const;
  void refuse(const version_id& id);
  replica::saved keep(holding& in, const std::vector<version_id>& parents, domain::field_map fields,
                      bool draft, bool created);
  replica::saved unchanged(const holding& in, const version_id& id) const;

  const clock_source& clock_;
  seeded_random random_;
  enrolled who_;
  wire::cursor cursor_;
  std::map<record_id, holding> records_;
  std::map<version_id, std::shared_ptr<const domain::version>> own_;
  std::vector<local> waiting_;        ///< P, in the order of saving
  std::vector<version_id> discards_;  ///< not acknowledged
  /// Acknowledged, item not pulled.
  std::vector<std::pair<version_id, std::optional<incarnation_id>>> discarded_;
  std::set<incarnation_id> closed_;  ///< of which the `removed` item was pulled
  std::vector<version_id> refused_;
  std::set<version_id> sent_;  ///< in some push that was answered: the server has the bytes
  std::optional<wire::push_object> kept_;
  engine::batch_bounds bounds_;
  std::optional<push_id> last_push_;
  std::set<incarnation_id>
      to_receipt_;  ///< of those, the ones without an erasure receipt at the server
  bool closed_off_ = false;
  bool erased_ = false;
  bool wiped_ = false;
};

}  // namespace autocusto::simulation
