// quarantine list|show|export, audit list|verify|accept.

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "tools/admin/app.hpp"
#include "tools/admin/audit_check.hpp"
#include "tools/admin/chain_check.hpp"
#include "tools/admin/refused_beside.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

struct log_options {
  std::int64_t id = 0;
  std::string user, record, since;
  bool after_restore = false;
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
    for (const auto& [name, value] : payload->fields) {
      rows.push_back({name, domain::value_text(value)});
    }
    object["fields"] = domain::json_of(payload->fields);
    const auto beside = look_beside(s, *header, *payload, q.item.user);
    object.update(beside_json(beside));
    text += '\n' + cli::table({}, rows) + '\n' + beside_text(beside);
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

/// The record id for `KIND:KEY`; for the key `-` it asks on the terminal.
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

/// The whole log, line by line: signatures, and the chain.
struct whole_log {
  std::vector<audit_problem> problems;
  std::int64_t lines = 0, signed_lines = 0, agreed = 0, seen = 0;
  std::size_t devices = 0;
  bool forgotten = false;  ///< what the profile remembers is not there
};

whole_log check_log(session& s) {
  const auto seen = s.memory().heads();
  auto devices = s.devices();
  whole_log out;
  for (auto& device : devices.items) {
    const bool same = s.check_key(device.id, device.public_key);
    const auto known = s.memory().key_of(device.id);
    if (!same) {
      out.problems.push_back({0, "device.key",
                              "The key of device " + device.id.text() +
                                  " is another one than this profile has seen before; signatures "
                                  "are checked by that one."});
    }
    if (known) device.public_key = *known;
  }
  audit_check check(s.who().server, devices);
  chain_check chain(seen, s.heads());
  each_line(s, {}, [&](const msg::audit_item& line) {
    check.add(line);
    chain.add(line);
  });
  const auto& found = check.problems();
  out.problems.insert(out.problems.end(), found.begin(), found.end());
  for (auto& problem : chain.problems()) out.problems.push_back(std::move(problem));
  out.lines = check.lines();
  out.signed_lines = check.signed_lines();
  out.devices = check.devices();
  out.agreed = chain.agreed();
  out.seen = seen.empty() ? 0 : seen.back().seq;
  out.forgotten = chain.forgotten();
  return out;
}

int audit_verify(const app& a, const log_options&) {
  session s(a);
  const auto log = check_log(s);
  const auto unsigned_lines = log.lines - log.signed_lines;
  auto list = nlohmann::json::array();
  std::string text = fmt::format(
      "Checked {} lines: {} signed acts by {} devices, each against its device's key and against "
      "what the line tells; {} lines without a signature (reads, and what the server did by "
      "itself).\n",
      log.lines, log.signed_lines, log.devices, unsigned_lines);
  text += log.seen == 0 ? std::string(
                              "This profile sees the log for the first time: what was "
                              "done to it before now, it cannot tell.\n")
                        : fmt::format(
                              "The log is the one that this profile knows up to line {} of "
                              "{} that it has seen.\n",
                              log.agreed, log.seen);
  for (const auto& problem : log.problems) {
    list.push_back({{"id", problem.line}, {"what", problem.what}, {"why", problem.why}});
    text += problem.line == 0 ? problem.why + "\n"
                              : fmt::format("Line {} ({}): {}\n", problem.line,
                                            cli::printable(problem.what), problem.why);
  }
  if (log.problems.empty()) text += "All signatures hold, and the chain is whole.\n";
  if (log.forgotten) {
    text +=
        "If the server was restored from a backup, run `audit accept --after-restore`. If not, "
        "somebody has changed its database: keep a copy, and compare it with the last backup.\n";
  }
  a.done({{"ok", log.problems.empty()},
          {"lines", log.lines},
          {"signed", log.signed_lines},
          {"unsigned", unsigned_lines},
          {"devices", log.devices},
          {"agreed", log.agreed},
          {"seen", log.seen},
          {"problems", std::move(list)}},
         text);
  return log.problems.empty() ? 0 : 1;
}

int audit_accept(const app& a, const log_options& o) {
  if (!o.after_restore) {
    refuse(errc::usage, "Say why the log lacks lines that this profile has seen: --after-restore.");
  }
  session s(a);
  const auto log = check_log(s);
  if (!log.forgotten) {
    refuse(errc::not_found, "There is nothing to accept: the log has all that this profile knows.");
  }
  const auto done = s.act("audit.accept", {{"agreed", log.agreed}, {"seen", log.seen}});
  s.accept_log(log.agreed);
  return a.done(
      {{"agreed", log.agreed}, {"seen", log.seen}, {"at", done.at}},
      fmt::format("Accepted, and written to the log: it is the one that this profile knows "
                  "up to line {}, and lacks or differs in what came up to line {}.\n",
                  log.agreed, log.seen));
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
  add(*audit, "verify", "Checks every signature in the log, and that no line is missing", o, a,
      audit_verify);
  add(*audit, "accept", "Goes on with a log that lacks lines that this profile has seen", o, a,
      audit_accept)
      ->add_flag("--after-restore", o->after_restore,
                 "The server was restored from a backup; the log says that you know");
}

}  // namespace autocusto::admin
