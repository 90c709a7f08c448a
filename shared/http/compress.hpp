#pragma once
// zstd of whole bodies, bounded on the way in. Functions only; any thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::http {

/// The greatest window that a sender may ask the receiver to hold.
inline constexpr std::size_t k_zstd_window = 8 * 1024 * 1024;
/// Bodies up to this size are not worth compressing.
inline constexpr std::size_t k_compress_above = 1024;

/// One frame with the content in it. Levels 1 to 19: their windows are within `k_zstd_window`.
[[nodiscard]] std::string zstd_compress(std::string_view plain, int level = 3);

/// The content of exactly one frame. Decoding stops, and memory stops growing, once the output
/// would pass `limit` bytes: `body_too_large` with that limit. `bad_request` for anything that is
/// not one whole frame with a window of at most `k_zstd_window`.
[[nodiscard]] result<std::string> zstd_decompress(std::string_view frame, std::size_t limit);

}  // namespace autocusto::http
