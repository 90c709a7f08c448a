// autocusto-import: brings a legacy AutoCusto database into a server's store.

#include <csignal>
#include <functional>
#include <string_view>

#include <CLI/CLI.hpp>
#include <malloc.h>

#include "server/store/database.hpp"
#include "shared/base/version.hpp"
#include "shared/cli/command_tree.hpp"
#include "shared/cli/environment.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/cli/usage.hpp"
#include "tools/import/commands.hpp"

namespace {

using namespace autocusto;

struct command_line {
  import::common_options common;
  import::run_command run;
  std::int64_t number = 0;
  std::string table;
  bool except_used = false;
  import::catalogue_command catalogue;
  std::function<result<int>()> chosen;
};

void add_source(CLI::App& command, command_line& to) {
  command.add_option("--from", to.run.from, "postgresql://… of the legacy database")->required();
  command.add_option("--schema", to.run.schema, "Its schema, where several have the tables");
}

void add_commands(CLI::App& root, command_line& to) {
  auto* run = root.add_subcommand("run", "Bring the legacy database in");
  add_source(*run, to);
  run->add_option(
         "--source", to.run.source,
         "Name of the legacy installation: rows of one name are the same rows in every run")
      ->capture_default_str();
  run->add_flag("--dry-run", to.run.dry_run, "Only tell what would be done");
  run->add_option("--report", to.run.report, "File to write the report to, as JSON");
  run->callback([&to] { to.chosen = [&to] { return command_run(to.common, to.run); }; });
  auto* check = root.add_subcommand("check", "Say which layout it is and what would block");
  add_source(*check, to);
  check->callback([&to] { to.chosen = [&to] { return command_check(to.common, to.run); }; });
  auto* catalogue = root.add_subcommand(
      "catalogue", "Make a catalogue file of its medicines, diseases and protocols");
  add_source(*catalogue, to);
  catalogue->add_option("--source", to.run.source, "Name of the legacy installation")
      ->capture_default_str();
  catalogue->add_option("--out", to.catalogue.out, "The file to make")->required();
  catalogue->add_flag("--force", to.catalogue.force, "Replace a file of that name");
  catalogue->callback(
      [&to] { to.chosen = [&to] { return command_catalogue(to.common, to.run, to.catalogue); }; });
  root.add_subcommand("list", "List the runs")->callback([&to] {
    to.chosen = [&to] { return command_list(to.common); };
  });
  auto* show = root.add_subcommand("show", "Show a run's report");
  show->add_option("RUN", to.number, "Number of the run")->required();
  show->add_option("--rows", to.table,
                   "Instead, the rows of this table that are kept whole: patients' data");
  show->callback([&to] {
    to.chosen = [&to] {
      return to.table.empty() ? command_show(to.common, to.number)
                              : command_show_rows(to.common, to.number, to.table);
    };
  });
  auto* rollback = root.add_subcommand("rollback", "Take back exactly what a run made");
  rollback->add_option("RUN", to.number, "Number of the run")->required();
  rollback->add_flag("--except-used", to.except_used,
                     "Leave what a device has received or somebody has built on");
  rollback->callback([&to] {
    to.chosen = [&to] { return command_rollback(to.common, to.number, to.except_used); };
  });
  for (CLI::App* command : root.get_subcommands({})) {
    auto* data = command->add_option("--data", to.common.data, "The server's data folder");
    if (command != check && command != catalogue) data->required();
    command->add_flag("--json", to.common.json, "One JSON object on stdout, nothing else");
  }
}

}  // namespace

int main(int argc, char** argv) {
  cli::forbid_core_dumps();
  cli::take_passphrases();
  const cli::clean_streams clean(cli::wants_json(argc, argv));
  std::signal(SIGPIPE, SIG_IGN);
#ifdef __GLIBC__
  // Chunks are made on one thread and dropped on another: one heap keeps memory flat.
  mallopt(M_ARENA_MAX, 2);
#endif
  CLI::App root{"Brings a legacy AutoCusto database into a server's store.", "autocusto-import"};
  root.require_subcommand(1);
  root.set_version_flag("--version", version_text("autocusto-import"));
  command_line line;
  add_commands(root, line);
  const bool json = line.common.json = cli::wants_json(argc, argv);
  if (cli::told_command_tree(root, argc, argv)) return cli::finish(0);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return root.exit(e);
    return cli::print_error(cli::usage_error(root, e, argc, argv), json);
  }
  try {
    const auto done = line.chosen();
    return done ? cli::finish(*done) : cli::print_error(done.error(), json);
  } catch (const error_exception& e) {
    return cli::print_error(e.get(), json);
  } catch (const store::database_error& e) {
    return cli::print_error(fail(errc::database, std::string("The database failed: ") + e.what()),
                            json);
  } catch (const std::exception& e) {
    return cli::print_error(fail(errc::internal, std::string("Something broke: ") + e.what()),
                            json);
  }
}
