#include "tests/support/replica_support.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "shared/crypto/random.hpp"

namespace autocusto::test {
namespace {

bool holds(const std::vector<incarnation_id>& ids, const incarnation_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

template <class T>
T must(result<T> r) {
  if (!r) throw std::runtime_error(r.error().message);
  return *std::move(r);
}

constexpr std::string_view k_server_secret = "a server's secret for tests";

}  // namespace

replica::environment quick_environment(const clock_source& clock) {
  return {.clock = clock, .random = crypto::system_random()};
}

small_server::small_server()
    : user(crypto::system_random().make<user_id>()),
      server(crypto::system_random().make<server_id>()),
      tenant_key_(crypto::secret::copy_of(crypto::system_random().bytes(32))),
      chain_{wire::cursor{}} {}

replica::identity small_server::identity_for(const device_id& device) const {
  replica::identity who;
  who.host = "servidor.teste";
  who.port = 8443;
  who.pin = std::string(32, 'p');
  who.trust = {.object = R"({"serial":1})", .signature = std::string(64, 's')};
  who.server = server;
  who.user = user;
  who.email = "ana@clinica.teste";
  who.role = "doctor";
  who.device = device;
  who.device_name = "laptop-da-ana";
  return who;
}

record_id small_server::record_of(const std::string& kind, const std::string& key) const {
  return domain::make_record_id(tenant_key_.view(), kind, key);
}

small_server::open_view& small_server::open(const domain::record_ref& record) {
  const auto [at, fresh] = views_.try_emplace(record.id);
  if (fresh) {
    at->second.record = record;
    at->second.state.incarnation = crypto::system_random().make<incarnation_id>();
  }
  return at->second;
}

void small_server::append(wire::item_kind kind, const incarnation_id& incarnation,
                          const record_id& record, const std::optional<version_id>& version) {
  wire::item item;
  item.kind = kind;
  item.incarnation = incarnation;
  item.record = record;
  item.version = version;
  const auto& last = chain_.back();
  item.seq = last.seq + 1;
  chain_.push_back({.seq = item.seq, .chain = wire::next_chain(last.chain, item_hash(item))});
  feed_.push_back(std::move(item));
}

void small_server::note_conflict(open_view& view) {
  if (!domain::in_conflict(view.state)) {
    view.conflict.reset();
  } else if (!view.conflict) {
    view.conflict = ++conflicts_;
  }
}

void small_server::accept(const domain::version& v, wire::item_kind kind) {
  auto& view = open(v.header.record);
  view.dag.add({.id = v.id,
                .parents = v.header.parents,
                .generation = v.header.generation,
                .draft = v.header.status == domain::version_status::draft});
  known_[v.id] = {.raw = v.raw,
                  .incarnation = view.state.incarnation,
                  .device = v.header.device,
                  .by_item = kind == wire::item_kind::version};
  if (kind == wire::item_kind::assigned) {
    domain::assign_version(view.state, v.id);
  } else {
    domain::add_version(view.state, view.dag, v.id, v.header.status);
  }
  note_conflict(view);
  append(kind, view.state.incarnation, v.header.record.id, v.id);
}

void small_server::assign(const domain::version& v) {
  accept(v, wire::item_kind::assigned);
}

void small_server::unassign(const record_id& record) {
  const auto at = views_.find(record);
  if (at == views_.end()) throw std::logic_error("no view to close");
  closed_.push_back(at->second.state.incarnation);
  append(wire::item_kind::removed, at->second.state.incarnation, record, std::nullopt);
  views_.erase(at);
}

domain::version small_server::version(const version_id& id) const {
  return must(domain::decode_version(known_.at(id).raw));
}

wire::push_result small_server::take(const domain::version& v, const device_id& device) {
  wire::push_result line;
  line.version = v.id;
  const auto refuse_as = [&line](errc code) {
    line.outcome = wire::push_outcome::refused;
    line.code = code_name(code);
    line.message = "Recusada no teste.";
    return line;
  };
  if (const auto at = refusals_.find(v.id); at != refusals_.end()) {
    return refuse_as(*code_from_name(at->second));
  }
  const auto view = views_.find(v.header.record.id);
  if (view == views_.end() && !v.header.parents.empty()) {
    return refuse_as(errc::parent_unavailable);
  }
  if (view != views_.end()) {
    for (const auto& parent : v.header.parents) {
      if (!view->second.dag.contains(parent)) return refuse_as(errc::parent_refused);
    }
  }
  if (known_.contains(v.id)) {
    line.outcome = wire::push_outcome::duplicate;
  } else {
    accept(v);
    known_[v.id].device = device;
    if (domain::in_conflict(views_.at(v.header.record.id).state)) {
      line.outcome = wire::push_outcome::sibling;
    }
  }
  line.incarnation = views_.at(v.header.record.id).state.incarnation;
  line.proof = wire::make_proof(k_server_secret, user, *line.incarnation, v.id);
  return line;
}

wire::push_receipt small_server::push(const wire::push_object& object,
                                      const wire::push_request& request) {
  wire::push_receipt receipt{.server = server, .id = object.id, .results = {}};
  for (std::size_t i = 0; i < request.versions.size(); ++i) {
    const auto v = must(domain::decode_version(request.versions[i].raw));
    if (v.id != object.versions.at(i)) throw std::logic_error("the push names another version");
    receipt.results.push_back(take(v, object.device));
  }
  for (const auto& id : object.discards) {
    wire::push_result line;
    line.version = id;
    line.outcome = wire::push_outcome::discarded;
    const auto record = version(id).header.record.id;
    const auto view = views_.find(record);
    if (view == views_.end()) {
      line.outcome = wire::push_outcome::refused;
      line.code = code_name(errc::not_found);
    } else if (!domain::discard_draft(view->second.state, id)) {
      line.outcome = wire::push_outcome::duplicate;
    } else {
      append(wire::item_kind::discarded, view->second.state.incarnation, record, id);
    }
    receipt.results.push_back(std::move(line));
  }
  return receipt;
}

wire::page_version small_server::bytes_of(const version_id& id) const {
  const auto& known = known_.at(id);
  return {.header = known.raw.header,
          .payload = known.raw.payload,
          .proof = wire::make_proof(k_server_secret, user, known.incarnation, id),
          .incarnation = known.incarnation};
}

wire::page_view small_server::told(const open_view& view) const {
  wire::page_view out;
  out.record = view.record;
  out.incarnation = view.state.incarnation;
  out.heads = view.state.heads;
  out.active = domain::active_version(view.state, view.dag);
  out.pinned = view.state.pinned;
  out.drafts = view.state.drafts;
  if (view.conflict) {
    out.conflict = {.id = *view.conflict, .base = {}, .opened_at = "2026-11-22T10:00:00.123Z"};
  }
  return out;
}

wire::page small_server::page(const wire::cursor& from, const device_id& asking,
                              std::size_t limit) const {
  wire::page out;
  std::vector<version_id> wanted;
  std::vector<record_id> touched;
  const auto want = [&wanted](const version_id& id) {
    if (std::find(wanted.begin(), wanted.end(), id) == wanted.end()) wanted.push_back(id);
  };
  const auto first = static_cast<std::size_t>(from.seq);
  const std::size_t last = std::min(feed_.size(), first + limit);
  for (std::size_t i = first; i < last; ++i) {
    auto item = feed_[i];
    if (holds(closed_, item.incarnation)) {
      if (item.kind != wire::item_kind::removed) item.hash_only = item_hash(item);
    } else {
      if (item.kind != wire::item_kind::discarded && item.version) want(*item.version);
      if (std::find(touched.begin(), touched.end(), item.record) == touched.end()) {
        touched.push_back(item.record);
      }
    }
    out.items.push_back(std::move(item));
  }
  for (const auto& record : touched) {
    const auto& view = views_.at(record);
    out.views.push_back(told(view));
    for (const auto& id : view.state.heads) want(id);
    for (const auto& id : view.state.drafts) want(id);
  }
  std::map<user_id, std::string> people;
  std::map<device_id, std::string> devices;
  for (const auto& id : wanted) {
    const auto& known = known_.at(id);
    if (known.device == asking && known.by_item) continue;
    out.versions.push_back(bytes_of(id));
    const auto header = version(id).header;
    people[header.author] = header.author == user ? "ana@clinica.teste" : "outra@clinica.teste";
    devices[header.device] = "computador-da-sala";
  }
  out.people.assign(people.begin(), people.end());
  out.devices.assign(devices.begin(), devices.end());
  out.next = chain_[last];
  out.more = last < feed_.size();
  return out;
}

laptop::laptop(small_server& server, const std::string& name)
    : server_(server), folder_("replica"), device_(crypto::system_random().make<device_id>()) {
  store_ = must(replica::replica_store::create(home(), k_passphrase, quick_environment(clock_)));
  auto who = server.identity_for(device_);
  who.device_name = name;
  if (auto done = store_->identity().enroll(who, server.tenant_key()); !done) {
    throw std::runtime_error(done.error().message);
  }
}

void laptop::reopen() {
  store_.reset();
  store_ = must(replica::replica_store::open(home(), k_passphrase, quick_environment(clock_)));
}

wire::push_object laptop::start_push(const std::optional<push_id>& prev) {
  const auto out = store_->sync().next_outbox();
  const auto who = must(store_->identity().who());
  wire::push_object object;
  object.server = who.server;
  object.device = who.device;
  object.actor = who.user;
  object.id = crypto::system_random().make<push_id>();
  object.prev_push = prev;
  object.versions = out.ids;
  object.discards = out.discards;
  if (auto kept = store_->sync().save_push(object); !kept) {
    throw std::runtime_error(kept.error().message);
  }
  return object;
}

::autocusto::engine::receipt_applied laptop::push() {
  ::autocusto::engine::receipt_applied all;
  for (;;) {
    if (!store_->sync().inflight_push()) {
      if (store_->sync().next_outbox().empty()) return all;
      start_push();
    }
    const auto pending = store_->sync().inflight_push();
    const auto effect =
        must(store_->sync().apply_receipt(server_.push(pending->object, pending->request)));
    all.acknowledged += effect.acknowledged;
    all.refused.insert(all.refused.end(), effect.refused.begin(), effect.refused.end());
    all.was_pending = all.was_pending || effect.was_pending;
  }
}

bool laptop::pull(std::size_t limit) {
  for (bool more = true; more;) {
    const auto from = store_->sync().cursor();
    auto page = server_.page(from, device_, limit);
    more = page.more;
    const auto checked = must(engine::check_page(std::move(page), from));
    const auto effect = store_->sync().apply_page(checked);
    if (!effect || !effect->applied) return false;
  }
  return true;
}

replica::edit patient_edit(const std::string& key, const std::string& name) {
  replica::edit e;
  e.kind = "patient";
  e.key = key;
  e.fields = {{"nome_paciente", name},
              {"nome_mae", std::string("Maria da Silva")},
              {"incapaz", false},
              {"end_paciente", std::string("Rua das Flores, 12")}};
  return e;
}

replica::edit set_field(const std::string& key, const std::string& field,
                        const std::string& value) {
  replica::edit e;
  e.kind = "patient";
  e.key = key;
  e.fields = {{field, value}};
  return e;
}

std::string cpf(std::uint32_t n) {
  std::string digits = std::to_string(100'000'000 + n % 899'999'999);
  for (int check = 0; check < 2; ++check) {
    std::size_t sum = 0;
    const std::size_t size = digits.size();
    for (std::size_t i = 0; i < size; ++i) {
      sum += static_cast<std::size_t>(digits[i] - '0') * (size + 1 - i);
    }
    const std::size_t rest = sum * 10 % 11 % 10;
    digits += static_cast<char>('0' + rest);
  }
  return digits;
}

}  // namespace autocusto::test
