#include "server/sync/surrender.hpp"

#include <algorithm>
#include <set>

#include "server/store/erasures.hpp"
#include "server/store/journal.hpp"
#include "server/store/people.hpp"
#include "server/store/views.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::sync {
namespace {

std::optional<error> sender_problem(const wire::erasure_object& object,
                                    const wire::signed_object& sent, const server_id& server,
                                    const store::session_owner& who) {
  if (object.server != server) {
    return fail(errc::malformed, "The receipt is meant for another server.", "server");
  }
  if (object.device != who.device.id || object.actor != who.user.id) {
    return fail(errc::bad_signature, "The receipt names another device than the session's.",
                "device");
  }
  if (auto checked = wire::check_signed(who.device.public_key, "erasure", sent,
                                        "The receipt is not signed by this session's device.");
      !checked) {
    return checked.error();
  }
  return std::nullopt;
}

/// Those of the incarnations whose views this user has lost, whether or not the views are here.
std::set<incarnation_id> removed_ones(store::snapshot& snapshot, store::pk user,
                                      const std::vector<incarnation_id>& named) {
  const auto closed = store::views::reads(snapshot).closed_among(named, user);
  const auto journaled = store::journal::reads(snapshot).removed_incarnations(named);
  std::set<incarnation_id> out(closed.begin(), closed.end());
  out.insert(journaled.begin(), journaled.end());
  return out;
}

result<wire::erasure_answer> keep(store::transaction& tx, unix_millis now,
                                  const wire::erasure_object& object,
                                  const wire::signed_object& sent) {
  store::people::writes people(tx);
  store::erasures::writes erasures(tx);
  const auto device = people.lock_device(object.device);
  if (!device) {
    return fail(errc::device_unknown, "This server does not know the device; enroll it again.");
  }
  const store::pk user_key[] = {device->user};
  const auto user = people.users_by_pk(user_key).at(0);
  const bool told_all = device->revoked_at || device->told_at || !user.enabled;
  if (object.everything && !told_all) {
    return fail(errc::forbidden, "This device was not told to erase everything.", "everything");
  }
  const auto removed = removed_ones(tx, user.key, object.incarnations);
  const auto before = erasures.erased_among(object.incarnations, device->key);
  wire::erasure_answer out;
  std::vector<incarnation_id> fresh;
  for (const auto& id : object.incarnations) {
    if (!removed.contains(id)) {
      out.unknown.push_back(id);
    } else if (std::find(before.begin(), before.end(), id) == before.end()) {
      fresh.push_back(id);
    }
  }
  const bool first_of_all =
      object.everything && erasures.erasures_of_everything(device->key).empty();
  if (fresh.empty() && !first_of_all) return out;
  store::erasure_row row;
  row.device = device->key;
  row.everything = object.everything;
  row.received_at = now;
  row.object = sent.object;
  row.signature = sent.signature;
  erasures.add_erasure(row, fresh);
  return out;
}

}  // namespace

result<wire::erasure_answer> take_erasure(store::database& database, const server_id& server,
                                          unix_millis now, const store::session_owner& who,
                                          const wire::signed_object& sent) {
  const auto object = wire::decode_erasure_object(sent.object);
  if (!object) return object.error();
  if (auto problem = sender_problem(*object, sent, server, who)) return *std::move(problem);
  result<wire::erasure_answer> out = wire::erasure_answer{};
  database.write([&](store::transaction& tx) { out = keep(tx, now, *object, sent); });
  return out;
}

}  // namespace autocusto::sync
