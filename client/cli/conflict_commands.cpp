// conflicts, resolve, refused list|show|reapply|discard.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/input.hpp"
#include "client/cli/text.hpp"
#include "client/replica/edit/editor.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::json;

int list_conflicts(const app& a) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  if (const auto open = (*replica)->read().check_access(); !open) return a.fail(open.error());
  const auto who = (*replica)->identity().who();
  if (!who) return a.fail(who.error());
  json items = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& conflict : (*replica)->read().conflicts()) {
    json heads = json::array();
    std::string short_heads;
    for (const auto& head : conflict.heads) {
      heads.push_back(head.text());
      short_heads += short_id(head) + ' ';
    }
    items.push_back({{"id", conflict.id ? json(*conflict.id) : json(nullptr)},
                     {"kind", conflict.kind},
                     {"key", conflict.key},
                     {"user", who->email},
                     {"base", conflict.base ? json(conflict.base->text()) : json(nullptr)},
                     {"heads", std::move(heads)},
                     {"opened_at", conflict.opened_at},
                     {"state", "open"}});
    rows.push_back(
        {kind_label(conflict.kind), conflict.key, local_time(conflict.opened_at), short_heads});
  }
  const std::size_t count = items.size();
  if (count == 0) return a.done({{"items", items}, {"count", 0}}, tr("No conflicts.\n"));
  return a.done({{"items", std::move(items)}, {"count", count}},
                table({tr("kind"), tr("key"), tr("since"), tr("versions")}, rows) +
                    tr("Compare with `diff KEY A B`, join with `autocusto resolve KIND KEY`.\n"));
}

struct resolve_options {
  std::string kind;
  std::string key;
  std::string take;
  std::vector<std::string> from;
  std::vector<std::string> sets;
  std::string summary;
};

result<replica::resolution> resolution_of(const resolve_options& o) {
  replica::resolution how;
  if (!o.take.empty()) how.take = o.take;
  for (const std::string& text : o.from) {
    auto pair =
        split_pair(text, fail(errc::usage, "Give --field a field and a version: --field rg=3."));
    if (!pair) return pair.error();
    how.from.push_back(std::move(*pair));
  }
  auto sets = parse_sets(o.kind, o.sets);
  if (!sets) return sets.error();
  how.set = std::move(*sets);
  if (!o.summary.empty()) how.summary = o.summary;
  if (!how.take && how.from.empty() && how.set.empty()) {
    return fail(errc::usage,
                "Say how to resolve: --take VERSION, --field NAME=VERSION or --set NAME=VALUE.");
  }
  return how;
}

int resolve(const app& a, const resolve_options& o) {
  const auto key = resolve_key(o.key);
  if (!key) return a.fail(key.error(), o.kind);
  const auto how = resolution_of(o);
  if (!how) return a.fail(how.error(), o.kind);
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error(), o.kind);
  replica::edit_problems problems;
  const auto saved = (*replica)->edit().resolve(o.kind, *key, *how, &problems);
  if (!saved) return a.fail(saved.error(), o.kind, &problems);
  return a.done(saved_json(*saved), saved_text(*saved));
}

json refused_json(const replica::refused_item& item) {
  return {{"version_id", item.version.text()},
          {"kind", item.kind},
          {"key", item.key},
          {"code", item.code},
          {"reason", reason_of(item)},
          {"field", item.field},
          {"limit", item.limit ? json(*item.limit) : json(nullptr)},
          {"refused_at", format_time(item.refused_at)},
          {"in_quarantine", item.at_server}};
}

int refused_list(const app& a) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  if (const auto open = (*replica)->read().check_access(); !open) return a.fail(open.error());
  json items = json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : (*replica)->read().refused()) {
    items.push_back(refused_json(item));
    rows.push_back({short_id(item.version), kind_label(item.kind), item.key, reason_of(item)});
  }
  const std::size_t count = items.size();
  if (count == 0) return a.done({{"items", items}, {"count", 0}}, tr("Nothing was refused.\n"));
  return a.done({{"items", std::move(items)}, {"count", count}},
                table({tr("version"), tr("kind"), tr("key"), tr("why")}, rows) +
                    tr("Each stays readable here: `refused show`, then `reapply` or `discard`.\n"));
}

int refused_show(const app& a, const std::string& selector) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto shown = (*replica)->read().refused_show(selector);
  if (!shown) return a.fail(shown.error());
  json object = refused_json(shown->what);
  object["created_at"] = shown->version.created_at;
  object["summary"] = shown->version.summary;
  object["fields"] = fields_json(shown->fields);
  object["changes"] = changes_json(shown->changes);
  const std::string text =
      fmt::format("{} {} {}\n{}\n\n", kind_label(shown->what.kind), printable(shown->what.key),
                  short_id(shown->what.version), printable(reason_of(shown->what))) +
      changes_text(shown->what.kind, shown->changes);
  return a.done(object, text);
}

int refused_reapply(const app& a, const std::string& selector) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  replica::edit_problems problems;
  const auto saved = (*replica)->edit().refused_reapply(selector, &problems);
  if (!saved) return a.fail(saved.error(), {}, &problems);
  return a.done(saved_json(*saved), saved_text(*saved));
}

int refused_discard(const app& a, const std::string& selector) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto count = (*replica)->edit().refused_discard(selector);
  if (!count) return a.fail(count.error());
  return a.done({{"discarded", *count}}, fmt::format(fmt::runtime(tr("Discarded: {}.\n")), *count));
}

}  // namespace

void add_conflict_commands(CLI::App& parser, app& a) {
  auto* conflicts =
      parser.add_subcommand("conflicts", tr("Records with several versions side by side"));
  conflicts->final_callback([&a] { a.action = [&a] { return list_conflicts(a); }; });

  const auto o = std::make_shared<resolve_options>();
  auto* resolve_command =
      parser.add_subcommand("resolve", tr("Joins the versions of a conflict into one"));
  std::vector<std::string> kinds;
  std::string named;
  for (const auto& kind : domain::record_kinds()) {
    named += (named.empty() ? "" : " | ") + kind.kind;
    kinds.push_back(kind.kind);
  }
  resolve_command->add_option("KIND", o->kind, named)->required()->check(CLI::IsMember(kinds));
  resolve_command->add_option("KEY", o->key, tr("The key of the record; - asks"))->required();
  resolve_command->add_option("--take", o->take, tr("Take this version's fields"));
  resolve_command->add_option("--field", o->from, tr("NAME=VERSION: this field from that version"))
      ->allow_extra_args(false);
  resolve_command->add_option("--set", o->sets, tr("FIELD=VALUE, any number of times"))
      ->allow_extra_args(false);
  resolve_command->add_option("--summary", o->summary, tr("What was done and why, in a sentence"));
  resolve_command->final_callback([&a, o] { a.action = [&a, o] { return resolve(a, *o); }; });

  auto* refused = parser.add_subcommand("refused", tr("What the server did not accept"));
  refused->require_subcommand(1);
  auto* list = refused->add_subcommand("list", tr("Lists them with the reasons"));
  list->final_callback([&a] { a.action = [&a] { return refused_list(a); }; });
  const auto selector = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* help,
                       int (*what)(const app&, const std::string&)) {
    auto* command = refused->add_subcommand(name, help);
    command->add_option("VERSION", *selector, tr("Start of the version's id"))->required();
    command->final_callback(
        [&a, selector, what] { a.action = [&a, selector, what] { return what(a, *selector); }; });
  };
  add("show", tr("Shows what it would have changed"), refused_show);
  add("reapply", tr("Makes the same change again, on what is shown now"), refused_reapply);
  add("discard", tr("Erases it from this laptop"), refused_discard);
}

}  // namespace autocusto::cli
