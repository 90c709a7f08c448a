#pragma once
// How one server process is set up: `config.json` in its data folder (mode 0600, since the database
// URL may hold a password).
//
//   {"v":1,"database":"sqlite"|"postgresql://…","names":["host"…],"port":8443,
//    "listen":"0.0.0.0:8443","certificate_file":"…","key_file":"…","connections":8,"workers":16,
//    "limits":{"pushes_per_minute":{"device":600},…},"sandbox":false}
//
// `limits` names those that are to be others than the defaults (server/limits/settings.hpp).
//
// `names[0]` and `port` are what enrollment links say.
// Values only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/limits/settings.hpp"
#include "shared/base/error.hpp"

namespace autocusto::app {

/// `ADDR:PORT`, an IPv6 address in brackets.
struct listen_address {
  std::string address = "0.0.0.0";
  std::uint16_t port = 8443;

  friend bool operator==(const listen_address&, const listen_address&) = default;
};
[[nodiscard]] result<listen_address> parse_listen(std::string_view text);
[[nodiscard]] std::string listen_text(const listen_address& at);
/// Whether only this machine can reach it.
[[nodiscard]] bool is_loopback(const listen_address& at);
/// Whether a `Host` header names this machine by itself: `localhost` or a loopback address, with or
/// without a port.
[[nodiscard]] bool names_loopback(std::string_view host_header);

/// A host as people name it, with an optional port: `sync.example.org`, `10.0.0.5:443`.
struct public_name {
  std::string host;
  std::uint16_t port = 0;  ///< 0: not said
};
[[nodiscard]] result<public_name> parse_name(std::string_view text);

inline constexpr std::string_view k_embedded = "sqlite";

struct config {
  std::string database{k_embedded};
  std::vector<std::string> names;
  std::uint16_t port = 8443;
  listen_address listen;
  std::string certificate_file;  ///< absolute; empty with an own CA
  std::string key_file;
  int connections = 8;  ///< to PostgreSQL
  int workers = 16;     ///< threads that answer requests
  autocusto::limits::usage_settings limits;
  bool sandbox = true;  ///< `serve` gives up what it does not need

  [[nodiscard]] bool embedded() const { return database == k_embedded; }
};

/// `sqlite`, or a URL that libpq takes. `usage` for anything else.
[[nodiscard]] result<void> check_database(const std::string& text);

[[nodiscard]] std::string config_path(const std::string& folder);
[[nodiscard]] result<void> save_config(const std::string& folder, const config& what);
/// Whether the data folder, and the server's files in it, are the user's own
/// (shared/base/own_files.hpp); fine when there is none yet. Error usage, with the command that
/// puts it right.
[[nodiscard]] result<void> check_data_folder(const std::string& folder);
/// `not_found` with a sentence that tells how to make one; `usage` from check_data_folder.
[[nodiscard]] result<config> load_config(const std::string& folder);

[[nodiscard]] std::string encode_config(const config& what);
[[nodiscard]] result<config> decode_config(std::string_view json);

}  // namespace autocusto::app
