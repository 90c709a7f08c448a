#include "server/api/releases.hpp"

#include <algorithm>

#include "shared/domain/record_kind.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::api {
namespace {

bool within_first(const wire::page_version& version) {
  const auto header = domain::decode_header(version.header);
  if (!header) return true;  // not for this rule to judge
  const auto& kind = header->record.kind;
  if (!domain::first_revisions().contains(kind)) return false;
  if (!version.payload) return true;
  const auto payload = domain::decode_payload(*version.payload, kind);
  return !payload || domain::is_within(domain::first_revisions(), kind, payload->fields);
}

}  // namespace

bool readable_at_first(const wire::page& page) {
  return std::all_of(page.views.begin(), page.views.end(),
                     [](const wire::page_view& view) {
                       return domain::first_revisions().contains(view.record.kind);
                     }) &&
         std::all_of(page.versions.begin(), page.versions.end(), within_first);
}

error update_needed() {
  return fail(errc::update_needed,
              "This program is too old for what the server has; install the new release. Nothing "
              "is lost, and what you save here is still sent.");
}

}  // namespace autocusto::api
