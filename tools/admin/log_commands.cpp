// quarantine list|show|export, audit list|verify.

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "shared/domain/catalogue.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/audit_check.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

struct log_options {
  std::int64_t id = 0;
  std::string user, record, since;
};
using log_args = std::shared_ptr<log_options>;

int quarantine_list(const app& a, const log_options&) {
  session s(a);
  const auto list =
      s.ask<msg::quarantine_list>("/v1/admin/quarantine/list", msg::quarantine_page_request{});
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : list.items) {
    rows.push_back({std::to_string(item.id), item.user, item.device_name, when(item.received_at),
                    item.code, item.message});
  }
  return a.done(message_json(list),
                rows.empty() ? std::string("Nothing is in quarantine.\n")
                             : cli::table({"id", "user", "device", "when", "code", "why"}, rows));
}

int quarantine_show(const app& a, const log_options& o) {
  session s(a);
  msg::quarantine_request query;
  query.id = o.id;
  const auto q = s.ask<msg::quarantine_shown>("/v1/admin/quarantine/show", query);
  auto object = message_json(q);
  std::string text = cli::table({}, {{"Id", std::to_string(q.item.id)},
                                     {"User", q.item.user},
                                     {"Device", q.item.device_name},
                                     {"Received", when(q.item.received_at)},
                                     {"Code", q.item.code},
                                     {"Why", q.item.message}});
  const auto header = domain::decode_header(q.header);
  const auto payload = header ? domain::decode_payload(q.payload, header->record.kind)
                              : result<domain::version_payload>(header.error());
  if (payload) {
    object["kind"] = header->record.kind;
    object["key"] = payload->key;
    object["created_at"] = header->created_at;
    object["summary"] = payload->summary;
    std::vector<std::vector<std::string>> rows{{"Record", header->record.kind + " " + payload->key},
                                               {"Saved", when(header->created_at)},
                                               {"Summary", payload->summary}};
    auto fields = nlohmann::json::object();
    for (const auto& [name, value] : payload->fields) {
      const bool* flag = std::get_if<bool>(&value);
      if (flag != nullptr) {
        fields[name] = *flag;
      } else {
        fields[name] = std::get<std::string>(value);
      }
      rows.push_back({name, domain::value_text(value)});
    }
    object["fields"] = std::move(fields);
    text += '\n' + cli::table({}, rows);
  } else {
    text += "\nHeader as received:  " + cli::printable(q.header) +
            "\nPayload as received: " + cli::printable(q.payload) + "\n";
  }
  return a.done(object, text);
}

/// Everything, one JSON object a line; with --json one object with all of it.
int quarantine_export(const app& a, const log_options&) {
  session s(a);
  auto items = nlohmann::json::array();
  msg::quarantine_page_request query;
  do {
    const auto page = s.ask<msg::quarantine_page>("/v1/admin/quarantine/export", query);
    auto told = message_json(page);
    for (auto& item : told.at("items")) {
      if (a.json) {
        items.push_back(std::move(item));
      } else {
        cli::print_json(item);
      }
    }
    query.after = page.next;
  } while (query.after != 0);
  if (a.json) cli::print_json(items_json(std::move(items)));
  return 0;
}

/// A day counts from its first moment.
std::string time_of(const std::string& since) {
  constexpr std::size_t day = 10;
  return since.size() == day ? since + "T00:00:00.000Z" : since;
}

/// KIND:KEY, the key perhaps `-`.
record_id record_named(session& s, const std::string& text) {
  const auto at = text.find(':');
  if (at == std::string::npos) {
    refuse(errc::usage, "--record takes KIND:KEY, such as clinic:0000001; the key may be -.");
  }
  const auto kind = text.substr(0, at);
  return s.record(kind, read_key(kind, text.substr(at + 1)));
}

template <class Each>
void each_line(session& s, msg::audit_query query, Each&& each) {
  do {
    const auto page = s.ask<msg::audit_list>("/v1/admin/audit/list", query);
    for (const auto& item : page.items) each(item);
    query.after = page.next;
  } while (query.after != 0);
}

int audit_list(const app& a, const log_options& o) {
  session s(a);
  msg::audit_query query;
  if (!o.user.empty()) query.user = o.user;
  if (!o.record.empty()) query.record = record_named(s, o.record);
  if (!o.since.empty()) query.since = time_of(o.since);
  auto items = nlohmann::json::array();
  std::vector<std::vector<std::string>> rows;
  each_line(s, query, [&](const msg::audit_item& line) {
    auto& item = items.emplace_back(nlohmann::json{{"id", line.id},
                                                   {"at", line.at},
                                                   {"actor", line.actor},
                                                   {"what", line.what},
                                                   {"object", line.object},
                                                   {"signed", !line.signature.empty()}});
    const auto text = [](const auto& value) {
      return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    };
    item["user"] = text(line.user);
    item["kind"] = text(line.kind);
    item["key"] = text(line.key);
    item["device"] = line.device ? nlohmann::json(line.device->text()) : nlohmann::json(nullptr);
    item["act_id"] = line.act ? nlohmann::json(line.act->text()) : nlohmann::json(nullptr);
    rows.push_back({std::to_string(line.id), when(line.at), line.actor, line.what,
                    line.user.value_or(""), line.key ? *line.kind + " " + *line.key : std::string(),
                    line.signature.empty() ? "" : "signed"});
  });
  return a.done(items_json(std::move(items)),
                cli::table({"id", "when", "who", "what", "user", "record", ""}, rows));
}

int audit_verify(const app& a, const log_options&) {
  session s(a);
  audit_check check(s.who().server, s.get<msg::device_list>("/v1/admin/devices"));
  each_line(s, {}, [&](const msg::audit_item& line) { check.add(line); });
  const auto& problems = check.problems();
  const auto unsigned_lines = check.lines() - check.signed_lines();
  auto list = nlohmann::json::array();
  std::string text = fmt::format(
      "Checked {} lines: {} signed acts by {} devices, each against its device's key and against "
      "what the line tells; {} lines without a signature (reads, and what the server did by "
      "itself).\n",
      check.lines(), check.signed_lines(), check.devices(), unsigned_lines);
  for (const auto& problem : problems) {
    list.push_back({{"id", problem.line}, {"what", problem.what}, {"why", problem.why}});
    text +=
        fmt::format("Line {} ({}): {}\n", problem.line, cli::printable(problem.what), problem.why);
  }
  if (problems.empty()) text += "All signatures hold.\n";
  a.done({{"ok", problems.empty()},
          {"lines", check.lines()},
          {"signed", check.signed_lines()},
          {"unsigned", unsigned_lines},
          {"devices", check.devices()},
          {"problems", std::move(list)}},
         text);
  return problems.empty() ? 0 : 1;
}

CLI::App* add(CLI::App& to, const std::string& name, const std::string& help, const log_args& o,
              app& a, int (*run)(const app&, const log_options&)) {
  auto* command = to.add_subcommand(name, help);
  command->final_callback([&a, o, run] { a.action = [&a, o, run] { return run(a, *o); }; });
  return command;
}

}  // namespace

void add_log_commands(CLI::App& parser, app& a) {
  const auto o = std::make_shared<log_options>();
  auto* quarantine = parser.add_subcommand("quarantine", "What the server refused and keeps");
  quarantine->require_subcommand(1);
  add(*quarantine, "list", "All of it", o, a, quarantine_list);
  add(*quarantine, "show", "One refused version", o, a, quarantine_show)
      ->add_option("ID", o->id)
      ->required();
  add(*quarantine, "export", "All of it with its bytes, one JSON object a line", o, a,
      quarantine_export);
  add_quarantine_decisions(*quarantine, a);
  auto* audit = parser.add_subcommand("audit", "What administrators did and read");
  audit->require_subcommand(1);
  auto* listing = add(*audit, "list", "The log, oldest first", o, a, audit_list);
  listing->add_option("--user", o->user, "E-mail: did it, or it was about this user");
  listing->add_option("--record", o->record, "KIND:KEY; the key may be -");
  listing->add_option("--since", o->since, "A day (2026-11-22) or a time in UTC");
  add(*audit, "verify", "Checks every signature in the log", o, a, audit_verify);
}

}  // namespace autocusto::admin
