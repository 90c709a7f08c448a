#include "tests/simulation/light_client.hpp"

#include <algorithm>

#include "shared/domain/validate.hpp"
#include "tests/simulation/kinds.hpp"

namespace autocusto::simulation {
namespace {

template <class T, class U>
bool holds(const T& list, const U& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

error wrong() {
  return fail(errc::invalid_field, "a field is wrong");
}

error none() {
  return fail(errc::not_found, "none");
}

error no_access() {
  return fail(errc::device_revoked, "closed");
}

}  // namespace

// ---- Sync ----

result<engine::replica_state> light_client::load_state() {
  engine::replica_state found;
  found.server = who_.server;
  found.user = who_.user;
  found.device = who_.device;
  found.cursor = cursor_;
  found.last_push = last_push_;
  found.closed = closed_off_;
  found.erased = erased_;
  const auto due = receipt();
  found.erasure_due = due.everything || !due.incarnations.empty();
  if (kept_) {
    found.inflight_push = {
        .id = kept_->id, .versions = kept_->versions.size(), .discards = kept_->discards.size()};
    auto& ids = found.inflight_push->ids = kept_->versions;
    ids.insert(ids.end(), kept_->discards.begin(), kept_->discards.end());
    found.waiting = static_cast<std::int64_t>(kept_->versions.size() + kept_->discards.size());
    return found;
  }
  next_batch(found);
  return found;
}

std::optional<record_id> light_client::record_of(const version_id& id) const {
  if (const auto own = own_.find(id); own != own_.end()) return own->second->header.record.id;
  for (const auto& [record, held] : records_) {
    if (held.versions.contains(id)) return record;
  }
  return std::nullopt;
}

/// Within the bounds: as the replica's, but that a record may be torn apart.
void light_client::next_batch(engine::replica_state& found) const {
  std::set<std::optional<record_id>> left_out;
  for (const auto& id : bounds_.without) left_out.insert(record_of(id));
  std::set<version_id> unsent;
  for (const auto& each : waiting_) {
    if (each.acknowledged) continue;
    ++found.waiting;
    const bool fits = found.versions.size() < bounds_.at_most;
    if (fits && !left_out.contains(each.what->header.record.id)) {
      found.versions.push_back(each.what->id);
    } else {
      unsent.insert(each.what->id);
    }
  }
  found.waiting += static_cast<std::int64_t>(discards_.size());
  for (const auto& id : discards_) {
    if (found.discards.size() == bounds_.at_most) break;
    if (!unsent.contains(id) && !left_out.contains(record_of(id))) found.discards.push_back(id);
  }
}

result<void> light_client::save_push(const wire::push_object& what) {
  kept_ = what;
  return {};
}

result<std::optional<wire::push_request>> light_client::kept_push(const push_id& id) {
  if (!kept_ || kept_->id != id) return std::optional<wire::push_request>();
  wire::push_request request;
  request.object.object = wire::encode_object(*kept_);
  for (const auto& each : kept_->versions) {
    request.versions.push_back({own_.at(each)->raw, {}, {}});
  }
  return std::optional(std::move(request));
}

void light_client::refuse(const version_id& id) {
  // Its local descendants go with it.
  std::set<version_id> gone{id};
  for (const auto& each : waiting_) {
    if (closed_off_) break;  // they are still sent, so that the server can keep them
    for (const auto& parent : each.what->header.parents) {
      if (gone.contains(parent)) gone.insert(each.what->id);
    }
  }
  for (const auto& each : waiting_) {
    if (gone.contains(each.what->id)) refused_.push_back(each.what->id);
  }
  std::erase_if(waiting_, [&](const local& each) { return gone.contains(each.what->id); });
  for (auto& [record, held] : records_) {
    if (held.versions.empty()) continue;
    bool touched = false;
    for (const auto& each : gone) touched = held.versions.erase(each) > 0 || touched;
    if (!touched) continue;
    held.dag = {};
    for (const auto& [other, v] : held.versions) learn(held, v);
  }
}

result<engine::receipt_applied> light_client::apply_receipt(const wire::push_receipt& receipt) {
  if (!kept_ || kept_->id != receipt.id) return {};
  sent_.insert(kept_->versions.begin(), kept_->versions.end());
  for (std::size_t i = 0; i < receipt.results.size(); ++i) {
    const auto& line = receipt.results[i];
    if (i >= kept_->versions.size()) {
      std::erase(discards_, line.version);
      if (line.outcome == wire::push_outcome::discarded) {
        discarded_.emplace_back(line.version, line.incarnation);
      }
      continue;
    }
    if (line.outcome == wire::push_outcome::refused) {
      if (waits(line.version)) refuse(line.version);
      continue;
    }
    for (auto& each : waiting_) {
      if (each.what->id != line.version) continue;
      each.acknowledged = true;
      each.incarnation = line.incarnation;
    }
  }
  forget_closed();
  last_push_ = receipt.id;
  kept_.reset();
  return {};
}

result<void> light_client::drop_push(const push_id& id) {
  if (kept_ && kept_->id == id) kept_.reset();
  return {};
}

void light_client::learn(holding& into, std::shared_ptr<const domain::version> v) {
  const auto& h = v->header;
  into.dag.add({v->id, h.parents, h.generation, h.status == domain::version_status::draft});
  into.key = v->payload.key;
  into.versions.try_emplace(v->id, std::move(v));
}

void light_client::forget_closed() {
  const auto over = [this](const std::optional<incarnation_id>& i) {
    return i && closed_.contains(*i);
  };
  std::erase_if(waiting_, [&](const local& each) { return over(each.incarnation); });
  std::erase_if(discarded_, [&](const auto& each) { return over(each.second); });
}

void light_client::apply_item(const wire::item& item) {
  if (item.hash_only) return;
  if (item.kind == wire::item_kind::removed) {
    records_.erase(item.record);
    closed_.insert(item.incarnation);
    to_receipt_.insert(item.incarnation);
    return forget_closed();
  }
  if (item.kind == wire::item_kind::discarded) {
    std::erase_if(discarded_, [&](const auto& each) { return each.first == *item.version; });
    return;
  }
  auto& held = records_[item.record];
  // Its own bytes are left out of pages.
  if (!held.versions.contains(*item.version) && own_.contains(*item.version)) {
    learn(held, own_.at(*item.version));
  }
  if (item.kind == wire::item_kind::version) {
    std::erase_if(waiting_, [&](const local& each) { return each.what->id == *item.version; });
  }
}

result<engine::page_applied> light_client::apply_page(const engine::checked_page& checked) {
  const auto& page = checked.page;
  if (checked.from != cursor_) return engine::page_applied{.applied = false};
  engine::page_applied effect;
  for (const auto& item : page.items) {
    effect.removed += !item.hash_only && item.kind == wire::item_kind::removed;
    apply_item(item);
  }
  for (std::size_t i = 0; i < page.versions.size(); ++i) {
    const auto& bytes = page.versions[i];
    auto& held = records_[checked.versions[i].header.record.id];
    if (held.versions.contains(checked.versions[i].id)) continue;
    ++effect.new_versions;
    learn(held, std::make_shared<domain::version>(
                    domain::decode_version({bytes.header, *bytes.payload}).value()));
  }
  for (const auto& view : page.views) {
    auto& held = records_[view.record.id];
    held.has_view = true;
    held.told = {view.heads, view.active, view.pinned, view.drafts, view.conflict};
    for (const auto* list : {&view.heads, &view.drafts}) {
      for (const auto& id : *list) {
        if (!held.versions.contains(id) && own_.contains(id)) learn(held, own_.at(id));
      }
    }
  }
  // What is in P belongs to the record as it is now, also where its view was taken and came back.
  for (const auto& each : waiting_) {
    const auto at = records_.find(each.what->header.record.id);
    if (at != records_.end()) learn(at->second, each.what);
  }
  cursor_ = page.next;
  return effect;
}

std::size_t light_client::unsynced() const {
  std::size_t count = discards_.size();
  for (const auto& each : waiting_) count += !each.acknowledged;
  for (const auto& id : refused_) count += !sent_.contains(id);
  return count;
}

std::set<version_id> light_client::unsent() {
  std::set<version_id> out;
  for (const auto& each : waiting_) out.insert(each.what->id);
  for (const auto& id : refused_) {
    if (!sent_.contains(id)) out.insert(id);
  }
  return out;
}

result<void> light_client::close() {
  if (erased_) return {};
  closed_off_ = true;
  for (const auto& id : refused_) {
    if (!sent_.contains(id)) waiting_.push_back({own_.at(id), false, std::nullopt});
  }
  std::erase_if(refused_, [this](const version_id& id) { return !sent_.contains(id); });
  return {};
}

result<void> light_client::reopen() {
  closed_off_ = false;
  return {};
}

result<engine::everything_erased> light_client::erase_everything(bool in_any_case) {
  if (!in_any_case && unsynced() > 0) {
    engine::everything_erased still;
    still.kept = unsynced();
    return still;
  }
  closed_off_ = erased_ = true;
  records_.clear();
  waiting_.clear();
  refused_.clear();
  discards_.clear();
  to_receipt_.clear();
  kept_.reset();
  return engine::everything_erased{};
}

wire::erasure_object light_client::receipt() const {
  wire::erasure_object out;
  out.server = who_.server;
  out.device = who_.device;
  out.actor = who_.user;
  out.everything = erased_;
  const bool clear = !closed_off_ && waiting_.empty() && !kept_;
  if (clear) out.incarnations.assign(to_receipt_.begin(), to_receipt_.end());
  return out;
}

result<std::optional<engine::replica_port::erasure_receipt>> light_client::erasure() {
  auto out = receipt();
  if (!out.everything && out.incarnations.empty()) return std::optional<erasure_receipt>();
  wire::signed_object form{wire::encode_object(out), {}};
  return std::optional(erasure_receipt{std::move(out), std::move(form)});
}

result<void> light_client::note_erasure(const wire::erasure_object& what) {
  for (const auto& id : what.incarnations) to_receipt_.erase(id);
  return {};
}

result<void> light_client::wipe() {
  wiped_ = true;
  records_.clear();
  return {};
}

// ---- The doctor ----

bool light_client::waits(const version_id& id) const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [&id](const local& each) { return each.what->id == id; });
}

light_client::holding* light_client::find(const std::string& key) {
  const auto at = records_.find(record_id_of(who_.tenant_key, key));
  return at == records_.end() || at->second.versions.empty() ? nullptr : &at->second;
}

replica::shown_view light_client::shown(const holding& of) const {
  std::vector<replica::local_version> p;
  for (const auto& each : waiting_) {
    if (of.versions.contains(each.what->id)) p.push_back({each.what->id, each.what->header.status});
  }
  std::vector<version_id> gone = discards_;
  for (const auto& [id, incarnation] : discarded_) gone.push_back(id);
  return replica::make_shown_view(of.told, p, of.dag, gone);
}

bool light_client::fits(const holding& in, const domain::field_map& fields, bool draft) {
  domain::known_values known;
  for (const auto& [id, v] : in.versions) known.add(v->payload.fields, v->header.status);
  const auto status = draft ? domain::version_status::draft : domain::version_status::active;
  return domain::validate_edit(*domain::find_record_kind(kind_of(in.key)), fields, status, known)
      .empty();
}

replica::saved light_client::unchanged(const holding& in, const version_id& id) const {
  replica::saved out;
  out.kind = kind_of(in.key);
  out.key = in.key;
  out.version = id;
  return out;
}

replica::saved light_client::keep(holding& in, const std::vector<version_id>& parents,
                                  domain::field_map fields, bool draft, bool created) {
  domain::version_header header;
  header.record = {kind_of(in.key), record_id_of(who_.tenant_key, in.key)};
  header.parents = parents;
  std::sort(header.parents.begin(), header.parents.end());
  for (const auto& id : parents) {
    header.generation = std::max(header.generation, in.versions.at(id)->header.generation + 1);
  }
  header.author = who_.user;
  header.device = who_.device;
  header.created_at = format_time(clock_.now());
  if (draft) header.status = domain::version_status::draft;
  domain::version_payload payload;
  payload.key = in.key;
  payload.salt = random_.make<salt128>();
  payload.summary = "Teste";
  payload.fields = std::move(fields);
  const auto v = std::make_shared<const domain::version>(domain::make_version(header, payload));
  own_.emplace(v->id, v);
  waiting_.push_back({v, false, std::nullopt});
  learn(in, v);
  auto out = unchanged(in, v->id);
  out.changed = true;
  out.created = created;
  return out;
}

result<replica::saved> light_client::save(const replica::edit& what) {
  if (closed_off_) return no_access();
  auto* held = find(what.key);
  std::optional<version_id> from;
  if (held != nullptr) {
    const auto now = shown(*held);
    const auto newest = now.drafts.empty() ? std::nullopt : std::optional(now.drafts.back());
    from = what.draft && newest ? newest : now.active ? now.active : newest;
  }
  if (!from) {
    auto& fresh = records_[record_id_of(who_.tenant_key, what.key)];
    fresh.key = what.key;
    auto fields = domain::empty_fields(kind_of(what.key));
    for (const auto& [name, value] : what.fields) fields[name] = value;
    if (!fits(fresh, fields, what.draft)) return wrong();
    return keep(fresh, {}, std::move(fields), what.draft, true);
  }
  auto fields = held->versions.at(*from)->payload.fields;
  for (const auto& [name, value] : what.fields) fields[name] = value;
  const auto& old = *held->versions.at(*from);
  const bool same_status = (old.header.status == domain::version_status::draft) == what.draft;
  if (fields == old.payload.fields && same_status) return unchanged(*held, *from);
  if (!fits(*held, fields, what.draft)) return wrong();
  return keep(*held, {*from}, std::move(fields), what.draft, false);
}

result<replica::saved> light_client::publish(const std::string& key,
                                             const std::optional<std::string>& selector) {
  if (closed_off_) return no_access();
  auto* held = find(key);
  const auto id = version_id::parse(*selector);
  if (held == nullptr || !holds(shown(*held).drafts, *id)) return none();
  const auto& fields = held->versions.at(*id)->payload.fields;
  if (!fits(*held, fields, false)) return wrong();
  return keep(*held, {*id}, fields, false, false);
}

result<version_id> light_client::discard_draft(const std::string& key,
                                               const std::optional<std::string>& selector) {
  if (closed_off_) return no_access();
  auto* held = find(key);
  const auto id = version_id::parse(*selector);
  if (held == nullptr || !holds(shown(*held).drafts, *id)) return none();
  discards_.push_back(*id);
  return *id;
}

result<replica::saved> light_client::revert(const std::string& key, const std::string& selector) {
  if (closed_off_) return no_access();
  auto* held = find(key);
  if (held == nullptr) return none();
  const auto now = shown(*held);
  const auto to = held->versions.find(*version_id::parse(selector));
  if (to == held->versions.end() || !now.active) return none();
  auto fields = to->second->payload.fields;
  if (!fits(*held, fields, false)) return wrong();
  if (fields == held->versions.at(*now.active)->payload.fields) {
    return unchanged(*held, *now.active);
  }
  return keep(*held, {*now.active}, std::move(fields), false, false);
}

result<replica::saved> light_client::resolve(const std::string& key,
                                             const replica::resolution& how) {
  if (closed_off_) return no_access();
  auto* held = find(key);
  if (held == nullptr) return none();
  const auto now = shown(*held);
  if (now.heads.size() < 2) return none();
  auto fields = held->versions.at(*version_id::parse(*how.take))->payload.fields;
  for (const auto& [name, value] : how.set) fields[name] = value;
  if (!fits(*held, fields, false)) return wrong();
  return keep(*held, now.heads, std::move(fields), false, false);
}

result<replica::saved> light_client::reapply(const std::string& selector) {
  const auto id = *version_id::parse(selector);
  const auto v = own_.at(id);
  replica::edit again;
  again.key = v->payload.key;
  again.kind = kind_of(again.key);
  again.fields = v->payload.fields;
  auto made = save(again);
  if (made) std::erase(refused_, id);
  return made;
}

result<std::size_t> light_client::discard_refused(const std::string& selector) {
  return std::erase(refused_, *version_id::parse(selector));
}

std::optional<seen_record> light_client::see(const std::string& key) {
  auto* held = find(key);
  if (held == nullptr) return std::nullopt;
  const auto now = shown(*held);
  if (now.empty()) return std::nullopt;
  seen_record out{key, now.heads, now.active, now.drafts, {}};
  std::sort(out.drafts.begin(), out.drafts.end());
  for (const auto& [id, v] : held->versions) out.versions[id] = v->raw;
  return out;
}

std::vector<seen_record> light_client::see_all() {
  std::vector<seen_record> out;
  for (const auto& [record, held] : records_) {
    if (held.versions.empty()) continue;
    if (auto seen = see(held.key)) out.push_back(*std::move(seen));
  }
  return out;
}

std::vector<version_id> light_client::refused() {
  return refused_;
}

}  // namespace autocusto::simulation
