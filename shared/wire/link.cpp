// Enrollment links: https://HOST:PORT/enroll#CODE.PIN, and the names of servers.
#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include "shared/base/bytes.hpp"
#include "shared/domain/entry.hpp"
#include "shared/wire/messages.hpp"
#include "shared/wire/server_name.hpp"

namespace autocusto::wire {
namespace {

constexpr std::string_view k_scheme = "https://";
constexpr std::string_view k_path = "/enroll#";
constexpr std::size_t k_longest_code = 200;
constexpr std::size_t k_longest_host = 253;  // RFC 1035

bool code_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

bool host_character(char c) {
  return code_character(c) || c == '.' || c == ':';
}

/// As it came out of a message: without line breaks and what nobody sees in it, and without blanks,
/// quotes and angle brackets around it. None of these can be part of a link.
std::string bare(std::string_view pasted) {
  std::string text(pasted);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  text = domain::clean_number(text);
  constexpr std::string_view around = "\"'<>";
  while (!text.empty() && around.find(text.front()) != std::string_view::npos) text.erase(0, 1);
  while (!text.empty() && around.find(text.back()) != std::string_view::npos) text.pop_back();
  return text;
}

/// Digits behind the last dot belong to an IPv4 address; no name ends so (RFC 1123, section 2.1).
bool ends_in_digits(std::string_view host) {
  return host.substr(host.rfind('.') + 1).find_first_not_of("0123456789") == host.npos;
}

bool is_ipv4(const std::string& host) {
  in_addr four{};
  return ::inet_pton(AF_INET, host.c_str(), &four) == 1;
}

/// `HOST`, `HOST:PORT`, `[V6]` or `[V6]:PORT`; false if it is none of them.
bool read_authority(std::string_view text, enrollment_link& link) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    // Every text form of an IPv6 address has two colons or more (RFC 4291, section 2.2).
    const bool six = std::count(host.begin(), host.end(), ':') >= 2 &&
                     host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
    if (!six) return false;
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (host.empty() || host.size() > k_longest_host) return false;
  if (!std::all_of(host.begin(), host.end(), host_character)) return false;
  link.host = host;
  if (!text.starts_with('[') && ends_in_digits(host) && !is_ipv4(link.host)) return false;
  if (port.empty()) return true;
  if (port.front() != ':') return false;
  port.remove_prefix(1);
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), link.port);
  return ec == std::errc{} && end == port.data() + port.size() && link.port != 0;
}

/// The prefix and 64 hex digits, into `pin`; false if it is anything else.
bool read_hash(std::string_view text, std::string_view prefix, std::string& pin) {
  if (!text.starts_with(prefix)) return false;
  auto raw = from_hex(text.substr(prefix.size()));
  if (!raw || raw->size() != 32) return false;
  pin = std::move(*raw);
  return true;
}

/// `key:HASH`, `ca:HASH` or `ca:HASH.key:HASH`; false if it is none of them.
bool read_pin(std::string_view text, enrollment_link& link) {
  link.pin_is_ca = text.starts_with("ca:");
  if (!link.pin_is_ca) return read_hash(text, "key:", link.pin);
  const auto dot = text.find('.');
  if (!read_hash(text.substr(0, dot), "ca:", link.pin)) return false;
  return dot == std::string_view::npos || read_hash(text.substr(dot + 1), "key:", link.key_pin);
}

}  // namespace

std::string encode(const enrollment_link& link) {
  const bool v6 = link.host.find(':') != std::string::npos;
  std::string out(k_scheme);
  out += v6 ? "[" + link.host + "]" : link.host;
  out += ':' + std::to_string(link.port);
  out += k_path;
  out += link.code;
  out += link.pin_is_ca ? ".ca:" : ".key:";
  out += to_hex(link.pin);
  if (!link.key_pin.empty()) out += ".key:" + to_hex(link.key_pin);
  return out;
}

result<enrollment_link> decode_enrollment_link(std::string_view pasted) {
  enrollment_link link;
  const auto whole = bare(pasted);
  std::string_view text = whole;
  if (!text.starts_with(k_scheme)) {
    return fail(errc::usage,
                "The enrollment link does not begin with https://; copy the whole link as the "
                "administrator sent it.");
  }
  text.remove_prefix(k_scheme.size());
  const auto path = text.find(k_path);
  if (path == std::string_view::npos) {
    return fail(errc::usage,
                "The enrollment link lacks the part /enroll#; copy the whole link as the "
                "administrator sent it.");
  }
  if (!read_authority(text.substr(0, path), link)) {
    return fail(errc::usage,
                "The server's name or port in the enrollment link cannot be read; copy the whole "
                "link as the administrator sent it.");
  }
  text.remove_prefix(path + k_path.size());
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) {
    return fail(errc::usage,
                "The end of the enrollment link is missing; copy the whole link as the "
                "administrator sent it.");
  }
  const auto code = text.substr(0, dot);
  if (code.empty() || code.size() > k_longest_code ||
      !std::all_of(code.begin(), code.end(), code_character)) {
    return fail(errc::usage,
                "The code in the enrollment link cannot be read; copy the whole link as the "
                "administrator sent it.");
  }
  link.code = code;
  if (!read_pin(text.substr(dot + 1), link)) {
    return fail(errc::usage,
                "The server's fingerprint at the end of the enrollment link cannot be read; copy "
                "the whole link as the administrator sent it.");
  }
  return link;
}

result<server_name> read_server_name(std::string_view typed) {
  const auto whole = bare(typed);
  std::string_view text = whole;
  if (text.find(k_path) != std::string_view::npos) {
    auto link = decode_enrollment_link(text);
    if (!link) return link.error();
    return server_name{link->host, link->port, *link};
  }
  if (text.starts_with(k_scheme)) text.remove_prefix(k_scheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  enrollment_link at;
  if (!read_authority(text, at)) {
    return fail(errc::usage,
                "The server is named by HOST:PORT, such as sync.example.org:8443, or by a whole "
                "enrollment link; check it.");
  }
  return server_name{std::move(at.host), at.port, std::nullopt};
}

}  // namespace autocusto::wire
