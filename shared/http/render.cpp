#include "shared/http/render.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace autocusto::http {
namespace {

void add_line(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  const auto from = head.size();
  head += value;
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; };
  std::replace_if(head.begin() + static_cast<std::ptrdiff_t>(from), head.end(), is_control, ' ');
  head += "\r\n";
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, whatever the locale.
std::string date_text(std::time_t now) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                months[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                parts.tm_min, parts.tm_sec);
  return text;
}

/// The same, made once a second.
const std::string& http_date(std::time_t now) {
  thread_local std::time_t made = -1;
  thread_local std::string text;
  if (now != made) {
    text = date_text(now);
    made = now;
  }
  return text;
}

}  // namespace

std::string render_head(const response& answer, const response_frame& frame) {
  std::string head;
  head.reserve(512);
  head.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  head += status_phrase(answer.status);
  head += "\r\n";
  add_line(head, "Date", http_date(std::time(nullptr)));
  if (!answer.content_type.empty()) add_line(head, "Content-Type", answer.content_type);
  if (answer.status != 204) add_line(head, "Content-Length", std::to_string(answer.body.size()));
  // For every answer, so that no handler can forget it: answers are about patients.
  head += "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  if (frame.tls) head += "Strict-Transport-Security: max-age=31536000\r\n";
  if (!frame.request_id.empty()) add_line(head, "X-Request-Id", frame.request_id);
  head += "Vary: Accept-Encoding\r\n";
  for (const auto& [name, value] : answer.headers) add_line(head, name, value);
  head += frame.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

std::string render_request(std::string_view method, std::string_view target, std::string_view host,
                           const header_list& headers, std::size_t body_size) {
  std::string head(method);
  head += ' ';
  head += target;
  head += " HTTP/1.1\r\n";
  add_line(head, "Host", host);
  for (const auto& [name, value] : headers) add_line(head, name, value);
  const bool has_body = body_size > 0 || method == "POST" || method == "PUT" || method == "PATCH";
  if (has_body) add_line(head, "Content-Length", std::to_string(body_size));
  head += "\r\n";
  return head;
}

}  // namespace autocusto::http
