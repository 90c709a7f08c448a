#include "shared/http/compress.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <zstd.h>

namespace autocusto::http {
namespace {

// The first bytes of a frame with content; skippable frames begin otherwise.
constexpr std::string_view k_magic("\x28\xb5\x2f\xfd", 4);
constexpr int k_window_log = 23;
static_assert(std::size_t{1} << k_window_log == k_zstd_window);

struct free_compressor {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};
struct free_decompressor {
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

/// For calls that fail only when memory is short or this code is wrong.
void require(std::size_t code, const char* what) {
  if (ZSTD_isError(code) != 0) {
    throw std::runtime_error(std::string(what) + ": " + ZSTD_getErrorName(code));
  }
}

error not_one_frame() {
  return fail(errc::bad_request,
              "The compressed body is not one whole zstd frame; send it again, or uncompressed.");
}

error swells(std::size_t ratio) {
  return fail(errc::bad_request,
              "The compressed body holds too many times its own size; send it uncompressed.", {},
              static_cast<std::int64_t>(ratio));
}

error too_large(std::size_t limit) {
  return fail(
      errc::body_too_large,
      "The body is larger than this call accepts once it is decompressed; send less at once.", {},
      static_cast<std::int64_t>(limit));
}

}  // namespace

std::string zstd_compress(std::string_view plain, int level) {
  const std::unique_ptr<ZSTD_CCtx, free_compressor> context(ZSTD_createCCtx());
  if (!context) throw std::bad_alloc();
  require(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level), "zstd level");
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  const auto size =
      ZSTD_compress2(context.get(), out.data(), out.size(), plain.data(), plain.size());
  require(size, "zstd compression");
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

std::optional<std::string> zstd_for_sending(std::string_view plain, int level) {
  if (plain.size() <= k_compress_above) return std::nullopt;
  auto packed = zstd_compress(plain, level);
  const bool pays = packed.size() < plain.size() && plain.size() / packed.size() < k_zstd_ratio;
  return pays ? std::optional(std::move(packed)) : std::nullopt;
}

result<std::string> zstd_decompress(std::string_view frame, std::size_t most, std::size_t ratio) {
  if (!frame.starts_with(k_magic)) return not_one_frame();
  const auto limit = ratio == 0 ? most : std::min(most, frame.size() * ratio);
  const auto over = [&] { return limit < most ? swells(ratio) : too_large(most); };
  const auto declared = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (declared == ZSTD_CONTENTSIZE_ERROR) return not_one_frame();
  if (declared != ZSTD_CONTENTSIZE_UNKNOWN && declared > limit) return over();

  const std::unique_ptr<ZSTD_DCtx, free_decompressor> context(ZSTD_createDCtx());
  if (!context) throw std::bad_alloc();
  require(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, k_window_log), "zstd window");

  // The declared size is the sender's word: memory grows with what really comes out.
  std::string out;
  ZSTD_inBuffer input{frame.data(), frame.size(), 0};
  while (true) {
    const auto have = out.size();
    const auto room = std::min(limit + 1 - have, std::max(ZSTD_DStreamOutSize(), have));
    out.resize(have + room);
    ZSTD_outBuffer output{out.data() + have, room, 0};
    const auto left = ZSTD_decompressStream(context.get(), &output, &input);
    out.resize(have + output.pos);
    if (ZSTD_isError(left) != 0) return not_one_frame();
    if (out.size() > limit) return over();
    if (left == 0) break;
    const bool starved = input.pos == input.size && output.pos < output.size;
    if (starved) return not_one_frame();
  }
  if (input.pos != input.size) return not_one_frame();
  return out;
}

}  // namespace autocusto::http
