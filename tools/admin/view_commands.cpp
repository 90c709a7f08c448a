// assign, unassign: what one user sees.

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

using nlohmann::json;

/// How often --force looks again when the view moved under it.
constexpr int k_attempts = 5;

struct view_options {
  std::string kind, key, version, user;
  bool force = false;
  bool dry_run = false;
};

msg::history look(session& s, const record_id& record) {
  msg::record_request query;
  query.record = record;
  return s.ask<msg::history>("/v1/admin/records/versions", query);
}

std::vector<version_id> heads_of(const msg::history& h, const user_id& user) {
  for (const auto& view : h.views) {
    if (view.id == user) return view.heads;
  }
  return {};
}

const msg::version_item& pick(const msg::history& h, const std::string& selector) {
  std::vector<msg::version_name> names;
  for (const auto& v : h.versions) names.push_back({v.version, v.number});
  return h.versions[msg::select_version(names, selector).value()];
}

int assign(const app& a, const view_options& o) {
  const auto key = read_key(o.kind, o.key);
  session s(a);
  const auto record = s.record(o.kind, key);
  const auto user = s.user(o.user).id;
  for (int attempt = 1;; ++attempt) {
    const auto h = look(s, record);
    const auto& version = pick(h, o.version);
    const auto heads = heads_of(h, user);
    const json args{
        {"record", record.text()}, {"version", version.version.text()}, {"user", user.text()}};
    try {
      const auto done = s.act("assign", args, heads);
      return a.done(
          {{"kind", h.kind},
           {"key", h.key},
           {"user", o.user},
           {"version_id", version.version.text()},
           {"number", version.number},
           {"heads_before", ids_json(heads)},
           {"at", done.at}},
          fmt::format("{} now sees version {} ({}) of {} {}.\n", cli::printable(o.user),
                      version.number, short_id(version.version), h.kind, cli::printable(h.key)));
    } catch (const error_exception& e) {
      const bool again = o.force && e.get().code == errc::view_moved && attempt < k_attempts;
      if (!again) throw;
    }
  }
}

/// What goes with a patient. A server of an earlier release knows no such records.
std::optional<std::vector<msg::record_item>> dependents_of(session& s, const view_options& o,
                                                           const record_id& record) {
  if (o.kind != "patient") return std::nullopt;
  try {
    return s
        .ask<msg::dependents>("/v1/admin/records/dependents",
                              msg::dependents_request{record, o.user})
        .items;
  } catch (const error_exception& e) {
    if (e.get().code == errc::not_found && e.get().field.empty()) return std::nullopt;
    throw;
  }
}

int unassign(const app& a, const view_options& o) {
  const auto key = read_key(o.kind, o.key);
  session s(a);
  const auto record = s.record(o.kind, key);
  const auto along = dependents_of(s, o, record);
  std::string list;
  auto items = json::array();
  for (const auto& item : along.value_or(std::vector<msg::record_item>())) {
    list += fmt::format("  {} {}\n", item.kind, cli::printable(item.key));
    items.push_back({{"kind", item.kind}, {"key", item.key}});
  }
  if (!list.empty()) list = "With it go:\n" + list;
  if (o.dry_run) {
    return a.done({{"dry_run", true}, {"kind", o.kind}, {"key", key}, {"dependents", items}},
                  list + "Nothing was changed.\n");
  }
  json args{{"record", record.text()}, {"user", o.user}};
  if (along) args["dependents"] = along->size();
  const auto done = s.act("unassign", args);
  return a.done(
      {{"kind", o.kind}, {"key", key}, {"user", o.user}, {"dependents", items}, {"at", done.at}},
      list + fmt::format("{} no longer has access to {} {}; the next sync of each laptop "
                         "takes it away.\n",
                         cli::printable(o.user), o.kind, cli::printable(key)));
}

}  // namespace

void add_view_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<view_options>();
  const auto names = [&](CLI::App& command) {
    command.add_option("KIND", o->kind, "patient, clinic, doctor, process or emission")->required();
    command
        .add_option("KEY", o->key, "The record's key, such as a CPF; - asks or reads it from stdin")
        ->required();
  };
  auto* give = parser.add_subcommand("assign", "Makes a version the one that a user sees");
  names(*give);
  give->add_option("VERSION", o->version, "Number, or how the id begins")->required();
  give->add_option("--user", o->user, "E-mail or id of the account")->required();
  give->add_flag("--force", o->force, "Look again when the user's view moves meanwhile");
  give->final_callback([&a, o] { a.action = [&a, o] { return assign(a, *o); }; });
  auto* take = parser.add_subcommand("unassign", "Takes a record out of a user's sight");
  names(*take);
  take->add_option("--user", o->user, "E-mail or id of the account")->required();
  take->add_flag("--dry-run", o->dry_run, "List what goes with a patient, and change nothing");
  take->final_callback([&a, o] { a.action = [&a, o] { return unassign(a, *o); }; });
}

}  // namespace autocusto::admin
