#include "server/sync/push_service.hpp"

#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>

#include "server/store/people.hpp"
#include "server/store/placeholder.hpp"
#include "server/store/pushes.hpp"
#include "server/sync/push_transaction.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::sync {
namespace {

push_answer refuse(error why) {
  push_answer a;
  a.refusal = std::move(why);
  return a;
}

template <class Id>
bool repeats(const std::vector<Id>& ids) {
  return std::unordered_set<Id>(ids.begin(), ids.end()).size() != ids.size();
}

/// Whether the versions sent are the ones that the object names, in its order.
std::optional<error> check_lists(const wire::push_object& object,
                                 const std::vector<wire::pushed_version>& versions) {
  if (object.versions.size() != versions.size()) {
    return fail(errc::malformed, "The push does not carry the versions that its object names.",
                "versions", static_cast<std::int64_t>(object.versions.size()));
  }
  if (repeats(object.versions)) {
    return fail(errc::malformed, "The push names one version twice.", "versions");
  }
  if (repeats(object.discards)) {
    return fail(errc::malformed, "The push names one discarded draft twice.", "discards");
  }
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (crypto::sha256(versions[i].raw.header).raw() != object.versions[i].raw()) {
      const std::string field = "versions[" + std::to_string(i) + "].header";
      return fail(errc::malformed,
                  "A version of the push is not the one that its object names in this place.",
                  field);
    }
  }
  return std::nullopt;
}

std::optional<error> check_sender(const wire::push_object& object, const wire::signed_object& sent,
                                  const store::session_owner& who, const server_id& server,
                                  bool surrender) {
  if (object.server != server) {
    return fail(errc::malformed, "The push is meant for another server.", "server");
  }
  if (object.actor != who.user.id) {
    return fail(errc::forbidden, "The push names another user than the session's.", "actor");
  }
  if (auto checked = wire::check_signed(who.device.public_key, "push", sent,
                                        "The push is not signed by this session's device.");
      !checked) {
    return checked.error();
  }
  if (who.session.scope != store::session_scope::full && !surrender) {
    return fail(errc::forbidden, "This session may only hand over what the device still holds.");
  }
  return std::nullopt;
}

/// The form of an admin's resolution, as far as the object tells; whether the actor is an admin is
/// asked inside the transaction.
std::optional<error> check_owner(const wire::push_object& object, bool surrender) {
  if (surrender && object.owner) {
    return fail(errc::malformed, "A resolution cannot be handed over.", "owner");
  }
  if (!object.owner) {
    if (!object.expect_heads) return std::nullopt;
    return fail(errc::malformed, "Expected heads belong to a push that names an owner.",
                "expect_heads");
  }
  if (!object.expect_heads || object.expect_heads->empty()) {
    return fail(errc::malformed, "A resolution names the heads that it resolves.", "expect_heads");
  }
  if (object.versions.size() != 1 || !object.discards.empty()) {
    return fail(errc::malformed, "A resolution is one version and nothing else.", "versions", 1);
  }
  return std::nullopt;
}

/// A resolution joins exactly the heads that it names. What cannot be read is refused by its line.
std::optional<error> check_resolution(const wire::push_object& object,
                                      const std::vector<candidate>& batch) {
  if (!object.owner || !batch[0].value) return std::nullopt;
  const auto& h = batch[0].value->header;
  if (h.parents == *object.expect_heads && h.status == domain::version_status::active) {
    return std::nullopt;
  }
  return fail(errc::malformed,
              "A resolution is an active version whose parents are exactly the expected heads.",
              "versions");
}

/// The incarnation of the actor for which the version's proof is good, if it is.
std::optional<incarnation_id> proven_for(const wire::pushed_version& sent, const version_id& id,
                                         const user_id& actor, std::string_view server_secret) {
  if (!sent.proof || !sent.incarnation) return std::nullopt;
  const auto expected = wire::make_proof(server_secret, actor, *sent.incarnation, id);
  return crypto::constant_time_equal(expected, *sent.proof) ? sent.incarnation : std::nullopt;
}

void add_up(push_counters& to, const detail::push_tally& t) {
  to.pushes += 1;
  to.accepted += t.accepted;
  to.siblings += t.siblings;
  to.merged += t.merged;
  to.duplicates += t.duplicates;
  to.refused += t.refused;
  to.discarded += t.discarded;
  to.restored += t.restored;
  to.merges += t.merges;
  to.conflicts_opened += t.opened;
  to.conflicts_closed += t.closed;
}

}  // namespace

push_service::push_service(store::database& db, const sync_keys& keys, const clock_source& clock,
                           random_source& random)
    : db_(db), keys_(keys), clock_(clock), random_(random) {}

push_answer push_service::push(const store::session_owner& who, std::string_view request) {
  auto answer = take(who, request, false);
  if (answer.refusal) ++counters_.failed;
  return answer;
}

push_answer push_service::surrender(const store::session_owner& who, std::string_view request) {
  auto answer = take(who, request, true);
  if (answer.refusal) ++counters_.failed;
  return answer;
}

push_answer push_service::take(const store::session_owner& who, std::string_view request,
                               bool surrender) {
  if (request.size() > limits::batch_bytes) {
    return refuse(fail(errc::body_too_large,
                       "A push is at most 8 MiB before compression; send several pushes.", {},
                       static_cast<std::int64_t>(limits::batch_bytes)));
  }
  auto read = wire::decode_push_request(request);
  if (!read) return refuse(read.error());
  auto object = wire::decode_push_object(read->object.object);
  if (!object) return refuse(object.error());
  if (object->device != who.device.id) {
    return refuse(
        fail(errc::bad_signature, "The push names another device than the session's.", "device"));
  }

  detail::prepared_push push;
  push.who = &who;
  push.object = *std::move(object);
  push.sent = std::move(read->object);
  push.surrender = surrender;
  auto problem = check_sender(push.object, push.sent, who, keys_.server, surrender);
  if (!problem) problem = check_owner(push.object, surrender);
  if (!problem) problem = check_lists(push.object, read->versions);
  if (!problem) {
    push.batch.reserve(read->versions.size());
    for (std::size_t i = 0; i < read->versions.size(); ++i) {
      auto& v = read->versions[i];
      const auto& id = push.object.versions[i];  // the hash of the header, as was checked
      auto& c = push.batch.emplace_back(examine(std::move(v.raw), id, keys_.tenant_key));
      if (!push.object.owner) {
        c.proven = proven_for(v, c.id, push.object.actor, keys_.server_secret);
      }
    }
    problem = check_resolution(push.object, push.batch);
  }
  if (problem) return stored_or(push, *std::move(problem));
  return store_push(push);
}

/// A push that was stored before is answered with its receipt whatever is wrong with it today.
push_answer push_service::stored_or(const detail::prepared_push& push, error problem) {
  push_answer answer = refuse(std::move(problem));
  bool repeated = false;
  db_.read([&](store::snapshot& snapshot) {
    auto stored = detail::stored_answer(snapshot, push, keys_);
    if (!stored || stored->refusal) return;
    answer = *std::move(stored);
    repeated = true;
  });
  if (repeated) ++counters_.repeated;
  return answer;
}

push_answer push_service::receipt(const store::session_owner& who, const push_id& id) {
  push_answer answer;
  db_.read([&](store::pushes::reads pushes) {
    auto stored = pushes.push(id);
    if (stored && stored->device == who.device.key) {
      answer = detail::signed_anew(std::move(stored->answer), keys_);
    } else {
      answer = refuse(fail(errc::not_found, "This server has no such push of this device."));
    }
  });
  return answer;
}

/// Makes rows for authors and devices that the store has forgotten, in a transaction of its own:
/// their common lock is taken before any other, as acts on people do.
void push_service::know_origins(const detail::prepared_push& push) {
  std::map<device_id, user_id> devices;
  for (const auto& c : push.batch) {
    if (c.restorable()) devices.emplace(c.value->header.device, c.value->header.author);
  }
  if (devices.empty()) return;
  bool all_known = true;
  db_.read([&](store::people::reads people) {
    all_known = std::all_of(devices.begin(), devices.end(), [&people](const auto& each) {
      return people.device_by_id(each.first) && people.user_by_id(each.second);
    });
  });
  if (all_known) return;
  db_.write([&](store::transaction& tx) {
    static_cast<void>(store::people::writes(tx).lock_device(merge_device()));
    for (const auto& [device, author] : devices) {
      const auto user = store::user_or_placeholder(tx, author, clock_.now());
      static_cast<void>(store::device_or_placeholder(tx, device, user.key, clock_.now()));
    }
  });
}

push_answer push_service::store_push(const detail::prepared_push& push) {
  know_origins(push);
  const detail::push_environment env{&keys_, &random_, clock_.now(), budget_};
  detail::push_run run;
  db_.write([&](store::transaction& tx) { run = detail::push_transaction(tx, push, env).run(); });
  if (run.tally.repeated) {
    ++counters_.repeated;
  } else if (!run.answer.refusal) {
    add_up(counters_, run.tally);
  }
  if (!run.tally.repeated) run.answer.versions = push.batch.size();
  const auto own = k_work_of_its_own * static_cast<std::int64_t>(push.batch.size());
  run.answer.work = std::max<std::int64_t>(0, run.answer.work - own);
  return std::move(run.answer);
}

wire::push_memory compare_prev_push(store::pushes::reads pushes, const store::device_row& device,
                                    const std::optional<push_id>& prev) {
  if (device.last_push == prev) return wire::push_memory::ok;
  if (!prev) return wire::push_memory::old;
  const auto known = pushes.push(*prev);
  const bool its_own = known && known->device == device.key;
  return its_own ? wire::push_memory::old : wire::push_memory::unknown;
}

}  // namespace autocusto::sync
