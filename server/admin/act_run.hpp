#pragma once
// Internal to server/admin: one act of an administrator under way, and the acts on devices, which
// act.cpp runs like its own. Everything belongs to the transaction of the act; what cannot be done
// throws error_exception.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "server/admin/handlers.hpp"
#include "server/store/credentials.hpp"
#include "server/store/journal_entry.hpp"
#include "server/store/people.hpp"
#include "shared/json/read.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::admin::detail {

/// The most characters of one argument.
inline constexpr std::size_t k_argument = 512;

/// One act under way.
struct act_run {
  store::transaction& tx;
  store::people::writes people;
  store::credentials::writes credentials;
  context& app;
  const wire::act_object& object;
  json::reader& args;
  unix_millis now = 0;
  api::audit_subject subject{};
  std::vector<store::journal_entry> entries{};  ///< for the journal

  store::journal_entry& note(store::journaled_act what, const user_id& user) {
    auto& entry = entries.emplace_back();
    entry.id = object.id;
    entry.what = what;
    entry.at = now;
    entry.user = user;
    return entry;
  }
  std::string text(std::string_view name) {
    auto value = args.string(name, k_argument);
    check();
    return value;
  }
  template <class Id>
  Id id(std::string_view name) {
    auto value = args.template id<Id>(name);
    check();
    return value;
  }
  std::int64_t number(std::string_view name, std::int64_t least, std::int64_t most) {
    const auto value = args.integer(name, least, most);
    check();
    return value;
  }
  bool flag(std::string_view name) {
    const bool value = args.boolean(name);
    check();
    return value;
  }
  /// After the last argument: an act with an argument that has no meaning is not what was meant.
  void complete() {
    args.strict();
    check();
  }
  void check() {
    if (auto problem = args.finish()) throw error_exception(*std::move(problem));
  }
  store::user_row user() {
    auto row = user_named(people, text("user"));
    subject.user = row.key;
    return row;
  }
};

/// Whether some administrator could still sign in: enabled, other than `user`, with a device in use
/// that is not one of `gone`. One who was invited but has no device yet does not count, since
/// nobody could invite again when that link is lost.
[[nodiscard]] bool admin_remains(store::people::reads people, store::pk user,
                                 const std::unordered_set<store::pk>& gone = {});

/// No link that is on its way survives what takes access away.
void void_codes(act_run& act, const store::user_row& user);

/// device.revoke: revokes the devices that replace this one as well, unless the act says `only`;
/// for a lost laptop always, since the copy of its folder may be the thief's.
void device_revoke(act_run& act);
/// device.approve: of a device that another one's signature has enrolled.
void device_approve(act_run& act);
/// policy.set of re-enrollment: whether an administrator has to approve such devices.
void reenrollment_set(act_run& act, const std::string& policy);

/// catalogue.publish: a catalogue that was sent before becomes the newest revision.
void catalogue_publish(act_run& act);
/// catalogue.rollback: the content of an earlier revision becomes the newest one.
void catalogue_rollback(act_run& act);

/// What an act that was done before has for the journal: writing it may have failed the first time.
[[nodiscard]] std::vector<store::journal_entry> journaled_before(store::transaction& tx,
                                                                 const wire::act_object& object,
                                                                 const nlohmann::json& args);

}  // namespace autocusto::admin::detail
