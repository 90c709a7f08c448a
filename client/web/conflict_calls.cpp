// Conflicts, and what the server refused.

#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "client/web/views.hpp"
#include "shared/base/limits.hpp"
#include "shared/domain/conflict.hpp"
#include "shared/domain/merge.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

constexpr std::size_t k_text = 1024;

using side = std::optional<replica::record_shown>;

/// One side of a conflict; nothing for one whose contents were erased or never came here.
side side_of(const replica::reader& reader, const replica::conflict_item& item,
             const version_id& id) {
  auto shown = reader.show(item.kind, item.key, id.text());
  if (!shown || shown->version.erased) return std::nullopt;
  return *std::move(shown);
}

json side_json(const side& shown) {
  if (!shown) return nullptr;
  return {{"version", to_json(shown->version)}, {"fields", to_json(shown->fields)}};
}

/// Which merge groups a person has to decide, by the rule that also joins the others.
json groups_json(const std::string& kind, const std::vector<side>& heads, const side& base) {
  const auto* known = domain::find_record_kind(kind);
  json out = json::array();
  if (known == nullptr || heads.empty()) return out;
  std::vector<const domain::field_map*> fields;
  for (const auto& head : heads) fields.push_back(&head->fields);
  auto versions = fields;
  if (base) versions.push_back(&base->fields);
  const auto all = domain::with_unknown_fields(*known, versions);
  for (const auto& group : domain::conflict_groups(all, fields, base ? &base->fields : nullptr)) {
    out.push_back(
        {{"name", group.name}, {"decided", group.state != domain::group_state::contested}});
  }
  return out;
}

json conflict_json(const replica::reader& reader, const search_index& index,
                   const replica::conflict_item& item) {
  std::vector<side> heads;
  json shown = json::array();
  for (const auto& head : item.heads) {
    auto one = side_of(reader, item, head);
    if (!one) continue;
    shown.push_back(side_json(one));
    heads.push_back(std::move(one));
  }
  const auto base = item.base ? side_of(reader, item, *item.base) : side();
  const auto* listed = index.find(item.kind, item.key);
  return {{"kind", item.kind},
          {"key", item.key},
          {"name", listed == nullptr ? std::string() : listed->name},
          {"opened_at", item.opened_at},
          {"head_ids", to_json(item.heads)},
          {"heads", std::move(shown)},
          {"base", side_json(base)},
          {"groups", groups_json(item.kind, heads, base)}};
}

call_result conflicts(call& c) {
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  json items = json::array();
  for (const auto& item : at->reader().conflicts()) {
    items.push_back(conflict_json(at->reader(), at->index(), item));
  }
  const auto count = items.size();
  return json({{"items", std::move(items)}, {"count", count}}).dump();
}

struct resolving {
  std::string kind;
  std::string key;
  replica::resolution how;
};

/// {kind, key, heads, take?, from: {field: version}, set: {field: value}, summary?}
result<resolving> read_resolution(call& c) {
  autocusto::json::reader in(c.sent);
  resolving out;
  out.kind = in.string("kind", 64);
  out.key = in.string("key", k_text);
  out.how.expect_heads = in.ids<version_id>("heads", limits::parents);
  out.how.take = in.optional_string("take", k_text);
  out.how.summary = in.optional_string("summary", 4 * k_text);
  const json nothing = json::object();
  const json& from = in.has("from") ? in.value("from") : nothing;
  const json& set = in.has("set") ? in.value("set") : nothing;
  if (auto wrong = in.finish()) return *wrong;
  c.kind = out.kind;
  for (const auto& [field, version] : from.items()) {
    if (!version.is_string()) {
      return fail(errc::malformed, "The member from of the request is not right.", "from");
    }
    out.how.from.emplace_back(field, version.get<std::string>());
  }
  auto values = read_fields(out.kind, set);
  if (!values) return values.error();
  out.how.set = *std::move(values);
  return out;
}

call_result preview(call& c) {
  const auto what = read_resolution(c);
  if (!what) return what.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto fields = at->editor().preview(what->kind, what->key, what->how);
  if (!fields) return fields.error();
  return json({{"fields", to_json(*fields)}}).dump();
}

call_result resolve(call& c) {
  const auto what = read_resolution(c);
  if (!what) return what.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto done = at->editor().resolve(what->kind, what->key, what->how, &c.problems);
  if (!done) return done.error();
  at->changed(done->kind, done->key);
  return to_json(*done).dump();
}

json refused_json(const call& c, const search_index& index, const replica::refused_item& item) {
  const error why{code_from_name(item.code).value_or(errc::internal), item.reason, item.field,
                  item.limit};
  const auto* listed = index.find(item.kind, item.key);
  return {{"version_id", item.version.text()},
          {"kind", item.kind},
          {"key", item.key},
          {"name", listed == nullptr ? std::string() : listed->name},
          {"code", item.code},
          {"reason", c.context.options.translate(why, item.kind, !c.english)},
          {"field", item.field},
          {"refused_at", format_time(item.refused_at)},
          {"in_quarantine", item.at_server}};
}

call_result refused(call& c) {
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  json items = json::array();
  for (const auto& item : at->reader().refused()) {
    auto one = refused_json(c, at->index(), item);
    if (const auto shown = at->reader().refused_show(item.version.text())) {
      one["summary"] = shown->version.summary;
      one["created_at"] = shown->version.created_at;
      one["changes"] = to_json(shown->changes);
    }
    items.push_back(std::move(one));
  }
  const auto count = items.size();
  return json({{"items", std::move(items)}, {"count", count}}).dump();
}

result<std::string> refused_version(const call& c) {
  autocusto::json::reader in(c.sent);
  auto version = in.string("version", k_text);
  if (auto wrong = in.finish()) return *wrong;
  return version;
}

call_result reapply(call& c) {
  const auto version = refused_version(c);
  if (!version) return version.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto shown = at->reader().refused_show(*version);
  if (!shown) return shown.error();
  c.kind = shown->what.kind;
  const auto done = at->editor().refused_reapply(*version, &c.problems);
  if (!done) return done.error();
  at->changed(done->kind, done->key);
  return to_json(*done).dump();
}

call_result discard(call& c) {
  const auto version = refused_version(c);
  if (!version) return version.error();
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto count = at->editor().refused_discard(*version);
  if (!count) return count.error();
  at->changed();
  return json({{"discarded", *count}}).dump();
}

}  // namespace

std::vector<call_entry> conflict_calls() {
  return {{"GET", "/api/conflicts", access::open, conflicts},
          {"POST", "/api/conflicts/preview", access::open, preview},
          {"POST", "/api/conflicts/resolve", access::open, resolve},
          {"GET", "/api/refused", access::open, refused},
          {"POST", "/api/refused/reapply", access::open, reapply},
          {"POST", "/api/refused/discard", access::open, discard}};
}

}  // namespace autocusto::web
