#include "server/admin/record_snapshot.hpp"

#include <algorithm>

#include "server/admin/handlers.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/versions.hpp"
#include "server/store/views.hpp"

namespace autocusto::admin::detail {
namespace {

/// How many payloads are read into memory at a time.
constexpr std::size_t k_chunk = 500;

std::vector<store::pk> unique_keys(std::span<const store::pk> keys) {
  std::vector<store::pk> out(keys.begin(), keys.end());
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

msg::version_shown outline(const record_snapshot& of, const store::version_node& node,
                           const labels& names) {
  msg::version_shown out;
  auto& info = out.info;
  info.version = node.id;
  info.number = node.number;
  info.parents = node.parents;
  info.generation = node.generation;
  info.author = names.email(node.author);
  info.device = names.device(node.device);
  info.status = domain::status_name(node.status);
  info.archived = node.archived;
  for (const auto& [view, user] : of.views) {
    if (holds(view.state.heads, node.id)) info.head_of.push_back(user.email);
    if (view.active == node.id) info.active_for.push_back(user.email);
    if (holds(view.state.drafts, node.id)) info.draft_of.push_back(user.email);
  }
  return out;
}

void add_bytes(const store::stored_version& bytes, const std::string& kind, bool with_fields,
               msg::version_shown& to) {
  if (const auto header = domain::decode_header(bytes.header)) {
    to.info.created_at = header->created_at;
  }
  to.info.erased = !bytes.payload.has_value();
  if (!bytes.payload) return;
  auto payload = domain::decode_payload(*bytes.payload, kind);
  if (!payload) throw std::runtime_error("a stored payload cannot be read");
  to.info.summary = std::move(payload->summary);
  if (with_fields) to.fields = std::move(payload->fields);
}

}  // namespace

const store::version_node* record_snapshot::find(const version_id& id) const {
  const auto at = std::find_if(nodes.begin(), nodes.end(),
                               [&](const store::version_node& n) { return n.id == id; });
  return at == nodes.end() ? nullptr : &*at;
}

record_snapshot load(store::snapshot& snapshot, const record_id& record, store::pk owner) {
  auto row = store::records::reads(snapshot).record(record);
  if (!row) {
    refuse(errc::not_found, "There is no such record on the server; check kind and key.", "record");
  }
  record_snapshot out;
  out.row = *std::move(row);
  const store::pk key[] = {out.row.key};
  out.nodes = store::versions::reads(snapshot).graphs(key, owner);
  out.views = store::views::reads(snapshot).views_of_record(out.row.key);
  return out;
}

labels::labels(store::people::reads people, std::span<const store::pk> users,
               std::span<const store::pk> devices) {
  for (auto& row : people.users_by_pk(unique_keys(users))) users_.emplace(row.key, std::move(row));
  for (auto& row : people.devices_by_pk(unique_keys(devices))) {
    devices_.emplace(row.key, std::move(row));
  }
}

const store::user_row* labels::user_row(store::pk user) const {
  const auto at = users_.find(user);
  return at == users_.end() ? nullptr : &at->second;
}

const store::device_row* labels::device_row(store::pk device) const {
  const auto at = devices_.find(device);
  return at == devices_.end() ? nullptr : &at->second;
}

std::string labels::email(store::pk user) const {
  const auto* row = user_row(user);
  return row == nullptr ? std::string() : row->email;
}

std::string labels::device(store::pk device) const {
  const auto* row = device_row(device);
  return row == nullptr ? std::string() : row->name;
}

std::vector<msg::version_shown> describe(store::snapshot& snapshot, const record_snapshot& of,
                                         const std::vector<const store::version_node*>& which,
                                         bool with_fields) {
  std::vector<store::pk> users;
  std::vector<store::pk> devices;
  for (const auto* node : which) {
    users.push_back(node->author);
    devices.push_back(node->device);
  }
  const labels names(snapshot, users, devices);
  std::vector<msg::version_shown> out;
  out.reserve(which.size());
  std::unordered_map<store::pk, std::size_t> places;
  for (const auto* node : which) {
    places.emplace(node->key, out.size());
    out.push_back(outline(of, *node, names));
  }
  std::vector<store::pk> keys;
  for (std::size_t i = 0; i < which.size(); ++i) {
    keys.push_back(which[i]->key);
    if (keys.size() < k_chunk && i + 1 < which.size()) continue;
    for (const auto& bytes : store::versions::reads(snapshot).versions(keys)) {
      add_bytes(bytes, of.row.kind, with_fields, out[places.at(bytes.key)]);
    }
    keys.clear();
  }
  return out;
}

std::vector<msg::view_item> views_of(const record_snapshot& of) {
  std::vector<msg::view_item> out;
  for (const auto& [view, user] : of.views) {
    auto& item = out.emplace_back();
    item.user = user.email;
    item.id = user.id;
    item.incarnation = view.state.incarnation;
    item.heads = view.state.heads;
    item.active = view.active;
    item.pinned = view.state.pinned;
    item.drafts = view.state.drafts;
  }
  return out;
}

const store::version_node& select(const record_snapshot& of, const std::string& selector) {
  std::vector<msg::version_name> names;
  names.reserve(of.nodes.size());
  for (const auto& node : of.nodes) names.push_back({node.id, node.number});
  const auto at = msg::select_version(names, selector);
  if (!at) throw error_exception(at.error());
  return of.nodes[*at];
}

}  // namespace autocusto::admin::detail
