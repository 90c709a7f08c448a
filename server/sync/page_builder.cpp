#include "server/sync/page_builder.hpp"

#include <algorithm>
#include <utility>

#include "server/store/conflicts.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"
#include "server/sync/feed_writer.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::sync::detail {
namespace {

/// Items are looked up in sets of this size: few round trips, and even versions of the greatest
/// size take no more than some 16 MiB at a time.
constexpr std::size_t k_chunk = 250;

// Greatest sizes of the JSON around what varies, in bytes.
constexpr std::size_t k_page_frame = 400;
constexpr std::size_t k_item = 260;
constexpr std::size_t k_closed_item = 110;
constexpr std::size_t k_version_frame = 240;
constexpr std::size_t k_view_frame = 640;
constexpr std::size_t k_id = 67;
constexpr std::size_t k_person = 6 * 254 + 80;      // an e-mail, every byte escaped
constexpr std::size_t k_device = 2 * 4 * 100 + 80;  // a name of 100 code points

/// Bytes of a text inside JSON. The text is canonical JSON itself, so it has no control characters.
std::size_t escaped_size(std::string_view text) {
  const auto escapes =
      std::count_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\\'; });
  return text.size() + static_cast<std::size_t>(escapes);
}

std::size_t json_size(const store::stored_version& v) {
  return k_version_frame + escaped_size(v.header) + (v.payload ? escaped_size(*v.payload) : 0);
}

/// What laptops are told as a conflict's id: the database's own numbers count the conflicts of all
/// users, and would tell one doctor about the others.
std::int64_t public_conflict_id(std::string_view server_secret, store::pk conflict) {
  constexpr std::size_t k_bytes = 6;
  const auto mac = crypto::hmac_sha256(server_secret, "conflict:" + std::to_string(conflict));
  std::int64_t id = 0;
  for (const char c : mac.raw().substr(0, k_bytes)) id = id * 256 + static_cast<unsigned char>(c);
  return id;
}

bool brings_version(const store::feed_item& i) {
  return i.version && i.view_open &&
         (i.kind == store::feed_kind::version || i.kind == store::feed_kind::assigned);
}

}  // namespace

wire::page page_builder::build(const wire::cursor& from, std::int64_t limit) {
  page_.next = from;
  bytes_ = k_page_frame;
  const auto items = feed_.feed(who_.user.key, from.seq, limit);
  const std::span<const store::feed_item> all(items);
  for (std::size_t at = 0; at < all.size(); at += k_chunk) {
    if (!add_chunk(all.subspan(at, std::min(k_chunk, all.size() - at)))) break;
  }
  name_authors();
  page_.more = feed_.head(who_.user.key).seq > page_.next.seq;
  find_given_ahead();
  return std::move(page_);
}

/// False when the page is full.
bool page_builder::add_chunk(std::span<const store::feed_item> chunk) {
  load_views(chunk);
  load_versions(chunk);
  find_own(chunk);
  for (const auto& item : chunk) {
    auto what = weigh(item);
    if (!page_.items.empty() && bytes_ + what.bytes > limits::batch_bytes) return false;
    carry(item, std::move(what));
  }
  versions_.clear();
  return true;
}

void page_builder::load_views(std::span<const store::feed_item> chunk) {
  std::vector<store::pk> wanted;
  std::unordered_set<store::pk> seen;
  for (const auto& item : chunk) {
    if (item.view_open && !views_.contains(item.view) && seen.insert(item.view).second) {
      wanted.push_back(item.view);
    }
  }
  if (wanted.empty()) return;
  for (auto& view : store::views::reads(snapshot_).views_by_pk(wanted)) {
    const auto key = view.key;
    views_.emplace(key, std::move(view));
  }
  for (auto& conflict : store::conflicts::reads(snapshot_).open_conflicts(wanted)) {
    const auto view = conflict.view;
    conflicts_.emplace(view, std::move(conflict));
  }
}

/// Fetches the versions of the chunk's items and of the heads and drafts of the views that they
/// bring in.
void page_builder::load_versions(std::span<const store::feed_item> chunk) {
  std::vector<store::pk> wanted;
  std::unordered_set<store::pk> seen;
  const auto want = [&](store::pk key) {
    if (!carried_versions_.contains(key) && seen.insert(key).second) wanted.push_back(key);
  };
  for (const auto& item : chunk) {
    if (item.version_public) version_keys_[*item.version_public] = item.version.value();
    if (brings_version(item)) want(*item.version);
  }
  std::vector<const std::vector<version_id>*> leaves;
  std::vector<version_id> unknown;
  std::unordered_set<store::pk> views;
  for (const auto& item : chunk) {
    if (!item.view_open || carried_views_.contains(item.view)) continue;
    if (!views.insert(item.view).second) continue;
    const auto& state = views_.at(item.view).state;
    for (const auto* list : {&state.heads, &state.drafts}) {
      leaves.push_back(list);
      for (const auto& id : *list) {
        if (!version_keys_.contains(id)) unknown.push_back(id);
      }
    }
  }
  if (!unknown.empty())
    version_keys_.merge(store::versions::reads(snapshot_).version_keys(unknown));
  for (const auto* list : leaves) {
    for (const auto& id : *list) want(version_keys_.at(id));
  }
  if (wanted.empty()) return;
  for (auto& version : store::versions::reads(snapshot_).versions(wanted)) {
    const auto key = version.key;
    versions_.emplace(key, std::move(version));
  }
}

/// Which of the fetched versions the asking device made and has got back by an item of its own.
/// None, where another device stands in for it: that one's pushes name this one, too.
void page_builder::find_own(std::span<const store::feed_item> chunk) {
  const bool any =
      !with_own_ && std::any_of(versions_.begin(), versions_.end(), [this](const auto& v) {
        return v.second.device == who_.device.key;
      });
  if (!any) return;
  if (!replaced_) replaced_ = !people_.devices_replacing(who_.device.key).empty();
  if (*replaced_) return;
  std::unordered_map<store::pk, std::unordered_set<store::pk>> asked;  // by view
  for (const auto& item : chunk) {
    if (!item.version || !item.view_open) continue;
    if (item.kind == store::feed_kind::version) {
      const auto at = versions_.find(*item.version);
      if (at != versions_.end() && at->second.device == who_.device.key) own_.insert(at->first);
    }
  }
  const auto ask = [&](store::pk view, store::pk key) {
    const auto at = versions_.find(key);
    if (at == versions_.end() || at->second.device != who_.device.key) return;
    if (!own_.contains(key)) asked[view].insert(key);
  };
  for (const auto& item : chunk) {
    if (!item.view_open) continue;
    if (brings_version(item)) ask(item.view, *item.version);
    if (carried_views_.contains(item.view)) continue;
    const auto& state = views_.at(item.view).state;
    for (const auto* list : {&state.heads, &state.drafts}) {
      for (const auto& id : *list) ask(item.view, version_keys_.at(id));
    }
  }
  for (const auto& [view, keys] : asked) {
    const std::vector<store::pk> list(keys.begin(), keys.end());
    for (const auto key : feed_.versions_by_own_item(view, list)) own_.insert(key);
  }
}

page_builder::addition page_builder::weigh(const store::feed_item& from) const {
  addition out;
  out.item.seq = from.seq;
  if (!from.view_open && from.kind != store::feed_kind::removed) {
    out.item.hash_only = from.item_hash;
    out.bytes = k_closed_item;
    return out;
  }
  out.item.kind = item_kind_of(from.kind);
  out.item.incarnation = from.incarnation;
  out.item.record = from.record_public;
  out.item.version = from.version_public;
  out.bytes = k_item;
  if (!from.view_open) return out;

  const auto add_version = [&](store::pk key) {
    const auto at = versions_.find(key);
    if (at == versions_.end() || own_.contains(key)) return;
    if (std::find(out.versions.begin(), out.versions.end(), key) != out.versions.end()) return;
    out.versions.push_back(key);
    out.bytes += json_size(at->second);
    if (!authors_.contains(at->second.author)) out.bytes += k_person;
    if (!devices_.contains(at->second.device)) out.bytes += k_device;
  };
  if (brings_version(from)) add_version(*from.version);
  if (carried_views_.contains(from.view)) return out;
  out.view = &views_.at(from.view);
  const auto& state = out.view->state;
  out.bytes += k_view_frame + k_id * (state.heads.size() + state.drafts.size());
  for (const auto* list : {&state.heads, &state.drafts}) {
    for (const auto& id : *list) add_version(version_keys_.at(id));
  }
  return out;
}

void page_builder::carry(const store::feed_item& from, addition&& what) {
  bytes_ += what.bytes;
  if (from.import_run) imported_ = wire::cursor{from.seq, from.chain};
  page_.items.push_back(std::move(what.item));
  page_.next = wire::cursor{from.seq, from.chain};
  for (const auto key : what.versions) {
    if (key != from.version) ahead_[from.view].insert(key);
    carry_version(key, from.incarnation);
  }
  if (what.view != nullptr) carry_view(*what.view, from);
}

void page_builder::carry_version(store::pk key, const incarnation_id& incarnation) {
  auto node = versions_.extract(key);
  auto& stored = node.mapped();
  carried_versions_.insert(key);
  authors_.insert(stored.author);
  devices_.insert(stored.device);
  wire::page_version out;
  out.header = std::move(stored.header);
  out.payload = std::move(stored.payload);
  out.proof = wire::make_proof(keys_.server_secret, who_.user.id, incarnation, stored.id);
  out.incarnation = incarnation;
  out.archived = stored.archived;
  page_.versions.push_back(std::move(out));
}

void page_builder::carry_view(const store::view_row& view, const store::feed_item& from) {
  carried_views_.insert(view.key);
  wire::page_view out;
  out.record = {from.record_kind, from.record_public};
  out.incarnation = view.state.incarnation;
  out.heads = view.state.heads;
  out.active = view.active;
  out.pinned = view.state.pinned;
  out.drafts = view.state.drafts;
  if (const auto at = conflicts_.find(view.key); at != conflicts_.end()) {
    wire::page_view::open_conflict open;
    open.id = public_conflict_id(keys_.server_secret, at->second.key);
    open.base = at->second.base;
    open.opened_at = format_time(at->second.opened_at);
    out.conflict = std::move(open);
  }
  page_.views.push_back(std::move(out));
}

/// Versions of which the items come with a later page.
void page_builder::find_given_ahead() {
  if (ahead_.empty() || !page_.more) return;
  std::vector<store::pk> views;
  for (const auto& [view, versions] : ahead_) views.push_back(view);
  std::int64_t last = page_.next.seq;
  for (const auto& item : feed_.shown_versions(views)) {
    if (item.import_run && ahead_.at(item.view).contains(item.version)) {
      last = std::max(last, item.seq);
    }
  }
  if (last == page_.next.seq) return;
  imported_ = wire::cursor{last, feed_.chain_at(who_.user.key, last).value()};
}

/// E-mails and device names of the versions carried, and of no others.
void page_builder::name_authors() {
  if (authors_.empty()) return;
  const std::vector<store::pk> users(authors_.begin(), authors_.end());
  for (auto& user : people_.users_by_pk(users)) {
    page_.people.emplace_back(user.id, std::move(user.email));
  }
  const std::vector<store::pk> devices(devices_.begin(), devices_.end());
  for (auto& device : people_.devices_by_pk(devices)) {
    page_.devices.emplace_back(device.id, std::move(device.name));
  }
  std::sort(page_.people.begin(), page_.people.end());
  std::sort(page_.devices.begin(), page_.devices.end());
}

}  // namespace autocusto::sync::detail
