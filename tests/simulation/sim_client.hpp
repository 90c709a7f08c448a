#pragma once
// A doctor's replica as the simulation sees it: what the doctor does, what sync needs, and, for the
// checks, everything that it holds.
//
// `real_client` is the program's own sealed replica; `light_client` keeps the same by the same
// rules in memory. Calls throw `client_died` when the laptop lost power in the middle. One thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/engine/replica_port.hpp"
#include "client/replica/types.hpp"
#include "tests/simulation/sim_server.hpp"

namespace autocusto::simulation {

/// The laptop is off: whatever was under way has no outcome.
class client_died : public std::runtime_error {
 public:
  client_died() : std::runtime_error("the laptop has died") {}
};

/// One record as a doctor sees it.
struct seen_record {
  std::string key;
  std::vector<version_id> heads;  ///< sorted
  std::optional<version_id> active;
  std::vector<version_id> drafts;  ///< sorted
  std::map<version_id, domain::version_bytes> versions;
};

class sim_client {
 public:
  virtual ~sim_client() = default;

  [[nodiscard]] virtual engine::replica_port& port() = 0;
  /// The device key; nothing where nobody checks signatures.
  [[nodiscard]] virtual std::optional<crypto::signing_key> key() = 0;
  virtual void enroll(const enrolled& who) = 0;

  // What a doctor does; errors as the replica's.
  virtual result<replica::saved> save(const replica::edit& what) = 0;
  virtual result<replica::saved> publish(const std::string& key,
                                         const std::optional<std::string>& selector) = 0;
  virtual result<version_id> discard_draft(const std::string& key,
                                           const std::optional<std::string>& selector) = 0;
  virtual result<replica::saved> revert(const std::string& key, const std::string& selector) = 0;
  virtual result<replica::saved> resolve(const std::string& key,
                                         const replica::resolution& how) = 0;
  virtual result<replica::saved> reapply(const std::string& selector) = 0;
  virtual result<std::size_t> discard_refused(const std::string& selector) = 0;

  // What is there.
  [[nodiscard]] virtual std::optional<seen_record> see(const std::string& key) = 0;
  [[nodiscard]] virtual std::vector<seen_record> see_all() = 0;
  [[nodiscard]] virtual std::vector<version_id> refused() = 0;
  /// Whether its bytes can still be read.
  [[nodiscard]] virtual bool refused_readable(const version_id& id) = 0;
  [[nodiscard]] virtual wire::cursor cursor() = 0;
  [[nodiscard]] virtual std::size_t waiting() = 0;
  /// Records taken away that still hold something that is not at the server.
  [[nodiscard]] virtual std::size_t hidden() = 0;
  /// Whether its access is known to be gone, so that nothing is shown.
  [[nodiscard]] virtual bool closed() = 0;
  /// What waits to be handed over or pushed.
  [[nodiscard]] virtual std::set<version_id> unsent() = 0;
  /// The incarnations of which something is held.
  [[nodiscard]] virtual std::vector<incarnation_id> incarnations() = 0;
  /// The replica's own verification: sentences; empty when all is well.
  [[nodiscard]] virtual std::vector<std::string> verify() = 0;
  [[nodiscard]] virtual bool wiped() = 0;
  /// Whether nothing but the device's key is left, which still has to sign the erasure receipt.
  [[nodiscard]] virtual bool erased() = 0;

  /// The program ends at once and is started again; after a power loss only what was flushed is
  /// there.
  virtual void restart() = 0;
  /// Keeps a copy of the folder, and later starts from that copy. False where that cannot be.
  virtual bool keep_copy() { return false; }
  virtual bool go_back() { return false; }
  /// Enrolls again as a device of its own; `ask` hands the request to the server.
  using ask_again = std::function<result<enrolled>(const sim_server::enroll_form&)>;
  virtual result<device_id> enroll_again(const ask_again& /*ask*/) {
    return fail(errc::usage, "This laptop cannot.");
  }
  enum class trouble { write_fails, disk_full, power_loss };
  virtual bool arm(trouble what, std::uint64_t n, std::uint64_t seed) = 0;
  virtual void mend() = 0;
};

}  // namespace autocusto::simulation
