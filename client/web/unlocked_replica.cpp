#include "client/web/unlocked_replica.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <nlohmann/json.hpp>

#include "client/replica/identity/identity_store.hpp"
#include "client/sync/enrollment.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/validate.hpp"
#include "shared/passphrase/strength.hpp"

namespace autocusto::web {
namespace {

constexpr std::chrono::minutes k_usual_idle{10};
constexpr std::size_t k_recent = 10;
constexpr std::string_view k_idle_setting = "page_idle_minutes";
constexpr std::string_view k_recent_texts = "page_recent";
constexpr std::string_view k_unsaved_text = "page_unsaved";
/// A search waits for no more than these.
constexpr std::size_t k_learned_at_once = 50;
constexpr std::size_t k_most_places = 32;

error is_locked() {
  return fail(errc::session_expired, "AutoCusto is locked; type the passphrase to go on.");
}

void fill_from(const replica::reader& reader, search_index& index) {
  std::vector<replica::list_item> all;
  std::size_t damaged = 0;  // of whatever kind: each kind's list tells the same
  for (const auto& kind : domain::record_kinds()) {
    auto some = reader.search(kind.kind, {}, &damaged);
    if (!some) continue;
    all.insert(all.end(), std::make_move_iterator(some->begin()),
               std::make_move_iterator(some->end()));
  }
  index.fill(std::move(all), damaged);
}

std::vector<recent_record> kept_recent(const replica::reader& reader) {
  std::vector<recent_record> out;
  for (auto& each : reader.kept_texts(k_recent_texts)) {
    out.push_back({std::move(each.kind), std::move(each.key)});
  }
  return out;
}

/// Texts of earlier programs, which kept one, name no slot.
std::string slot_of(const std::string& text) {
  const auto edit = nlohmann::json::parse(text, nullptr, false);
  const auto slot = edit.is_object() ? edit.find("slot") : edit.end();
  return slot != edit.end() && slot->is_string() ? slot->get<std::string>() : std::string();
}

std::vector<unsaved_edit> kept_unsaved(const replica::reader& reader) {
  std::vector<unsaved_edit> out;
  for (auto& each : reader.kept_texts(k_unsaved_text)) {
    auto slot = slot_of(each.value);
    out.push_back({std::move(slot), std::move(each)});
  }
  return out;
}

/// Earlier programs kept both as settings, which outlived their records.
void forget_older_form(replica::identity_store own) {
  for (const auto name : {k_recent_texts, k_unsaved_text}) {
    if (own.setting(name)) static_cast<void>(own.set_setting(name, {}));
  }
}

std::chrono::minutes kept_idle(const replica::identity_store& own) {
  const auto text = own.setting(k_idle_setting);
  return text ? std::chrono::minutes(std::atoi(text->c_str())) : k_usual_idle;
}

/// What the list shows of one record.
replica::list_item item_of(std::string_view kind, const replica::record_shown& what) {
  const auto* shown = &what;
  replica::list_item item;
  item.kind = shown->kind;
  item.key = shown->key;
  item.name = domain::name_of(kind, shown->fields);
  item.version = shown->version.id;
  item.number = shown->version.number;
  item.conflict = shown->conflict;
  item.synced = shown->synced;
  item.draft = shown->version.status == domain::version_status::draft;
  item.has_draft = !shown->drafts.empty();
  return item;
}

search_index::read_details details_reader(replica::reader reader) {
  return [reader](const replica::list_item& item) -> std::optional<record_details> {
    const auto shown = reader.show(item.kind, item.key);
    if (!shown) return std::nullopt;
    return details_of(*shown);
  };
}

}  // namespace

std::int64_t awake_or_asleep_millis() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

unlocked_replica::unlocked_replica(options given, const replica::environment& env,
                                   std::function<void()> changed, std::function<void()> closed)
    : options_(std::move(given)),
      env_(env),
      changed_(std::move(changed)),
      closed_(std::move(closed)) {
  background_sync::hooks hooks;
  hooks.open = [this]() -> result<std::unique_ptr<replica::replica_store>> {
    crypto::secret passphrase;
    {
      const std::lock_guard lock(mutex_);
      passphrase = std::exchange(passphrase_, crypto::secret());
    }
    return replica::replica_store::open(options_.home, passphrase.view(), env_);
  };
  hooks.changed = [this] { changed_(); };
  sync_ = std::make_unique<background_sync>(env_.random, std::move(hooks));
}

unlocked_replica::~unlocked_replica() {
  lock();
}

lock_state unlocked_replica::at() const {
  const std::lock_guard lock(mutex_);
  if (replica_) return lock_state::open;
  return replica::replica_store::exists(options_.home) ? lock_state::locked
                                                       : lock_state::not_enrolled;
}

result<void> unlocked_replica::open_locked(std::unique_ptr<replica::replica_store> opened,
                                           std::string_view passphrase) {
  if (!opened->identity().enrolled()) {
    return fail(errc::not_enrolled,
                "The enrollment of this laptop was not finished; paste the same link again.");
  }
  {
    const std::lock_guard lock(mutex_);
    replica_ = std::move(opened);
    passphrase_ = crypto::secret::copy_of(passphrase);
    forget_older_form(replica_->identity());
    recent_ = kept_recent(replica_->read());
    unsaved_ = kept_unsaved(replica_->read());
    seen_elsewhere_ = replica_->read().changes_elsewhere();
    idle_millis_ = options_.idle
                       ? options_.idle->count()
                       : std::chrono::milliseconds(kept_idle(replica_->identity())).count();
    fill_from(replica_->read(), index_);
    erased_.reset();
    owner_.emplace();
    if (const auto who = replica_->identity().who()) {
      owner_->user = who->email;
      owner_->server = who->host;
      owner_->device_name = who->device_name;
    }
  }
  touch();
  if (options_.sync) sync_->start();
  bump();
  return {};
}

result<void> unlocked_replica::unlock(std::string_view passphrase) {
  const std::lock_guard life(lifecycle_);
  auto opened = replica::replica_store::open(options_.home, passphrase, env_);
  if (!opened) return opened.error();
  if (at() == lock_state::open) return {};
  return open_locked(*std::move(opened), passphrase);
}

result<void> unlocked_replica::check_passphrase(std::string_view passphrase) {
  const std::lock_guard life(lifecycle_);
  auto opened = replica::replica_store::open(options_.home, passphrase, env_);
  if (!opened) return opened.error();
  return {};
}

result<void> unlocked_replica::enroll(std::string_view link, std::string_view device_name,
                                      std::string_view passphrase) {
  const std::lock_guard life(lifecycle_);
  const auto read = wire::decode_enrollment_link(link);
  if (!read) return read.error();
  const bool fresh = !replica::replica_store::exists(options_.home);
  if (fresh) {
    const auto good = passphrase::check_new(passphrase, passphrase::purpose::profile, env_.random);
    if (!good) return good.error();
  }
  auto opened = fresh ? replica::replica_store::create(options_.home, passphrase, env_)
                      : replica::replica_store::open(options_.home, passphrase, env_);
  if (!opened) return opened.error();
  if ((*opened)->identity().enrolled()) {
    return fail(errc::already_enrolled, "This laptop is enrolled already; unlock it.");
  }
  const auto who = engine::enroll_device((*opened)->identity(), *read, device_name);
  if (!who) {
    if (fresh && !engine::may_have_enrolled(who.error().code)) {
      opened->reset();
      if (const auto gone = replica::replica_store::wipe(options_.home); !gone) return gone.error();
    }
    return who.error();
  }
  return open_locked(*std::move(opened), passphrase);
}

result<void> unlocked_replica::enroll_again() {
  {
    const auto at = take_lease();
    if (!at) return at.error();
    const auto who = engine::enroll_device_again(at->identity(), std::nullopt, {});
    if (!who) return who.error();
  }
  bump();
  sync_->try_now();
  return {};
}

void unlocked_replica::close(std::unique_lock<std::mutex>& held) {
  keep_what_is_not_urgent();
  replica_.reset();
  index_.clear();
  recent_.clear();
  unsaved_.clear();
  places_.clear();
  passphrase_ = crypto::secret();
  held.unlock();
  // The sync's thread may be waiting for the mutex in its hook, so it is ended without it.
  sync_->stop();
  bump();
  closed_();
}

void unlocked_replica::lock() {
  const std::lock_guard life(lifecycle_);
  std::unique_lock held(mutex_);
  if (replica_) close(held);
}

result<void> unlocked_replica::wipe() {
  const std::lock_guard life(lifecycle_);
  {
    std::unique_lock held(mutex_);
    recent_dirty_ = false;
    unsaved_dirty_ = false;
    erased_.reset();
    if (replica_) close(held);
  }
  auto done = replica::replica_store::wipe(options_.home);
  bump();
  return done;
}

std::optional<erased_note> unlocked_replica::erased() const {
  const std::lock_guard lock(mutex_);
  return erased_;
}

std::string unlocked_replica::place(const std::string& tab) const {
  const std::lock_guard lock(mutex_);
  const auto at = places_.find(tab);
  return at == places_.end() ? std::string() : at->second;
}

void unlocked_replica::set_place(const std::string& tab, std::string place) {
  const std::lock_guard lock(mutex_);
  if (!replica_) return;
  if (places_.size() >= k_most_places && !places_.contains(tab)) places_.erase(places_.begin());
  places_[tab] = std::move(place);
}

result<unlocked_replica::lease> unlocked_replica::take_lease() {
  std::unique_lock held(mutex_);
  if (!replica_) return is_locked();
  return lease(std::move(held), *this);
}

void unlocked_replica::lease::changed(std::string_view kind, std::string_view key) const {
  if (const auto shown = reader().show(kind, key)) {
    of_->index_.put(item_of(kind, *shown), details_of(*shown));
  }
  of_->bump();
}

record_details unlocked_replica::lease::details(const replica::list_item& of) const {
  const auto* known = of_->index_.details(of, details_reader(reader()));
  return known == nullptr ? record_details() : *known;
}

void unlocked_replica::lease::learn_all() const {
  while (of_->index_.learn(details_reader(reader()), k_learned_at_once)) {
  }
}

void unlocked_replica::lease::changed() const {
  of_->bump();
}

void unlocked_replica::lease::visited(std::string_view kind, std::string_view key) const {
  recent_record now{std::string(kind), std::string(key)};
  auto& all = of_->recent_;
  if (!all.empty() && all.front() == now) return;
  std::erase(all, now);
  all.insert(all.begin(), std::move(now));
  if (all.size() > k_recent) all.resize(k_recent);
  of_->recent_dirty_ = true;
}

const std::vector<unsaved_edit>& unlocked_replica::lease::unsaved() const {
  of_->forget_what_is_gone();
  return of_->unsaved_;
}

result<void> unlocked_replica::lease::set_unsaved(unsaved_edit one) const {
  if (auto open = reader().check_access(); !open) return open;
  auto& all = of_->unsaved_;
  if (!all.empty() && all.front() == one) return {};
  const auto size = all.size();
  std::erase_if(all, [&one](const unsaved_edit& each) { return each.slot == one.slot; });
  if (one.what.value.empty()) {
    of_->unsaved_dirty_ = of_->unsaved_dirty_ || all.size() != size;
    return {};
  }
  all.insert(all.begin(), std::move(one));
  std::size_t bytes = 0;
  std::size_t fit = 0;
  while (fit < all.size() && fit < k_most_unsaved) {
    bytes += all[fit].what.value.size();
    if (bytes > k_most_unsaved_bytes) break;
    ++fit;
  }
  all.resize(fit);
  of_->unsaved_dirty_ = true;
  return {};
}

/// What is in memory of records that are not shown here any more.
void unlocked_replica::forget_what_is_gone() {
  const auto gone = [this](const std::string& kind, const std::string& key) {
    return !kind.empty() && !replica_->read().history(kind, key);
  };
  std::erase_if(recent_, [&gone](const recent_record& each) { return gone(each.kind, each.key); });
  const bool closed = replica_->read().closed();
  std::erase_if(unsaved_, [&](const unsaved_edit& each) {
    return closed || gone(each.what.kind, each.what.key);
  });
}

/// Only conveniences: if the replica is busy now, they are kept the next time.
void unlocked_replica::keep_what_is_not_urgent() {
  const auto keep = [this](std::string_view name, std::span<const replica::kept_text> texts) {
    const auto kept = replica_->edit().keep_texts(name, texts);
    return kept || kept.error().code != errc::replica_busy;
  };
  if (std::exchange(recent_dirty_, false)) {
    std::vector<replica::kept_text> texts;
    for (const auto& each : recent_) texts.push_back({each.kind, each.key, {}});
    recent_dirty_ = !keep(k_recent_texts, texts);
  }
  if (std::exchange(unsaved_dirty_, false)) {
    std::vector<replica::kept_text> texts;
    for (const auto& each : unsaved_) texts.push_back(each.what);
    unsaved_dirty_ = !keep(k_unsaved_text, texts);
  }
}

void unlocked_replica::touch() {
  touched_ = awake_or_asleep_millis();
}

std::chrono::milliseconds unlocked_replica::idle_limit() const {
  return std::chrono::milliseconds(idle_millis_.load());
}

result<void> unlocked_replica::set_idle_limit(const lease& by, std::chrono::minutes limit) {
  if (auto kept = by.identity().set_setting(k_idle_setting, std::to_string(limit.count())); !kept) {
    return kept.error();
  }
  idle_millis_ = std::chrono::milliseconds(limit).count();
  return {};
}

sync_state unlocked_replica::sync() const {
  return sync_->state();
}

void unlocked_replica::sync_now() {
  sync_->try_now();
}

void unlocked_replica::bump() {
  ++revision_;
  changed_();
}

void unlocked_replica::refill() {
  fill_from(replica_->read(), index_);
  forget_what_is_gone();
  bump();
}

/// The server has had everything here destroyed; what is still in memory goes too. But an
/// enrollment may have begun anew while this waited for it.
void unlocked_replica::lock_what_was_wiped() {
  const std::lock_guard life(lifecycle_);
  const auto state = sync_->state();
  if (!state.wiped) return;
  std::unique_lock held(mutex_);
  if (replica_) {
    erased_ = owner_;
    erased_->at = env_.clock.now();
    erased_->why = state.why;
  }
  if (replica_) close(held);
}

void unlocked_replica::work_behind() {
  if (sync_->state().wiped) {
    lock_what_was_wiped();
    return;
  }
  {
    std::unique_lock held(mutex_, std::try_to_lock);
    if (!held || !replica_) return;
    try {
      const auto elsewhere = replica_->read().changes_elsewhere();
      if (elsewhere != seen_elsewhere_) {
        seen_elsewhere_ = elsewhere;
        refill();
      }
      keep_what_is_not_urgent();
      static_cast<void>(index_.learn(details_reader(replica_->read()), k_learned_at_once));
    } catch (const std::exception&) {
      // Wiped or damaged by somebody else: the next request tells what; nothing stays open.
      idle_millis_ = 0;
    }
  }
  const auto idle = awake_or_asleep_millis() - touched_.load();
  if (idle >= idle_millis_.load()) lock();
}

}  // namespace autocusto::web
