#include "client/replica/read/lookup.hpp"

#include <algorithm>
#include <charconv>

#include "client/replica/access/surrender.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::replica {
namespace {

constexpr std::size_t k_shortest_prefix = 4;

error no_version() {
  return fail(errc::not_found,
              "There is no such version; history shows the numbers and ids of this record.");
}

/// The version that the text names as a number, or null.
const version_meta* by_number(const std::vector<const version_meta*>& order,
                              std::string_view selector) {
  std::size_t number = 0;
  const char* end = selector.data() + selector.size();
  const auto [stop, wrong] = std::from_chars(selector.data(), end, number);
  if (wrong != std::errc() || stop != end || number == 0 || number > order.size()) return nullptr;
  return order[number - 1];
}

bool holds(const std::vector<version_id>& ids, const version_id& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

result<const version_meta*> select_among(const std::vector<const version_meta*>& numbered,
                                         const std::vector<const version_meta*>& among,
                                         std::string_view selector) {
  if (const auto* found = by_number(numbered, selector)) {
    if (std::find(among.begin(), among.end(), found) == among.end()) return no_version();
    return found;
  }
  const version_meta* found = nullptr;
  for (const auto* meta : among) {
    if (!matches_prefix(meta->id, selector)) continue;
    if (found != nullptr) {
      return fail(errc::ambiguous, "Several versions begin like that; give more digits of the id.");
    }
    found = meta;
  }
  if (found == nullptr) return no_version();
  return found;
}

}  // namespace

result<target> find_target(replica_file& file, unit_of_work& set, std::string_view kind,
                           std::string_view key) {
  const auto* known = domain::find_record_kind(kind);
  if (known == nullptr) {
    return fail(errc::not_found, "There is no such kind of record; see the list of kinds.");
  }
  auto tenant = file.get(k_tenant_key);
  if (!tenant) {
    return fail(errc::not_enrolled,
                "This laptop is not enrolled; enroll it with the link from your administrator.");
  }
  const crypto::secret tenant_key(*std::move(tenant));
  auto typed = domain::lookup_key(kind, key);
  if (!typed) return typed.error();
  target out{.kind = known, .key = *std::move(typed), .id = {}};
  out.id = domain::make_record_id(tenant_key.view(), kind, out.key);
  out.held = set.open_view(out.id);
  return out;
}

result<target> find_held(replica_file& file, unit_of_work& set, std::string_view kind,
                         std::string_view key) {
  if (const auto open = check_open(file); !open) return open.error();
  auto found = find_target(file, set, kind, key);
  if (found && (found->held == nullptr || found->held->history().empty())) {
    return fail(errc::not_found, "There is no such record here; check the key, or sync first.");
  }
  return found;
}

result<target> find_visible(replica_file& file, unit_of_work& set, std::string_view kind,
                            std::string_view key) {
  auto found = find_held(file, set, kind, key);
  if (found && !found->visible()) {
    return fail(errc::not_found,
                "Of this record there are only discarded drafts; history shows them.");
  }
  return found;
}

bool matches_prefix(const version_id& id, std::string_view prefix) {
  return prefix.size() >= k_shortest_prefix && id.text().starts_with(prefix);
}

result<const version_meta*> select_version(record_copy& held, std::string_view selector) {
  const auto order = held.history();
  return select_among(order, order, selector);
}

result<domain::field_map> fields_of(record_copy& held, std::string_view selector) {
  const auto meta = select_version(held, selector);
  if (!meta) return meta.error();
  if ((*meta)->erased) return contents_erased();
  return held.read(**meta).payload.fields;
}

error contents_erased() {
  return fail(errc::not_found, "The contents of this version were erased; choose another one.");
}

result<const version_meta*> select_draft(record_copy& held,
                                         const std::optional<std::string>& selector) {
  const auto& drafts = held.settled().shown.drafts;
  const auto order = held.history();
  if (drafts.empty()) return fail(errc::not_found, "This record has no draft; save one first.");
  if (!selector && drafts.size() > 1) {
    return fail(errc::ambiguous, "This record has several drafts; name one of them by --version.");
  }
  std::vector<const version_meta*> among;
  std::copy_if(order.begin(), order.end(), std::back_inserter(among),
               [&drafts](const version_meta* meta) { return holds(drafts, meta->id); });
  if (selector) return select_among(order, among, *selector);
  if (among.empty()) return no_version();
  return among.front();
}

std::int64_t number_in(const std::vector<const version_meta*>& order, const version_id& id) {
  const auto at = std::find_if(order.begin(), order.end(),
                               [&id](const version_meta* meta) { return meta->id == id; });
  return at == order.end() ? 0 : at - order.begin() + 1;
}

std::string author_of(replica_file& file, const user_id& user) {
  if (user == system_user()) return "system";
  return file.label(replica_file::k_person, user.raw());
}

version_info describe(replica_file& file, record_copy& held, const version_meta& meta,
                      const domain::version& version, std::int64_t number) {
  const auto& shown = held.settled().shown;
  version_info out;
  out.id = meta.id;
  out.number = number;
  out.parents = meta.parents;
  out.author = author_of(file, version.header.author);
  out.device = file.label(replica_file::k_device_name, version.header.device.raw());
  out.created_at = version.header.created_at;
  out.summary = version.payload.summary;
  out.status = meta.status;
  out.active = shown.active == meta.id;
  out.head = holds(shown.heads, meta.id);
  out.set_aside = meta.status == domain::version_status::draft && !holds(shown.drafts, meta.id);
  out.synced =
      meta.where == version_sync_state::told || meta.where == version_sync_state::acknowledged;
  out.archived = meta.archived;
  out.erased = meta.erased;
  return out;
}

}  // namespace autocusto::replica
