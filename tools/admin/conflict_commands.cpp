// conflict list|show|resolve|dismiss.

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/side_by_side.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

using nlohmann::json;

struct conflict_options {
  std::int64_t id = 0;
  bool all = false;
  resolve_options resolving;
};
using conflict_args = std::shared_ptr<conflict_options>;

int list(const app& a, const conflict_options& o) {
  session s(a);
  msg::conflict_query query;
  query.closed = query.dismissed = o.all;
  const auto found = s.ask<msg::conflict_list>("/v1/admin/conflicts/list", query);
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : found.items) {
    std::vector<std::string> heads;
    for (const auto& id : item.heads) heads.push_back(short_id(id));
    rows.push_back({std::to_string(item.id), item.kind, item.key, item.user, when(item.opened_at),
                    item.dismissed ? item.state + ", dismissed" : item.state, joined(heads, " ")});
  }
  const auto text =
      rows.empty() ? std::string("No conflicts.\n")
                   : cli::table({"id", "kind", "key", "user", "since", "state", "versions"}, rows) +
                         "`conflict show ID` lays the versions side by side.\n";
  return a.done(message_json(found), text);
}

std::string title(const msg::conflict_shown& c) {
  std::string out =
      fmt::format("Conflict {}: {} {} of {}, {} since {}", c.conflict.id, c.conflict.kind,
                  cli::printable(c.conflict.key), cli::printable(c.conflict.user), c.conflict.state,
                  when(c.conflict.opened_at));
  if (c.conflict.dismissed) out += ", dismissed";
  if (c.policy == "manual") out += "; this user's records are never merged by themselves";
  return out + "\n\n";
}

int show(const app& a, const conflict_options& o) {
  session s(a);
  msg::conflict_request query;
  query.id = o.id;
  auto c = s.ask<msg::conflict_shown>("/v1/admin/conflicts/show", query);
  complete_fields(c);
  json object = message_json(c);
  object.update(object.at("conflict"));
  object.erase("conflict");
  object.erase("visible");
  object["base_version"] = std::move(object["base"]);
  object["base"] = c.conflict.base ? json(c.conflict.base->text()) : json(nullptr);
  object["versions"] = message_json(c).at("heads");
  object["heads"] = ids_json(c.conflict.heads);
  object["fields"] = side_by_side_json(c);
  return a.done(object, title(c) + side_by_side(c, o.all));
}

int dismiss(const app& a, const conflict_options& o) {
  session s(a);
  msg::conflict_query query;
  query.dismissed = true;
  const auto found = s.ask<msg::conflict_list>("/v1/admin/conflicts/list", query);
  const auto at = std::find_if(found.items.begin(), found.items.end(),
                               [&](const auto& item) { return item.id == o.id; });
  if (at == found.items.end()) {
    refuse(errc::not_found, "There is no such open conflict; see `conflict list`.", "id");
  }
  const auto done = s.act("conflict.dismiss", {{"conflict", std::to_string(o.id)}}, at->heads);
  return a.done({{"id", o.id}, {"dismissed", true}, {"at", done.at}},
                fmt::format("Conflict {} is off the list until its versions change; the doctor "
                            "still sees it.\n",
                            o.id));
}

void add_resolve(CLI::App& to, app& a, const conflict_args& o) {
  auto* command = to.add_subcommand("resolve", "Joins the versions of a conflict into one");
  auto& r = o->resolving;
  command->add_option("ID", r.id)->required();
  auto* take = command->add_option("--take", r.take, "Start from this version as it is");
  auto* merge = command->add_flag("--merge", r.merge,
                                  "Merge by the rules, clinical groups, policy and assignments "
                                  "notwithstanding");
  take->excludes(merge);
  // One value each time, so that what follows is not taken for a further one.
  command->add_option("--field", r.from, "NAME=VERSION: this field from that version")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--set", r.set, "NAME=VALUE: this field typed in")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--summary", r.summary, "What the history says of it");
  command->add_flag("--dry-run", r.dry_run, "Show what would come out, send nothing");
  command->final_callback([&a, o] { a.action = [&a, o] { return resolve(a, o->resolving); }; });
}

}  // namespace

void add_conflict_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<conflict_options>();
  auto* conflict = parser.add_subcommand("conflict", "Versions that stand side by side for a user");
  conflict->require_subcommand(1);
  auto* listing = conflict->add_subcommand("list", "Open conflicts");
  listing->add_flag("--all", o->all, "Also those that are over, or dismissed");
  listing->final_callback([&a, o] { a.action = [&a, o] { return list(a, *o); }; });
  auto* showing = conflict->add_subcommand("show", "The versions side by side");
  showing->add_option("ID", o->id)->required();
  showing->add_flag("--all", o->all, "Also the fields that are the same everywhere");
  showing->final_callback([&a, o] { a.action = [&a, o] { return show(a, *o); }; });
  add_resolve(*conflict, a, o);
  auto* dismissing = conflict->add_subcommand("dismiss", "Takes a conflict off this list only");
  dismissing->add_option("ID", o->id)->required();
  dismissing->final_callback([&a, o] { a.action = [&a, o] { return dismiss(a, *o); }; });
}

}  // namespace autocusto::admin
