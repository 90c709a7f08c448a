#pragma once
// Checks on texts and values of the source. Pure; any thread.

#include <cstddef>
#include <string_view>

#include "shared/base/limits.hpp"
#include "tools/import/rules/report.hpp"
#include "tools/import/rules/rows.hpp"

namespace autocusto::import {

/// Valid UTF-8 without U+0000: what a version can hold. A database without an encoding may hold
/// anything.
[[nodiscard]] bool is_readable(std::string_view text);
[[nodiscard]] bool is_readable(const field_values& values);

/// Bytes of the payload's texts as canonical JSON, and the room that a version has for them.
[[nodiscard]] std::size_t encoded_size(const field_values& values, std::string_view summary);
inline constexpr std::size_t k_version_room = limits::version_bytes - 2048;

/// Flags what would be refused if a person entered it, beyond what formats say.
void check_values(const legacy_kind& kind, const field_values& values, row_verdict& verdict);

}  // namespace autocusto::import
