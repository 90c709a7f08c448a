#pragma once
// zstd of whole bodies, bounded on the way in. Functions only; any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::http {

/// The greatest window that a sender may ask the receiver to hold.
inline constexpr std::size_t k_zstd_window = 8 * 1024 * 1024;
/// How many times its own size a compressed body may hold. Pushes of forms reach 5 to 25, and 700
/// is out of reach for any legal push: a version is at most 64 KiB, and its hashes alone take some
/// 90 bytes that nothing compresses. A sender whose body would compress better sends it as it is.
inline constexpr std::size_t k_zstd_ratio = 700;
/// Bodies up to this size are not worth compressing.
inline constexpr std::size_t k_compress_above = 1024;

/// One frame with the content in it. Levels 1 to 19: their windows are within `k_zstd_window`.
[[nodiscard]] std::string zstd_compress(std::string_view plain, int level = 3);

/// The content of exactly one frame. Decoding stops, and memory stops growing, once the output
/// would pass `limit` bytes: `body_too_large` with that limit; or `ratio` times the frame's size:
/// `bad_request` with the ratio as its limit (0: any). `bad_request` for anything that is not one
/// whole frame with a window of at most `k_zstd_window`.
[[nodiscard]] result<std::string> zstd_decompress(std::string_view frame, std::size_t limit,
                                                  std::size_t ratio = 0);

/// The body as it is to be sent, compressed; nothing when it is to go as it is: it is short, does
/// not get smaller, or would hold more than `k_zstd_ratio` times its size.
[[nodiscard]] std::optional<std::string> zstd_for_sending(std::string_view plain, int level = 3);

}  // namespace autocusto::http
