#include "client/transport/foreign.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/wire/messages.hpp"

namespace autocusto::transport {
namespace {

/// The host of `https://host/path`, or nothing.
std::string_view host_of(std::string_view address) {
  const auto scheme = address.find("://");
  if (scheme == std::string_view::npos) return {};
  address.remove_prefix(scheme + 3);
  return address.substr(0, address.find_first_of("/?#"));
}

std::string printable_name(std::string_view text) {
  constexpr std::size_t longest = 60;
  constexpr std::string_view signs = ".:-_/ ";
  std::string out;
  for (const char c : text.substr(0, longest)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (plain || signs.find(c) != std::string_view::npos) out += c;
  }
  return out;
}

/// Who answered, as far as they say.
std::string name_of(const http::response& answer) {
  std::string name;
  if (const auto to = http::find_header(answer.headers, "location")) {
    name = printable_name(host_of(*to));
  }
  for (const auto* header : {"via", "server"}) {
    const auto value = http::find_header(answer.headers, header);
    if (name.empty() && value) name = printable_name(*value);
  }
  const auto status = "HTTP " + std::to_string(answer.status);
  return name.empty() ? status : name + ", " + status;
}

bool is_page(const http::response& answer) {
  const auto start = answer.body.find_first_not_of(" \t\r\n");
  return answer.content_type.starts_with("text/html") ||
         (start != std::string::npos && answer.body[start] == '<');
}

bool is_problem(const http::response& answer) {
  return !wire::decode_problem(answer.status, answer.body).code_text.empty();
}

}  // namespace

std::optional<error> foreign_answer(const http::response& answer, std::size_t sent) {
  const int status = answer.status;
  const bool fine = status >= 200 && status <= 299;
  if (fine ? !is_page(answer) : is_problem(answer)) return std::nullopt;
  if (status == 413) {
    return fail(errc::body_too_large,
                "Something between this computer and the server (“" + name_of(answer) +
                    "”) refuses a request of " + std::to_string(sent) +
                    " bytes; what is saved stays here and is sent again later. Ask whoever runs "
                    "the network or the server to let larger requests through.",
                {}, static_cast<std::int64_t>(sent));
  }
  const bool gateway = status == 408 || status == 429 || (status >= 500 && status != 511);
  if (gateway) return std::nullopt;
  return fail(errc::unreachable,
              "A Wi-Fi login or a filter (“" + name_of(answer) +
                  "”) answered in place of the server; log in to the network with a browser, or "
                  "ask whoever runs it. What is saved stays saved, and sync goes on by itself.");
}

}  // namespace autocusto::transport
