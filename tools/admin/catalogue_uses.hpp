#pragma once
// Whose processes name what a catalogue changes. Private to tools/admin; one thread.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/reference/compare.hpp"
#include "tools/admin/app.hpp"

namespace autocusto::admin {

/// Processes by user, of each thing that they name: its sort (`medicine`) and its code.
using process_uses =
    std::map<std::pair<std::string, std::string>, std::map<std::string, std::int64_t>>;

/// Of all users; nothing from a server that does not know the question.
[[nodiscard]] std::optional<process_uses> read_uses(session& s);

/// Beside each change `users` and `processes`; null where nobody asked.
[[nodiscard]] nlohmann::json with_uses(nlohmann::json changes,
                                       const std::optional<process_uses>& uses);
/// A line for each user whom a change touches; what was added touches nobody.
[[nodiscard]] std::string uses_text(const std::vector<reference::change>& changes,
                                    const std::optional<process_uses>& uses);

}  // namespace autocusto::admin
