// enroll: a profile becomes an administrator's device, or a further one.

#include <array>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "client/sync/enrollment.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/entry.hpp"
#include "tools/admin/app.hpp"

namespace autocusto::admin {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "admin";
  return name.data();
}

/// A new profile, or the one of an enrollment that was cut before it ended.
std::unique_ptr<replica::replica_store> prepare(const app& a, bool& fresh) {
  fresh = !replica::replica_store::exists(a.home);
  if (!fresh) {
    auto profile = a.open_profile();
    if (profile->identity().enrolled()) {
      refuse(errc::already_enrolled,
             "This profile is enrolled already; use another --home for another account.");
    }
    return profile;
  }
  cli::passphrase_source source;
  source.file = a.passphrase_file;
  source.prompt = "Choose a passphrase for this profile: ";
  source.confirm = "Once more: ";
  const auto passphrase = cli::read_passphrase(source).value();
  const replica::environment env{system_clock_source(), crypto::system_random()};
  return replica::replica_store::create(a.home, passphrase.view(), env).value();
}

/// This profile becomes another device and keeps all that is in it.
int enroll_again(const app& a, const std::string& text, const std::string& device_name) {
  std::optional<wire::enrollment_link> link;
  if (!text.empty()) link = wire::decode_enrollment_link(text).value();
  auto profile = a.open_profile();
  const auto before = profile->identity().who().value();
  const auto who = engine::enroll_device_again(profile->identity(), link, device_name).value();
  return a.done(
      {{"user", who.email},
       {"role", who.role},
       {"device", who.device.text()},
       {"device_name", who.device_name},
       {"server", who.host + ":" + std::to_string(who.port)},
       {"replaces", before.device.text()}},
      fmt::format("This profile is a device of its own now, \"{}\". The one before it, {}, "
                  "is still in use: revoke it with `device revoke` if nobody needs it.\n",
                  cli::printable(who.device_name), before.device.text()));
}

int enroll(const app& a, std::string text, const std::string& device_name, bool again) {
  if (text == "-") text = cli::read_line("Enrollment link: ").value();
  if (again) return enroll_again(a, text, device_name);
  if (text.empty()) refuse(errc::usage, "Give the link, or --again.", "LINK");
  const auto link = wire::decode_enrollment_link(text).value();
  bool fresh = false;
  auto profile = prepare(a, fresh);
  const auto name = domain::visible_text(device_name.empty() ? host_name() : device_name);
  const auto key = profile->identity().device_key();
  const auto enrolled = transport::enroll(link, {name, &key});
  const bool doctor = enrolled && enrolled->role != "admin";
  if (doctor || (!enrolled && fresh && !engine::may_have_enrolled(enrolled.error().code))) {
    profile.reset();
    replica::replica_store::wipe(a.home).value();
  }
  if (!enrolled) throw error_exception(enrolled.error());
  if (doctor) {
    refuse(errc::forbidden,
           "This link is a doctor's and is used up now. Make a new one with `enrollment new`, open "
           "it with `autocusto enroll` on the doctor's laptop, and revoke the device " +
               enrolled->device.text() + ".");
  }
  const auto who = engine::identity_of(*enrolled, name);
  profile->identity().enroll(who, enrolled->tenant_key).value();
  return a.done({{"user", who.email},
                 {"role", who.role},
                 {"device", who.device.text()},
                 {"device_name", who.device_name},
                 {"server", who.host + ":" + std::to_string(who.port)}},
                fmt::format("Enrolled for {} as \"{}\". See `autocusto-admin --help`.\n",
                            cli::printable(who.email), cli::printable(who.device_name)));
}

struct enroll_options {
  std::string link, device_name;
  bool again = false;
};

}  // namespace

void add_enroll_command(CLI::App& parser, app& a) {
  const auto o = std::make_shared<enroll_options>();
  auto* command = parser.add_subcommand("enroll", "Makes this profile an administrator's device");
  command->add_option("LINK", o->link, "https://HOST:PORT/enroll#CODE.PIN; - asks");
  command->add_option("--device-name", o->device_name, "How this device is called in lists");
  command->add_flag("--again", o->again,
                    "Makes this profile a device of its own: after a copy, and with a LINK also "
                    "when the server does not know it or it does not believe the server any more");
  command->final_callback(
      [&a, o] { a.action = [&a, o] { return enroll(a, o->link, o->device_name, o->again); }; });
}

}  // namespace autocusto::admin
