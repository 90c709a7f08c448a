#include "tests/support/sync_world.hpp"

#include <atomic>
#include <stdexcept>
#include <utility>

#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/feed_writer.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::test {
namespace {

constexpr std::string_view k_tenant_key = "tenant key for tests";
constexpr std::string_view k_secret = "server secret for tests";

/// Counts, so that runs are the same and no two identifiers are.
class counting_random final : public random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    const auto n = ++count_;
    const auto hash = crypto::sha256(std::to_string(n));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = hash.data()[i % hash.data().size()];
  }

 private:
  std::atomic<std::uint64_t> count_{0};
};

class still_clock final : public clock_source {
 public:
  [[nodiscard]] unix_millis now() const override { return 1'800'000'000'000; }
};

void demand(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(what);
}

}  // namespace

void replica_model::apply(const wire::page& page, const user_id& me,
                          std::string_view server_secret) {
  for (const auto& v : page.versions) {
    const auto id = *version_id::from_raw(crypto::sha256(v.header).raw());
    demand(v.proof == wire::make_proof(server_secret, me, v.incarnation, id), "a wrong proof");
    demand(v.payload.has_value(), "a version without payload");
    bytes_[id] = {v.header, *v.payload};
    brought_by_[id].insert(v.incarnation);
    received_.insert(id);
  }
  for (const auto& item : page.items) apply_item(item);
  demand(at_ == page.next, "the chain does not fit");
  std::set<user_id> authors;
  for (const auto& v : page.versions) authors.insert(domain::decode_header(v.header)->author);
  std::set<user_id> named;
  for (const auto& person : page.people) named.insert(person.first);
  demand(authors == named, "people named are not the authors carried");
  for (const auto& view : page.views) {
    views_[view.record.id] = view;
    for (const auto* list : {&view.heads, &view.drafts}) {
      for (const auto& id : *list) {
        demand(holds(id), "a head or draft without bytes");
        brought_by_[id].insert(view.incarnation);
      }
    }
  }
}

void replica_model::apply_item(const wire::item& item) {
  demand(item.seq == at_.seq + 1, "an item is missing");
  at_.seq = item.seq;
  at_.chain = wire::next_chain(at_.chain, wire::item_hash(item));
  if (item.hash_only) return;
  switch (item.kind) {
    case wire::item_kind::version:
    case wire::item_kind::assigned:
      demand(holds(*item.version), "a version item without bytes");
      brought_by_[*item.version].insert(item.incarnation);
      break;
    case wire::item_kind::discarded:
      break;
    case wire::item_kind::removed:
      // The page may bring the same version again for a later incarnation.
      for (auto& [id, incarnations] : brought_by_) {
        if (incarnations.erase(item.incarnation) > 0 && incarnations.empty()) bytes_.erase(id);
      }
      views_.erase(item.record);
      break;
  }
}

domain::version sync_device::version(testing::version_builder builder) const {
  builder.header().author = who.user.id;
  builder.header().device = who.device.id;
  return builder.make();
}

sync_world::sync_world(std::unique_ptr<store::database> with)
    : db(std::move(with)),
      signing(*crypto::signing_key::from_seed(std::string(32, 's'))),
      keys{testing::nth<server_id>(1), k_tenant_key, k_secret, &signing},
      random(std::make_unique<counting_random>()),
      clock(std::make_unique<still_clock>()),
      pushes(*db, keys, *clock, *random),
      changes(*db, keys) {
  const auto migrated = db->migrate(std::nullopt, false);
  if (!migrated) throw std::runtime_error(migrated.error().message);
  db->write([&](store::people::writes people) {
    if (!people.users_by_ids(std::vector{system_user()}).empty()) return;
    store::user_row system;
    system.id = system_user();
    system.email = "system";
    system.role = store::user_role::system;
    const auto key = people.add_user(system);
    store::device_row device;
    device.id = merge_device();
    device.user = key;
    device.name = "merge";
    static_cast<void>(people.add_device(device));
  });
}

store::user_row sync_world::add_user(const std::string& email, store::user_role role) {
  store::user_row user;
  user.id = random->make<user_id>();
  user.email = email;
  user.role = role;
  db->write([&](store::people::writes people) { user.key = people.add_user(user); });
  return user;
}

sync_device sync_world::add_device(const store::user_row& user, const std::string& name,
                                   std::optional<store::pk> replaces) {
  sync_device out{{}, crypto::signing_key::generate(*random), std::nullopt, {}};
  auto& device = out.who.device;
  device.id = random->make<device_id>();
  device.user = user.key;
  device.name = name;
  device.public_key = out.key.public_half().raw();
  device.replaces = replaces;
  db->write([&](store::people::writes people) { device.key = people.add_device(device); });
  out.who.user = user;
  out.who.session.device = device.key;
  return out;
}

std::string sync_world::push_body(const sync_device& from,
                                  const std::vector<domain::version>& versions,
                                  const push_options& options) {
  wire::push_object object;
  object.server = keys.server;
  object.device = from.who.device.id;
  object.actor = from.who.user.id;
  object.owner = options.owner;
  object.expect_heads = options.expect_heads;
  object.id = options.id ? *options.id : random->make<push_id>();
  object.prev_push = options.prev_push ? *options.prev_push : from.last_push;
  object.discards = options.discards;
  wire::push_request request;
  for (const auto& v : versions) {
    object.versions.push_back(v.id);
    request.versions.push_back({v.raw, std::nullopt, std::nullopt});
  }
  if (options.change_object) options.change_object(object);
  request.object.object = wire::encode_object(object);
  request.object.signature =
      crypto::sign(from.key, crypto::purpose_message("push", request.object.object)).raw();
  if (options.change_request) options.change_request(request);
  return wire::encode(request);
}

sync::push_answer sync_world::try_push(sync_device& from,
                                       const std::vector<domain::version>& versions,
                                       const push_options& options) {
  auto with_id = options;
  if (!with_id.id) with_id.id = random->make<push_id>();
  auto answer = pushes.push(from.who, push_body(from, versions, with_id));
  if (!answer.refusal) from.last_push = with_id.id;
  return answer;
}

std::vector<wire::push_result> sync_world::push(sync_device& from,
                                                const std::vector<domain::version>& versions,
                                                const push_options& options) {
  for (const auto& v : versions) from.replica.made(v);
  return lines(try_push(from, versions, options));
}

std::vector<wire::push_result> sync_world::lines(const sync::push_answer& answer) const {
  if (answer.refusal) throw std::runtime_error(answer.refusal->message);
  const auto sent = wire::decode_push_answer(answer.body).value();
  const auto signature = crypto::signature::from_raw(sent.signature);
  demand(signature && crypto::verify(signing.public_half(),
                                     crypto::purpose_message("receipt", sent.object), *signature),
         "the receipt is not signed by the server");
  return wire::decode_receipt_object(sent.object).value().results;
}

std::size_t sync_world::pull(sync_device& into, std::int64_t limit) {
  for (std::size_t pages = 1;; ++pages) {
    const auto page = changes.changes(into.who, into.replica.at(), limit).value();
    into.replica.apply(page, into.who.user.id, keys.server_secret);
    if (!page.more) return pages;
  }
}

result<sync::act_outcome> sync_world::assign(const store::user_row& to, const domain::version& v,
                                             const std::vector<version_id>& expect_heads) {
  result<sync::act_outcome> out = sync::act_outcome{};
  db->write([&](store::transaction& tx) {
    out =
        sync::assign(tx, {random.get(), clock->now()}, to, v.header.record.id, v.id, expect_heads);
  });
  return out;
}

result<sync::act_outcome> sync_world::unassign(const store::user_row& from,
                                               const record_id& record) {
  result<sync::act_outcome> out = sync::act_outcome{};
  db->write([&](store::transaction& tx) {
    out = sync::unassign(tx, {random.get(), clock->now()}, from, record, std::nullopt);
  });
  return out;
}

void sync_world::import(store::transaction& tx, const store::user_row& owner,
                        const store::device_row& device, const domain::version& v) {
  const store::wanted_record wanted[] = {
      {v.header.record.id, v.header.record.kind, v.payload.key, true}};
  const auto record = store::records::writes(tx).lock_records(wanted)[0].value();
  store::new_version row;
  row.record = record.key;
  row.number = record.last_number + 1;
  row.author = owner.key;
  row.device = device.key;
  row.value = &v;
  const auto key = store::versions::writes(tx).add_versions(std::vector{row})[0];
  store::view_row view;
  view.user = owner.key;
  view.record = record.key;
  view.state.incarnation = *incarnation_id::from_raw(v.id.raw().substr(0, 16));
  view.state.heads = {v.id};
  view.active = v.id;
  sync::feed_event event;
  event.view = store::views::writes(tx).save_views(std::vector{view})[0];
  event.incarnation = view.state.incarnation;
  event.record = record.id;
  event.version = key;
  event.version_public = v.id;
  sync::append_events(tx, owner.key, owner.id, std::vector{event});
}

std::optional<store::view_row> sync_world::view(const store::user_row& user,
                                                const record_id& record) {
  std::optional<store::view_row> out;
  db->read([&](store::snapshot& snapshot) {
    const auto row = store::records::reads(snapshot).record(record);
    if (!row) return;
    auto found = store::views::reads(snapshot).open_views(std::vector{row->key}, user.key);
    if (!found.empty()) out = std::move(found[0]);
  });
  return out;
}

std::vector<store::view_row> sync_world::views(const store::user_row& user) {
  std::vector<store::view_row> out;
  db->read([&](store::views::reads views) {
    for (auto& view : views.views_after(0, 1'000'000)) {
      if (view.user == user.key && view.open) out.push_back(std::move(view));
    }
  });
  return out;
}

sync::verify_report sync_world::verify() {
  sync::verify_options options;
  options.server_keys = {signing.public_half()};
  options.tenant_key = keys.tenant_key;
  sync::verify_report report;
  db->read([&](store::snapshot& snapshot) { report = sync::verify(snapshot, options); });
  return report;
}

std::string words(const std::vector<wire::push_result>& lines) {
  std::string out;
  for (const auto& r : lines) {
    if (!out.empty()) out += ' ';
    out += r.outcome == wire::push_outcome::refused ? r.code
                                                    : std::string(wire::outcome_name(r.outcome));
  }
  return out;
}

std::string code_of(const sync::push_answer& answer) {
  return answer.refusal ? std::string(code_name(answer.refusal->code)) : "ok";
}

std::string nth_cpf(std::size_t n) {
  std::string digits = std::to_string(100'000'000 + n % 900'000'000);
  for (int round = 0; round < 2; ++round) {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      sum += static_cast<std::size_t>(digits[i] - '0') * (digits.size() + 1 - i);
    }
    const auto rest = sum % 11;
    digits += static_cast<char>('0' + (rest < 2 ? 0 : 11 - rest));
  }
  return digits;
}

}  // namespace autocusto::test
