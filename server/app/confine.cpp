#include "server/app/confine.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include <libpq-fe.h>
#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include "server/api/event_log.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::app {
namespace {

namespace fs = std::filesystem;

// Settings of PostgreSQL's library that name files, in a URL and in the environment; and what
// OpenSSL and Kerberos read in its service.
constexpr std::array<std::string_view, 7> k_url_files{"sslrootcert", "sslcert",  "sslkey", "sslcrl",
                                                      "sslcrldir",   "passfile", "service"};
constexpr std::array<const char*, 13> k_environment_files{
    "PGSSLROOTCERT", "PGSSLCERT",     "PGSSLKEY",     "PGSSLCRL",      "PGSSLCRLDIR",
    "PGPASSFILE",    "PGSERVICEFILE", "PGSYSCONFDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "OPENSSL_CONF",  "KRB5_CONFIG",   "KRB5_KTNAME"};

std::string user_home() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return home;
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : "";
}

void add_postgres_files(const std::string& url, std::vector<std::string>& to) {
  if (const auto home = user_home(); !home.empty()) {
    for (const char* name : {"/.postgresql", "/.pgpass", "/.pg_service.conf"})
      to.push_back(home + name);
  }
  for (const char* name : k_environment_files) {
    if (const char* value = std::getenv(name); value != nullptr && *value == '/')
      to.emplace_back(value);
  }
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  for (const auto* at = options.get(); at != nullptr && at->keyword != nullptr; ++at) {
    const bool names_file =
        std::find(k_url_files.begin(), k_url_files.end(), at->keyword) != k_url_files.end();
    if (names_file && at->val != nullptr && *at->val == '/') to.emplace_back(at->val);
  }
}

/// The folder of the name, and that of the file itself when the name is a link: both are where a
/// renewed one appears.
void add_folders_of(const std::string& file, std::vector<std::string>& to) {
  std::error_code ec;
  to.push_back(fs::path(file).parent_path().string());
  if (const auto real = fs::canonical(file, ec); !ec) to.push_back(real.parent_path().string());
}

}  // namespace

sandbox::file_rules files_for_serving(const config& settings, const node_options& options) {
  sandbox::file_rules rules;
  rules.read = sandbox::system_files();
  rules.write = {options.folder};
  rules.write_files = {"/dev/null"};
  if (!settings.certificate_file.empty()) {
    add_folders_of(settings.certificate_file, rules.read);
    add_folders_of(settings.key_file, rules.read);
  }
  if (!settings.embedded()) add_postgres_files(settings.database, rules.read);
  rules.bind_tcp.push_back(options.listen.value_or(settings.listen).port);
  if (options.metrics) rules.bind_tcp.push_back(options.metrics->port);
  rules.connect = !settings.embedded();
  return rules;
}

result<void> confinement::before_threads(const node_options& options) {
  const auto settings = load_config(options.folder);
  if (!settings) {
    wanted_ = false;
    return {};
  }
  wanted_ = wanted_ && settings->sandbox;
  if (!wanted_) return {};
  const auto version = sandbox::restrict_files(files_for_serving(*settings, options));
  if (!version) return version.error();
  landlock_ = *version;
  return {};
}

result<void> confinement::when_ready() {
  if (!wanted_) return {};
  const auto done = sandbox::restrict_calls();
  if (!done) return done.error();
  calls_ = *done;
  return {};
}

void confinement::tell() const {
  api::event_log log(system_clock_source());
  log.write(landlock_ > 0 && calls_ ? api::log_level::info : api::log_level::warning, "sandbox",
            {{"wanted", wanted_}, {"landlock", landlock_}, {"seccomp", calls_}});
}

}  // namespace autocusto::app
