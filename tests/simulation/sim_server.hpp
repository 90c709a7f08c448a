#pragma once
// The server as the simulation sees it: calls in, answers out; an administrator's acts; and, for
// the checks, everything that it holds.
//
// Two servers exist: `real_server` (the server's own endpoints, services and SQLite store) and
// `light_server` (the server's rules over a store in memory). One thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "client/transport/remote_api.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/domain/merge.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::simulation {

struct call_challenge {
  device_id device;
};
struct call_session {
  wire::signed_object proof;
};
struct call_push {
  wire::push_request push;
  bool surrender = false;
};
struct call_changes {
  wire::cursor from;
  std::int64_t limit = 1000;
  int wait_seconds = 0;
  bool own = false;
};
struct call_known {
  std::vector<version_id> held;
};
struct call_receipt {
  push_id push;
  wire::push_request what;  ///< that push: for the checks only
};
class sim_client;
struct call_erasure {
  wire::signed_object receipt;
  const sim_client* from = nullptr;  ///< who sent it; for the checks only
};
using call = std::variant<call_challenge, call_session, call_push, call_changes, call_known,
                          call_erasure, call_receipt>;

struct request {
  std::string token;
  call what;
};

/// In the order of `call`'s alternatives, but that a receipt answers a push as well as the question
/// for it; the answers' signatures are verified.
using reply =
    std::variant<transport::answer<wire::challenge_answer>, transport::answer<wire::session_answer>,
                 transport::answer<wire::push_receipt>, transport::answer<wire::page>,
                 transport::answer<std::vector<version_id>>,
                 transport::answer<wire::erasure_answer>>;

/// The failure that a reply to this call may be.
[[nodiscard]] reply failed_reply(const call& what, transport::failure why);
[[nodiscard]] inline transport::failure line_cut() {
  return {.what = fail(errc::unreachable, "The line is cut."), .last_push = {}};
}

// What an administrator does.
struct act_assign {
  user_id user;
  record_id record;
  version_id version;
  std::vector<version_id> expect_heads;
};
struct act_unassign {
  user_id user;
  record_id record;
};
/// Joins the heads of an owner's view by that version (author: the administrator).
struct act_resolve {
  user_id user;
  domain::version version;
};
struct act_policy {
  std::optional<user_id> user;
  domain::merge_policy policy = domain::merge_policy::automatic;
};
struct act_revoke {
  device_id device;
  bool lost = false;
};
struct act_enable {
  user_id user;
  bool enabled = true;
};
using admin_act =
    std::variant<act_assign, act_unassign, act_resolve, act_policy, act_revoke, act_enable>;

struct enrolled {
  server_id server;
  user_id user;
  std::string email;
  device_id device;
  std::string tenant_key;
  std::string pin;
  wire::signed_object trust;
};

/// Everything that a server holds, read past all its code.
struct server_state {
  struct version {
    record_id record;
    std::int64_t number = 0;
    domain::version_bytes raw;
  };
  struct view {
    std::vector<version_id> heads;
    std::optional<version_id> active;
    std::optional<version_id> pinned;
    std::vector<version_id> drafts;
  };
  std::map<version_id, version> versions;
  std::map<std::pair<user_id, record_id>, view> open_views;
  std::map<user_id, wire::cursor> feeds;
  std::set<version_id> quarantined;
  std::set<device_id> erased;         ///< devices with a receipt that nothing is left on them
  std::vector<std::string> findings;  ///< of the server's own verification
};

/// What the server did, for the oracle; called in the order in which it happened.
class witness {
 public:
  virtual ~witness() = default;
  /// A push reached the server; whatever comes of it.
  virtual void reached(const wire::push_request& what) = 0;
  /// A push was answered with this receipt (the answer may still be lost on its way).
  virtual void pushed(const device_id& device, const wire::push_request& what,
                      const wire::push_receipt& receipt) = 0;
  /// The server took an erasure receipt.
  virtual void erased(const wire::erasure_object& what, const sim_client* from) = 0;
  virtual void paged(const device_id& device, const wire::page& page) = 0;
  /// Something that no invariant allows, seen on the way.
  virtual void broken(std::string what) = 0;
};

class sim_server {
 public:
  virtual ~sim_server() = default;

  [[nodiscard]] virtual bool up() const = 0;
  /// Nothing when the server died while it worked on it.
  [[nodiscard]] virtual std::optional<reply> handle(const request& what) = 0;
  /// Done once, also when it is given twice. Nothing when the server died meanwhile.
  [[nodiscard]] virtual std::optional<result<void>> act(const admin_act& what) = 0;
  [[nodiscard]] virtual user_id add_user(const std::string& email) = 0;
  [[nodiscard]] virtual enrolled enroll(const user_id& user,
                                        const std::optional<crypto::signing_key>& key,
                                        const std::string& name) = 0;
  /// What a laptop sends for a challenge of the server.
  using enroll_form = std::function<wire::enroll_request(const std::string& challenge)>;
  /// Nothing when the server died meanwhile.
  [[nodiscard]] virtual std::optional<result<enrolled>> enroll_again(const enroll_form& /*what*/) {
    return fail(errc::usage, "This server cannot.");
  }
  /// The administrator, as the author of resolutions.
  [[nodiscard]] virtual std::pair<user_id, device_id> admin() const = 0;
  [[nodiscard]] virtual std::int64_t feed_end(const user_id& user) = 0;
  [[nodiscard]] virtual server_state state() = 0;
  /// For telling merges after.
  [[nodiscard]] virtual std::string_view secret() const = 0;

  /// Every process ends at once; what they were working on has no answer.
  virtual void crash() = 0;
  /// One process ends at once; where there are two, the other goes on.
  virtual void crash_one(std::uint64_t /*which*/) { crash(); }
  /// Whatever does not run is started.
  virtual void start() = 0;
  /// Keeps a copy of everything on its disk, and later starts from that copy: a restored backup,
  /// which leaves the journals of acts as they are, or the whole disk. False where that cannot be.
  virtual bool keep_copy() { return false; }
  virtual bool go_back(bool /*whole_disk*/) { return false; }
  /// Every process ends, the database is migrated to the schema of another program, in which its
  /// disk may fail or lose power at some change; `start` starts that program. False where there is
  /// no database: then it only ends.
  virtual bool upgrade(std::uint64_t /*how*/) {
    crash();
    return false;
  }
  /// Its disk: fails, or loses power, at the n-th change from now. False where there is no disk.
  enum class trouble { write_fails, power_loss };
  virtual bool arm(trouble what, std::uint64_t n, std::uint64_t seed) = 0;
  virtual void mend() = 0;
};

}  // namespace autocusto::simulation
