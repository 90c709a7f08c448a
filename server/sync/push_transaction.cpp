#include "server/sync/push_transaction.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "server/store/audit.hpp"
#include "server/store/pushes.hpp"
#include "server/store/quarantine.hpp"
#include "server/store/settings.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::sync::detail {
namespace {

/// A device stands in for another one after each copied or restored folder; a chain longer than
/// this is damage.
constexpr std::size_t k_replaced_devices = 64;

push_answer refuse(error why) {
  push_answer a;
  a.refusal = std::move(why);
  return a;
}

}  // namespace

push_run push_transaction::run() {
  // The device first: then a second copy of the same push finds the first one's receipt.
  const auto locked = people_.lock_device(push_.object.device);
  if (locked) device_ = *locked;
  push_run out;
  if (auto stored = stored_answer(tx_, push_, *env_.keys)) {
    out.tally.repeated = !stored->refusal.has_value();
    out.answer = *std::move(stored);
    return out;
  }
  if (!locked) {
    out.answer = refuse(
        fail(errc::device_unknown, "This server does not know the device; enroll it again."));
    return out;
  }
  if (auto refusal = check_sender()) {
    out.answer = *std::move(refusal);
    return out;
  }
  collect_devices();
  lock_records();
  load_states();
  if (auto refusal = check_resolve()) {
    out.answer = *std::move(refusal);
    return out;
  }
  acceptance_plan plan;
  plan.refusal = load_versions();
  if (!plan.refusal) {
    load_for_restoring();
    plan = apply_rules();
  }
  if (plan.refusal) {
    drop_unused_records(plan);
    out.answer = refuse(*std::move(plan.refusal));
    out.answer.work = plan.work;
    return out;
  }
  write(plan);
  out.answer.work = plan.work;
  out.answer.body = sign_receipt(plan);
  store::pushes::writes(tx_).add_push({push_.object.id, device_.key, push_.sent.object,
                                       push_.sent.signature, out.answer.body, env_.now});
  people_.set_last_push(device_.key, push_.object.id);
  if (push_.object.owner) write_audit(plan);
  count(plan);
  out.tally = tally_;
  return out;
}

std::optional<push_answer> stored_answer(store::pushes::reads pushes, const prepared_push& push,
                                         const sync_keys& keys) {
  auto stored = pushes.push(push.object.id);
  if (!stored) return std::nullopt;
  if (stored->object != push.sent.object) {
    return refuse(fail(errc::push_id_reused,
                       "This push id was used for another push; choose a fresh random one."));
  }
  return signed_anew(std::move(stored->answer), keys);
}

push_answer signed_anew(std::string stored, const sync_keys& keys) {
  push_answer a;
  a.body = std::move(stored);
  if (auto receipt = wire::decode_push_answer(a.body)) {
    a.body = wire::encode_push_answer(
        wire::sign_canonical(*keys.signing, "receipt", std::move(receipt->object)));
  }
  return a;
}

/// Device, user, owner and the device's last push, as they are now that the device is locked.
std::optional<push_answer> push_transaction::check_sender() {
  const store::pk user_key[] = {device_.user};
  const auto users = people_.users_by_pk(user_key);
  if (device_.revoked_at) {
    withdrawn_ = fail(errc::device_revoked,
                      "This device was revoked; ask an administrator for a new enrollment.");
  } else if (users.empty() || users[0].id != push_.object.actor || !users[0].enabled) {
    withdrawn_ = fail(errc::user_disabled, "This user is disabled; ask an administrator.");
  }
  if (users.empty() || users[0].id != push_.object.actor) return refuse(*withdrawn_);
  if (withdrawn_ && !push_.surrender) return refuse(*withdrawn_);
  who_.actor = who_.owner = users[0].id;
  who_.actor_key = who_.owner_key = users[0].key;
  if (push_.surrender) {
    // Which push came before does not matter: nothing of this one goes on from another.
    if (withdrawn_) return std::nullopt;
    return refuse(
        fail(errc::session_expired, "This device has its access again; open a new session."));
  }
  const auto memory = compare_prev_push(tx_, device_, push_.object.prev_push);
  if (memory != wire::push_memory::ok) {
    auto a = memory == wire::push_memory::old
                 ? refuse(fail(errc::prev_push_old,
                               "This device has sent a later push from another copy of its folder; "
                               "run `autocusto enroll --again` in this one."))
                 : refuse(fail(errc::prev_push_unknown,
                               "The server does not have this device's last push; it may have been "
                               "restored. Go on from the push that it names."));
    a.last_push = device_.last_push;
    return a;
  }
  if (!push_.object.owner) return std::nullopt;
  if (users[0].role != store::user_role::admin) {
    return refuse(fail(errc::forbidden, "Only an administrator resolves for somebody else."));
  }
  const auto owner = people_.user_by_id(*push_.object.owner);
  if (!owner || owner->role == store::user_role::system) {
    return refuse(fail(errc::not_found, "There is no such user.", "owner"));
  }
  who_.owner = owner->id;
  who_.owner_key = owner->key;
  return std::nullopt;
}

void push_transaction::collect_devices() {
  auto next = std::optional(device_);
  while (next && who_.devices.size() < k_replaced_devices) {
    who_.devices.emplace_back(next->id, next->key);
    if (!next->replaces) break;
    const store::pk key[] = {*next->replaces};
    auto rows = people_.devices_by_pk(key);
    next = rows.empty() ? std::nullopt : std::optional(std::move(rows[0]));
  }
}

/// An admin's resolution holds only for a conflict, and only for the heads that they saw.
std::optional<push_answer> push_transaction::check_resolve() const {
  if (!push_.object.owner) return std::nullopt;
  const bool same = states_.size() == 1 && states_[0].view &&
                    states_[0].view->state.heads == *push_.object.expect_heads;
  if (!same) {
    return refuse(fail(errc::view_moved,
                       "The record has changed for this user since you looked; look again and "
                       "decide anew."));
  }
  if (states_[0].view->state.heads.size() > 1) return std::nullopt;
  return refuse(fail(errc::view_moved,
                     "This user has no conflict in the record; only conflicts are resolved for "
                     "somebody else."));
}

acceptance_plan push_transaction::apply_rules() {
  acceptance_input input;
  input.who = who_;
  input.batch = push_.batch;
  input.discards = push_.object.discards;
  input.records = states_;
  input.elsewhere = elsewhere_;
  input.history = [this](const record_state& of) {
    return versions_.history_of_view(of.view->key);
  };
  input.known = [this](const version_id& id) -> std::optional<store::version_node> {
    const version_id ids[] = {id};
    auto nodes = versions_.nodes_by_id(ids, 0);
    return nodes.empty() ? std::nullopt : std::optional(std::move(nodes[0]));
  };
  input.payloads = [this](std::span<const store::pk> keys) { return versions_.versions(keys); };
  std::unordered_map<std::string, domain::merge_policy> policies;
  input.policy = [this, &policies](std::string_view kind) {
    const auto [at, is_new] =
        policies.try_emplace(std::string(kind), domain::merge_policy::automatic);
    if (is_new) at->second = store::settings::reads(tx_).policy(who_.owner_key, kind);
    return at->second;
  };
  input.fresh_incarnation = [this] { return env_.random->make<incarnation_id>(); };
  input.server_secret = env_.keys->server_secret;
  input.merger = [this] {
    const user_id system[] = {system_user()};
    const auto users = people_.users_by_ids(system);
    const auto device = people_.device_by_id(merge_device());
    if (users.empty() || !device) {
      throw std::logic_error("the store lacks the system user or the merge device");
    }
    return std::pair(users[0].key, device->key);
  };
  input.origin = [this](const domain::version_header& h) { return origin_of(h); };
  input.withdrawn = withdrawn_;
  input.now = env_.now;
  input.budget = env_.budget;
  return accept(input);
}

void push_transaction::write(acceptance_plan& plan) {
  const auto version_keys = write_versions(plan);
  write_views(plan);
  write_conflicts(plan);
  write_quarantine(plan);
  write_feed(plan, version_keys);
  write_renewals(plan);
  drop_unused_records(plan);
  append_events(tx_, feeds_);
}

std::vector<store::pk> push_transaction::write_versions(const acceptance_plan& plan) {
  if (plan.versions.empty()) return {};
  std::vector<store::new_version> rows;
  rows.reserve(plan.versions.size());
  for (const auto& v : plan.versions) {
    store::new_version row;
    row.record = states_[v.record].row.key;
    row.number = v.number;
    row.author = v.author;
    row.device = v.device;
    row.value = v.value;
    row.parent = v.parent;
    row.received_at = env_.now;
    rows.push_back(row);
  }
  return versions_.add_versions(rows);
}

void push_transaction::write_views(const acceptance_plan& plan) {
  view_keys_.assign(states_.size(), 0);
  if (plan.views.empty()) return;
  std::vector<store::view_row> rows;
  rows.reserve(plan.views.size());
  for (const auto& v : plan.views) rows.push_back(v.row);
  const auto keys = views_.save_views(rows);
  for (std::size_t i = 0; i < keys.size(); ++i) view_keys_[plan.views[i].record] = keys[i];
}

void push_transaction::write_conflicts(const acceptance_plan& plan) {
  if (plan.conflicts.empty()) return;
  std::vector<store::conflict_row> rows;
  rows.reserve(plan.conflicts.size());
  for (const auto& c : plan.conflicts) {
    rows.push_back(c.row);
    rows.back().view = view_keys_[c.record];
    if (c.row.key == 0) ++tally_.opened;
    if (c.row.state != store::conflict_state::open) ++tally_.closed;
  }
  static_cast<void>(conflicts_.save_conflicts(rows));
}

void push_transaction::write_feed(const acceptance_plan& plan,
                                  const std::vector<store::pk>& version_keys) {
  if (plan.events.empty()) return;
  std::unordered_map<version_id, store::pk> fresh;
  fresh.reserve(plan.versions.size());
  for (std::size_t i = 0; i < plan.versions.size(); ++i) {
    fresh.emplace(plan.versions[i].value->id, version_keys[i]);
  }
  std::vector<const domain::view_state*> views(states_.size(), nullptr);
  for (const auto& v : plan.views) views[v.record] = &v.row.state;
  std::vector<feed_event> events;
  events.reserve(plan.events.size());
  for (const auto& e : plan.events) {
    feed_event event;
    event.kind = e.kind;
    event.view = view_keys_[e.record];
    event.incarnation = views[e.record]->incarnation;
    event.record = states_[e.record].row.id;
    event.version = e.known != 0 ? e.known : fresh.at(e.version);
    event.version_public = e.version;
    events.push_back(event);
  }
  feeds_[who_.owner_key] = {who_.owner, std::move(events)};
}

/// Keeps the bytes of what was refused, as far as the quarantine of its user has room; where it has
/// none, the line of the receipt says so, for the client must keep its copy.
void push_transaction::write_quarantine(acceptance_plan& plan) {
  if (plan.quarantine.empty()) return;
  const auto used = store::quarantine::reads(tx_).quarantine_used_by(who_.actor_key);
  auto items = static_cast<std::size_t>(used.items);
  auto bytes = static_cast<std::size_t>(used.bytes);
  std::vector<store::quarantine_row> rows;
  for (const auto i : plan.quarantine) {
    const auto& c = push_.batch[i];
    auto& line = plan.results[i];
    const std::size_t size = c.bytes().header.size() + c.bytes().payload.size();
    const bool many = items + 1 > limits::quarantine_items;
    if (many || bytes + size > limits::quarantine_bytes) {
      line.message +=
          " The server keeps no copy: your quarantine is full; ask an "
          "administrator to empty it.";
      line.code = code_name(errc::quarantine_full);
      line.limit =
          static_cast<std::int64_t>(many ? limits::quarantine_items : limits::quarantine_bytes);
      continue;
    }
    ++items;
    bytes += size;
    store::quarantine_row row;
    row.device = device_.key;
    row.user = who_.actor_key;
    row.code = line.code;
    row.message = line.message;
    row.version = c.id;
    row.header = c.bytes().header;
    row.payload = c.bytes().payload;
    row.received_at = env_.now;
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) store::quarantine::writes(tx_).add_quarantine(rows);
}

/// A resolution is an administrator's act, signed as a push: the audit log keeps it like the
/// others.
void push_transaction::write_audit(const acceptance_plan& plan) {
  if (plan.versions.empty()) return;
  store::audit_row row;
  row.at = env_.now;
  row.actor = who_.actor_key;
  row.device = device_.key;
  row.what = "conflict.resolve";
  row.subject_user = who_.owner_key;
  row.subject_record = states_[0].row.key;
  row.object = push_.sent.object;
  row.signature = push_.sent.signature;
  store::audit::writes(tx_).add_audit(row);
}

std::string push_transaction::sign_receipt(acceptance_plan& plan) {
  wire::push_receipt receipt;
  receipt.server = env_.keys->server;
  receipt.id = push_.object.id;
  receipt.results = std::move(plan.results);
  for (auto& r : receipt.results) {
    if (!r.incarnation || r.outcome == wire::push_outcome::discarded) continue;
    r.proof = wire::make_proof(env_.keys->server_secret, who_.owner, *r.incarnation, r.version);
  }
  const auto signed_receipt =
      wire::sign_canonical(*env_.keys->signing, "receipt", wire::encode_object(receipt));
  plan.results = std::move(receipt.results);
  return wire::encode_push_answer(signed_receipt);
}

void push_transaction::count(const acceptance_plan& plan) {
  tally_.merges = static_cast<std::int64_t>(plan.merges.size());
  for (const auto& r : plan.results) {
    switch (r.outcome) {
      case wire::push_outcome::accepted:
        ++tally_.accepted;
        break;
      case wire::push_outcome::restored:
        ++tally_.restored;
        break;
      case wire::push_outcome::sibling:
        ++tally_.accepted;
        ++tally_.siblings;
        break;
      case wire::push_outcome::merged:
        ++tally_.accepted;
        ++tally_.merged;
        break;
      case wire::push_outcome::duplicate:
        ++tally_.duplicates;
        break;
      case wire::push_outcome::discarded:
        ++tally_.discarded;
        break;
      case wire::push_outcome::refused:
        ++tally_.refused;
        break;
    }
  }
}

}  // namespace autocusto::sync::detail
