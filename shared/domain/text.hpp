#pragma once
// Characters that show nothing and act on the text around them, and names in which they are
// forbidden.
//
// A control point is a code point of Unicode's categories Cc (controls, C0, DEL and C1), Cf
// (formats: bidirectional controls, zero-width characters, the soft hyphen), Zl and Zp (line and
// paragraph separators), by utf8proc's tables (Unicode 15). In a name that identifies (an e-mail, a
// device's name) such a character makes two names look alike or moves the cursor of a terminal, so
// none is accepted where a name is made. Pure functions; any thread.

#include <cstdint>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::domain {

/// Whether this code point is a control point.
[[nodiscard]] bool is_control_point(std::int32_t code_point);

/// Whether the text holds a control point, or bytes that are not UTF-8.
[[nodiscard]] bool has_control_points(std::string_view text);

/// Whether a name shows all that it holds, so that two names that look the same are the same: NFC,
/// visible characters and single U+0020 between them; no control points, fillers, variation
/// selectors, joiners, private or unassigned characters. Tools make one of what was pasted by
/// `visible_text` (entry.hpp); servers refuse any other where a name is made. Letters of other
/// scripts that look alike are not noticed.
[[nodiscard]] bool is_visible_name(std::string_view name);

/// Whether a device may have this name: 1 to 100 code points, a visible name. Error: invalid_field
/// `device_name` with the limit.
[[nodiscard]] result<void> check_device_name(std::string_view name);

}  // namespace autocusto::domain
