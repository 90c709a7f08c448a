// record list|show|versions|graph|why, compare.

#include <algorithm>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "shared/domain/entry.hpp"
#include "shared/domain/record_kind.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/graph.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

using nlohmann::json;

struct record_options {
  std::string kind, key, version, user, from, to;
  bool divergent = false;
  bool dot = false;
};
using record_args = std::shared_ptr<record_options>;

int list(const app& a, const record_options& o) {
  session s(a);
  msg::record_query query;
  query.divergent = o.divergent;
  json items = json::array();
  std::vector<std::vector<std::string>> rows;
  do {
    const auto page = s.ask<msg::record_list>("/v1/admin/records/list", query);
    for (const auto& item : page.items) {
      items.push_back({{"kind", item.kind},
                       {"key", item.key},
                       {"users", item.users},
                       {"versions", item.versions},
                       {"divergent", item.divergent}});
      rows.push_back({item.kind, item.key, std::to_string(item.users),
                      std::to_string(item.versions), item.divergent ? "divergent" : ""});
    }
    query.after = page.next;
  } while (query.after != 0);
  const auto text = rows.empty() ? std::string(o.divergent ? "No record differs between users.\n"
                                                           : "No records.\n")
                                 : cli::table({"kind", "key", "users", "versions", ""}, rows);
  return a.done(items_json(std::move(items)), text);
}

bool in_conflict(const std::vector<msg::view_item>& views) {
  return std::any_of(views.begin(), views.end(), [](const auto& v) { return v.heads.size() > 1; });
}

json heads_json(const std::vector<msg::view_item>& views) {
  std::set<std::string> heads;
  for (const auto& view : views) {
    for (const auto& id : view.heads) heads.insert(id.text());
  }
  return heads;
}

std::string views_text(const std::vector<msg::view_item>& views,
                       const std::vector<msg::version_item>& known) {
  const auto name = [&](const version_id& id) {
    for (const auto& v : known) {
      if (v.version == id) return fmt::format("{} ({})", v.number, short_id(id));
    }
    return short_id(id);
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& view : views) {
    std::vector<std::string> others;
    for (const auto& id : view.heads) {
      if (id != view.active) others.push_back(name(id));
    }
    std::string note = others.empty() ? "" : "conflict with " + joined(others, ", ");
    if (view.pinned) note += note.empty() ? "assigned" : "; assigned";
    rows.push_back({view.user, view.active ? name(*view.active) : "drafts only", note});
  }
  return rows.empty() ? "No user sees it now.\n" : cli::table({"user", "active version", ""}, rows);
}

int show(const app& a, const record_options& o) {
  const auto key = read_key(o.kind, o.key);
  session s(a);
  msg::record_request query;
  query.record = s.record(o.kind, key);
  if (!o.version.empty()) query.version = o.version;
  const auto r = s.ask<msg::record_shown>("/v1/admin/records/show", query);
  json object = message_json(r);
  object.update(object.at("version"));
  object.erase("version");
  object["conflict"] = in_conflict(r.views);
  object["heads"] = heads_json(r.views);
  object["synced"] = true;
  const auto& v = r.version.info;
  std::string text = fmt::format(
      "{} {}\nVersion {} ({}), {}, {}, {}\n", r.kind, cli::printable(r.key), v.number,
      short_id(v.version), cli::printable(v.author), cli::printable(v.device), when(v.created_at));
  const auto marks = standing(v);
  if (!marks.empty()) text += cli::printable(marks) + '\n';
  if (!v.summary.empty()) text += cli::printable(v.summary) + '\n';
  std::vector<std::vector<std::string>> rows;
  for (const auto& spec : domain::find_record_kind(o.kind)->fields) {
    const auto at = r.version.fields.find(spec.name);
    if (at == r.version.fields.end()) continue;
    const auto value = domain::value_text(at->second);
    if (!value.empty()) rows.push_back({spec.name, value});
  }
  text += '\n' + cli::table({}, rows) + '\n' + views_text(r.views, {v});
  return a.done(object, text);
}

msg::history history_of(session& s, const record_options& o, const std::string& path) {
  msg::record_request query;
  query.record = s.record(o.kind, o.key);
  return s.ask<msg::history>("/v1/admin/records/" + path, query);
}

int versions(const app& a, record_options o) {
  o.key = read_key(o.kind, o.key);
  session s(a);
  const auto h = history_of(s, o, "versions");
  json object = message_json(h);
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < h.versions.size(); ++i) {
    const auto& v = h.versions[i];
    auto& item = object["versions"][i];
    item["active"] = !v.active_for.empty();
    item["head"] = !v.head_of.empty();
    item["synced"] = true;
    rows.push_back({std::to_string(v.number), short_id(v.version), v.author, v.device,
                    when(v.created_at), standing(v), v.summary});
  }
  return a.done(object, cli::table({"no.", "id", "author", "device", "when", "", "summary"}, rows));
}

int graph(const app& a, record_options o) {
  o.key = read_key(o.kind, o.key);
  session s(a);
  const auto h = history_of(s, o, "graph");
  std::vector<graph_node> nodes;
  for (const auto& v : h.versions) {
    const auto marks = standing(v);
    std::string label =
        fmt::format("{} {}  {}  {}  {}", v.number, short_id(v.version), cli::printable(v.author),
                    when(v.created_at), cli::printable(v.summary));
    if (!marks.empty()) label += "  [" + cli::printable(marks) + "]";
    nodes.push_back({v.version, v.number, v.generation, v.parents, label, !v.head_of.empty()});
  }
  const auto text = o.dot ? draw_dot(nodes, h.kind + " " + h.key) : draw_text(nodes);
  json object = message_json(h);
  object["graph"] = text;
  return a.done(object, text);
}

json version_head(const msg::version_item& v) {
  return {{"version_id", v.version.text()},
          {"number", v.number},
          {"author", v.author},
          {"created_at", v.created_at}};
}

int compare(const app& a, const record_options& o) {
  const auto key = read_key(o.kind, o.key);
  session s(a);
  msg::compare_request query;
  query.record = s.record(o.kind, key);
  query.from = o.from;
  query.to = o.to;
  const auto c = s.ask<msg::comparison>("/v1/admin/records/compare", query);
  const auto changes = domain::diff_fields(c.kind, c.from.fields, c.to.fields);
  const auto title = [](const msg::version_item& v) {
    return fmt::format("{} ({}) {}", v.number, short_id(v.version), v.author);
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& change : changes) {
    const auto sides =
        domain::told_apart({domain::value_text(change.from), domain::value_text(change.to)});
    rows.push_back({change.field, sides[0], sides[1]});
  }
  const auto text = rows.empty()
                        ? std::string("The two versions have the same fields.\n")
                        : cli::table({"field", title(c.from.info), title(c.to.info)}, rows);
  return a.done({{"kind", c.kind},
                 {"key", c.key},
                 {"from", version_head(c.from.info)},
                 {"to", version_head(c.to.info)},
                 {"changes", changes_json(changes)}},
                text);
}

CLI::App* add(CLI::App& to, const std::string& name, const std::string& help, const record_args& o,
              app& a, int (*run)(const app&, const record_options&)) {
  auto* command = to.add_subcommand(name, help);
  command->final_callback([&a, o, run] { a.action = [&a, o, run] { return run(a, *o); }; });
  return command;
}

void add_names(CLI::App& to, const record_args& o) {
  to.add_option("KIND", o->kind, "patient or clinic")->required();
  to.add_option("KEY", o->key, "CPF or CNES; - asks or reads it from stdin")->required();
}

}  // namespace

void add_record_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<record_options>();
  auto* record = parser.add_subcommand("record", "Records, with every version of everybody");
  record->require_subcommand(1);
  auto* listing = add(*record, "list", "All records", o, a, list);
  listing->add_flag("--divergent", o->divergent, "Only those whose heads differ between users");
  auto* showing = add(*record, "show", "One version, and who sees what", o, a, show);
  add_names(*showing, o);
  showing->add_option("--version", o->version, "Number, or how the id begins");
  add_names(*add(*record, "versions", "All versions", o, a,
                 [](const app& x, const record_options& y) { return versions(x, y); }),
            o);
  auto* drawing = add(*record, "graph", "The versions as a graph", o, a,
                      [](const app& x, const record_options& y) { return graph(x, y); });
  add_names(*drawing, o);
  drawing->add_flag("--dot", o->dot, "For Graphviz");
  auto* reason = add(*record, "why", "Why a user sees what they see", o, a,
                     [](const app& x, const record_options& y) {
                       return explain_access(x, y.kind, y.key, y.user);
                     });
  add_names(*reason, o);
  reason->add_option("--user", o->user, "E-mail")->required();
  auto* comparing = add(parser, "compare", "What differs between two versions", o, a, compare);
  add_names(*comparing, o);
  comparing->add_option("A", o->from, "Number, or how the id begins")->required();
  comparing->add_option("B", o->to, "Number, or how the id begins")->required();
}

}  // namespace autocusto::admin
