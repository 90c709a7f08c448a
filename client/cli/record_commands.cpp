// Of each kind: save, show, list, search, history, diff, revert, publish, draft discard. Processes
// are listed with their patients (process_list.cpp); emissions are made by printing only.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/input.hpp"
#include "client/cli/print_views.hpp"
#include "client/cli/structured_text.hpp"
#include "client/cli/text.hpp"
#include "client/print/reprint.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/cli/output.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

/// The largest file that `--from` reads: 100,000 records of the greatest size would be more, but
/// such a file is better given in parts.
constexpr std::size_t k_input_bytes = 512UL * 1024 * 1024;

constexpr const char* k_emission = "emission";

/// The options of all record commands; one set serves them all because one command runs.
struct record_options {
  std::string kind;
  std::string key;
  std::string version;
  std::string second_version;
  std::string from;
  std::string term;
  std::vector<std::string> sets;
  std::string summary;
  bool has_summary = false;
  bool draft = false;

  [[nodiscard]] std::optional<std::string> selector() const {
    return version.empty() ? std::nullopt : std::optional(version);
  }
  [[nodiscard]] std::optional<std::string> given_summary() const {
    return has_summary ? std::optional(summary) : std::nullopt;
  }
};

/// Opens the replica and reads the key, then calls `work(replica, key)`.
template <class Work>
int with_record(const app& a, const record_options& o, Work work) {
  const auto key = resolve_key(o.key);
  if (!key) return a.fail(key.error(), o.kind);
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error(), o.kind);
  if (o.kind != k_emission) return work(**replica, *key);
  const auto found = printing::find_emission((*replica)->read(), *key);
  return found ? work(**replica, *found) : a.fail(found.error(), o.kind);
}

int print_saved(const app& a, const std::vector<replica::saved>& all) {
  if (all.size() == 1) return a.done(saved_json(all.front()), saved_text(all.front()));
  json items = json::array();
  std::size_t created = 0;
  std::size_t changed = 0;
  for (const auto& one : all) {
    items.push_back(saved_json(one));
    created += one.created ? 1U : 0U;
    changed += one.changed ? 1U : 0U;
  }
  const json object = {{"items", std::move(items)},
                       {"count", all.size()},
                       {"created", created},
                       {"changed", changed}};
  return a.done(object, fmt::format(fmt::runtime(tr("Saved {0} records: {1} new, {2} updated.\n")),
                                    all.size(), created, changed - created));
}

result<std::vector<replica::edit>> edits_of(const record_options& o,
                                            const std::optional<std::string>& key) {
  std::vector<replica::edit> edits;
  if (o.from.empty()) {
    if (!key) return fail(errc::usage, "Give KEY, or --from with a file that names the keys.");
    edits.push_back(replica::edit{o.kind, *key, {}, std::nullopt, false});
  } else {
    auto text = o.from == "-" ? read_all(k_input_bytes) : read_file(o.from, k_input_bytes);
    if (!text) return text.error();
    auto read = parse_records(o.kind, key, *text);
    if (!read) return read.error();
    edits = std::move(*read);
  }
  auto sets = parse_sets(o.kind, o.sets);
  if (!sets) return sets.error();
  for (auto& edit : edits) {
    for (const auto& [name, value] : *sets) edit.fields[name] = value;
    if (o.has_summary) edit.summary = o.summary;
    edit.draft = o.draft;
  }
  return edits;
}

int save(const app& a, const record_options& o) {
  if (o.key == "-" && o.from == "-") {
    return a.fail(fail(errc::usage, "KEY and --from cannot both read standard input."));
  }
  std::optional<std::string> key;
  if (!o.key.empty()) {
    auto read = resolve_key(o.key);
    if (!read) return a.fail(read.error(), o.kind);
    key = *read;
  }
  replica::edit_problems problems;
  auto edits = edits_of(o, key);
  if (!edits) return a.fail(edits.error(), o.kind);
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error(), o.kind);
  if (edits->size() == 1 && !edits->front().unreadable) {
    const auto saved = (*replica)->edit().save(edits->front(), &problems);
    return saved ? print_saved(a, {*saved}) : a.fail(saved.error(), o.kind, &problems);
  }
  const auto saved = (*replica)->edit().save_all(*edits, &problems);
  if (!saved) return a.fail(saved.error(), o.kind, &problems);
  return print_saved(a, *saved);
}

std::string shown_text(const replica::record_shown& r) {
  const auto& v = r.version;
  std::string out = fmt::format("{} {}\n", kind_label(r.kind), printable(r.key));
  std::string marks;
  if (v.status == domain::version_status::draft) marks += tr(" (draft)");
  if (!v.synced) marks += tr(" (not sent yet)");
  out += fmt::format(fmt::runtime(tr("Version {0} ({1}), {2}, {3}{4}\n")), v.number, short_id(v.id),
                     printable(v.author), local_time(v.created_at), marks);
  if (!v.summary.empty()) out += printable(v.summary) + '\n';
  if (r.conflict) {
    out += fmt::format(
        fmt::runtime(tr("Conflict: {0} versions stand side by side; see `autocusto conflicts`.\n")),
        r.heads.size());
  }
  out += '\n';
  std::vector<std::vector<std::string>> rows;
  for (const auto& spec : domain::find_record_kind(r.kind)->fields) {
    const auto at = r.fields.find(spec.name);
    if (at == r.fields.end()) continue;
    std::string label = field_label(r.kind, spec.name);
    for (auto& line : value_lines(&spec, at->second)) {
      rows.push_back({std::move(label), std::move(line)});
      label.clear();
    }
  }
  return out + table({}, rows);
}

int show(const app& a, const record_options& o) {
  return with_record(a, o, [&](replica::replica_store& replica, const std::string& key) {
    const auto shown = replica.read().show(o.kind, key, o.selector());
    if (!shown) return a.fail(shown.error(), o.kind);
    json heads = json::array();
    for (const auto& head : shown->heads) heads.push_back(head.text());
    const auto& v = shown->version;
    const json object = {{"kind", shown->kind},         {"key", shown->key},
                         {"version_id", v.id.text()},   {"number", v.number},
                         {"author", v.author},          {"device", v.device},
                         {"created_at", v.created_at},  {"status", domain::status_name(v.status)},
                         {"summary", v.summary},        {"fields", fields_json(shown->fields)},
                         {"conflict", shown->conflict}, {"heads", std::move(heads)},
                         {"synced", v.synced}};
    return a.done(object, shown_text(*shown));
  });
}

int search(const app& a, const record_options& o) {
  if (o.kind == "process") return list_processes(a, o.term);
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error(), o.kind);
  std::size_t damaged = 0;
  const auto items = (*replica)->read().search(o.kind, o.term, &damaged);
  if (!items) return a.fail(items.error(), o.kind);
  note_damaged(damaged);
  json list = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : *items) {
    list.push_back({{"kind", item.kind},
                    {"key", item.key},
                    {"name", item.name},
                    {"version_id", item.version.text()},
                    {"number", item.number},
                    {"conflict", item.conflict},
                    {"synced", item.synced},
                    {"draft", item.draft}});
    std::string marks;
    if (item.conflict) marks += tr("conflict ");
    if (item.draft) marks += tr("draft ");
    if (!item.synced) marks += tr("not sent yet");
    rows.push_back({item.key, item.name, marks});
  }
  const json object = {{"items", std::move(list)}, {"count", items->size()}, {"damaged", damaged}};
  if (rows.empty()) return a.done(object, tr("Nothing found.\n"));
  return a.done(object, table({tr("key"), tr("name"), ""}, rows));
}

int history(const app& a, const record_options& o) {
  return with_record(a, o, [&](replica::replica_store& replica, const std::string& key) {
    const auto versions = replica.read().history(o.kind, key);
    if (!versions) return a.fail(versions.error(), o.kind);
    json list = json::array();
    std::vector<std::vector<std::string>> rows;
    for (const auto& v : *versions) {
      json parents = json::array();
      for (const auto& parent : v.parents) parents.push_back(parent.text());
      list.push_back({{"version_id", v.id.text()},
                      {"number", v.number},
                      {"parents", std::move(parents)},
                      {"author", v.author},
                      {"device", v.device},
                      {"created_at", v.created_at},
                      {"summary", v.summary},
                      {"status", domain::status_name(v.status)},
                      {"active", v.active},
                      {"head", v.head},
                      {"set_aside", v.set_aside},
                      {"synced", v.synced},
                      {"archived", v.archived}});
      std::string marks;
      if (v.active) marks += tr("shown ");
      if (v.head && !v.active) marks += tr("beside ");
      if (v.status == domain::version_status::draft) {
        marks += v.set_aside ? tr("old draft ") : tr("draft ");
      }
      if (!v.synced) marks += tr("not sent yet");
      rows.push_back({std::to_string(v.number), short_id(v.id), local_time(v.created_at), v.author,
                      v.device, marks, v.summary});
    }
    return a.done(
        {{"versions", std::move(list)}},
        table({"#", tr("version"), tr("when"), tr("who"), tr("device"), "", tr("summary")}, rows));
  });
}

int diff(const app& a, const record_options& o) {
  return with_record(a, o, [&](replica::replica_store& replica, const std::string& key) {
    const auto changes = replica.read().diff(o.kind, key, o.version, o.second_version);
    if (!changes) return a.fail(changes.error(), o.kind);
    const std::string text = changes->empty() ? std::string(tr("The two versions are equal.\n"))
                                              : changes_text(o.kind, *changes);
    return a.done({{"changes", changes_json(*changes)}}, text);
  });
}

int revert(const app& a, const record_options& o) {
  return with_record(a, o, [&](replica::replica_store& replica, const std::string& key) {
    replica::edit_problems problems;
    const auto saved = replica.edit().revert(o.kind, key, o.version, o.given_summary(), &problems);
    return saved ? print_saved(a, {*saved}) : a.fail(saved.error(), o.kind, &problems);
  });
}

int publish(const app& a, const record_options& o) {
  return with_record(a, o, [&](replica::replica_store& replica, const std::string& key) {
    replica::edit_problems problems;
    const auto saved =
        replica.edit().publish(o.kind, key, o.selector(), o.given_summary(), &problems);
    return saved ? print_saved(a, {*saved}) : a.fail(saved.error(), o.kind, &problems);
  });
}

int discard(const app& a, const record_options& o) {
  return with_record(a, o, [&](replica::replica_store& replica, const std::string& key) {
    const auto gone = replica.edit().discard_draft(o.kind, key, o.selector());
    if (!gone) return a.fail(gone.error(), o.kind);
    return a.done({{"kind", o.kind}, {"key", key}, {"discarded", gone->text()}},
                  fmt::format(fmt::runtime(tr("Draft {} discarded.\n")), short_id(*gone)));
  });
}

using options_ptr = std::shared_ptr<record_options>;

CLI::Option* add_key(CLI::App* command, const options_ptr& o) {
  const auto* kind = domain::find_record_kind(o->kind);
  const auto label = portuguese() ? kind->key_label_pt : kind->key_label_en;
  return command
      ->add_option("KEY", o->key,
                   fmt::format(fmt::runtime(tr("{}, with or without punctuation; - asks")), label))
      ->required();
}

void add_version(CLI::App* command, const options_ptr& o) {
  command->add_option("--version", o->version, tr("Which one: its number, or the start of its id"));
}

void add_summary(CLI::App* command, const options_ptr& o) {
  command->add_option_function<std::string>(
      "--summary",
      [o](const std::string& text) {
        o->summary = text;
        o->has_summary = true;
      },
      tr("What was done and why, in a sentence"));
}

void run_with(CLI::App* command, app& a, const options_ptr& o,
              int (*what)(const app&, const record_options&)) {
  command->final_callback([&a, o, what] { a.action = [&a, o, what] { return what(a, *o); }; });
}

void add_edits(CLI::App* group, app& a, const options_ptr& o) {
  auto* save_command = group->add_subcommand("save", tr("Creates or updates a record"));
  add_key(save_command, o)->required(false);
  save_command->add_option("--set", o->sets, tr("FIELD=VALUE, any number of times"))
      ->allow_extra_args(false);
  save_command->add_option("--from", o->from,
                           tr("A JSON file of one record or many lines; - reads stdin"));
  add_summary(save_command, o);
  save_command->add_flag("--draft", o->draft,
                         tr("Save as a draft: required fields may be missing"));
  run_with(save_command, a, o, save);

  auto* revert_command =
      group->add_subcommand("revert", tr("Makes a new version with an old one's fields"));
  add_key(revert_command, o);
  revert_command->add_option("VERSION", o->version, tr("Number or start of the id"))->required();
  add_summary(revert_command, o);
  run_with(revert_command, a, o, revert);

  auto* publish_command = group->add_subcommand("publish", tr("Makes a draft the shown version"));
  add_key(publish_command, o);
  add_version(publish_command, o);
  add_summary(publish_command, o);
  run_with(publish_command, a, o, publish);

  auto* draft_command = group->add_subcommand("draft", tr("Drafts"));
  draft_command->require_subcommand(1);
  auto* discard_command = draft_command->add_subcommand("discard", tr("Takes a draft away"));
  add_key(discard_command, o);
  add_version(discard_command, o);
  run_with(discard_command, a, o, discard);
}

void add_questions(CLI::App* group, app& a, const options_ptr& o) {
  auto* show_command = group->add_subcommand("show", tr("Shows a record"));
  add_key(show_command, o);
  add_version(show_command, o);
  run_with(show_command, a, o, show);

  if (o->kind != k_emission) {
    run_with(group->add_subcommand("list", tr("Lists all records")), a, o, search);
  }

  auto* search_command = group->add_subcommand(
      "search", tr("Finds by name, accents ignored, or by digits of the key"));
  search_command->add_option("TERM", o->term, tr("Part of the name or of the key"))->required();
  run_with(search_command, a, o, search);

  auto* history_command = group->add_subcommand("history", tr("All versions of a record"));
  add_key(history_command, o);
  run_with(history_command, a, o, history);

  auto* diff_command = group->add_subcommand("diff", tr("What differs between two versions"));
  add_key(diff_command, o);
  diff_command->add_option("A", o->version, tr("Number or start of the id"))->required();
  diff_command->add_option("B", o->second_version, tr("Number or start of the id"))->required();
  run_with(diff_command, a, o, diff);
}

void add_kind(CLI::App& parser, app& a, const domain::record_kind& kind) {
  const auto o = std::make_shared<record_options>();
  o->kind = kind.kind;
  const bool editable = kind.kind != k_emission;
  const char* what = editable ? tr("{}: register, edit, find") : tr("{}: find, print again");
  auto* group =
      parser.add_subcommand(kind.kind, fmt::format(fmt::runtime(what), kind_label(kind.kind)));
  group->require_subcommand(1);
  if (editable) add_edits(group, a, o);
  add_questions(group, a, o);
}

}  // namespace

void note_damaged(std::size_t damaged) {
  if (damaged == 0) return;
  const auto text = fmt::format(
      fmt::runtime(
          tr("Records that are damaged and not shown: {}; `autocusto verify` says more. What "
             "the server has of them comes back after a new enrollment in another folder.\n")),
      damaged);
  print_note(text);
}

void add_record_commands(CLI::App& parser, app& a) {
  for (const auto& kind : domain::record_kinds()) add_kind(parser, a, kind);
}

}  // namespace autocusto::cli
