#pragma once
// A doctor's real, sealed replica on a disk that can fail. One thread.

#include <memory>
#include <string>

#include "client/replica/replica.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "tests/simulation/base.hpp"
#include "tests/simulation/sim_client.hpp"
#include "tests/support/fault_disk.hpp"

namespace autocusto::simulation {

class real_client final : public sim_client {
 public:
  /// `folder` must not exist; `model` is a folder that `prepare` made.
  real_client(std::string folder, const std::string& model, const clock_source& clock,
              seeded_random random);
  ~real_client() override;

  /// An empty replica with its keys, to copy: one for each laptop of a fleet.
  static void prepare(const std::string& model, std::uint64_t n);

  [[nodiscard]] engine::replica_port& port() override;
  [[nodiscard]] std::optional<crypto::signing_key> key() override;
  void enroll(const enrolled& who) override;
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
  [[nodiscard]] bool refused_readable(const version_id& id) override;
  [[nodiscard]] wire::cursor cursor() override;
  [[nodiscard]] std::size_t waiting() override;
  [[nodiscard]] std::size_t hidden() override;
  [[nodiscard]] bool closed() override;
  [[nodiscard]] std::set<version_id> unsent() override;
  [[nodiscard]] std::vector<incarnation_id> incarnations() override;
  [[nodiscard]] std::vector<std::string> verify() override;
  [[nodiscard]] bool wiped() override;
  [[nodiscard]] bool erased() override;
  void restart() override;
  bool keep_copy() override;
  bool go_back() override;
  result<device_id> enroll_again(const ask_again& ask) override;
  /// The folder, to copy while nothing writes.
  [[nodiscard]] const std::string& folder() const { return home_; }
  bool arm(trouble what, std::uint64_t n, std::uint64_t seed) override;
  void mend() override;

 private:
  class guarded_port;
  template <class Work>
  auto guarded(Work work) -> decltype(work());
  void open();

  std::string home_;
  const clock_source& clock_;
  seeded_random random_;
  std::size_t batch_size_;  ///< often tiny, so that two pushes are kept
  std::uint64_t torn_seed_ = 0;
  bool power_armed_ = false;
  bool emptied_ = false;  ///< a wipe was cut after it had destroyed the keys
  test::fault_disk disk_;
  std::unique_ptr<replica::replica_store> store_;
  std::unique_ptr<replica::sync_store> real_port_;
  std::unique_ptr<guarded_port> port_;
};

}  // namespace autocusto::simulation
