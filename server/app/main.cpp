// autocusto-server: the command line. Parses, runs one command, prints its error, exits.

#include <algorithm>
#include <csignal>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "server/app/commands.hpp"
#include "server/store/database.hpp"
#include "shared/base/version.hpp"
#include "shared/cli/command_tree.hpp"
#include "shared/cli/environment.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/cli/usage.hpp"

namespace {

using namespace autocusto;

struct command_line {
  app::common_options common;
  app::init_options init;
  app::serve_options serve;
  app::migrate_options migrate;
  std::string file;
  std::string database;
  std::string journal;
  std::string user;
  std::vector<std::string> values;
  std::function<result<void>()> chosen;
  app::rotate_options rotate;
  int status = 0;  ///< of a command that printed all there is to say
};

void add_init(CLI::App& root, command_line& to) {
  auto* command = root.add_subcommand("init", "Set up a server in a new data folder");
  auto& o = to.init;
  command->add_option("--database", o.database, "`sqlite` or postgresql://user@host/name")
      ->capture_default_str();
  command->add_option("--name", o.names,
                      "Host names or addresses of this server, the first one "
                      "for links; HOST:PORT when it is reached by another port");
  command->add_option("--listen", o.listen, "Address and port to listen on")->capture_default_str();
  command->add_option("--admin", o.admin, "E-mail of the first administrator");
  command->add_option("--cert", o.certificate_file, "Certificate chain (PEM) of a public CA");
  command->add_option("--key", o.key_file, "Its private key (PEM)");
  command->add_option("--join", o.join, "Key bundle of the installation to join");
  command->callback([&to] { to.chosen = [&to] { return run_init(to.common, to.init); }; });
}

void add_config(CLI::App& root, command_line& to) {
  auto* command = root.add_subcommand("config", "Where this server is reached");
  command->require_subcommand(1);
  command->add_subcommand("show", "Names, port of links, and the address to listen on")
      ->callback([&to] { to.chosen = [&to] { return run_config_show(to.common); }; });
  auto* set = command->add_subcommand("set", "Change one of them; stop `serve` first");
  set->require_subcommand(1);
  const auto add = [&](const char* what, const char* value, const char* help) {
    auto* one = set->add_subcommand(what, help);
    one->add_option(value, to.values)->required();
    one->callback([&to, what] {
      to.chosen = [&to, what] { return run_config_set(to.common, what, to.values); };
    });
  };
  add("names", "NAME",
      "Host names or addresses, for links and the certificate; the first for links");
  add("port", "PORT", "The port that enrollment links say");
  add("listen", "ADDR:PORT", "Address and port to listen on");
}

void add_serve(CLI::App& root, command_line& to) {
  auto* command = root.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
  command->add_option("--listen", to.serve.listen, "Instead of the configured address");
  command->add_option("--metrics", to.serve.metrics,
                      "Loopback address for /metrics, such as 127.0.0.1:9464");
  command->add_flag("--no-sandbox", to.serve.no_sandbox,
                    "Keep rights and system calls that serving does not need");
  command->callback([&to] { to.chosen = [&to] { return run_serve(to.common, to.serve); }; });
}

result<void> verified(command_line& to) {
  const auto clean = run_verify(to.common);
  if (!clean) return clean.error();
  to.status = *clean ? 0 : exit_code(errc::database);
  return {};
}

void add_schema(CLI::App& root, command_line& to) {
  auto* migrate = root.add_subcommand("migrate", "Bring the database's schema up to date");
  migrate->add_flag("--dry-run", to.migrate.dry_run, "Only tell what would be done");
  migrate->add_option("--to", to.migrate.to, "Up or down to this migration");
  migrate->add_flag("--destroy-data", to.migrate.destroy_data,
                    "Go down although versions are lost");
  migrate->callback([&to] { to.chosen = [&to] { return run_migrate(to.common, to.migrate); }; });
  root.add_subcommand("showmigrations", "List the migrations and which are applied")
      ->callback([&to] { to.chosen = [&to] { return run_showmigrations(to.common); }; });
  root.add_subcommand("verify", "Check every version, view, feed and receipt in the database")
      ->callback([&to] { to.chosen = [&to] { return verified(to); }; });
}

void add_files(CLI::App& root, command_line& to) {
  auto* backup = root.add_subcommand("backup", "Write a sealed backup, also while serving");
  backup->add_option("FILE", to.file, "File to make")->required();
  backup->callback([&to] { to.chosen = [&to] { return run_backup(to.common, to.file); }; });
  auto* restore = root.add_subcommand("restore", "Restore a backup into a new folder");
  restore->add_option("FILE", to.file, "The backup")->required();
  restore->add_option("--database", to.database, "Another empty PostgreSQL database");
  restore->add_option("--journal", to.journal,
                      "The acts.journal of the folder that was in use: revocations and others that "
                      "are younger than the backup");
  restore->callback([&to] {
    to.chosen = [&to] { return run_restore(to.common, to.file, to.database, to.journal); };
  });
  auto* keys = root.add_subcommand("keys", "The key bundle");
  keys->require_subcommand(1);
  auto* key_export = keys->add_subcommand("export", "Write the key bundle, sealed, for `--join`");
  key_export->add_option("FILE", to.file, "File to make")->required();
  key_export->callback(
      [&to] { to.chosen = [&to] { return run_keys_export(to.common, to.file); }; });
  auto* key_import =
      keys->add_subcommand("import", "Take a newer bundle of the same installation over");
  key_import->add_option("FILE", to.file, "What `keys export` made")->required();
  key_import->callback(
      [&to] { to.chosen = [&to] { return run_keys_import(to.common, to.file); }; });
  keys->add_subcommand("show", "What laptops are told to trust, and what is announced")
      ->callback([&to] { to.chosen = [&to] { return run_keys_show(to.common); }; });
}

void add_admin_link(CLI::App& root, command_line& to) {
  auto* command = root.add_subcommand(
      "admin-link", "Print a link for an administrator, also while serving; audited");
  command->add_option("--user", to.user, "E-mail; may be left out where there is only one");
  command->callback([&to] { to.chosen = [&to] { return run_admin_link(to.common, to.user); }; });
}

void add_rotate(CLI::App& root, command_line& to) {
  auto* command = root.add_subcommand("rotate", "Replace what laptops trust; stop `serve` first");
  auto& o = to.rotate;
  command->add_option("WHAT", o.what, "signing-key, leaf or root")
      ->required()
      ->check(CLI::IsMember({"signing-key", "leaf", "root"}));
  command->add_option("--overlap", o.overlap_days, "Days until the next one may be activated")
      ->capture_default_str();
  command->add_flag("--activate", o.activate, "Put the announced one into use");
  command->add_flag("--now", o.at_once, "With --activate: before the overlap is over");
  command->add_flag("--dry-run", o.dry_run, "Only tell what would be");
  command->callback([&to] { to.chosen = [&to] { return run_rotate(to.common, to.rotate); }; });
}

void add_common(CLI::App& to, app::common_options& common) {
  to.fallthrough();
  for (CLI::App* command : to.get_subcommands({})) add_common(*command, common);
  if (!to.get_subcommands({}).empty()) return;
  to.add_option("--data", common.data, "The server's data folder");
  to.add_option("--passphrase-file", common.passphrase_file,
                "File whose first line is the passphrase (else AUTOCUSTO_PASSPHRASE, or a prompt)");
  to.add_flag("--json", common.json, "Print one JSON object");
  to.set_version_flag("--version", version_text("autocusto-server"));
}

/// Errors of the command line itself: usage, in the form that was asked for.
int run(const command_line& line) {
  const bool json = line.common.json;
  try {
    const auto done = line.chosen();
    return done ? cli::finish(line.status) : cli::print_error(done.error(), json);
  } catch (const error_exception& e) {
    return cli::print_error(e.get(), json);
  } catch (const store::database_error& e) {
    return cli::print_error(fail(errc::database, std::string("The database failed: ") + e.what()),
                            json);
  } catch (const std::exception& e) {
    return cli::print_error(fail(errc::internal, std::string("This failed: ") + e.what()), json);
  }
}

}  // namespace

int main(int argc, char** argv) {
  cli::forbid_core_dumps();
  cli::take_passphrases();
  const cli::clean_streams clean(cli::wants_json(argc, argv));
  // A child process or a reader that went away is an error to report, not the end.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App root("The AutoCusto Sync server", "autocusto-server");
  root.require_subcommand(1);
  root.set_version_flag("--version", version_text("autocusto-server"));
  command_line line;
  add_init(root, line);
  add_config(root, line);
  add_serve(root, line);
  add_schema(root, line);
  add_files(root, line);
  add_rotate(root, line);
  add_admin_link(root, line);
  for (CLI::App* command : root.get_subcommands({})) add_common(*command, line.common);
  if (cli::told_command_tree(root, argc, argv)) return cli::finish(0);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return root.exit(e);  // --help, --version
    return cli::print_error(cli::usage_error(root, e, argc, argv), cli::wants_json(argc, argv));
  }
  return run(line);
}
