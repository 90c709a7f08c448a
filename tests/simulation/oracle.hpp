#pragma once
// Black-box model of what must hold: who saved what, what the server acknowledged, what an
// administrator did. It knows no code of the product; every check follows from it alone.
//
// Steps count what happened at the server, in its order. One thread.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/sim_server.hpp"

namespace autocusto::simulation {

struct known_version {
  domain::version_header header;
  domain::version_bytes raw;
  user_id owner;               ///< into whose view it was pushed
  bool accepted = false;       ///< acknowledged
  std::uint64_t since = 0;     ///< the step in which it first reached the server
  bool refused = false;        ///< some receipt refused it
  bool parent_missed = false;  ///< because its parent was not there
};

struct run_counts {
  std::int64_t saves = 0, pushes = 0, versions = 0, refused = 0, merges = 0, siblings = 0,
               conflicts = 0, acts = 0, crashes = 0, disk_faults = 0, upgrades = 0, surrendered = 0,
               erasures = 0;
};

class oracle final : public witness {
 public:
  void user(const user_id& id, const std::string& email) { emails_[id] = email; }
  void device(const device_id& id, const user_id& of) { devices_[id] = of; }
  /// The administrator's, which pushes into other people's views.
  void admin(const user_id& id, const device_id& with);

  void saved(const user_id& by, const version_id& id);
  /// An act that was done, or may have been done.
  void acted(const admin_act& what);
  /// A device that an act revokes along with the one that it names.
  void revoked(const device_id& device) { revoked_.insert(device); }

  /// Forgets every receipt but these, and expects what follows from versions that went missing.
  void server_went_back(const std::set<push_id>& receipts);

  void reached(const wire::push_request& what) override;
  void pushed(const device_id& device, const wire::push_request& what,
              const wire::push_receipt& receipt) override;
  void erased(const wire::erasure_object& what, const sim_client* from) override;
  void paged(const device_id& device, const wire::page& page) override;
  void broken(std::string what) override;

  /// Whether this user may hold that version: made by them, put into their view by an
  /// administrator, or an automatic merge of such.
  [[nodiscard]] bool may_hold(const user_id& user, const version_id& id,
                              const std::string& header) const;

  [[nodiscard]] const std::map<version_id, known_version>& versions() const { return versions_; }
  [[nodiscard]] const std::map<user_id, std::set<version_id>>& saves() const { return saves_; }
  /// The last step in which an administrator moved or took that view; 0: never.
  [[nodiscard]] std::uint64_t moved_at(const user_id& user, const record_id& record) const;
  [[nodiscard]] bool was_taken(const user_id& user, const record_id& record) const {
    return taken_.contains({user, record});
  }
  [[nodiscard]] const std::vector<std::string>& broken_rules() const { return broken_; }
  struct receipt_seen {
    device_id device;
    wire::push_request what;
    wire::push_receipt receipt;
  };
  [[nodiscard]] const std::map<push_id, receipt_seen>& receipts() const { return receipts_; }

  run_counts counts;
  /// Called with each erasure receipt that the server took.
  std::function<void(const wire::erasure_object&, const sim_client* from)> on_erasure;

 private:
  void check_refusal(const device_id& device, const known_version& known, const std::string& code);
  void check_repeat(const receipt_seen& before, const wire::push_receipt& receipt);

  std::map<user_id, std::string> emails_;
  std::map<device_id, user_id> devices_;
  std::optional<user_id> admin_;
  std::map<version_id, known_version> versions_;
  std::map<user_id, std::set<version_id>> saves_;
  std::set<std::pair<user_id, version_id>> granted_;
  std::map<std::pair<user_id, record_id>, std::uint64_t> moved_;
  std::set<std::pair<user_id, record_id>> taken_;
  std::set<user_id> disabled_;   ///< at some time
  std::set<device_id> revoked_;  ///< likewise
  std::map<push_id, receipt_seen> receipts_;
  std::map<version_id, std::uint64_t> reached_;
  bool went_back_ = false;
  std::uint64_t step_ = 0;
  std::vector<std::string> broken_;
};

}  // namespace autocusto::simulation
