#include "client/cli/print_options.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/text.hpp"
#include "client/print/catalogue_in_use.hpp"
#include "client/print/preferences.hpp"
#include "client/print/template_folder.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "shared/base/clock.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"

namespace autocusto::cli {
namespace {

constexpr std::size_t k_most_templates = 5;

error wrong_start() {
  return fail(errc::usage, "Give --start a date of the calendar, such as 2027-01-31.", "start");
}

result<std::set<printing::allowance>> allowances(const std::vector<std::string>& names) {
  std::set<printing::allowance> out;
  for (const auto& name : names) {
    if (name == "retired") {
      out.insert(printing::allowance::retired);
    } else if (name == "maximum") {
      out.insert(printing::allowance::maximum);
    } else {
      return fail(errc::usage, "--allow takes retired or maximum.", "allow");
    }
  }
  return out;
}

/// Loads them, and pins their ids.
result<void> take_templates(const app& a, const std::vector<std::string>& typed,
                            printing::order& into) {
  if (typed.size() > k_most_templates) {
    return fail(errc::usage, "--template takes five of them at most.", "template");
  }
  const printing::template_folder folder(a.home);
  std::string ids;
  for (const auto& one : typed) {
    const auto id = folder.find(one);
    if (!id) return id.error();
    auto form = folder.load(*id);
    if (!form) return form.error();
    into.how.templates.push_back(*std::move(form));
    ids += (ids.empty() ? "" : ",") + *id;
  }
  if (!ids.empty()) into.form = ids;
  return {};
}

std::optional<std::string> given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

void add_print_options(CLI::App& command, print_arguments& o, bool one, bool file) {
  command.add_option("--start", o.start, tr("Date of the request, YYYY-MM-DD; today if left out"));
  command.add_option("--months", o.months, tr("1 to 6; the process's if left out"));
  command.add_option("--dates", o.dates,
                     tr("Dates of the months: 30dias, mensal, em-branco or todas-iguais"));
  command.add_option("--documents", o.documents,
                     tr("Of lme, receita, relatorio and exames, with commas between them"));
  command
      .add_option("--template", o.templates,
                  tr("Forms of the clinic: their ids, with commas between them"))
      ->delimiter(',');
  command.add_option("--clinic", o.clinic, tr("CNES of another clinic than the process's"));
  command.add_option("--doctor", o.doctor, tr("CRM/UF of the profile to print with"));
  command
      .add_option("--allow", o.allow,
                  tr("retired: what left the catalogue; maximum: more than the most of a month"))
      ->delimiter(',');
  if (one) {
    command.add_option("--version", o.version, tr("Which one: its number, or the start of its id"));
    command.add_option("--patient-version", o.patient_version,
                       tr("Which version of the patient: its number, or the start of its id"));
  }
  if (file) {
    command.add_option("--out", o.out, tr("The PDF, a new file; - is stdout"));
    command.add_flag("--force", o.force, tr("Replace a file of that name"));
  }
}

result<printing::order> order_of(const app& a, const print_arguments& o, const std::string& process,
                                 replica::replica_store& replica) {
  printing::order out;
  out.what = {process, given(o.version), given(o.patient_version), o.clinic, o.doctor};
  const auto start = o.start.empty() ? std::optional(today()) : pdf::date_from_iso(o.start);
  if (!start) return wrong_start();
  out.how.start = *start;
  if (!o.months.empty()) {
    if (o.months.size() != 1 || o.months[0] < '1' || o.months[0] > '6') {
      return fail(errc::usage, "Give --months a number from 1 to 6.", "months");
    }
    out.how.months = o.months[0] - '0';
  }
  const auto dates =
      o.dates.empty() ? printing::usual_dates(replica.identity()).value_or("30dias") : o.dates;
  const auto policy = pdf::policy_from_name(dates);
  if (!policy) {
    return fail(errc::usage, "--dates takes 30dias, mensal, em-branco or todas-iguais.", "dates");
  }
  out.how.dates = *policy;
  const auto documents =
      printing::documents_from(o.documents.empty() ? "lme,receita" : o.documents);
  if (!documents) {
    return fail(errc::usage,
                "--documents takes lme, receita, relatorio and exames, with commas between them.",
                "documents");
  }
  out.how.documents = *documents;
  auto allow = allowances(o.allow);
  if (!allow) return allow.error();
  out.how.allow = *std::move(allow);
  if (const auto found = take_templates(a, o.templates, out); !found) return found.error();
  return out;
}

std::unique_ptr<printing::reference_source> current_reference(replica::replica_store& replica) {
  return printing::make_reference(printing::catalogue_of(replica.read()).value);
}

const std::string& message_of(const printing::problem& what) {
  return what.message(portuguese() ? pdf::language::pt : pdf::language::en);
}

error both_on_stdout() {
  return fail(errc::usage, "--out - and --json cannot both write to stdout.");
}

std::string shown_date(pdf::date day) {
  return portuguese() ? pdf::brazilian_text(day) : pdf::iso_text(day);
}

pdf::date today() {
  const auto seconds = static_cast<std::time_t>(system_clock_source().now() / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return {std::chrono::year(parts.tm_year + 1900),
          std::chrono::month(static_cast<unsigned>(parts.tm_mon) + 1),
          std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
}

nlohmann::json problems_json(const std::vector<printing::problem>& problems) {
  auto out = nlohmann::json::array();
  for (const auto& one : problems) {
    out.push_back(
        {{"box", one.box}, {"field", one.field}, {"code", one.code}, {"message", message_of(one)}});
  }
  return out;
}

std::string problems_text(const std::vector<printing::problem>& problems) {
  std::string out;
  for (const auto& one : problems) out += message_of(one) + '\n';
  return out;
}

namespace {

/// What `--allow` would let through; nothing where it would not help.
std::string hint_of(const std::vector<printing::problem>& problems) {
  std::set<std::string> names;
  for (const auto& one : problems) {
    if (one.code == "retired") names.insert("retired");
    if (one.code == "above_maximum") names.insert("maximum");
  }
  const bool cancelled = std::any_of(problems.begin(), problems.end(),
                                     [](const auto& one) { return one.code == "cancelled"; });
  if (cancelled) return tr("To set it back: autocusto emission set ID --situacao emitida\n");
  if (names.empty()) return {};
  const auto list = names.size() == 1 ? *names.begin() : "maximum,retired";
  return fmt::format(fmt::runtime(tr("To allow it: --allow {}\n")), list);
}

struct option_hint {
  errc code;
  std::string_view field;
  const char* text;
};

/// How to do here what the sentence of an error says; the page has its own ways.
std::string hint_of(const error& e) {
  const std::array all = std::to_array<option_hint>(
      {{errc::ambiguous, "medico",
        tr("To choose it: autocusto doctor use CRM/UF, or --doctor CRM/UF\n")},
       {errc::not_found, "medico", tr("To register it: autocusto doctor save CRM/UF\n")},
       {errc::not_found, "clinica", tr("To print with another one: --clinic CNES\n")},
       {errc::conflict_open, "processo", tr("To choose one: --version VERSION\n")},
       {errc::conflict_open, "paciente", tr("To choose one: --patient-version VERSION\n")},
       {errc::invalid_field, "situacao", tr("To print it all the same: --cancelled-too\n")}});
  for (const auto& [code, field, text] : all) {
    if (e.code == code && e.field == field) return text;
  }
  return {};
}

}  // namespace

int fail_with(const app& a, const error& e, const std::vector<printing::problem>& problems) {
  if (problems.empty()) {
    const int code = a.fail(e, "process");
    if (!a.json) print_note(hint_of(e));
    return code;
  }
  error translated = e;
  translated.message = translate(e, "process");
  if (!a.json) {
    const int code = print_error(translated, false);
    print_note(problems_text(problems) + hint_of(problems));
    return code;
  }
  nlohmann::json body = {{"code", code_name(e.code)},
                         {"message", translated.message},
                         {"problems", problems_json(problems)}};
  const nlohmann::json whole = {{"error", std::move(body)}};
  print_json(whole);
  return exit_code(e.code);
}

void show_warnings(const app& a, const std::vector<printing::problem>& warnings) {
  if (a.json) return;
  for (const auto& one : warnings) print_warning(message_of(one));
}

}  // namespace autocusto::cli
