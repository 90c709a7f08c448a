// Request heads: the screen of the text, then the screen of the parsed lines. What passes has one
// length and no doubtful character.
#include <algorithm>
#include <string>

#include "shared/http/framing.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// As plain a reading as the screened text allows.
http::request_head read(std::string_view head) {
  http::request_head out;
  const auto line_end = head.find("\r\n");
  const auto line = head.substr(0, line_end);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  out.version = line.ends_with("1.0") ? 10 : 11;
  head.remove_prefix(line_end + 2);
  while (!head.starts_with("\r\n")) {
    const auto end = head.find("\r\n");
    const auto field = head.substr(0, end);
    const auto colon = field.find(':');
    auto value = field.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    out.headers.push_back({lower(std::string(field.substr(0, colon))), std::string(value)});
    head.remove_prefix(end + 2);
  }
  return out;
}

/// Every byte as an escape.
std::string escaped(const std::string& text) {
  constexpr std::string_view k_digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', k_digits[byte >> 4], k_digits[byte & 15]});
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  static_cast<void>(http::may_begin_head(text));
  if (const auto decoded = http::percent_decode(text)) {
    const auto again = http::percent_decode(escaped(*decoded));
    fuzz::demand(again == decoded, "escapes do not come back");
  }
  const auto end = http::head_end(text);
  if (!end) return 0;
  fuzz::demand(*end <= size, "a head beyond its end");
  const auto head = text.substr(0, *end);
  if (http::screen_text(head)) return 0;
  const auto parsed = read(head);
  const auto frame = http::screen_head(parsed);
  if (!frame) return 0;
  fuzz::demand(!http::find_header(parsed.headers, "transfer-encoding"), "a transfer encoding");
  fuzz::demand(frame->path.starts_with("/"), "a path that does not begin with a slash");
  const auto lengths = std::count_if(parsed.headers.begin(), parsed.headers.end(),
                                     [](const auto& h) { return h.name == "content-length"; });
  fuzz::demand(lengths <= 1, "two lengths");
  fuzz::demand(lengths == 1 || frame->content_length == 0, "a length out of nothing");
  return 0;
}
