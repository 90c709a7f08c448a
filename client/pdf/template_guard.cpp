#include "client/pdf/template_guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <zlib.h>

#include "client/pdf/template.hpp"

namespace autocusto::pdf {
namespace {

constexpr int k_packed_levels = 3;

/// Whether these bytes may begin a stream of zlib (RFC 1950).
bool looks_packed(std::string_view data) {
  if (data.size() < 2) return false;
  const auto first = static_cast<unsigned char>(data[0]);
  const auto second = static_cast<unsigned char>(data[1]);
  return (first & 0x0F) == 8 && (first >> 4) <= 7 && (first * 256 + second) % 31 == 0;
}

class inflater {
 public:
  explicit inflater(std::string_view data) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    ready_ = inflateInit(&stream_) == Z_OK;
  }
  ~inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;

  /// The next bytes; none at the end, or where the data are damaged.
  std::string_view next() {
    if (!ready_ || ended_) return {};
    stream_.next_out = buffer_.data();
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    ended_ = status != Z_OK;
    return {reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out};
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool ended_ = false;
  std::array<Bytef, 16 * 1024> buffer_;
};

/// Takes what a stream becomes off `budget`; false when it is not enough.
bool within_budget(std::string_view data, std::size_t& budget, int level) {
  inflater packed(data);
  bool first = true;
  std::string kept;  // the inside of a stream that is packed twice
  for (auto part = packed.next(); !part.empty(); part = packed.next()) {
    if (part.size() > budget) return false;
    budget -= part.size();
    if (first && looks_packed(part)) {
      if (level == k_packed_levels) return false;
      kept = part;
    } else if (!kept.empty()) {
      kept += part;
    }
    first = false;
  }
  return kept.empty() || within_budget(kept, budget, level + 1);
}

/// `text` with the escapes of names (#57 for W) resolved, for looking for words only.
std::string without_escapes(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '#' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

result<void> check_template_bytes(std::string_view pdf) {
  if (pdf.size() > template_limits::bytes) {
    return fail(errc::too_large, "The template is larger than 5 MiB; save it smaller.", {},
                static_cast<std::int64_t>(template_limits::bytes));
  }
  if (pdf.substr(0, 1024).find("%PDF-") == std::string_view::npos) {
    return fail(errc::malformed, "The template is not a PDF; choose another file.");
  }
  if (without_escapes(pdf).find("LZWDecode") != std::string::npos) {
    return fail(
        errc::malformed,
        "The template uses an outdated compression (LZW); save it anew with another program.");
  }
  std::size_t budget = template_limits::inflated;
  std::size_t streams = 0;
  constexpr std::string_view word = "stream";
  for (auto at = pdf.find(word); at != std::string_view::npos;
       at = pdf.find(word, at + word.size())) {
    auto from = at + word.size();
    while (from < pdf.size() && (pdf[from] == '\r' || pdf[from] == '\n' || pdf[from] == ' '))
      ++from;
    const auto data = pdf.substr(from);
    if (!looks_packed(data)) continue;
    if (++streams > template_limits::objects || !within_budget(data, budget, 1)) {
      return fail(errc::too_large, "The template unpacks to more than 64 MiB; save it smaller.", {},
                  static_cast<std::int64_t>(template_limits::inflated));
    }
  }
  return {};
}

}  // namespace autocusto::pdf
