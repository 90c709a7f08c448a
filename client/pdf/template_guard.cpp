#include "client/pdf/template_guard.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string>

#include <zlib.h>

#include "client/pdf/template.hpp"

namespace autocusto::pdf {
namespace {

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

  /// The next bytes; none at the end, where the data are damaged, or when they become nothing.
  std::string_view next() {
    if (!ready_ || ended_) return {};
    stream_.next_out = buffer_.data();
    stream_.avail_out = static_cast<uInt>(buffer_.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    ended_ = status != Z_OK;
    return {reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out};
  }
  [[nodiscard]] std::size_t read() const { return stream_.total_in; }

 private:
  z_stream stream_{};
  bool ready_ = false;
  bool ended_ = false;
  std::array<Bytef, 16 * 1024> buffer_;
};

/// How much may still be read, and made of it. Both are counted: of a stream that was made for it,
/// much can be read that becomes nothing.
struct allowance {
  std::size_t read = template_limits::inflated;
  std::size_t made = template_limits::inflated;

  static bool take(std::size_t& from, std::size_t amount) {
    if (amount > from) return false;
    from -= amount;
    return true;
  }
};

/// Takes what a packed stream becomes off the allowance; false when it is not enough.
bool unpacks_within(std::string_view data, allowance& left) {
  inflater packed(data);
  std::size_t read = 0;
  for (;;) {
    const auto part = packed.next();
    if (!allowance::take(left.made, part.size())) return false;
    if (!allowance::take(left.read, packed.read() - read)) return false;
    read = packed.read();
    if (part.empty()) return true;
  }
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\0';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// ASCIIHex until something else comes, at most `most` bytes.
std::string from_hex(std::string_view data, std::size_t most) {
  std::string out;
  int high = -1;
  for (const char c : data) {
    if (is_space(c)) continue;
    const int digit = hex_digit(c);
    if (digit < 0 || out.size() == most) break;
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return out;
}

/// ASCII85 until something else comes, at most about `most` bytes.
std::string from_ascii85(std::string_view data, std::size_t most) {
  std::string out;
  std::uint32_t sum = 0;
  int digits = 0;
  if (data.substr(0, 2) == "<~") data.remove_prefix(2);
  for (const char c : data) {
    if (is_space(c)) continue;
    if (out.size() >= most || (c != 'z' && (c < '!' || c > 'u'))) break;
    if (c == 'z') {
      out.append(4, '\0');
      continue;
    }
    sum = sum * 85 + static_cast<std::uint32_t>(c - '!');
    if (++digits < 5) continue;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(sum >> shift & 0xFF);
    sum = 0;
    digits = 0;
  }
  // Of a last group that is not whole only a part counts; that it is padded here matters to nobody.
  return out;
}

/// Takes a stream off the allowance, if it is a packed one: as bytes, or written in letters.
bool fits(std::string_view data, allowance& left) {
  if (looks_packed(data)) return unpacks_within(data, left);
  for (const auto decode : {from_hex, from_ascii85}) {
    if (!looks_packed(decode(data, 8))) continue;
    const std::string bytes = decode(data, data.size());
    if (!allowance::take(left.read, bytes.size()) || !unpacks_within(bytes, left)) return false;
  }
  return true;
}

/// `text` with the escapes of names (#57 for W) resolved, for looking for words only.
std::string without_escapes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '#' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    out +=
        escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

/// The name at the beginning of `text`, taken off it: `/FlateDecode`; empty when no name stands
/// there.
std::string_view take_name(std::string_view& text) {
  if (text.empty() || text.front() != '/') return {};
  const auto end = text.find_first_of("/[]<>()%{} \n\r\t\f", 1);
  const auto out = text.substr(0, end);
  text.remove_prefix(out.size());
  return out;
}

void skip_space(std::string_view& text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
}

/// What follows the word /Filter: one name, or a list of at most two of which one unpacks, written
/// out in place. So what a stream becomes is what `packed_stream` sees. Names of other things
/// (signatures, encryption) pass.
bool usual_filters(std::string_view text) {
  skip_space(text);
  const bool list = !text.empty() && text.front() == '[';
  if (list) text.remove_prefix(1);
  int names = 0;
  int flates = 0;
  for (skip_space(text); list || names == 0; skip_space(text)) {
    if (list && !text.empty() && text.front() == ']') break;
    const auto name = take_name(text);
    if (name.empty() || ++names > 2) return false;
    if (name == "/LZWDecode" || name == "/LZW" || name == "/RunLengthDecode" || name == "/RL")
      return false;
    if (name == "/FlateDecode" || name == "/Fl") ++flates;
  }
  return flates < 2;
}

/// Whether the word stands there as a whole name.
bool has_name(std::string_view plain, std::string_view word) {
  for (auto at = plain.find(word); at != plain.npos; at = plain.find(word, at + word.size())) {
    const auto end = at + word.size();
    if (end == plain.size() || std::isalnum(static_cast<unsigned char>(plain[end])) == 0) {
      return true;
    }
  }
  return false;
}

bool all_filters_usual(std::string_view plain) {
  constexpr std::string_view word = "/Filter";
  for (auto at = plain.find(word); at != std::string::npos;
       at = plain.find(word, at + word.size())) {
    const auto rest = plain.substr(at + word.size());
    const bool longer =
        !rest.empty() && (std::isalnum(static_cast<unsigned char>(rest.front())) != 0);
    if (!longer && !usual_filters(rest)) return false;
  }
  return true;
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
  // What an encrypted stream becomes cannot be seen here, and qpdf unpacks some while it opens.
  const std::string plain = without_escapes(pdf);
  if (has_name(plain, "/Encrypt")) {
    return fail(errc::malformed, "The template is encrypted; save it without protection.");
  }
  if (!all_filters_usual(plain)) {
    return fail(errc::malformed,
                "The template uses an unusual compression; save it anew with another program.");
  }
  allowance left;
  constexpr std::string_view word = "stream";
  for (auto at = pdf.find(word); at != std::string_view::npos;
       at = pdf.find(word, at + word.size())) {
    auto data = pdf.substr(at + word.size());
    skip_space(data);
    if (!fits(data, left)) {
      return fail(errc::too_large, "The template unpacks to more than 64 MiB; save it smaller.", {},
                  static_cast<std::int64_t>(template_limits::inflated));
    }
  }
  return {};
}

}  // namespace autocusto::pdf
