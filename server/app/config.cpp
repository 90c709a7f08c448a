#include "server/app/config.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>

#include "server/auth/private_file.hpp"
#include "shared/base/own_files.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"

namespace autocusto::app {
namespace {

constexpr std::size_t k_config_limit = std::size_t{64} * 1024;
constexpr std::size_t k_text_limit = 4096;
constexpr std::size_t k_name_limit = 253;

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_numeric_address(const std::string& text) {
  in6_addr six{};
  in_addr four{};
  return ::inet_pton(AF_INET, text.c_str(), &four) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &six) == 1;
}

bool is_label(std::string_view text) {
  constexpr std::size_t longest = 63;
  if (text.empty() || text.size() > longest || text.front() == '-' || text.back() == '-') {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_host_name(const std::string& text) {
  if (text.size() > k_name_limit) return false;
  std::string_view rest = text;
  for (;;) {
    const auto dot = std::min(rest.find('.'), rest.size());
    if (!is_label(rest.substr(0, dot))) return false;
    // A last label of digits is part of an address, here of a wrong one (RFC 1123, section 2.1).
    if (dot == rest.size()) return rest.find_first_not_of("0123456789") != rest.npos;
    rest.remove_prefix(dot + 1);
  }
}

struct split_address {
  std::string host;
  std::optional<std::string> port;
};

/// `host`, `host:port`, `[six]`, `[six]:port`, and a bare IPv6 address.
split_address split(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return {std::string(text), std::nullopt};
    const auto rest = text.substr(end + 1);
    split_address out{std::string(text.substr(1, end - 1)), std::nullopt};
    if (rest.starts_with(':')) out.port = std::string(rest.substr(1));
    if (!rest.empty() && !out.port) out.host.clear();
    return out;
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    return {std::string(text), std::nullopt};
  }
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

constexpr std::int64_t k_most = std::int64_t{1'000'000'000};

/// One line of `limits`: its name, which scopes it has, and where it stands.
struct limit_line {
  const char* name;
  bool device, user, address;
  limits::by_scope limits::usage_settings::*at;
};
constexpr limit_line k_limit_lines[] = {
    {"connections", true, true, true, &limits::usage_settings::connections},
    {"connections_without_token", false, false, true,
     &limits::usage_settings::connections_without_token},
    {"long_polls", true, true, false, &limits::usage_settings::long_polls},
    {"sessions_per_minute", true, true, true, &limits::usage_settings::sessions_per_minute},
    {"pushes_per_minute", true, true, true, &limits::usage_settings::pushes_per_minute},
    {"refused_pushes_per_minute", true, true, true, &limits::usage_settings::refused_per_minute},
    {"push_work_per_minute", true, true, false, &limits::usage_settings::push_work_per_minute},
    {"request_work_per_minute", true, true, true, &limits::usage_settings::request_work_per_minute},
    {"failed_tokens_per_minute", false, false, true,
     &limits::usage_settings::failed_tokens_per_minute},
    {"requests_at_once", true, false, false, &limits::usage_settings::requests_at_once},
    {"long_bodies_at_once", true, false, false, &limits::usage_settings::long_bodies_at_once},
    {"versions_per_day", true, true, true, &limits::usage_settings::versions_per_day},
    {"megabytes_per_day", true, true, true, &limits::usage_settings::megabytes_per_day},
};

void read_limits(json::reader in, limits::usage_settings& out) {
  for (const auto& line : k_limit_lines) {
    if (!in.has(line.name)) continue;
    auto of = in.object(line.name);
    auto& to = out.*line.at;
    const auto read = [&of](bool there, const char* scope, std::int64_t& value) {
      if (there) value = of.optional_integer(scope, 0, k_most).value_or(value);
    };
    read(line.device, "device", to.device);
    read(line.user, "user", to.user);
    read(line.address, "address", to.address);
    of.strict();
  }
  in.strict();
}

/// Those that are others than the defaults; null when none is.
nlohmann::json written_limits(const limits::usage_settings& what) {
  const limits::usage_settings usual;
  nlohmann::json out;
  for (const auto& line : k_limit_lines) {
    const auto& value = what.*line.at;
    const auto& normal = usual.*line.at;
    if (value.device != normal.device) out[line.name]["device"] = value.device;
    if (value.user != normal.user) out[line.name]["user"] = value.user;
    if (value.address != normal.address) out[line.name]["address"] = value.address;
  }
  return out;
}

}  // namespace

result<listen_address> parse_listen(std::string_view text) {
  const auto parts = split(text);
  const auto port = parts.port ? parse_port(*parts.port) : std::nullopt;
  if (!port || !is_numeric_address(parts.host)) {
    return fail(errc::usage, "An address to listen on looks like 0.0.0.0:8443 or [::]:8443.",
                "listen");
  }
  return listen_address{parts.host, *port};
}

std::string listen_text(const listen_address& at) {
  const bool six = at.address.find(':') != std::string::npos;
  return (six ? "[" + at.address + "]" : at.address) + ":" + std::to_string(at.port);
}

bool is_loopback(const listen_address& at) {
  in_addr four{};
  if (::inet_pton(AF_INET, at.address.c_str(), &four) == 1) {
    return (ntohl(four.s_addr) >> 24) == 127;
  }
  in6_addr six{};
  return ::inet_pton(AF_INET6, at.address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six) != 0;
}

bool names_loopback(std::string_view host_header) {
  const auto named = parse_name(host_header);
  return named && (named->host == "localhost" || is_loopback({named->host, named->port}));
}

result<public_name> parse_name(std::string_view text) {
  const auto parts = split(text);
  const auto port = parts.port ? parse_port(*parts.port) : std::optional<std::uint16_t>(0);
  const bool port_fits = port && (!parts.port || *port != 0);
  if (!port_fits || (!is_numeric_address(parts.host) && !is_host_name(parts.host))) {
    return fail(errc::usage,
                "A name looks like sync.example.org, 10.0.0.5 or sync.example.org:443.", "name");
  }
  return public_name{parts.host, *port};
}

result<void> check_database(const std::string& text) {
  if (text == k_embedded || text.starts_with("postgresql://") || text.starts_with("postgres://")) {
    return {};
  }
  return fail(errc::usage,
              "The database is `sqlite` (in the data folder, the default) or a URL such as "
              "postgresql://user@host/name.",
              "database");
}

std::string config_path(const std::string& folder) {
  return folder + "/config.json";
}

std::string encode_config(const config& what) {
  nlohmann::json document{{"v", 1},
                          {"database", what.database},
                          {"names", what.names},
                          {"port", what.port},
                          {"listen", listen_text(what.listen)},
                          {"connections", what.connections},
                          {"workers", what.workers}};
  if (!what.certificate_file.empty()) {
    document["certificate_file"] = what.certificate_file;
    document["key_file"] = what.key_file;
  }
  if (auto own = written_limits(what.limits); !own.is_null()) document["limits"] = std::move(own);
  if (!what.sandbox) document["sandbox"] = false;
  return document.dump(2) + "\n";
}

result<config> decode_config(std::string_view json_text) {
  const auto document = json::parse(json_text);
  if (!document) return document.error();
  json::reader in(*document, {}, errc::usage);
  static_cast<void>(in.integer("v", 1, 1));
  config out;
  out.database = in.string("database", k_text_limit);
  out.names = in.strings("names", 100, k_name_limit);
  out.port = static_cast<std::uint16_t>(in.integer("port", 1, 65535));
  const std::string listen = in.string("listen", k_text_limit);
  out.connections = static_cast<int>(in.optional_integer("connections", 1, 1000).value_or(8));
  out.workers = static_cast<int>(in.optional_integer("workers", 1, 1000).value_or(16));
  out.sandbox = in.boolean_or("sandbox", true);
  out.certificate_file = in.optional_string("certificate_file", k_text_limit).value_or("");
  out.key_file = in.optional_string("key_file", k_text_limit).value_or("");
  if (in.has("limits")) read_limits(in.object("limits"), out.limits);
  if (const auto problem = in.finish()) return *problem;
  const auto at = parse_listen(listen);
  if (!at) return at.error();
  out.listen = *at;
  if (out.names.empty()) return fail(errc::usage, "names must hold at least one name.", "names");
  if (auto checked = check_database(out.database); !checked) return checked.error();
  return out;
}

result<void> save_config(const std::string& folder, const config& what) {
  return auth::write_private_file(config_path(folder), encode_config(what));
}

result<void> check_data_folder(const std::string& folder) {
  if (folder.empty()) return {};  // said elsewhere
  if (auto checked =
          check_own(folder, {"config.json", "keys.json", "serve.lock", "import.lock",
                             "acts.journal", "store.lock", "store.sqlite", "store.sqlite-wal",
                             "store.sqlite-shm", "store.sqlite-journal"});
      !checked) {
    return checked;
  }
  return check_own_socket(folder + "/serve.sock");
}

result<config> load_config(const std::string& folder) {
  if (auto own = check_data_folder(folder); !own) return own.error();
  const auto text = auth::read_file(config_path(folder), k_config_limit);
  if (!text && text.error().code == errc::not_found) {
    return fail(errc::not_found, folder +
                                     " is not the data folder of a server; make one with "
                                     "`autocusto-server init --data " +
                                     folder + " --admin EMAIL`.");
  }
  if (!text) return text.error();
  auto read = decode_config(*text);
  if (!read) {
    error problem = read.error();
    problem.message = config_path(folder) + " cannot be used: " + problem.message;
    return problem;
  }
  return read;
}

}  // namespace autocusto::app
