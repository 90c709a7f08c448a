#include "tools/admin/refused_beside.hpp"

#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

/// The version that the user sees; none without a view, or where the server knows no such record.
std::optional<version_id> active_of(session& s, const record_id& record, const std::string& user) {
  msg::record_request query;
  query.record = record;
  try {
    const auto history = s.ask<msg::history>("/v1/admin/records/versions", query);
    for (const auto& view : history.views) {
      if (view.user == user || view.id.text() == user) return view.active;
    }
  } catch (const error_exception& e) {
    if (e.get().code != errc::not_found) throw;
  }
  return std::nullopt;
}

}  // namespace

refused_beside look_beside(session& s, const domain::version_header& header,
                           const domain::version_payload& payload, const std::string& user) {
  refused_beside out;
  out.kind = header.record.kind;
  out.refused = payload.fields;
  out.active = active_of(s, header.record.id, user);
  if (!out.active) return out;
  msg::record_request query;
  query.record = header.record.id;
  query.version = out.active->text();
  out.now = s.ask<msg::record_shown>("/v1/admin/records/show", query).version.fields;
  return out;
}

std::string beside_text(const refused_beside& of) {
  if (!of.active) return "The user sees nothing of this record now.\n";
  const auto changes = domain::diff_fields(of.kind, of.now, of.refused);
  if (changes.empty()) {
    return "The user sees the same fields now, in version " + short_id(*of.active) + ".\n";
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& change : changes) {
    rows.push_back({change.field, domain::value_text(change.from), domain::value_text(change.to)});
  }
  return cli::table({"differs in", "seen now (" + short_id(*of.active) + ")", "refused"}, rows);
}

nlohmann::json beside_json(const refused_beside& of) {
  nlohmann::json out{{"seen_now", nullptr}, {"changes", nlohmann::json::array()}};
  if (!of.active) return out;
  out["seen_now"] = of.active->text();
  out["changes"] = changes_json(domain::diff_fields(of.kind, of.now, of.refused));
  return out;
}

}  // namespace autocusto::admin
