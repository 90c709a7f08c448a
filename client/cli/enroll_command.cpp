// enroll: makes this laptop a device of the user that the link is for.

#include <array>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "client/cli/app.hpp"
#include "client/cli/text.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/sync/enrollment.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::cli {
namespace {

struct enroll_options {
  std::string link;
  std::string device_name;
  bool again = false;
};

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "laptop";
  return name.data();
}

/// A new replica, or the one of an enrollment that was cut before it ended.
result<std::unique_ptr<replica::replica_store>> prepare(const app& a, bool& fresh) {
  fresh = !replica::replica_store::exists(a.home);
  if (!fresh) {
    auto replica = a.open();
    if (replica && (*replica)->identity().enrolled()) {
      return fail(errc::already_enrolled,
                  "This laptop is enrolled already; use another --home for another account, or "
                  "`autocusto wipe` first.");
    }
    return replica;
  }
  passphrase_source source;
  source.file = a.passphrase_file;
  source.prompt = tr("Choose a passphrase for this laptop: ");
  source.confirm = tr("Once more: ");
  source.offer = tr("Random words are easy to keep and hard to guess, for example: {}\n");
  const auto passphrase = read_passphrase(source);
  if (!passphrase) return passphrase.error();
  const replica::environment env{system_clock_source(), crypto::system_random()};
  return replica::replica_store::create(a.home, passphrase->view(), env);
}

result<wire::enrollment_link> read_link(std::string text) {
  if (text == "-") {
    auto line = read_line(tr("Enrollment link: "));
    if (!line) return line.error();
    text = *line;
  }
  return wire::decode_enrollment_link(text);
}

nlohmann::json as_json(const replica::identity& who) {
  return {{"user", who.email},
          {"role", who.role},
          {"device", who.device.text()},
          {"device_name", who.device_name},
          {"server", who.host + ":" + std::to_string(who.port)}};
}

/// This folder becomes another device and keeps all that is in it.
int enroll_again(const app& a, const enroll_options& o) {
  std::optional<wire::enrollment_link> link;
  if (!o.link.empty()) {
    auto read = read_link(o.link);
    if (!read) return a.fail(read.error());
    link = *std::move(read);
  }
  auto replica = a.open_enrolled();
  if (!replica) return a.fail(replica.error());
  const auto before = (*replica)->identity().who();
  if (!before) return a.fail(before.error());
  const auto who = engine::enroll_device_again((*replica)->identity(), link, o.device_name);
  if (!who) return a.fail(who.error());
  auto object = as_json(*who);
  object["replaces"] = before->device.text();
  return a.done(object,
                fmt::format(fmt::runtime(tr("This folder is a device of its own now, “{}”, with "
                                            "all its edits. Next: `autocusto sync`.\n")),
                            printable(who->device_name)));
}

int enroll(const app& a, const enroll_options& o) {
  if (o.again) return enroll_again(a, o);
  if (o.link.empty()) {
    return a.fail(fail(errc::usage, "Give the administrator's link, or --again.", "LINK"));
  }
  const auto link = read_link(o.link);
  if (!link) return a.fail(link.error());
  bool fresh = false;
  auto replica = prepare(a, fresh);
  if (!replica) return a.fail(replica.error());
  const std::string name = o.device_name.empty() ? host_name() : o.device_name;
  const auto who = engine::enroll_device((*replica)->identity(), *link, name);
  if (!who) {
    if (fresh && !engine::may_have_enrolled(who.error().code)) {
      replica->reset();
      if (const auto gone = replica::replica_store::wipe(a.home); !gone)
        return a.fail(gone.error());
    }
    return a.fail(who.error());
  }
  return a.done(as_json(*who),
                fmt::format(fmt::runtime(tr("This laptop is enrolled for {0} as “{1}”. Next: "
                                            "`autocusto sync`.\n")),
                            printable(who->email), printable(who->device_name)));
}

}  // namespace

void add_enroll_command(CLI::App& parser, app& a) {
  const auto o = std::make_shared<enroll_options>();
  auto* command =
      parser.add_subcommand("enroll", tr("Enrolls this laptop with the administrator's link"));
  command->add_option("LINK", o->link, tr("https://HOST:PORT/enroll#CODE.PIN; - asks"));
  command->add_option("--device-name", o->device_name, tr("How the laptop is called in histories"));
  command->add_flag("--again", o->again,
                    tr("Makes a copied or restored folder a device of its own; edits stay. With a "
                       "LINK also one that the server does not know any more"));
  command->final_callback([&a, o] { a.action = [&a, o] { return enroll(a, *o); }; });
}

}  // namespace autocusto::cli
