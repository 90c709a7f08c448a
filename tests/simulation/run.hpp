#pragma once
// One run: a fleet of laptops, a server, and a plan; then it quiesces, and the checks run.
// Deterministic: the same plan gives the same run, step by step. One thread.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/oracle.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/sim_network.hpp"

namespace autocusto::simulation {

/// Makes servers and replicas of one kind, each run with its own.
class factory {
 public:
  virtual ~factory() = default;
  virtual void begin_run() = 0;
  [[nodiscard]] virtual std::unique_ptr<sim_server> make_server(
      virtual_time& time, const clock_source& clock, seeded_random random, witness& oracle,
      std::vector<std::string> secrets, std::size_t processes) = 0;
  [[nodiscard]] virtual std::unique_ptr<sim_client> make_client(std::size_t n,
                                                                const clock_source& clock,
                                                                seeded_random random) = 0;
  /// One on a copy of another's folder; nothing where that cannot be.
  [[nodiscard]] virtual std::unique_ptr<sim_client> copy_client(sim_client& /*of*/,
                                                                std::size_t /*n*/,
                                                                const clock_source& /*clock*/,
                                                                seeded_random /*random*/) {
    return nullptr;
  }
  virtual void end_run() = 0;
};
/// The product's server and replicas.
[[nodiscard]] std::unique_ptr<factory> make_real_factory();
/// The product's rules and sync machine over stores in memory.
[[nodiscard]] std::unique_ptr<factory> make_light_factory();

struct outcome {
  std::vector<std::string> broken;  ///< each starts with the invariant's number
  std::string digest;               ///< of everything at the end: equal for equal runs
  run_counts counts;
  network_counts network;
  std::uint64_t steps = 0;
};
[[nodiscard]] outcome run(factory& from, const plan& p, bool verbose = false);

/// A shorter plan that still breaks the same invariant.
[[nodiscard]] plan shrink(factory& from, plan p, const std::string& rule);

struct laptop {
  std::size_t number = 0;
  std::size_t user = 0;
  device_id device;
  std::set<device_id> replaced;  ///< that it was before: revoking one of them revokes it as well
  std::unique_ptr<skewed_clock> clock;
  std::unique_ptr<sim_client> home;
  std::unique_ptr<sync_run> sync;
  bool watching = false;  ///< started again after a restart
  bool off = false;       ///< died; will be started again
  bool revoked = false;
  bool lost_access = false;     ///< at some time: it may have been wiped
  bool lost = false;            ///< revoked as lost: to be wiped, whatever it holds
  bool receipt_taken = false;   ///< that everything is erased, and the server took it
  bool receipt_lost = false;    ///< was given, or it was no more, when the server went back
  bool came_back_late = false;  ///< erased when its access came back: sends no receipt
  std::map<version_id, record_id> saved;  ///< told to the doctor to be saved, on this laptop
  /// Of which the doctor wanted, on any laptop, a draft out of sight: where nothing else is left,
  /// it is not listed.
  std::set<record_id> discarded;
  std::set<version_id> let_go;  ///< the doctor discarded or reapplied these refused ones
};

struct doctor {
  user_id id;
  std::string email;
  bool disabled = false;
};

class simulation_run {
 public:
  simulation_run(factory& from, const plan& p, bool verbose);
  ~simulation_run();
  outcome go();

 private:
  friend class checker;

  // run.cpp
  void do_one(const operation& o);
  laptop& laptop_of(const operation& o) { return *laptops_[o.who % laptops_.size()]; }
  void add_laptop(std::size_t user);
  void start_sync(laptop& on, bool watch);
  void stop_sync(laptop& on);
  void died(laptop& on);
  void turn_on(laptop& on);
  void server_died();
  /// A push moves the feed of the one who pushes, and nobody else's.
  void watch_feeds();
  /// What a laptop has signed an erasure receipt for is not on it, and is lost nowhere.
  void watch_erasures();
  void check_receipt(laptop& on, const wire::erasure_object& receipt);
  void note(const std::string& what);
  // rollback.cpp
  /// A laptop or the server keeps a copy, or starts from it.
  void roll_back(laptop& on, const operation& o);
  void laptop_goes_back(laptop& on);
  void server_goes_back(bool whole_disk);
  void keep_in_mind();
  /// Whether the server has lost it when it went back, and no laptop could bring it again.
  [[nodiscard]] bool excused(const version_id& id) const;
  [[nodiscard]] bool went_back(const version_id& id) const { return lost_.contains(id); }
  /// Whether a laptop of that user had it when the server lost it.
  [[nodiscard]] bool held_by(const version_id& id, const user_id& user) const;
  // cloned_folder.cpp
  void add_clone(laptop& of);
  /// What a doctor does who is told that the folder is a copy. False: not now.
  bool enroll_again(laptop& on);

  // acts.cpp
  void doctor_acts(laptop& on, const operation& o);
  void edit(laptop& on, const operation& o, bool draft);
  void resolve(laptop& on, const operation& o);
  void refused_ones(laptop& on, const operation& o);
  void keep(laptop& on, const result<replica::saved>& made);
  void admin_acts(const operation& o);
  void do_act(const admin_act& what);
  void assign(const operation& o);
  void settle_conflict(const operation& o);
  void change_network_faults(const operation& o);
  [[nodiscard]] std::string key_of(std::uint32_t record) const;
  [[nodiscard]] record_id record_of(std::uint32_t record) const;

  // quiesce.cpp
  void quiesce();
  void sync_all(bool must_be_quiet);
  void sync_one(laptop& on, bool must_be_quiet);

  factory& from_;
  const plan& plan_;
  bool verbose_;
  virtual_time time_;
  skewed_clock server_clock_{time_};
  seeded_random random_;
  oracle oracle_;
  std::unique_ptr<sim_server> server_;
  std::unique_ptr<sim_network> line_;
  std::vector<doctor> doctors_;
  std::vector<std::unique_ptr<laptop>> laptops_;
  std::string tenant_key_;
  std::uint64_t words_ = 0;
  bool server_down_ = false;
  bool quiescing_ = false;
  /// Which device a laptop was when it was told, while quiescing, that its folder is a copy.
  std::map<const laptop*, device_id> told_;
  /// What the server had lost when it went back, and which laptops had it then.
  std::map<version_id, std::set<std::size_t>> lost_;
  /// As it was when the server's copy was made.
  struct {
    std::set<push_id> receipts;
    std::map<device_id, bool> devices;  ///< and whether revoked
    std::vector<bool> disabled;
  } then_;
};

}  // namespace autocusto::simulation
