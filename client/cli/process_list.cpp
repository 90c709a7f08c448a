// process list, search, due.

#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/print_options.hpp"
#include "client/cli/print_views.hpp"
#include "client/cli/text.hpp"
#include "client/print/overview.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/domain/search.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

struct process_line {
  std::string folded;
  std::string patient;
  replica::list_item item;
};

/// Sorted by the patient's name, then the key.
result<std::vector<process_line>> found_processes(const replica::reader& reader,
                                                  const std::string& term, std::size_t& damaged) {
  auto all = reader.search("process", {}, &damaged);
  if (!all) return all.error();
  const auto names = printing::names_of_patients(reader);
  if (!names) return names.error();
  const domain::search_term wanted(term);
  std::vector<process_line> out;
  for (auto& one : *all) {
    auto patient = printing::name_for(*names, one.key);
    const auto folded = domain::fold_name(patient + ' ' + one.name);
    if (wanted.finds(folded, one.key)) {
      out.push_back({folded.words, std::move(patient), std::move(one)});
    }
  }
  std::sort(out.begin(), out.end(), [](const process_line& a, const process_line& b) {
    return std::tie(a.folded, a.item.key) < std::tie(b.folded, b.item.key);
  });
  return out;
}

std::string marks_of(const replica::list_item& item) {
  std::string marks;
  if (item.conflict) marks += tr("conflict ");
  if (item.draft) marks += tr("draft ");
  if (!item.synced) marks += tr("not sent yet");
  return marks;
}

struct due_options {
  std::string within = "30";
};

result<int> days_of(const std::string& text) {
  constexpr std::size_t k_most_digits = 4;
  const bool digits = !text.empty() && text.size() <= k_most_digits &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) return fail(errc::usage, "Give --within a number of days, up to 9999.", "within");
  return std::stoi(text);
}

int show_due(const app& a, const due_options& o) {
  const auto days = days_of(o.within);
  if (!days) return a.fail(days.error());
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto reader = (*replica)->read();
  const auto due = printing::all_due(reader);
  if (!due) return a.fail(due.error(), "process");
  const auto names = printing::names_of_patients(reader);
  if (!names) return a.fail(names.error(), "patient");
  note_damaged(due->damaged);
  const auto last = printing::days_later(today(), *days);
  json items = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : due->items) {
    if (one.due > last) continue;
    const auto name = printing::name_for(*names, one.process);
    items.push_back({{"key", one.process},
                     {"name", name},
                     {"due", pdf::iso_text(one.due)},
                     {"emission", one.emission}});
    rows.push_back({shown_date(one.due), one.process, name});
  }
  json never = json::array();
  for (const auto& key : due->never) {
    never.push_back({{"key", key}, {"name", printing::name_for(*names, key)}});
    rows.push_back({tr("never printed"), key, printing::name_for(*names, key)});
  }
  json unclear = json::array();
  for (const auto& key : due->unclear) {
    unclear.push_back({{"key", key}, {"name", printing::name_for(*names, key)}});
    rows.push_back({tr("cannot be read"), key, printing::name_for(*names, key)});
  }
  const auto count = items.size();
  const json object = {{"items", std::move(items)},
                       {"count", count},
                       {"never", std::move(never)},
                       {"unclear", std::move(unclear)}};
  if (rows.empty()) return a.done(object, tr("Nothing is due.\n"));
  return a.done(object, table({tr("due"), tr("key"), tr("patient")}, rows));
}

}  // namespace

int list_processes(const app& a, const std::string& term) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error(), "process");
  const auto reader = (*replica)->read();
  std::size_t damaged = 0;
  const auto found = found_processes(reader, term, damaged);
  if (!found) return a.fail(found.error(), "process");
  const auto due = printing::all_due(reader);
  if (!due) return a.fail(due.error(), "process");
  std::map<std::string, pdf::date> dates;
  for (const auto& one : due->items) dates[one.process] = one.due;
  note_damaged(damaged + due->damaged);
  json list = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& [folded, patient, item] : *found) {
    const auto at = dates.find(item.key);
    list.push_back({{"kind", item.kind},
                    {"key", item.key},
                    {"name", item.name},
                    {"patient", patient},
                    {"due", at == dates.end() ? json(nullptr) : json(pdf::iso_text(at->second))},
                    {"version_id", item.version.text()},
                    {"number", item.number},
                    {"conflict", item.conflict},
                    {"synced", item.synced},
                    {"draft", item.draft}});
    rows.push_back({item.key, patient, item.name, at == dates.end() ? "" : shown_date(at->second),
                    marks_of(item)});
  }
  const json object = {{"items", std::move(list)}, {"count", found->size()}, {"damaged", damaged}};
  if (rows.empty()) return a.done(object, tr("Nothing found.\n"));
  return a.done(object, table({tr("key"), tr("patient"), tr("medicines"), tr("due"), ""}, rows));
}

void add_due_command(CLI::App& parser, app& a) {
  const auto o = std::make_shared<due_options>();
  auto* command = parser.get_subcommand("process")->add_subcommand(
      "due", tr("Which processes have to be renewed, and which were never printed"));
  command->add_option("--within", o->within, tr("Within so many days; 30 if left out"));
  command->final_callback([&a, o] { a.action = [&a, o] { return show_due(a, *o); }; });
}

}  // namespace autocusto::cli
