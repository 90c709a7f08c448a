#include "shared/http/admission.hpp"

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace autocusto::http {
namespace {

namespace beast = boost::beast;

/// Reads a head that has passed `screen_text` with Beast's parser; nothing when Beast refuses it.
std::optional<request_head> parse_head(std::string_view text) {
  beast::http::request_parser<beast::http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(text.size() + 1));
  parser.body_limit(boost::none);  // the route's limit is applied after routing
  boost::system::error_code ec;
  parser.put(boost::asio::buffer(text.data(), text.size()), ec);
  if (ec || !parser.is_header_done()) return std::nullopt;
  const auto& message = parser.get();
  request_head head;
  head.method = std::string(message.method_string());
  head.target = std::string(message.target());
  head.version = static_cast<int>(message.version());
  for (const auto& field : message) {
    header line{std::string(field.name_string()), std::string(field.value())};
    for (char& c : line.name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    head.headers.push_back(std::move(line));
  }
  return head;
}

bool has_bearer(const request_frame& frame) {
  request probe;
  if (const auto value = find_header(frame.headers, "authorization")) {
    probe.headers.push_back({"authorization", std::string(*value)});
  }
  return probe.bearer().has_value();
}

std::optional<response> not_routed(const route_match& match, std::string_view request_id) {
  if (match.target != nullptr) return std::nullopt;
  if (match.allow.empty()) {
    return problem_response(
        fail(errc::not_found, "There is no such address on this server; check its version."),
        request_id);
  }
  auto answer = problem_response(
      fail(errc::method_not_allowed, "This address takes other methods: " + match.allow + '.'),
      request_id);
  answer.headers.push_back({"Allow", match.allow});
  return answer;
}

/// What the endpoint asks of the head.
std::optional<response> refused_by(const endpoint& target, const request_frame& frame,
                                   std::string_view request_id) {
  if (frame.content_length > target.body_limit) {
    return problem_response(
        fail(errc::body_too_large, "The body is larger than this call accepts; send less at once.",
             {}, static_cast<std::int64_t>(target.body_limit)),
        request_id);
  }
  if (target.needs_bearer && !has_bearer(frame)) {
    auto answer = problem_response(
        fail(errc::unauthorized, "This call needs a session token; open a session first."),
        request_id);
    answer.headers.push_back({"WWW-Authenticate", "Bearer"});
    return answer;
  }
  const auto encoding = find_header(frame.headers, "content-encoding");
  if (encoding && *encoding != "zstd" && *encoding != "identity") {
    return problem_response(
        fail(errc::unsupported_encoding, "Bodies may be sent as they are or zstd-compressed."),
        request_id);
  }
  if (target.plain_only && encoding && *encoding == "zstd") {
    return problem_response(
        fail(errc::unsupported_encoding, "This call takes no compressed body; send it as it is."),
        request_id);
  }
  return std::nullopt;
}

}  // namespace

std::optional<response> admit(const router& routes, std::string_view head_text,
                              std::string_view request_id, admission& into) {
  if (const auto refused = screen_text(head_text)) return problem_response(*refused, request_id);
  auto head = parse_head(head_text);
  if (!head) {
    return problem_response(fail(errc::bad_request, "The request head is malformed."), request_id);
  }
  into.head = *std::move(head);
  auto frame = screen_head(into.head);
  if (!frame) return problem_response(frame.error(), request_id);
  into.frame = *std::move(frame);
  into.framed = true;
  auto match = routes.find(into.head.method, into.frame.path);
  if (auto refused = not_routed(match, request_id)) return refused;
  into.target = match.target;
  into.captures = std::move(match.captures);
  return refused_by(*into.target, into.frame, request_id);
}

std::shared_ptr<request> take_request(admission& from) {
  auto asked = std::make_shared<request>();
  asked->method = from.head.method;
  asked->target_path = from.frame.path;
  asked->captures = std::move(from.captures);
  asked->query = std::move(from.frame.query);
  asked->headers = std::move(from.frame.headers);
  return asked;
}

response head_too_long(std::size_t limit, std::string_view request_id) {
  auto answer = problem_response(fail(errc::bad_request, "The request head is too long.", {},
                                      static_cast<std::int64_t>(limit)),
                                 request_id);
  answer.status = 431;
  return answer;
}

response busy(std::string_view request_id) {
  auto answer =
      problem_response(fail(errc::busy, "The server is busy; try again in a moment."), request_id);
  answer.headers.push_back({"Retry-After", "1"});
  return answer;
}

std::string_view label_of(std::string_view method) {
  constexpr std::array known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
  for (const std::string_view name : known) {
    if (name == method) return name;
  }
  return "OTHER";
}

}  // namespace autocusto::http
