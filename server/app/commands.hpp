#pragma once
// The commands of autocusto-server, apart from their command line.
//
// Each takes its options, does its work, prints its result (text, or one JSON object with
// `json`) on stdout, and answers an error for what went wrong; the caller prints that and turns it
// into an exit code. One thread; they block.

#include <optional>
#include <string>
#include <vector>

#include "shared/base/error.hpp"

namespace autocusto::app {

struct common_options {
  std::string data;
  std::string passphrase_file;
  bool json = false;
};

struct init_options {
  std::string database = "sqlite";
  std::vector<std::string> names;
  std::string listen = "0.0.0.0:8443";
  std::string admin;
  std::string certificate_file;
  std::string key_file;
  std::string join;
};
[[nodiscard]] result<void> run_init(const common_options& common, const init_options& options);

/// What laptops and links call this server; the database's URL is not shown.
[[nodiscard]] result<void> run_config_show(const common_options& common);
/// `what`: names, port or listen. Checks the values (usage), takes the folder's lock, makes a
/// certificate for new names where the authority is the server's own, and saves.
[[nodiscard]] result<void> run_config_set(const common_options& common, const std::string& what,
                                          const std::vector<std::string>& values);

struct serve_options {
  std::string listen;   ///< empty: as configured
  std::string metrics;  ///< empty: none
  bool no_sandbox = false;
};
/// Returns after SIGTERM or SIGINT, when all requests in hand are answered; a second signal ends
/// the process at once.
[[nodiscard]] result<void> run_serve(const common_options& common, const serve_options& options);

struct migrate_options {
  bool dry_run = false;
  std::optional<int> to;
  bool destroy_data = false;  ///< also when tables with versions in them go
};
[[nodiscard]] result<void> run_migrate(const common_options& common,
                                       const migrate_options& options);
[[nodiscard]] result<void> run_showmigrations(const common_options& common);
/// Whether nothing wrong was found. What was found is printed already.
[[nodiscard]] result<bool> run_verify(const common_options& common);
[[nodiscard]] result<void> run_backup(const common_options& common, const std::string& file);
[[nodiscard]] result<void> run_restore(const common_options& common, const std::string& file,
                                       const std::string& database, const std::string& journal);
struct rotate_options {
  std::string what;  ///< signing-key, leaf or root
  bool dry_run = false;
  bool activate = false;
  bool at_once = false;
  int overlap_days = 30;
};
[[nodiscard]] result<void> run_rotate(const common_options& common, const rotate_options& options);
/// A link for an administrator's next device; `email` empty: for the only administrator.
[[nodiscard]] result<void> run_admin_link(const common_options& common, const std::string& email);
[[nodiscard]] result<void> run_keys_show(const common_options& common);
[[nodiscard]] result<void> run_keys_import(const common_options& common, const std::string& file);
[[nodiscard]] result<void> run_keys_export(const common_options& common, const std::string& file);

}  // namespace autocusto::app
