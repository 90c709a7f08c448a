// server show, server set: where the server is reached.

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/wire/server_name.hpp"

namespace autocusto::cli {
namespace {

nlohmann::json as_json(const replica::identity& who) {
  return {{"host", who.host}, {"port", who.port}};
}

std::string address_of(const replica::identity& who) {
  const bool six = who.host.find(':') != std::string::npos;
  return (six ? "[" + who.host + "]" : who.host) + ":" + std::to_string(who.port);
}

/// Whether a link's fingerprint is one that this laptop knows its server by.
bool is_of_this_server(const wire::enrollment_link& link, const replica::identity& who) {
  if (link.pin_is_ca == who.pin_is_ca && link.pin == who.pin) return true;
  const auto known = wire::decode_trust(who.trust.object);
  if (!known || !link.pin_is_ca) return false;
  return std::find(known->roots.begin(), known->roots.end(), link.pin) != known->roots.end();
}

int show(const app& a) {
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto who = (*replica)->identity().who();
  if (!who) return a.fail(who.error());
  return a.done(as_json(*who), printable(address_of(*who)) + "\n");
}

int set(const app& a, const std::string& typed) {
  const auto named = wire::read_server_name(typed);
  if (!named) return a.fail(named.error());
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto who = (*replica)->identity().who();
  if (!who) return a.fail(who.error());
  if (named->link && !is_of_this_server(*named->link, *who)) {
    return a.fail(fail(errc::usage,
                       "This link is of another server, or its fingerprint is newer than what this "
                       "laptop knows; nothing was changed. Ask the administrator, or run "
                       "`autocusto enroll LINK --again`."));
  }
  const auto done = (*replica)->identity().set_server(named->host, named->port);
  if (!done) return a.fail(done.error());
  const auto now = (*replica)->identity().who();
  if (!now) return a.fail(now.error());
  return a.done(as_json(*now),
                fmt::format(fmt::runtime(tr("The server is looked for at {} from now on; what "
                                            "proves it stays the same. Next: `autocusto sync`.\n")),
                            printable(address_of(*now))));
}

}  // namespace

void add_server_command(CLI::App& parser, app& a) {
  auto* group = parser.add_subcommand("server", tr("Where the server is reached"));
  group->require_subcommand(1);
  auto* show_command = group->add_subcommand("show", tr("Shows the server's address"));
  show_command->final_callback([&a] { a.action = [&a] { return show(a); }; });
  const auto typed = std::make_shared<std::string>();
  auto* set_command = group->add_subcommand(
      "set", tr("The server has moved: its new address; everything else stays"));
  set_command->add_option("ADDRESS", *typed, tr("HOST:PORT, or an enrollment link of the server"))
      ->required();
  set_command->final_callback([&a, typed] { a.action = [&a, typed] { return set(a, *typed); }; });
}

}  // namespace autocusto::cli
