#pragma once
// The server itself in the simulation: its endpoints, services, rules, journal of acts and SQLite
// store on a disk that can fail. Everything but sockets, and the thread that answers long polls.
//
// One or two processes serve one database, each with memory and a journal of its own; any of them
// may get the next request, as behind a distributor. Two share the store, which only one process
// may open: what they would do at the same time, PostgreSQL puts into an order, as here.
//
// One thread, besides the store's own writer, which this one always waits for.

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "server/auth/keys.hpp"
#include "server/store/database.hpp"
#include "shared/http/message.hpp"
#include "tests/simulation/base.hpp"
#include "tests/simulation/sim_server.hpp"
#include "tests/support/fault_disk.hpp"

namespace autocusto::simulation {

class real_server final : public sim_server {
 public:
  /// `folder` must not exist; `model` is a folder that `prepare` made. No text of `secrets` may
  /// stand in a log line or in the answer to a refused request.
  real_server(std::string folder, const std::string& model, virtual_time& time,
              const clock_source& clock, seeded_random random, witness& oracle,
              std::vector<std::string> secrets, std::size_t processes);
  ~real_server() override;

  /// An installation to copy, so that each run needs not make its own.
  static void prepare(const std::string& model);

  [[nodiscard]] bool up() const override;
  [[nodiscard]] std::optional<reply> handle(const request& what) override;
  [[nodiscard]] std::optional<result<void>> act(const admin_act& what) override;
  [[nodiscard]] user_id add_user(const std::string& email) override;
  [[nodiscard]] enrolled enroll(const user_id& user, const std::optional<crypto::signing_key>& key,
                                const std::string& name) override;
  [[nodiscard]] std::optional<result<enrolled>> enroll_again(const enroll_form& what) override;
  [[nodiscard]] std::pair<user_id, device_id> admin() const override;
  [[nodiscard]] std::int64_t feed_end(const user_id& user) override;
  [[nodiscard]] server_state state() override;
  [[nodiscard]] std::string_view secret() const override;
  void crash() override;
  void crash_one(std::uint64_t which) override;
  void start() override;
  bool keep_copy() override;
  bool go_back(bool whole_disk) override;
  bool upgrade(std::uint64_t how) override;
  bool arm(trouble what, std::uint64_t n, std::uint64_t seed) override;
  void mend() override;

 private:
  std::string enrollment_challenge();
  [[nodiscard]] enrolled enrolled_by(const http::response& response) const;
  struct process;
  class journal_disk;

  /// Some process that runs.
  process& any();
  /// Once a minute of their time, processes compare the database with their journals.
  void keep_house();
  http::response post(const std::string& path, const std::string& token, std::string body);
  reply do_session(const call_session& what);
  reply do_push(const std::string& token, const call_push& what);
  reply receipt_in(const http::response& response, const wire::push_request& of);
  reply do_erasure(const std::string& token, const call_erasure& what);
  reply do_changes(const std::string& token, const call_changes& what);
  http::response as_admin(const std::string& path, const std::string& body);
  bool sign_admin_in();
  result<void> resolve(const act_resolve& what);
  result<void> sign_and_act(const std::string& name, const std::string& args,
                            const std::optional<std::vector<version_id>>& expect_heads);
  /// Whether the power went meanwhile; then the process is gone.
  bool died();
  void check_log();
  /// Nothing that a doctor typed stands in it.
  void check_text(const std::string& what, const std::string& text);

  std::string folder_;
  virtual_time& time_;
  const clock_source& clock_;
  seeded_random random_;
  witness& oracle_;
  std::vector<std::string> secrets_;
  auth::server_keys keys_;
  crypto::signing_key admin_key_;
  wire::trust trust_;
  std::map<user_id, std::string> emails_;
  std::string admin_token_;
  std::optional<push_id> admin_push_;
  std::ostringstream log_;
  std::uint64_t torn_seed_ = 0;
  bool power_armed_ = false;
  test::fault_disk disk_;
  unix_millis house_kept_ = 0;
  /// The journals on the disks of the processes, and as they were when the copy was made.
  std::vector<std::unique_ptr<journal_disk>> journals_;
  std::vector<std::vector<std::string>> journals_then_;
  std::unique_ptr<store::database> database_;
  std::vector<std::unique_ptr<process>> processes_;  ///< null: does not run
};

}  // namespace autocusto::simulation
