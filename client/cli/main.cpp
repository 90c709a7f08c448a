// autocusto: the doctor's program.

#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/replica/describe_failure.hpp"
#include "client/replica/own_home.hpp"
#include "shared/base/version.hpp"
#include "shared/cli/command_tree.hpp"
#include "shared/cli/environment.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/cli/usage.hpp"

int main(int argc, char** argv) {
  using namespace autocusto;
  cli::forbid_core_dumps();
  cli::take_passphrases();
  const cli::clean_streams clean(cli::wants_json(argc, argv));
  cli::init_language();
  cli::app a;
  a.home = replica::default_home();
  CLI::App parser{cli::tr("Patients and clinics of one doctor, on this laptop, offline too.")};
  parser.set_version_flag("--version", version_text("autocusto"));
  parser.add_option("--home", a.home, cli::tr("The folder of this profile (AUTOCUSTO_HOME)"));
  parser.add_option("--passphrase-file", a.passphrase_file,
                    cli::tr("A file whose first line is the passphrase (else AUTOCUSTO_PASSPHRASE "
                            "or a prompt)"));
  parser.add_flag("--json", a.json, cli::tr("One JSON object on stdout, nothing else"));
  parser.require_subcommand(1);
  parser.fallthrough();
  cli::add_record_commands(parser, a);
  cli::add_process_commands(parser, a);
  cli::add_due_command(parser, a);
  cli::add_renew_command(parser, a);
  cli::add_process_acts(parser, a);
  cli::add_emission_commands(parser, a);
  cli::add_template_commands(parser, a);
  cli::add_conflict_commands(parser, a);
  cli::add_enroll_command(parser, a);
  cli::add_profile_commands(parser, a);
  cli::add_server_command(parser, a);
  cli::add_sync_command(parser, a);
  cli::add_ui_command(parser, a);
  cli::add_catalogue_commands(parser, a);
  if (cli::told_command_tree(parser, argc, argv)) return cli::finish(0);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return parser.exit(e);
    a.json = cli::wants_json(argc, argv);
    return a.fail(cli::usage_error(parser, e, argc, argv));
  }
  try {
    if (const auto own = replica::check_home(a.home); !own) return a.fail(own.error());
    return cli::finish(a.action());
  } catch (const std::exception& e) {
    return a.fail(replica::describe_failure(e));
  }
}
