#include "shared/http/framing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "shared/http/ascii.hpp"

namespace autocusto::http {
namespace {

error bad(std::string message) {
  return fail(errc::bad_request, std::move(message));
}

error transfer_coded() {
  return fail(errc::transfer_encoding_refused,
              "Transfer-Encoding is not accepted; send the body with a Content-Length.");
}

/// RFC 9110 `token` characters.
bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

std::optional<error> screen_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("The request line is malformed.");
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return bad("Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  }
  if (!is_token(line.substr(0, first))) return bad("The request method is malformed.");
  if (target.size() > k_target_limit) {
    return fail(errc::bad_request, "The request target is too long.", {},
                static_cast<std::int64_t>(k_target_limit));
  }
  if (target.empty() || target.front() != '/' ||
      !std::all_of(target.begin(), target.end(), is_visible)) {
    return bad("The request target must be a path that starts with '/'.");
  }
  return std::nullopt;
}

std::optional<error> screen_header_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return bad("Folded header lines are refused.");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("A header line has no colon.");
  const auto name = line.substr(0, colon);
  if (!is_token(name)) return bad("A header name is malformed.");
  if (equals_lower(name, "transfer-encoding")) return transfer_coded();
  const auto value = line.substr(colon + 1);
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7f'; };
  if (std::any_of(value.begin(), value.end(), is_control)) {
    return bad("A header value holds a control character.");
  }
  return std::nullopt;
}

// A second line of these could be read differently by two readers, and each decides about access,
// about the body's length or about what the body means.
constexpr std::array<std::string_view, 7> k_single = {
    "authorization", "content-encoding", "content-length", "content-type", "expect",
    "host",          "transfer-encoding"};

/// One entry a name, values of repeated lines joined; refuses repetition where it matters.
result<header_list> join_lines(const header_list& lines) {
  header_list joined;
  for (const auto& line : lines) {
    const auto at = std::find_if(joined.begin(), joined.end(),
                                 [&line](const header& h) { return h.name == line.name; });
    if (at == joined.end()) {
      joined.push_back(line);
    } else if (std::find(k_single.begin(), k_single.end(), line.name) != k_single.end()) {
      return bad("The header " + line.name + " may stand in a request only once.");
    } else {
      at->value += ", " + line.value;
    }
  }
  return joined;
}

result<std::uint64_t> read_length(std::string_view text) {
  std::uint64_t length = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, length);
  // 18 digits keep every later sum within 64 bits.
  if (code != std::errc{} || stop != end || text.size() > 18) {
    return bad("Content-Length must be one number of bytes.");
  }
  return length;
}

std::optional<error> screen_host(const header_list& headers, int version) {
  const auto host = find_header(headers, "host");
  if (!host) {
    if (version == 10) return std::nullopt;
    return bad("A request needs exactly one Host header.");
  }
  const auto fits = [](char c) {
    return is_visible(c) && std::string_view("/@,?#\\\"<>").find(c) == std::string_view::npos;
  };
  if (host->empty() || !std::all_of(host->begin(), host->end(), fits)) {
    return bad("The Host header must name one host.");
  }
  return std::nullopt;
}

result<std::map<std::string, std::string>> read_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return bad("The query of the request target is badly escaped.");
    if (!query.emplace(*std::move(name), *std::move(value)).second) {
      return bad("The query of the request target names a parameter twice.");
    }
  }
  return query;
}

/// Whether a comma-separated header value has this (lower-case) member.
bool lists(std::string_view value, std::string_view member) {
  std::size_t at = 0;
  while (at <= value.size()) {
    const auto end = std::min(value.find(',', at), value.size());
    auto part = value.substr(at, end - at);
    while (!part.empty() && (part.front() == ' ' || part.front() == '\t')) part.remove_prefix(1);
    while (!part.empty() && (part.back() == ' ' || part.back() == '\t')) part.remove_suffix(1);
    if (equals_lower(part, member)) return true;
    at = end + 1;
  }
  return false;
}

bool read_keep_alive(const header_list& headers, int version) {
  const auto connection = find_header(headers, "connection");
  if (version == 10) return connection && lists(*connection, "keep-alive");
  return !connection || !lists(*connection, "close");
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> head_end(std::string_view bytes) {
  const auto at = bytes.find("\r\n\r\n");
  return at == std::string_view::npos ? std::nullopt : std::optional(at + 4);
}

bool may_begin_head(std::string_view bytes) {
  return bytes.empty() || is_token_char(bytes.front());
}

std::optional<error> screen_text(std::string_view head) {
  if (!head.ends_with("\r\n\r\n")) return bad("The request head does not end.");
  head.remove_suffix(2);
  bool first = true;
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const auto line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.empty()) return bad("The request head begins with an empty line.");
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      return bad("The request head holds a bare line break or a control character.");
    }
    auto refused = first ? screen_request_line(line) : screen_header_line(line);
    if (refused) return refused;
    first = false;
  }
  return std::nullopt;
}

result<request_frame> screen_head(const request_head& head) {
  // Before anything else: a request that names a transfer coding has no end that all agree on.
  if (find_header(head.headers, "transfer-encoding")) return transfer_coded();
  if (head.version != 10 && head.version != 11) {
    return bad("Only HTTP/1.1 and HTTP/1.0 are spoken here.");
  }
  auto headers = join_lines(head.headers);
  if (!headers) return headers.error();
  request_frame frame;
  frame.headers = *std::move(headers);
  if (auto refused = screen_host(frame.headers, head.version)) return *refused;

  if (const auto text = find_header(frame.headers, "content-length")) {
    const auto length = read_length(*text);
    if (!length) return length.error();
    frame.content_length = *length;
  } else if (head.method == "POST" || head.method == "PUT" || head.method == "PATCH") {
    return fail(errc::length_required, "A " + head.method + " request needs a Content-Length.");
  }
  if (const auto expect = find_header(frame.headers, "expect")) {
    if (!lists(*expect, "100-continue")) return bad("Only the expectation 100-continue is known.");
    frame.expect_continue = head.version == 11;
  }

  const auto target = std::string_view(head.target);
  if (target.empty() || target.front() != '/' || target.size() > k_target_limit ||
      target.find('#') != std::string_view::npos) {
    return bad("The request target must be a path that starts with '/'.");
  }
  const auto mark = std::min(target.find('?'), target.size());
  frame.path = std::string(target.substr(0, mark));
  auto query = read_query(target.substr(std::min(mark + 1, target.size())));
  if (!query) return query.error();
  frame.query = *std::move(query);
  frame.keep_alive = read_keep_alive(frame.headers, head.version);
  return frame;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if ((c >= '\0' && c < ' ') || c == '\x7f') return std::nullopt;
    out += c;
  }
  return out;
}

}  // namespace autocusto::http
