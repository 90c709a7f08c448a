// Records: list, versions, one version, two versions side by side.
#include "server/store/records.hpp"

#include <algorithm>

#include "server/admin/handlers.hpp"
#include "server/admin/record_snapshot.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::admin::detail {
namespace {

/// What somebody sees now and is newest; else the newest of all.
const store::version_node& newest_shown(const record_snapshot& of) {
  const store::version_node* found = nullptr;
  for (const auto& [view, user] : of.views) {
    const auto* node = view.active ? of.find(*view.active) : nullptr;
    if (node != nullptr && (found == nullptr || node->number > found->number)) found = node;
  }
  return found != nullptr ? *found : of.nodes.back();
}

msg::version_shown one(store::snapshot& snapshot, const record_snapshot& of,
                       const store::version_node& node) {
  return describe(snapshot, of, {&node}, true).front();
}

}  // namespace

http::response records(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::record_query>(asked);
  if (query.kind && domain::find_record_kind(*query.kind) == nullptr) {
    refuse(errc::not_found, "There is no such kind of record; see the list of kinds.", "kind");
  }
  const std::int64_t limit = std::clamp<std::int64_t>(query.limit, 1, k_page);
  nlohmann::json args{{"divergent", query.divergent}, {"after", query.after}};
  if (query.kind) args["kind"] = *query.kind;
  return audited(in, caller, "record.list", args, [&](store::snapshot& snapshot, auto&) {
    const auto rows = store::records::reads(snapshot).record_list(query.kind, query.divergent,
                                                                  query.after, limit);
    msg::record_list out;
    for (const auto& row : rows) {
      auto& item = out.items.emplace_back();
      item.id = row.record.id;
      item.kind = row.record.kind;
      item.key = row.record.natural_key;
      item.users = row.users;
      item.versions = row.versions;
      item.divergent = row.divergent;
    }
    if (static_cast<std::int64_t>(rows.size()) == limit) out.next = rows.back().record.key;
    return out;
  });
}

std::vector<store::record_row> dependents_of(store::records::reads records, const record_id& record,
                                             store::pk user) {
  const auto patient = records.record(record);
  if (!patient || patient->kind != "patient") return {};
  return records.records_of_patient(patient->natural_key, user, k_dependents + 1);
}

http::response dependents(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::dependents_request>(asked);
  return audited(in, caller, "record.dependents", nlohmann::json::object(),
                 [&](store::snapshot& snapshot, auto& subject) {
                   const auto user = user_named(snapshot, query.user);
                   subject.user = user.key;
                   if (const auto row = store::records::reads(snapshot).record(query.record)) {
                     subject.record = row->key;
                   }
                   msg::dependents out;
                   for (const auto& row : dependents_of(snapshot, query.record, user.key)) {
                     auto& item = out.items.emplace_back();
                     item.id = row.id;
                     item.kind = row.kind;
                     item.key = row.natural_key;
                   }
                   return out;
                 });
}

http::response history(context& in, const http::request& asked, const session_owner& caller,
                       std::string_view what) {
  const auto query = question<msg::record_request>(asked);
  return audited(in, caller, what, nlohmann::json::object(),
                 [&](store::snapshot& snapshot, auto& subject) {
                   const auto of = load(snapshot, query.record);
                   subject.record = of.row.key;
                   std::vector<const store::version_node*> all;
                   for (const auto& node : of.nodes) all.push_back(&node);
                   msg::history out;
                   out.kind = of.row.kind;
                   out.key = of.row.natural_key;
                   for (auto& version : describe(snapshot, of, all, false))
                     out.versions.push_back(std::move(version.info));
                   out.views = views_of(of);
                   return out;
                 });
}

http::response show(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::record_request>(asked);
  nlohmann::json args = nlohmann::json::object();
  if (query.version) args["version"] = *query.version;
  return audited(in, caller, "record.show", args, [&](store::snapshot& snapshot, auto& subject) {
    const auto of = load(snapshot, query.record);
    subject.record = of.row.key;
    if (of.nodes.empty()) refuse(errc::not_found, "The record has no versions.", "record");
    msg::record_shown out;
    out.kind = of.row.kind;
    out.key = of.row.natural_key;
    out.version = one(snapshot, of, query.version ? select(of, *query.version) : newest_shown(of));
    out.views = views_of(of);
    return out;
  });
}

http::response compare(context& in, const http::request& asked, const session_owner& caller) {
  const auto query = question<msg::compare_request>(asked);
  const nlohmann::json args{{"from", query.from}, {"to", query.to}};
  return audited(in, caller, "record.compare", args, [&](store::snapshot& snapshot, auto& subject) {
    const auto of = load(snapshot, query.record);
    subject.record = of.row.key;
    msg::comparison out;
    out.kind = of.row.kind;
    out.key = of.row.natural_key;
    out.from = one(snapshot, of, select(of, query.from));
    out.to = one(snapshot, of, select(of, query.to));
    if (out.from.info.erased || out.to.info.erased) {
      refuse(errc::not_found, "The contents of this version were erased.", "version");
    }
    return out;
  });
}

}  // namespace autocusto::admin::detail
