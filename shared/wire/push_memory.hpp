#pragma once
// Private to shared/wire: the text form of `push_memory`. Pure functions; any thread.

#include <string_view>

#include "shared/json/read.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire::detail {

[[nodiscard]] std::string_view memory_name(push_memory memory);
/// The member `prev_push`.
[[nodiscard]] push_memory read_memory(json::reader& in);

}  // namespace autocusto::wire::detail
