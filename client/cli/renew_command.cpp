// process renew: many processes in one PDF.

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/pdf_file.hpp"
#include "client/cli/print_options.hpp"
#include "client/cli/print_views.hpp"
#include "client/cli/text.hpp"
#include "client/print/overview.hpp"
#include "client/print/preferences.hpp"
#include "client/print/renew.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

struct renew_options {
  std::vector<std::string> keys;
  std::string due;  ///< a month
  print_arguments print;
};

struct due_month {
  std::vector<std::string> keys;     ///< by date, then key
  std::vector<std::string> unclear;  ///< whose date cannot be read
  std::size_t damaged = 0;
};

result<due_month> due_in(const replica::reader& reader, const std::string& month) {
  const auto first = pdf::date_from_iso(month + "-01");
  if (!first) return fail(errc::usage, "Give --due a month, such as 2027-01.", "due");
  const auto due = printing::all_due(reader);
  if (!due) return due.error();
  due_month out;
  for (const auto& one : due->items) {
    if (one.due.year() == first->year() && one.due.month() == first->month()) {
      out.keys.push_back(one.process);
    }
  }
  for (const auto& key : due->unclear) {
    if (std::find(out.keys.begin(), out.keys.end(), key) == out.keys.end()) {
      out.unclear.push_back(key);
    }
  }
  out.damaged = due->damaged;
  return out;
}

error no_due_date() {
  return fail(errc::database,
              "When this process is due cannot be read, since a record of it was changed or "
              "damaged; look at it, and renew it by its key.");
}

struct refusal_text {
  std::string code;
  std::string message;
};

/// The first problem stands for all; the error does where there are none.
refusal_text text_of(const printing::refused_process& one) {
  if (one.problems.empty()) {
    return {std::string(code_name(one.why.code)), translate(one.why, "process")};
  }
  std::string all;
  for (const auto& each : one.problems) {
    if (!all.empty()) all += ' ';
    all += message_of(each);
  }
  return {one.problems.front().code, all};
}

int show_renewed(const app& a, const printing::renewal& done,
                 const std::vector<printing::recorded>& kept, const std::string& path) {
  json refused = json::array();
  std::string text;
  for (const auto& one : done.refused) {
    const auto [code, message] = text_of(one);
    refused.push_back({{"key", one.process},
                       {"code", code},
                       {"message", message},
                       {"problems", problems_json(one.problems)}});
    text +=
        fmt::format(fmt::runtime(tr("Not printed: {0}: {1}\n")), printable(one.process), message);
  }
  json items = json::array();
  int page = 1;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto& one = done.printed[i];
    items.push_back({{"key", one.made.process},
                     {"emission", kept[i].emission},
                     {"created", kept[i].created},
                     {"first_page", page},
                     {"pages", one.pages},
                     {"warnings", problems_json(one.warnings)}});
    page += one.pages;
  }
  json object = {{"printed", done.printed.size()},
                 {"refused", std::move(refused)},
                 {"pages", done.pages},
                 {"items", std::move(items)}};
  if (done.printed.empty()) {
    a.done(object, text + tr("Nothing was printed.\n"));
    return exit_code(errc::invalid_field);
  }
  if (path == "-") {
    print_note(text);
    return 0;
  }
  object["sha256"] = done.sha256;
  object["file"] = path;
  return a.done(object,
                text + fmt::format(fmt::runtime(tr("Printed {0} processes, {1} pages, to {2}.\n")),
                                   done.printed.size(), done.pages, printable(path)));
}

int renew(const app& a, const renew_options& o) {
  if (o.print.out == "-" && a.json) return a.fail(both_on_stdout());
  if (o.keys.empty() == o.due.empty()) {
    return a.fail(fail(errc::usage, "Name the processes to renew, or a month by --due."));
  }
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto reader = (*replica)->read();
  const auto order = order_of(a, o.print, {}, **replica);
  if (!order) return a.fail(order.error());
  if (!o.print.out.empty()) {  // before the work is done
    if (const auto free = pdf_file::prepare(o.print.out, o.print.force); !free) {
      return a.fail(free.error());
    }
  }
  auto keys = o.keys;
  std::vector<std::string> unclear;
  if (!o.due.empty()) {
    auto due = due_in(reader, o.due);
    if (!due) return a.fail(due.error());
    keys = std::move(due->keys);
    unclear = std::move(due->unclear);
    note_damaged(due->damaged);
  }
  const auto catalogue = current_reference(**replica);
  auto done = printing::renew(reader, keys, *order, *catalogue,
                              printing::used_doctor((*replica)->identity()));
  for (auto& key : unclear) done.refused.push_back({std::move(key), no_due_date(), {}});
  if (done.printed.empty()) return show_renewed(a, done, {}, {});
  auto file = pdf_file::prepare(o.print.out.empty()
                                    ? default_pdf_name(done.sha256, pdf::iso_text(order->how.start))
                                    : o.print.out,
                                o.print.force);
  if (!file) return a.fail(file.error());
  if (const auto written = file->write(done.pdf); !written) return a.fail(written.error());
  if (const auto named = file->commit(); !named) return a.fail(named.error());
  auto editor = (*replica)->edit();
  const auto kept = printing::record(reader, editor, done.printed);
  if (!kept) return a.fail(kept.error(), "emission");
  file->keep();
  return show_renewed(a, done, *kept, file->path());
}

}  // namespace

void add_renew_command(CLI::App& parser, app& a) {
  const auto o = std::make_shared<renew_options>();
  auto* command = parser.get_subcommand("process")->add_subcommand(
      "renew", tr("Prints many processes into one PDF, and names those that cannot be printed"));
  command->add_option("KEY", o->keys, tr("CPF/CID of each process"));
  command->add_option("--due", o->due, tr("All that are due in this month, YYYY-MM"));
  add_print_options(*command, o->print, false, true);
  command->final_callback([&a, o] { a.action = [&a, o] { return renew(a, *o); }; });
}

}  // namespace autocusto::cli
