#pragma once
// A server in memory for many runs a second: the real rules of acceptance, merge and views, with
// feed, receipts and sessions around them in the simplest form that can be. No signatures, no
// texts, no database. One thread.

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/base.hpp"
#include "tests/simulation/sim_server.hpp"
#include "tests/support/acceptance_world.hpp"

namespace autocusto::simulation {

class light_server final : public sim_server {
 public:
  light_server(const clock_source& clock, seeded_random random, witness& oracle);

  [[nodiscard]] bool up() const override { return up_; }
  [[nodiscard]] std::optional<reply> handle(const request& what) override;
  [[nodiscard]] std::optional<result<void>> act(const admin_act& what) override;
  [[nodiscard]] user_id add_user(const std::string& email) override;
  [[nodiscard]] enrolled enroll(const user_id& user, const std::optional<crypto::signing_key>& key,
                                const std::string& name) override;
  [[nodiscard]] std::pair<user_id, device_id> admin() const override;
  [[nodiscard]] std::int64_t feed_end(const user_id& user) override;
  [[nodiscard]] server_state state() override;
  [[nodiscard]] std::string_view secret() const override;
  void crash() override { up_ = false; }
  void start() override { up_ = true; }
  bool arm(trouble, std::uint64_t, std::uint64_t) override { return false; }
  void mend() override {}

 private:
  struct account {
    testing::person who;
    std::string email;
    bool enabled = true;
    std::map<std::string, domain::merge_policy> policy;
    std::vector<wire::item> feed;
    std::vector<wire::cursor> chain{wire::cursor{}};
  };
  struct machine {
    device_id id;
    user_id user;
    std::optional<push_id> last_push;
    bool revoked = false;
    bool lost = false;
  };
  struct stored_push {
    std::string object;
    wire::push_receipt receipt;
  };

  account& of(const machine& device) { return accounts_.at(device.user); }
  std::optional<error> refusal(const machine& device);
  reply do_session(const call_session& what);
  reply do_push(machine& device, const call_push& what);
  reply do_receipt(const machine& device, const call_receipt& what);
  reply do_erasure(machine& device, const call_erasure& what);
  reply do_changes(const machine& device, const call_changes& what);
  wire::push_receipt take(account& actor, account& owner, const device_id& device,
                          const wire::push_object& object, const wire::push_request& request);
  void append(account& to, wire::item_kind kind, const record_id& record,
              const incarnation_id& incarnation, const std::optional<version_id>& version);
  void fill_page(wire::page& page, const machine& device, bool with_own);
  wire::page_view told(account& user, const record_id& record);
  const store::view_row* view_of(const account& user, const record_id& record) const;
  result<void> assign(const act_assign& what);
  result<void> unassign(const act_unassign& what);
  result<void> resolve(const act_resolve& what);
  const domain::version& version(const version_id& id) const { return *known_.at(id); }

  const clock_source& clock_;
  seeded_random random_;
  witness& oracle_;
  bool up_ = true;
  testing::acceptance_world world_;
  server_id id_;
  testing::person admin_;
  std::map<user_id, account> accounts_;
  std::map<device_id, machine> machines_;
  std::map<std::string, device_id> sessions_;
  std::map<push_id, stored_push> pushes_;
  std::map<version_id, std::shared_ptr<domain::version>> known_;
  std::map<version_id, device_id> pushed_by_;
  std::set<std::pair<incarnation_id, version_id>> came_by_item_;
  std::set<incarnation_id> closed_;
  std::set<version_id> quarantined_;
  std::set<device_id> erased_;
  domain::merge_policy default_policy_ = domain::merge_policy::automatic;
  std::size_t people_ = 1;
  std::size_t devices_ = 0;
};

}  // namespace autocusto::simulation
