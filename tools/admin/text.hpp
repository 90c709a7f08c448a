#pragma once
// Small pieces of output that several commands share. Pure functions; any thread.

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "shared/json/canonical.hpp"
#include "shared/wire/admin.hpp"

namespace autocusto::admin {

namespace msg = wire::admin;

/// The first ten digits: enough for people to tell versions of a record apart.
[[nodiscard]] std::string short_id(const version_id& id);
/// `2026-11-22 10:00Z` of an RFC 3339 time.
[[nodiscard]] std::string when(std::string_view time);
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view between);
[[nodiscard]] nlohmann::json ids_json(const std::vector<version_id>& ids);
[[nodiscard]] nlohmann::json changes_json(const std::vector<domain::field_change>& changes);
/// As it came from the server.
template <class Message>
[[nodiscard]] nlohmann::json message_json(const Message& m) {
  return json::parse(msg::encode(m), {.depth = 16}).value();
}
/// `{"items":[…],"count":n}` of lists that came in pages or not.
[[nodiscard]] nlohmann::json items_json(nlohmann::json items);

/// The words of a version's standing: `head of a@x, b@x; active for a@x`.
[[nodiscard]] std::string standing(const msg::version_item& v);

/// The account that is named by its id or its e-mail: the exact one, else the only one that differs
/// in case, since imported accounts may share an e-mail. Errors: not_found, ambiguous.
[[nodiscard]] result<msg::user_item> find_user(const msg::user_list& in, const std::string& named);

/// Lines of at most `width` columns, broken at blanks where there are any.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace autocusto::admin
