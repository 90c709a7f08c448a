#pragma once
// Private to shared/base: reading hexadecimal into memory that is there already. Any thread.

#include <string_view>

namespace autocusto::detail {

/// Writes the bytes that `hex` names to `to`, which has room for half as many as it has digits.
/// False, and something or other is written, unless their number is even and all are 0-9, a-f.
[[nodiscard]] bool read_hex(std::string_view hex, char* to);

}  // namespace autocusto::detail
