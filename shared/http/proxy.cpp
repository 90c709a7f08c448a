#include "shared/http/proxy.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <openssl/evp.h>

namespace autocusto::http {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.") ||
         host == "::1";
}

/// Whether the host is an address in that network (`192.168.0.0/16`, `fd00::/8`).
bool is_within(std::string_view host, std::string_view network) {
  namespace ip = boost::asio::ip;
  boost::system::error_code wrong;
  const auto address = ip::make_address(std::string(host), wrong);
  if (wrong) return false;
  if (address.is_v4()) {
    const auto all = ip::make_network_v4(std::string(network), wrong);
    return !wrong &&
           ip::network_v4(address.to_v4(), all.prefix_length()).canonical() == all.canonical();
  }
  const auto all = ip::make_network_v6(std::string(network), wrong);
  return !wrong &&
         ip::network_v6(address.to_v6(), all.prefix_length()).canonical() == all.canonical();
}

/// Without `*.` or `.` in front and `:port` behind: an exception holds for all ports.
std::string_view bare_name(std::string_view each) {
  if (each.starts_with("*.")) each.remove_prefix(1);
  if (each.starts_with('.')) each.remove_prefix(1);
  if (each.starts_with('[')) return each.substr(1, each.find(']') - 1);
  const auto colon = each.find(':');
  const bool one = colon != std::string_view::npos && colon == each.rfind(':');
  return one ? each.substr(0, colon) : each;
}

/// `no_proxy`, divided by commas: names, also of whole domains (`.example.org`, `*.example.org`,
/// `example.org`), with or without a port, addresses and networks; `*` for all.
bool is_excepted(std::string_view host, std::string_view list) {
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    auto each = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each == "*") return true;
    if (each.find('/') != std::string_view::npos) {
      if (is_within(host, each)) return true;
      continue;
    }
    const auto name = lowered(bare_name(each));
    if (!name.empty() && (host == name || host.ends_with("." + name))) return true;
  }
  return false;
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = i + 2 < text.size() && text[i] == '%' ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (low) i += 2;
    out += low ? static_cast<char>(*high * 16 + *low) : text[i];
  }
  return out;
}

/// `socks5://…` and the like.
bool is_of_another_kind(std::string_view text) {
  const auto scheme = text.find("://");
  return scheme != std::string_view::npos && lowered(text.substr(0, scheme)) != "http";
}

std::optional<proxy_address> read_address(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  if (text.find("://") != std::string_view::npos) return std::nullopt;
  text = text.substr(0, text.find('/'));
  proxy_address out;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    out.credentials = percent_decoded(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    port = text.substr(colon);
  }
  const auto bad = [](char c) { return c <= ' ' || c == 0x7F; };
  if (out.host.empty() || std::any_of(out.host.begin(), out.host.end(), bad)) return std::nullopt;
  if (port.empty()) return out;
  if (port.front() != ':') return std::nullopt;
  port.remove_prefix(1);
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (ec != std::errc{} || end != port.data() + port.size() || out.port == 0) return std::nullopt;
  return out;
}

std::string base64(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');  // one for the function's own end
  const auto size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace

result<std::optional<proxy_address>> proxy_for(std::string_view host,
                                               const environment_lookup& get) {
  const auto wanted = lowered(host);
  if (is_this_machine(wanted)) return std::optional<proxy_address>();
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    const char* list = get(name);
    if (list != nullptr && is_excepted(wanted, list)) return std::optional<proxy_address>();
  }
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* value = get(name);
    if (value == nullptr || *value == '\0') continue;
    // What is set for all programs may be of a kind that others use.
    if (lowered(name) == "all_proxy" && is_of_another_kind(value)) continue;
    auto read = read_address(value);
    if (read) return read;
    return fail(errc::usage, "The variable “" + std::string(name) +
                                 "” does not name a proxy as http://HOST:PORT; correct it, or take "
                                 "it out of the environment.");
  }
  return std::optional<proxy_address>();
}

result<std::optional<proxy_address>> proxy_for(std::string_view host) {
  return proxy_for(host, [](const char* name) -> const char* { return std::getenv(name); });
}

std::string connect_request(const proxy_address& by, std::string_view host, std::uint16_t port) {
  const bool six = host.find(':') != std::string_view::npos;
  const auto at =
      (six ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
  std::string out = "CONNECT " + at + " HTTP/1.1\r\nHost: " + at + "\r\n";
  if (!by.credentials.empty()) {
    out += "Proxy-Authorization: Basic " + base64(by.credentials) + "\r\n";
  }
  return out + "\r\n";
}

}  // namespace autocusto::http
