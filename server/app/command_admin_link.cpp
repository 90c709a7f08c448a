// admin-link: a link for an administrator, also while the server serves.

#include <iostream>

#include <nlohmann/json.hpp>

#include "server/app/admin_link.hpp"
#include "server/app/commands.hpp"
#include "server/app/installation.hpp"
#include "server/auth/keys.hpp"
#include "server/local/socket.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::app {
namespace {

/// Nobody serves this folder's embedded database, or it is PostgreSQL: written here.
result<local::admin_link> make_here(installation& home, const std::string& email) {
  const auto made = make_admin_code(*home.database, home.keys, crypto::system_random(), email,
                                    system_clock_source().now());
  if (!made) return made.error();
  const auto& s = home.settings;
  return local::admin_link{auth::enrollment_link(home.keys, s.names.front(), s.port, made->code),
                           made->email, made->expires_at};
}

result<local::admin_link> make(const std::string& folder, const std::string& email) {
  const auto settings = load_config(folder);
  if (!settings) return settings.error();
  auto home =
      open_installation(folder, settings->embedded() ? folder_use::serving : folder_use::reading);
  if (home) return make_here(*home, email);
  if (home.error().code != errc::replica_busy) return home.error();
  // The server holds the only writing connection, and does it for us.
  return local::ask_admin_link(folder, email);
}

}  // namespace

result<void> run_admin_link(const common_options& common, const std::string& email) {
  const auto made = make(common.data, email);
  if (!made) return made.error();
  const auto until = format_time(made->expires_at);
  if (common.json) {
    cli::print_json(nlohmann::json{
        {"enrollment_link", made->link}, {"user", made->email}, {"expires_at", until}});
    return {};
  }
  std::cout
      << "A link for the administrator " << cli::printable(made->email) << ", good once until "
      << until << ":\n  " << made->link
      << "\nWith a new profile: autocusto-admin enroll LINK. With the one that cannot connect "
         "any more: autocusto-admin enroll LINK --again.\n";
  return {};
}

}  // namespace autocusto::app
