#pragma once
// Private to shared/wire: feed items as JSON.

#include <optional>
#include <string>
#include <string_view>

#include "shared/wire/messages.hpp"

namespace autocusto::wire::detail {

[[nodiscard]] std::string_view kind_name(item_kind kind);
[[nodiscard]] std::optional<item_kind> kind_from_name(std::string_view name);
/// Appends the canonical JSON of an item.
void write_item(std::string& out, const item& i);

}  // namespace autocusto::wire::detail
