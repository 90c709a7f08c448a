// process print, check; doctor use.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/pdf_file.hpp"
#include "client/cli/print_options.hpp"
#include "client/cli/text.hpp"
#include "client/print/issue.hpp"
#include "client/print/preferences.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/domain/validate.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

struct process_options {
  std::string key;
  print_arguments print;
};

json documents_json(const std::vector<pdf::printed_document>& documents) {
  json out = json::array();
  for (const auto& one : documents) {
    out.push_back({{"document", pdf::document_name(one.kind)},
                   {"month", one.month},
                   {"first_page", one.first_page},
                   {"pages", one.pages}});
  }
  return out;
}

int show_printed(const app& a, const printing::drawn& drawn, const printing::recorded& kept,
                 const pdf_file& file) {
  if (file.is_stdout()) return 0;
  const json object = {{"pages", drawn.pages},
                       {"sha256", drawn.made.pdf_sha256},
                       {"emission", kept.emission.empty() ? json(nullptr) : json(kept.emission)},
                       {"created", kept.created},
                       {"documents", documents_json(drawn.documents)},
                       {"warnings", problems_json(drawn.warnings)},
                       {"file", file.path()}};
  std::string text = fmt::format(fmt::runtime(tr("Printed {0} pages to {1}.\n")), drawn.pages,
                                 printable(file.path()));
  if (drawn.draft) {
    text += tr("It is a draft; nothing was issued.\n");
  } else if (kept.created) {
    text += fmt::format(fmt::runtime(tr("Issued as {}.\n")), kept.emission);
  } else {
    text += fmt::format(fmt::runtime(tr("Issued before as {}.\n")), kept.emission);
  }
  return a.done(object, text);
}

int print_process(const app& a, const process_options& o) {
  if (o.print.out == "-" && a.json) {
    return a.fail(both_on_stdout());
  }
  const auto key = resolve_key(o.key);
  if (!key) return a.fail(key.error(), "process");
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto order = order_of(a, o.print, *key, **replica);
  if (!order) return a.fail(order.error());
  const auto catalogue = current_reference(**replica);
  std::vector<printing::problem> problems;
  const auto drawn = printing::draw((*replica)->read(), *order, *catalogue,
                                    printing::used_doctor((*replica)->identity()), &problems);
  if (!drawn) return fail_with(a, drawn.error(), problems);
  const auto mark = drawn->draft ? drawn->made.pdf_sha256
                                 : printing::mark_of(printing::emission_key(drawn->made));
  auto file = pdf_file::prepare(
      o.print.out.empty() ? default_pdf_name(mark, pdf::iso_text(drawn->made.start)) : o.print.out,
      o.print.force);
  if (!file) return a.fail(file.error());
  if (const auto written = file->write(drawn->pdf); !written) return a.fail(written.error());
  if (const auto named = file->commit(); !named) return a.fail(named.error());
  auto editor = (*replica)->edit();
  const auto kept = printing::record((*replica)->read(), editor, std::span(&*drawn, 1));
  if (!kept) return a.fail(kept.error(), "emission");
  file->keep();
  show_warnings(a, drawn->warnings);
  return show_printed(a, *drawn, kept->front(), *file);
}

int check_process(const app& a, const process_options& o) {
  const auto key = resolve_key(o.key);
  if (!key) return a.fail(key.error(), "process");
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto order = order_of(a, o.print, *key, **replica);
  if (!order) return a.fail(order.error());
  const auto catalogue = current_reference(**replica);
  const auto found = printing::check((*replica)->read(), *order, *catalogue,
                                     printing::used_doctor((*replica)->identity()));
  if (!found) return fail_with(a, found.error(), {});
  show_warnings(a, found->warnings);
  const bool fine = found->problems.empty();
  const int done = a.done(
      {{"problems", problems_json(found->problems)}, {"warnings", problems_json(found->warnings)}},
      fine ? std::string(tr("Nothing is missing; it can be printed.\n"))
           : problems_text(found->problems));
  return fine ? done : exit_code(errc::invalid_field);
}

int use_doctor(const app& a, const std::string& typed) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto shown = (*replica)->read().show("doctor", typed);
  if (!shown) return a.fail(shown.error(), "doctor");
  auto identity = (*replica)->identity();
  if (const auto kept = identity.set_setting(printing::k_used_doctor, shown->key); !kept) {
    return a.fail(kept.error());
  }
  return a.done({{"doctor", shown->key}},
                fmt::format(fmt::runtime(tr("From now on {} is printed with.\n")), shown->key));
}

template <class Options, class Run>
void run_with(CLI::App* command, app& a, const std::shared_ptr<Options>& o, Run what) {
  command->final_callback([&a, o, what] { a.action = [&a, o, what] { return what(a, *o); }; });
}

}  // namespace

void add_process_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<process_options>();
  auto* group = parser.get_subcommand("process");
  auto* print_command = group->add_subcommand(
      "print", tr("Makes the PDF of LME and prescriptions, and keeps what was issued"));
  print_command->add_option("KEY", o->key, tr("CPF/CID; - asks"))->required();
  add_print_options(*print_command, o->print, true, true);
  run_with(print_command, a, o, print_process);

  auto* check_command =
      group->add_subcommand("check", tr("Says what is missing before it can be printed"));
  check_command->add_option("KEY", o->key, tr("CPF/CID; - asks"))->required();
  add_print_options(*check_command, o->print, true, false);
  run_with(check_command, a, o, check_process);

  const auto doctor = std::make_shared<std::string>();
  auto* use_command = parser.get_subcommand("doctor")->add_subcommand(
      "use", tr("Chooses the profile to print with, where there are several"));
  use_command->add_option("KEY", *doctor, tr("CRM/UF, such as 12345/PA"))->required();
  run_with(use_command, a, doctor, use_doctor);
}

}  // namespace autocusto::cli
