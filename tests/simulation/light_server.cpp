#include "tests/simulation/light_server.hpp"

#include <algorithm>

namespace autocusto::simulation {
namespace {

transport::failure because(errc code, const std::optional<push_id>& last = {}) {
  return {.what = fail(code, std::string(code_name(code))), .last_push = last};
}

}  // namespace

light_server::light_server(const clock_source& clock, seeded_random random, witness& oracle)
    : clock_(clock), random_(random), oracle_(oracle), admin_(testing::nth_person(500)) {
  id_ = random_.make<server_id>();
}

user_id light_server::add_user(const std::string& email) {
  account a;
  a.who = testing::nth_person(people_++);
  a.who.devices.clear();
  a.email = email;
  const auto id = a.who.id;
  accounts_.emplace(id, std::move(a));
  return id;
}

enrolled light_server::enroll(const user_id& user, const std::optional<crypto::signing_key>&,
                              const std::string&) {
  auto& a = accounts_.at(user);
  machine m;
  m.id = testing::nth<device_id>(1000 + ++devices_);
  m.user = user;
  machines_.emplace(m.id, m);
  enrolled out;
  out.server = id_;
  out.user = user;
  out.email = a.email;
  out.device = m.id;
  out.tenant_key = testing::k_tenant_key;
  return out;
}

std::pair<user_id, device_id> light_server::admin() const {
  return {admin_.id, admin_.devices.front().first};
}

std::string_view light_server::secret() const {
  return testing::k_server_secret;
}

std::int64_t light_server::feed_end(const user_id& user) {
  return accounts_.at(user).chain.back().seq;
}

std::optional<error> light_server::refusal(const machine& device) {
  if (device.revoked) return fail(errc::device_revoked, "revoked");
  if (!of(device).enabled) return fail(errc::user_disabled, "disabled");
  return std::nullopt;
}

std::optional<reply> light_server::handle(const request& what) {
  if (std::holds_alternative<call_challenge>(what.what)) {
    wire::challenge_answer answer;
    answer.server = id_;
    answer.challenge = "challenge";
    answer.server_time = format_time(clock_.now());
    return transport::answer<wire::challenge_answer>(answer);
  }
  if (const auto* session = std::get_if<call_session>(&what.what)) return do_session(*session);
  const auto token = sessions_.find(what.token);
  if (token == sessions_.end()) return failed_reply(what.what, because(errc::session_expired));
  auto& device = machines_.at(token->second);
  const auto* push = std::get_if<call_push>(&what.what);
  if (const auto* erasure = std::get_if<call_erasure>(&what.what)) {
    return do_erasure(device, *erasure);
  }
  if (const auto* wanted = std::get_if<call_receipt>(&what.what)) {
    return do_receipt(device, *wanted);
  }
  const auto why = refusal(device);
  const bool surrender = push != nullptr && push->surrender;
  if (why && !surrender && !std::holds_alternative<call_known>(what.what)) {
    return failed_reply(what.what, because(why->code));
  }
  if (push != nullptr) return do_push(device, *push);
  if (const auto* known = std::get_if<call_known>(&what.what)) {
    std::vector<version_id> missing;
    for (const auto& id : known->held) {
      if (!known_.contains(id)) missing.push_back(id);
    }
    return transport::answer<std::vector<version_id>>(std::move(missing));
  }
  return do_changes(device, std::get<call_changes>(what.what));
}

reply light_server::do_session(const call_session& what) {
  const auto asked = wire::decode_session_object(what.proof.object).value();
  auto& device = machines_.at(asked.device);
  wire::session_answer answer;
  answer.token = "token " + std::to_string(sessions_.size());
  sessions_[answer.token] = device.id;
  answer.scope = refusal(device) ? "surrender" : "full";
  answer.user = device.user;
  answer.last_push = device.last_push;
  answer.wipe = device.revoked && device.lost;
  answer.server_time = format_time(clock_.now());
  if (device.last_push != asked.prev_push) answer.prev_push = wire::push_memory::old;
  return transport::answer<wire::session_answer>(answer);
}

const store::view_row* light_server::view_of(const account& user, const record_id& record) const {
  const auto at = world_.records.find(record);
  if (at == world_.records.end()) return nullptr;
  const auto view = at->second.views.find(user.who.key);
  return view == at->second.views.end() ? nullptr : &view->second;
}

void light_server::append(account& to, wire::item_kind kind, const record_id& record,
                          const incarnation_id& incarnation,
                          const std::optional<version_id>& version) {
  wire::item item;
  item.kind = kind;
  item.record = record;
  item.incarnation = incarnation;
  item.version = version;
  const auto last = to.chain.back();
  item.seq = last.seq + 1;
  to.chain.push_back({item.seq, wire::next_chain(last.chain, wire::item_hash(item))});
  if (kind == wire::item_kind::version) came_by_item_.insert({incarnation, *version});
  to.feed.push_back(std::move(item));
}

wire::push_receipt light_server::take(account& actor, account& owner, const device_id& device,
                                      const wire::push_object& object,
                                      const wire::push_request& request) {
  std::vector<sync::candidate> batch;
  for (const auto& v : request.versions) {
    batch.push_back(sync::examine(v.raw, testing::k_tenant_key));
  }
  const auto own = owner.policy.find("patient");
  world_.policy = own == owner.policy.end() ? default_policy_ : own->second;
  auto sender = actor.who;
  if (sender.devices.empty()) sender.devices = {{device, 7}};
  const auto plan = world_.push_candidates(sender, batch, object.discards, &owner.who);
  for (const auto& c : batch) {
    if (!c.value) continue;
    known_.try_emplace(c.id, std::make_shared<domain::version>(*c.value));
    pushed_by_.try_emplace(c.id, device);
  }
  for (const auto& merge : plan.merges) {
    known_.try_emplace(merge->id, std::make_shared<domain::version>(*merge));
  }
  for (const auto at : plan.quarantine) quarantined_.insert(batch[at].id);
  for (const auto& event : plan.events) {
    const auto record = version(event.version).header.record.id;
    const auto kind = event.kind == store::feed_kind::version ? wire::item_kind::version
                                                              : wire::item_kind::discarded;
    append(owner, kind, record, view_of(owner, record)->state.incarnation, event.version);
  }
  wire::push_receipt receipt{id_, object.id, plan.results};
  for (auto& line : receipt.results) {
    if (line.incarnation) line.proof = std::string(32, 'p');
  }
  pushes_[object.id] = {request.object.object, receipt};
  oracle_.pushed(device, request, receipt);
  return receipt;
}

reply light_server::do_push(machine& device, const call_push& what) {
  using answer = transport::answer<wire::push_receipt>;
  oracle_.reached(what.push);
  const auto object = wire::decode_push_object(what.push.object.object).value();
  if (const auto before = pushes_.find(object.id); before != pushes_.end()) {
    if (before->second.object != what.push.object.object) {
      return answer(because(errc::push_id_reused));
    }
    oracle_.pushed(device.id, what.push, before->second.receipt);
    return answer(before->second.receipt);
  }
  const auto gone = refusal(device);
  if (what.surrender && !gone) return answer(because(errc::session_expired));
  if (!what.surrender && object.prev_push != device.last_push) {
    return answer(because(errc::prev_push_old, device.last_push));
  }
  auto& user = of(device);
  device.last_push = object.id;
  world_.withdrawn = what.surrender ? gone : std::nullopt;
  auto receipt = take(user, user, device.id, object, what.push);
  world_.withdrawn.reset();
  return answer(std::move(receipt));
}

reply light_server::do_receipt(const machine& device, const call_receipt& what) {
  using answer = transport::answer<wire::push_receipt>;
  const auto stored = pushes_.find(what.push);
  if (stored == pushes_.end() ||
      wire::decode_push_object(stored->second.object).value().device != device.id) {
    return answer(because(errc::not_found));
  }
  oracle_.pushed(device.id, what.what, stored->second.receipt);
  return answer(stored->second.receipt);
}

reply light_server::do_erasure(machine& device, const call_erasure& what) {
  using answer = transport::answer<wire::erasure_answer>;
  const auto receipt = wire::decode_erasure_object(what.receipt.object).value();
  if (receipt.everything && !refusal(device)) return answer(because(errc::forbidden));
  wire::erasure_answer out;
  for (const auto& id : receipt.incarnations) {
    if (!closed_.contains(id)) out.unknown.push_back(id);
  }
  if (receipt.everything) erased_.insert(device.id);
  oracle_.erased(receipt, what.from);
  return answer(std::move(out));
}

wire::page_view light_server::told(account& user, const record_id& record) {
  const auto* view = view_of(user, record);
  wire::page_view out;
  out.record = {world_.records.at(record).row.kind, record};
  out.incarnation = view->state.incarnation;
  out.heads = view->state.heads;
  out.active = view->active;
  out.pinned = view->state.pinned;
  out.drafts = view->state.drafts;
  if (view->state.heads.size() > 1) {
    out.conflict = {.id = 1, .base = {}, .opened_at = "2026-11-22T10:00:00.123Z"};
  }
  return out;
}

void light_server::fill_page(wire::page& page, const machine& device, bool with_own) {
  auto& user = of(device);
  std::set<record_id> touched;
  std::vector<std::pair<incarnation_id, version_id>> wanted;
  for (auto& item : page.items) {
    if (closed_.contains(item.incarnation)) {
      if (item.kind != wire::item_kind::removed) item.hash_only = wire::item_hash(item);
      continue;
    }
    if (item.kind != wire::item_kind::discarded) {
      wanted.emplace_back(item.incarnation, *item.version);
    }
    touched.insert(item.record);
  }
  for (const auto& record : touched) {
    page.views.push_back(told(user, record));
    const auto& view = page.views.back();
    for (const auto* list : {&view.heads, &view.drafts}) {
      for (const auto& id : *list) wanted.emplace_back(view.incarnation, id);
    }
  }
  std::set<version_id> there;
  for (const auto& [incarnation, id] : wanted) {
    const auto by = pushed_by_.find(id);
    const bool own = !with_own && by != pushed_by_.end() && by->second == device.id &&
                     came_by_item_.contains({incarnation, id});
    if (own || !there.insert(id).second) continue;
    const auto& raw = version(id).raw;
    page.versions.push_back({raw.header, raw.payload, std::string(32, 'p'), incarnation, false});
  }
}

reply light_server::do_changes(const machine& device, const call_changes& what) {
  using answer = transport::answer<wire::page>;
  auto& user = of(device);
  const auto from = static_cast<std::size_t>(what.from.seq);
  if (from >= user.chain.size() || user.chain[from] != what.from) {
    return answer(because(errc::cursor_unknown));
  }
  wire::page page;
  const auto to = std::min(user.feed.size(), from + static_cast<std::size_t>(what.limit));
  page.items.assign(user.feed.begin() + static_cast<std::ptrdiff_t>(from),
                    user.feed.begin() + static_cast<std::ptrdiff_t>(to));
  page.next = user.chain[to];
  page.more = to < user.feed.size();
  fill_page(page, device, what.own);
  oracle_.paged(device.id, page);
  return answer(std::move(page));
}

result<void> light_server::assign(const act_assign& what) {
  auto& to = accounts_.at(what.user);
  const auto known = known_.find(what.version);
  if (known == known_.end() || !world_.records.contains(what.record)) {
    return fail(errc::not_found, "none");
  }
  if (known->second->header.status == domain::version_status::draft) {
    return fail(errc::invalid_field, "a draft");
  }
  const auto* view = view_of(to, what.record);
  if (what.expect_heads != (view == nullptr ? std::vector<version_id>{} : view->state.heads)) {
    return fail(errc::view_moved, "moved");
  }
  world_.assign(to.who, *known->second);
  append(to, wire::item_kind::assigned, what.record, view_of(to, what.record)->state.incarnation,
         what.version);
  return {};
}

result<void> light_server::unassign(const act_unassign& what) {
  auto& from = accounts_.at(what.user);
  const auto* view = view_of(from, what.record);
  if (view == nullptr) return fail(errc::not_found, "none");
  const auto incarnation = view->state.incarnation;
  domain::version any;
  any.header.record.id = what.record;
  world_.unassign(from.who, any);
  closed_.insert(incarnation);
  append(from, wire::item_kind::removed, what.record, incarnation, std::nullopt);
  return {};
}

result<void> light_server::resolve(const act_resolve& what) {
  auto& owner = accounts_.at(what.user);
  const auto* view = view_of(owner, what.version.header.record.id);
  if (view == nullptr || view->state.heads != what.version.header.parents) {
    return fail(errc::view_moved, "moved");
  }
  wire::push_object object;
  object.id = random_.make<push_id>();
  object.actor = admin_.id;
  object.owner = what.user;
  object.versions = {what.version.id};
  wire::push_request request;
  request.object.object = wire::encode_object(object);
  request.versions.push_back({what.version.raw, {}, {}});
  oracle_.reached(request);
  account actor;
  actor.who = admin_;
  const auto receipt = take(actor, owner, admin_.devices.front().first, object, request);
  if (receipt.results[0].outcome == wire::push_outcome::refused) {
    return fail(errc::malformed, receipt.results[0].code);
  }
  return {};
}

std::optional<result<void>> light_server::act(const admin_act& what) {
  if (const auto* a = std::get_if<act_assign>(&what)) return assign(*a);
  if (const auto* u = std::get_if<act_unassign>(&what)) return unassign(*u);
  if (const auto* r = std::get_if<act_resolve>(&what)) return resolve(*r);
  if (const auto* p = std::get_if<act_policy>(&what)) {
    if (p->user) {
      accounts_.at(*p->user).policy["patient"] = p->policy;
    } else {
      default_policy_ = p->policy;
    }
  } else if (const auto* d = std::get_if<act_revoke>(&what)) {
    auto& device = machines_.at(d->device);
    device.revoked = true;
    device.lost = device.lost || d->lost;
  } else if (const auto* e = std::get_if<act_enable>(&what)) {
    accounts_.at(e->user).enabled = e->enabled;
  }
  return result<void>();
}

server_state light_server::state() {
  server_state out;
  for (const auto& [id, record] : world_.records) {
    for (const auto& node : record.graph) {
      const auto& v = version(node.id);
      out.versions[node.id] = {id, node.number, v.raw};
    }
    for (const auto& [whose, user] : accounts_) {
      if (const auto* view = view_of(user, id)) {
        out.open_views[{whose, id}] = {view->state.heads, view->active, view->state.pinned,
                                       view->state.drafts};
      }
    }
  }
  for (const auto& [id, user] : accounts_) out.feeds[id] = user.chain.back();
  out.quarantined = quarantined_;
  out.erased = erased_;
  return out;
}

}  // namespace autocusto::simulation
