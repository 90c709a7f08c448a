#pragma once
// Values of the replica as JSON for the page. Private to client/web. Pure functions; any thread.

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "client/print/problem.hpp"
#include "client/replica/types.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::web {

[[nodiscard]] nlohmann::json to_json(const domain::record_kind& kind);
[[nodiscard]] nlohmann::json to_json(const domain::field_map& fields);
[[nodiscard]] nlohmann::json to_json(const replica::version_info& v);
[[nodiscard]] nlohmann::json to_json(const replica::list_item& item);
[[nodiscard]] nlohmann::json to_json(const replica::saved& s);
[[nodiscard]] nlohmann::json to_json(const std::vector<domain::field_change>& changes);
[[nodiscard]] nlohmann::json to_json(const std::vector<version_id>& ids);
[[nodiscard]] nlohmann::json to_json(const printing::problem& what, bool english);
[[nodiscard]] nlohmann::json time_or_null(const std::optional<unix_millis>& at);

/// The fields that were sent, each a text, true/false, a list of rows or an object. Errors:
/// invalid_field, malformed.
[[nodiscard]] result<domain::field_map> read_fields(std::string_view kind,
                                                    const nlohmann::json& sent);

/// The texts as an edit keeps them (shared/domain/entry.hpp); what is no text stays.
[[nodiscard]] domain::field_map as_kept(std::string_view kind, domain::field_map typed);

}  // namespace autocusto::web
