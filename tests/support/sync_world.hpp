#pragma once
// A server's synchronising without its HTTP: a real store, the push and changes services, and
// devices that sign, push, pull and check what they get as a client would. All data is synthetic.
//
// One thread per device; the world itself may be used from several threads once people are added.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/store/database.hpp"
#include "server/store/rows.hpp"
#include "server/sync/acts.hpp"
#include "server/sync/changes_service.hpp"
#include "server/sync/push_service.hpp"
#include "server/sync/verify.hpp"
#include "shared/crypto/sign.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::test {

/// What a push says beside its versions; nothing means what an honest client says.
struct push_options {
  std::vector<version_id> discards;
  std::optional<push_id> id;
  std::optional<std::optional<push_id>> prev_push;
  std::optional<user_id> owner;
  std::optional<std::vector<version_id>> expect_heads;
  std::function<void(wire::push_object&)> change_object;    ///< before signing
  std::function<void(wire::push_request&)> change_request;  ///< after signing
};

/// A laptop's memory of its feed: applies pages and checks them.
class replica_model {
 public:
  /// Applies a page; throws std::runtime_error when the chain, a proof, or what it should carry
  /// does not fit.
  void apply(const wire::page& page, const user_id& me, std::string_view server_secret);
  /// What the device made itself and need not get back.
  void made(const domain::version& v) { bytes_[v.id] = v.raw; }

  [[nodiscard]] const wire::cursor& at() const { return at_; }
  [[nodiscard]] const std::map<record_id, wire::page_view>& views() const { return views_; }
  [[nodiscard]] bool holds(const version_id& id) const { return bytes_.contains(id); }
  /// Versions that came in pages.
  [[nodiscard]] const std::set<version_id>& received() const { return received_; }

 private:
  void apply_item(const wire::item& item);

  wire::cursor at_;
  std::map<version_id, domain::version_bytes> bytes_;
  std::map<record_id, wire::page_view> views_;
  /// Which incarnations brought a version: it is erased when the last of them is removed.
  std::map<version_id, std::set<incarnation_id>> brought_by_;
  std::set<version_id> received_;
};

struct sync_device {
  store::session_owner who;
  crypto::signing_key key;
  std::optional<push_id> last_push;
  replica_model replica;

  /// A version by this user on this device.
  [[nodiscard]] domain::version version(testing::version_builder builder) const;
};

class sync_world {
 public:
  explicit sync_world(std::unique_ptr<store::database> db);

  [[nodiscard]] store::user_row add_user(const std::string& email,
                                         store::user_role role = store::user_role::doctor);
  [[nodiscard]] sync_device add_device(const store::user_row& user, const std::string& name,
                                       std::optional<store::pk> replaces = std::nullopt);

  [[nodiscard]] std::string push_body(const sync_device& from,
                                      const std::vector<domain::version>& versions,
                                      const push_options& options = {});
  /// Sends whatever comes of it; the device remembers the push if it is acknowledged.
  sync::push_answer try_push(sync_device& from, const std::vector<domain::version>& versions,
                             const push_options& options = {});
  /// The lines of the receipt, its signature checked; throws when the push as a whole fails.
  std::vector<wire::push_result> push(sync_device& from,
                                      const std::vector<domain::version>& versions,
                                      const push_options& options = {});
  [[nodiscard]] std::vector<wire::push_result> lines(const sync::push_answer& answer) const;

  /// Pulls to the end of the feed; the number of pages.
  std::size_t pull(sync_device& into, std::int64_t limit = 1000);

  result<sync::act_outcome> assign(const store::user_row& to, const domain::version& v,
                                   const std::vector<version_id>& expect_heads);
  result<sync::act_outcome> unassign(const store::user_row& from, const record_id& record);

  /// Stores a version of a fresh record in a user's view without the rules, as an import does.
  static void import(store::transaction& tx, const store::user_row& owner,
                     const store::device_row& device, const domain::version& v);

  /// The open view of a user, if there is one.
  [[nodiscard]] std::optional<store::view_row> view(const store::user_row& user,
                                                    const record_id& record);
  [[nodiscard]] std::vector<store::view_row> views(const store::user_row& user);
  [[nodiscard]] sync::verify_report verify();

  std::unique_ptr<store::database> db;
  crypto::signing_key signing;
  sync::sync_keys keys;
  std::unique_ptr<random_source> random;
  std::unique_ptr<clock_source> clock;
  sync::push_service pushes;
  sync::changes_service changes;
};

/// `accepted`, `sibling`, … or the code of a refusal, one word a line.
[[nodiscard]] std::string words(const std::vector<wire::push_result>& lines);
/// The code of what is wrong with the push as a whole, or `ok`.
[[nodiscard]] std::string code_of(const sync::push_answer& answer);
/// A valid CPF, the n-th.
[[nodiscard]] std::string nth_cpf(std::size_t n);

}  // namespace autocusto::test
