#include "tests/simulation/real_client.hpp"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "client/transport/remote.hpp"
#include "shared/sqlite/database.hpp"
#include "tests/simulation/kinds.hpp"
#include "tests/support/replica_state.hpp"

namespace autocusto::simulation {
namespace {

constexpr std::string_view k_passphrase = "senha";

replica::environment environment_of(const clock_source& clock, seeded_random& random) {
  return {.clock = clock, .random = random};
}

std::optional<version_id> active_of(const replica::record_shown& shown) {
  if (shown.version.status != domain::version_status::active) return std::nullopt;
  return shown.version.id;
}

}  // namespace

/// The replica's port, where a dead disk is a dead laptop.
class real_client::guarded_port final : public engine::replica_port {
 public:
  explicit guarded_port(real_client& of) : of_(of) {}

  result<engine::replica_state> load_state() override {
    return of_.guarded([&] { return real().load_state(); });
  }
  void bound_batches(const engine::batch_bounds& bounds) override { real().bound_batches(bounds); }
  wire::signed_object sign(wire::purpose of, std::string object) override {
    return of_.guarded([&] { return real().sign(of, std::move(object)); });
  }
  result<void> note_learned(const engine::learned& what) override {
    return of_.guarded([&] { return real().note_learned(what); });
  }
  result<void> save_push(const wire::push_object& what) override {
    return of_.guarded([&] { return real().save_push(what); });
  }
  result<engine::push_prepared> prepare_push(wire::push_object what) override {
    return of_.guarded([&] { return real().prepare_push(std::move(what)); });
  }
  bool keeps_push(const push_id& id) override { return real().keeps_push(id); }
  result<std::optional<wire::push_request>> kept_push(const push_id& id) override {
    return of_.guarded([&] { return real().kept_push(id); });
  }
  result<void> begin_recovery(const std::optional<std::optional<push_id>>& last) override {
    return of_.guarded([&] { return real().begin_recovery(last); });
  }
  std::vector<version_id> held_versions() override {
    return of_.guarded([&] { return real().held_versions(); });
  }
  result<void> mark_missing(const std::vector<version_id>& ids) override {
    return of_.guarded([&] { return real().mark_missing(ids); });
  }
  result<void> restart_feed() override {
    return of_.guarded([&] { return real().restart_feed(); });
  }
  result<engine::receipt_applied> apply_receipt(const wire::push_receipt& receipt) override {
    return of_.guarded([&] { return real().apply_receipt(receipt); });
  }
  result<void> drop_push(const push_id& id) override {
    return of_.guarded([&] { return real().drop_push(id); });
  }
  result<engine::page_applied> apply_page(const engine::checked_page& page) override {
    return of_.guarded([&] { return real().apply_page(page); });
  }
  result<engine::removed_erased> erase_removed(bool offer_again) override {
    return of_.guarded([&] { return real().erase_removed(offer_again); });
  }
  result<void> close() override {
    return of_.guarded([&] { return real().close(); });
  }
  result<void> reopen() override {
    return of_.guarded([&] { return real().reopen(); });
  }
  result<engine::everything_erased> erase_everything(bool in_any_case) override {
    return of_.guarded([&] { return real().erase_everything(in_any_case); });
  }
  result<std::optional<erasure_receipt>> erasure() override {
    return of_.guarded([&] { return real().erasure(); });
  }
  result<void> note_erasure(const wire::erasure_object& what) override {
    return of_.guarded([&] { return real().note_erasure(what); });
  }
  result<void> wipe() override {
    return of_.guarded([&] { return real().wipe(); });
  }
  void note_sync(const std::optional<error>& why) override {
    of_.guarded([&] { real().note_sync(why); });
  }
  std::int64_t open_conflicts() override {
    return of_.guarded([&] { return real().open_conflicts(); });
  }

 private:
  replica::sync_store& real() {
    if (!of_.real_port_) throw std::runtime_error("1: the replica has lost its enrollment");
    return *of_.real_port_;
  }
  real_client& of_;
};

template <class Work>
auto real_client::guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const sqlite::sqlite_error&) {
    if (!disk_.struck()) throw;  // then it is no fault of ours
    throw client_died();
  }
}

void real_client::prepare(const std::string& model, std::uint64_t n) {
  auto random = seeded_random::of(n, 31);
  static_cast<void>(replica::replica_store::create(model, k_passphrase,
                                                   environment_of(system_clock_source(), random))
                        .value());
}

real_client::real_client(std::string folder, const std::string& model, const clock_source& clock,
                         seeded_random random)
    : home_(std::move(folder)),
      clock_(clock),
      random_(random),
      batch_size_(random_.between(0, 1) == 0 ? limits::batch_versions
                                             : static_cast<std::size_t>(random_.between(1, 2))),
      disk_((std::filesystem::copy(model, home_), home_)) {
  open();
}

real_client::~real_client() = default;

void real_client::open() {
  auto opened = replica::replica_store::open(home_, k_passphrase, environment_of(clock_, random_));
  emptied_ = !opened && opened.error().code == errc::not_enrolled;
  if (emptied_) return;
  store_ = std::move(opened).value();
  if (store_->identity().enrolled())
    real_port_ = std::make_unique<replica::sync_store>(store_->file(), batch_size_);
  port_ = std::make_unique<guarded_port>(*this);
}

void real_client::enroll(const enrolled& who) {
  replica::identity me;
  me.host = "servidor.example";
  me.pin_is_ca = false;
  me.pin = who.pin;
  me.trust = who.trust;
  me.server = who.server;
  me.user = who.user;
  me.email = who.email;
  me.role = "doctor";
  me.device = who.device;
  me.device_name = "laptop";
  store_->identity().enroll(me, crypto::secret::copy_of(who.tenant_key)).value();
  real_port_ = std::make_unique<replica::sync_store>(store_->file(), batch_size_);
}

engine::replica_port& real_client::port() {
  return *port_;
}

std::optional<crypto::signing_key> real_client::key() {
  return store_->identity().device_key();
}

result<replica::saved> real_client::save(const replica::edit& what) {
  return guarded([&] { return store_->edit().save(what); });
}
result<replica::saved> real_client::publish(const std::string& key,
                                            const std::optional<std::string>& selector) {
  return guarded([&] { return store_->edit().publish(kind_of(key), key, selector, std::nullopt); });
}
result<version_id> real_client::discard_draft(const std::string& key,
                                              const std::optional<std::string>& selector) {
  return guarded([&] { return store_->edit().discard_draft(kind_of(key), key, selector); });
}
result<replica::saved> real_client::revert(const std::string& key, const std::string& selector) {
  return guarded([&] { return store_->edit().revert(kind_of(key), key, selector, std::nullopt); });
}
result<replica::saved> real_client::resolve(const std::string& key,
                                            const replica::resolution& how) {
  return guarded([&] { return store_->edit().resolve(kind_of(key), key, how); });
}
result<replica::saved> real_client::reapply(const std::string& selector) {
  return guarded([&] { return store_->edit().refused_reapply(selector); });
}
result<std::size_t> real_client::discard_refused(const std::string& selector) {
  return guarded([&] { return store_->edit().refused_discard(selector); });
}

std::optional<seen_record> real_client::see(const std::string& key) {
  return guarded([&]() -> std::optional<seen_record> {
    const auto shown = store_->read().show(kind_of(key), key);
    if (!shown) return std::nullopt;
    seen_record out{key, shown->heads, active_of(*shown), shown->drafts, {}};
    std::sort(out.heads.begin(), out.heads.end());
    std::sort(out.drafts.begin(), out.drafts.end());
    const auto history = store_->read().history(kind_of(key), key);
    if (history) {
      for (const auto& info : *history) out.versions[info.id];
    }
    return out;
  });
}

std::vector<seen_record> real_client::see_all() {
  return guarded([&] {
    std::map<std::string, seen_record> found;
    store_->read().export_lines([&](std::string_view line) {
      const auto read = nlohmann::json::parse(line);
      auto& record = found[read["key"]];
      const auto payload = read["payload"];
      record.versions[*version_id::parse(read["version_id"].get<std::string>())] = {
          read["header"], payload.is_null() ? "" : payload.get<std::string>()};
    });
    std::vector<seen_record> out;
    for (auto& [key, record] : found) {
      auto seen = see(key);
      if (!seen) continue;
      seen->versions = std::move(record.versions);
      out.push_back(*std::move(seen));
    }
    return out;
  });
}

std::vector<version_id> real_client::refused() {
  return guarded([&] {
    std::vector<version_id> out;
    for (const auto& item : store_->read().refused()) out.push_back(item.version);
    return out;
  });
}

bool real_client::refused_readable(const version_id& id) {
  return guarded([&] {
    const auto shown = store_->read().refused_show(id.text());
    return shown && !shown->fields.empty();
  });
}

wire::cursor real_client::cursor() {
  return guarded([&] { return store_->sync().cursor(); });
}

std::size_t real_client::waiting() {
  return guarded([&] { return store_->read().waiting().size(); });
}

std::size_t real_client::hidden() {
  return store_->read().status().hidden;
}

bool real_client::closed() {
  return store_->read().closed();
}

std::set<version_id> real_client::unsent() {
  std::set<version_id> out;
  for (const auto& item : store_->read().waiting()) out.insert(item.version);
  return out;
}

std::vector<incarnation_id> real_client::incarnations() {
  return test::held_incarnations(*store_);
}

std::vector<std::string> real_client::verify() {
  return store_->read().verify().problems;
}

bool real_client::wiped() {
  return emptied_ || !std::filesystem::exists(home_ + "/replica.sqlite");
}

bool real_client::erased() {
  return store_->identity().erased();
}

void real_client::restart() {
  const bool lost_power = power_armed_ && disk_.struck();
  real_port_.reset();
  store_.reset();
  if (lost_power) {
    disk_.settle(test::torn::some, torn_seed_);
  } else {
    disk_.mend();
  }
  power_armed_ = false;
  if (!wiped()) open();
}

bool real_client::keep_copy() {
  std::filesystem::remove_all(home_ + "-copy");
  std::filesystem::copy(home_, home_ + "-copy");
  return true;
}

bool real_client::go_back() {
  if (!std::filesystem::exists(home_ + "-copy")) return false;
  real_port_.reset();
  store_.reset();
  disk_.settle(test::torn::all, 0);
  power_armed_ = false;
  for (const auto& each : std::filesystem::directory_iterator(home_)) {
    std::filesystem::remove(each.path());
  }
  std::filesystem::copy(home_ + "-copy", home_);
  open();
  return true;
}

result<device_id> real_client::enroll_again(const ask_again& ask) {
  return guarded([&]() -> result<device_id> {
    const auto next = store_->identity().next_device_key();
    if (!next) return next.error();
    auto me = store_->identity().who().value();
    const auto key = store_->identity().device_key();
    const auto form = [&](const std::string& challenge) {
      const transport::new_device::replaced old{me.server, me.device, &key};
      return transport::enroll_request_of({}, {"copy", &*next, old}, me.server, challenge);
    };
    const auto got = ask(form);
    if (!got) return got.error();
    me.device = got->device;
    me.device_name = "copy";
    const auto done = store_->identity().become(me, next->public_half(),
                                                crypto::secret::copy_of(got->tenant_key));
    if (!done) return done.error();
    return got->device;
  });
}

bool real_client::arm(trouble what, std::uint64_t n, std::uint64_t seed) {
  power_armed_ = what == trouble::power_loss;
  torn_seed_ = seed;
  switch (what) {
    case trouble::write_fails:
      disk_.arm(test::disk_fault::fails, n);
      break;
    case trouble::disk_full:
      disk_.arm(test::disk_fault::full, n);
      break;
    case trouble::power_loss:
      disk_.arm(test::disk_fault::power_loss, n);
      break;
  }
  return true;
}

void real_client::mend() {
  power_armed_ = false;
  disk_.mend();
}

}  // namespace autocusto::simulation
