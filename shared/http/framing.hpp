#pragma once
// The framing screen: which request heads are accepted at all.
//
// Two servers that disagree on where a request ends can be made to see different requests
// (smuggling), so every head that leaves room for doubt is refused and the connection closed, and
// nothing behind it is read as a request. Accepted are HTTP/1.0 and 1.1 with at most one
// Content-Length and no Transfer-Encoding at all. The screen works on text and plain values, apart
// from any socket, and does not rely on what the HTTP parser lets through. Functions only; any
// thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"
#include "shared/http/message.hpp"

namespace autocusto::http {

inline constexpr std::size_t k_target_limit = 2048;  ///< bytes of path and query

/// A head as the HTTP parser read it.
struct request_head {
  std::string method;
  std::string target;
  int version = 11;     ///< 10 or 11
  header_list headers;  ///< every line, names in lower case
};

/// What an accepted head says.
struct request_frame {
  std::string path;                          ///< as sent
  std::map<std::string, std::string> query;  ///< decoded
  header_list headers;                       ///< lines of one name joined by ", "
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expect_continue = false;
};

/// The end of the head in `bytes` (one past the empty line), if it is there.
[[nodiscard]] std::optional<std::size_t> head_end(std::string_view bytes);

/// Whether `bytes` can be the beginning of a request at all. What cannot (a TLS greeting on a plain
/// port, another protocol) need not be waited for.
[[nodiscard]] bool may_begin_head(std::string_view bytes);

/// The head's text, up to and with its empty line: refuses control characters, bare CR or LF,
/// folded lines, lines without a colon, space before a colon, names that are no tokens, and request
/// lines other than `METHOD /target HTTP/1.0` or `1.1`. Nothing: it may be parsed.
[[nodiscard]] std::optional<error> screen_text(std::string_view head);

/// The parsed head: refuses any Transfer-Encoding, more than one Content-Length or one that is no
/// number, POST, PUT and PATCH without one, other than one Host (HTTP/1.0: at most one), a target
/// that is not in origin form or too long, a query that repeats a name or is badly escaped,
/// repeated headers that decide about access or encoding, and expectations other than
/// `100-continue`.
[[nodiscard]] result<request_frame> screen_head(const request_head& head);

/// Undoes %-escapes; nothing for a broken escape or an escaped control character.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace autocusto::http
