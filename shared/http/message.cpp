#include "shared/http/message.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "shared/http/ascii.hpp"

namespace autocusto::http {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes the part before `separator` off the front of `rest`.
std::string_view next_part(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return trim(part);
}

/// `q=0`, `q=0.0` and the like: the sender does not want it.
bool weight_is_zero(std::string_view parameter) {
  if (parameter.size() < 3 || lower(parameter[0]) != 'q' || parameter[1] != '=') return false;
  const auto value = parameter.substr(2);
  return value.front() == '0' && value.find_first_not_of("0.") == std::string_view::npos;
}

/// As a JSON text.
void add_quoted(std::string& to, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
  if (plain) {
    to.append("\"").append(text).append("\"");
  } else {
    to += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

}  // namespace

std::optional<std::string_view> find_header(const header_list& headers,
                                            std::string_view lower_name) {
  const auto at = std::find_if(headers.begin(), headers.end(), [lower_name](const header& line) {
    return equals_lower(line.name, lower_name);
  });
  if (at == headers.end()) return std::nullopt;
  return std::string_view(at->value);
}

std::optional<std::string_view> request::bearer() const {
  constexpr std::string_view scheme = "bearer ";
  const auto value = find_header(headers, "authorization");
  if (!value || value->size() <= scheme.size()) return std::nullopt;
  if (!equals_lower(value->substr(0, scheme.size()), scheme)) return std::nullopt;
  const auto token = trim(value->substr(scheme.size()));
  return token.empty() ? std::nullopt : std::optional(token);
}

response json_response(std::string json_text, int status) {
  response answer;
  answer.status = status;
  answer.content_type = "application/json";
  answer.body = std::move(json_text);
  return answer;
}

response problem_response(const error& problem, std::string_view request_id) {
  response answer;
  answer.status = http_status(problem.code);
  // Written by hand: most of what a stranger costs would be a tree of JSON values.
  std::string text;
  text.reserve(256);
  text += "{\"code\":";
  add_quoted(text, code_name(problem.code));
  text += ",\"detail\":";
  add_quoted(text, problem.message);
  if (!problem.field.empty()) {
    text += ",\"field\":";
    add_quoted(text, problem.field);
  }
  if (problem.limit) text.append(",\"limit\":").append(std::to_string(*problem.limit));
  text += ",\"request_id\":";
  add_quoted(text, request_id);
  if (problem.retry_after) {
    text.append(",\"retry_after\":").append(std::to_string(*problem.retry_after));
    answer.headers.push_back({"Retry-After", std::to_string(*problem.retry_after)});
  }
  text.append(",\"status\":").append(std::to_string(answer.status)).append(",\"title\":");
  add_quoted(text, status_phrase(answer.status));
  text += R"(,"type":"about:blank"})";
  answer.content_type = "application/problem+json";
  answer.body = std::move(text);
  return answer;
}

std::string_view status_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
  }
  return "Unknown";
}

bool accepts_zstd(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    auto offer = next_part(accept_encoding, ',');
    const auto coding = next_part(offer, ';');
    if (equals_lower(coding, "zstd")) return !weight_is_zero(trim(offer));
  }
  return false;
}

}  // namespace autocusto::http
