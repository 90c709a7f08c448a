// autocusto-admin: the administrator's program.

#include <string_view>

#include <CLI/CLI.hpp>

#include "client/replica/describe_failure.hpp"
#include "client/replica/own_home.hpp"
#include "shared/base/version.hpp"
#include "shared/cli/command_tree.hpp"
#include "shared/cli/environment.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/cli/usage.hpp"
#include "tools/admin/app.hpp"

int main(int argc, char** argv) {
  using namespace autocusto;
  cli::forbid_core_dumps();
  cli::take_passphrases();
  const cli::clean_streams clean(cli::wants_json(argc, argv));
  admin::app a;
  a.home = admin::default_home();
  CLI::App parser{"Users, devices, assignments, conflicts and audit of an AutoCusto server.",
                  "autocusto-admin"};
  parser.set_version_flag("--version", version_text("autocusto-admin"));
  parser.add_option("--home", a.home, "The folder of this profile (AUTOCUSTO_HOME)");
  parser.add_option("--passphrase-file", a.passphrase_file,
                    "A file whose first line is the passphrase (else AUTOCUSTO_PASSPHRASE or a "
                    "prompt)");
  parser.add_flag("--json", a.json, "One JSON object on stdout, nothing else");
  parser.require_subcommand(1);
  parser.fallthrough();
  admin::add_people_commands(parser, a);
  admin::add_record_commands(parser, a);
  admin::add_view_commands(parser, a);
  admin::add_conflict_commands(parser, a);
  admin::add_log_commands(parser, a);
  admin::add_catalogue_commands(parser, a);
  if (cli::told_command_tree(parser, argc, argv)) return cli::finish(0);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return parser.exit(e);
    a.json = cli::wants_json(argc, argv);
    return cli::print_error(cli::usage_error(parser, e, argc, argv), a.json);
  }
  try {
    if (const auto own = replica::check_home(a.home); !own)
      return cli::print_error(own.error(), a.json);
    return cli::finish(a.action());
  } catch (const std::exception& e) {
    return cli::print_error(replica::describe_failure(e), a.json);
  }
}
