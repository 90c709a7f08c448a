#include "server/sync/journal.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "server/store/credentials.hpp"
#include "server/store/feed.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "server/store/records.hpp"
#include "server/store/settings.hpp"
#include "server/store/views.hpp"
#include "server/sync/acts.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::sync {
namespace {

using store::journal_entry;
using store::journaled_act;

/// The entry as it is signed: with the server that it belongs to.
std::string signed_text(const journal_entry& entry, const server_id& server) {
  auto object = json::parse(store::encode_entry(entry)).value();
  object["server"] = server.text();
  return json::canonical(object);
}

std::optional<journal_entry> read_line(const std::string& line, const sync_keys& keys) {
  const auto sent = wire::decode_signed(line);
  if (!sent) return std::nullopt;
  const auto fits = [&](const crypto::public_key& key) {
    return wire::is_signed(key.raw(), "journal", *sent);
  };
  if (!fits(keys.signing->public_half()) &&
      std::none_of(keys.retired.begin(), keys.retired.end(), fits)) {
    return std::nullopt;
  }
  auto entry = store::decode_entry(sent->object);
  if (!entry || signed_text(*entry, keys.server) != sent->object) return std::nullopt;
  return *std::move(entry);
}

/// Does one entry inside a transaction, if the database has not.
class journal_replay {
 public:
  journal_replay(store::transaction& tx, const journal_entry& entry, const act_environment& env)
      : tx_(tx), people_(tx), credentials_(tx), entry_(entry), env_(env) {}

  /// False when it was done before.
  bool run() {
    // The common lock of acts on people.
    static_cast<void>(people_.lock_device(merge_device()));
    if (!store::journal::writes(tx_).add_journaled(store::journaled(entry_))) return false;
    switch (entry_.what) {
      case journaled_act::user_added:
        add_user();
        break;
      case journaled_act::user_enabled:
      case journaled_act::user_disabled:
        enable_user();
        break;
      case journaled_act::device_added:
        add_device();
        break;
      case journaled_act::device_approved:
        approve_device();
        break;
      case journaled_act::device_revoked:
        revoke_device();
        break;
      case journaled_act::view_removed:
        remove_view();
        break;
      case journaled_act::enrollment_revoked:
        static_cast<void>(credentials_.void_enrollment(entry_.code_hash));
        break;
      case journaled_act::reenrollment_set:
        if (newest(entry_.what) <= entry_.at) {
          store::settings::writes(tx_).set_setting(store::k_reenrollment_setting, entry_.policy);
        }
        break;
    }
    return true;
  }

 private:
  /// When the newest act of that kind about this entry's subject happened; 0: there is none.
  unix_millis newest(journaled_act what) {
    return store::journal::reads(tx_)
        .newest_journaled(store::journal_subject(entry_), what)
        .value_or(0);
  }

  void add_user() {
    const auto known = people_.user_by_id(entry_.user);
    if (known && !store::is_placeholder(*known)) return;
    auto row = known ? *known : store::user_row{};
    // Somebody may have been added anew under this e-mail meanwhile: then this one stays a
    // placeholder.
    if (people_.user_by_email(entry_.email)) {
      static_cast<void>(store::user_or_placeholder(tx_, entry_.user, entry_.at));
      return;
    }
    row.id = entry_.user;
    row.email = entry_.email;
    row.role = entry_.role;
    row.enabled = newest(journaled_act::user_disabled) <= newest(journaled_act::user_enabled);
    row.created_at = entry_.at;
    if (known) return people_.update_user(row);
    static_cast<void>(people_.add_user(row));
  }

  void enable_user() {
    const bool enable = entry_.what == journaled_act::user_enabled;
    const auto other = enable ? journaled_act::user_disabled : journaled_act::user_enabled;
    const auto user = store::user_or_placeholder(tx_, entry_.user, entry_.at);
    if (!enable) void_codes(user);
    if (newest(other) > entry_.at || store::is_placeholder(user)) return;
    for (const auto& device : people_.all_devices()) {
      if (device.user == user.key) static_cast<void>(people_.lock_device(device.id));
    }
    people_.set_user_enabled(user.key, enable);
    if (enable) return;
    credentials_.end_sessions_of_user(user.key);
    store::feed::writes(tx_).wake(user.id);
  }

  void add_device() {
    const auto known = people_.device_by_id(entry_.device);
    if (known && !store::is_placeholder(*known)) return;
    store::device_row row = known ? *known : store::device_row{};
    row.id = entry_.device;
    row.user = store::user_or_placeholder(tx_, entry_.user, entry_.at).key;
    row.name = entry_.device_name;
    row.public_key = entry_.public_key;
    row.enrolled_at = entry_.at;
    row.pending = entry_.pending && newest(journaled_act::device_approved) == 0;
    if (newest(journaled_act::device_revoked) == 0) row.revoked_at.reset();
    if (entry_.replaces) {
      row.replaces = store::device_or_placeholder(tx_, *entry_.replaces, row.user, entry_.at).key;
    }
    if (known) {
      people_.update_device(row);
    } else {
      row.key = people_.add_device(row);
    }
    spend_code(row.key);
  }

  /// Nobody enrolls with the code again.
  void spend_code(store::pk device) {
    if (entry_.code_hash.empty()) return;
    const auto code = credentials_.lock_enrollment(entry_.code_hash);
    if (code && !code->device) credentials_.use_enrollment(entry_.code_hash, device);
  }

  void approve_device() {
    const auto owner = store::user_or_placeholder(tx_, entry_.user, entry_.at);
    static_cast<void>(store::device_or_placeholder(tx_, entry_.device, owner.key, entry_.at));
    auto device = people_.lock_device(entry_.device).value();
    device.pending = false;
    people_.update_device(device);
    spend_code(device.key);
  }

  void revoke_device() {
    const auto owner = store::user_or_placeholder(tx_, entry_.user, entry_.at);
    const auto device = store::device_or_placeholder(tx_, entry_.device, owner.key, entry_.at);
    static_cast<void>(people_.lock_device(device.id));
    people_.revoke_device(device.key, device.revoked_at.value_or(entry_.at),
                          entry_.lost || device.lost);
    credentials_.end_sessions_of_device(device.key);
    void_codes(owner);
    store::feed::writes(tx_).wake(owner.id);
  }

  /// Those that were there when it happened; later ones were made on purpose.
  void void_codes(const store::user_row& user) {
    credentials_.void_enrollments(user.key, entry_.at + limits::enrollment_millis);
  }

  /// Only the incarnation that was closed; one that the database does not know is remembered by
  /// the row alone, and is not opened again.
  void remove_view() {
    const auto owner = people_.user_by_id(entry_.user);
    const auto record = store::records::reads(tx_).record(entry_.record);
    if (!owner || !record) return;
    const store::wanted_record wanted[] = {{record->id, {}, {}, false}};
    static_cast<void>(store::records::writes(tx_).lock_records(wanted));
    const store::pk key[] = {record->key};
    const auto open = store::views::reads(tx_).open_views(key, owner->key);
    if (open.empty() || open[0].state.incarnation != entry_.incarnation) return;
    if (const auto done = unassign(tx_, env_, *owner, record->id, std::nullopt); !done) {
      throw error_exception(done.error());
    }
  }

  store::transaction& tx_;
  store::people::writes people_;
  store::credentials::writes credentials_;
  const journal_entry& entry_;
  const act_environment& env_;
};

}  // namespace

journal::journal(journal_file& file, const sync_keys& keys, random_source& random)
    : file_(file), keys_(keys), random_(random) {
  for (const auto& line : file_.lines()) {
    auto entry = read_line(line, keys_);
    if (!entry) {
      ++skipped_;
    } else if (known_.insert(entry->id).second) {
      entries_.push_back(*std::move(entry));
    }
  }
}

result<void> journal::note(const store::journal_entry& entry) {
  const std::lock_guard lock(mutex_);
  if (known_.contains(entry.id)) return {};
  const auto line =
      wire::sign_canonical(*keys_.signing, "journal", signed_text(entry, keys_.server));
  if (auto done = file_.append(wire::encode(line)); !done) return done;
  known_.insert(entry.id);
  entries_.push_back(entry);
  return {};
}

std::size_t journal::apply(store::database& database, unix_millis now) {
  std::vector<store::journal_entry> all;
  {
    const std::lock_guard lock(mutex_);
    all = entries_;
  }
  std::vector<act_id> ids;
  ids.reserve(all.size());
  for (const auto& entry : all) ids.push_back(entry.id);
  std::unordered_set<act_id> done;
  database.read([&](store::journal::reads journal) {
    done.clear();
    for (const auto& id : journal.journaled(ids)) done.insert(id);
  });
  std::size_t count = 0;
  for (const auto& entry : all) {
    if (done.contains(entry.id)) continue;
    const act_environment env{&random_, now};
    bool was_lacking = false;
    // One transaction each: so no two of them wait for each other's records.
    database.write(
        [&](store::transaction& tx) { was_lacking = journal_replay(tx, entry, env).run(); });
    count += was_lacking ? 1 : 0;
  }
  return count;
}

}  // namespace autocusto::sync
