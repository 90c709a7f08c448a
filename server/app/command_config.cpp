// config show, config set names | port | listen: how a server that moves tells its new address.

#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "server/app/commands.hpp"
#include "server/app/installation.hpp"
#include "server/app/told_time.hpp"
#include "server/auth/private_file.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/domain/entry.hpp"

namespace autocusto::app {
namespace {

constexpr std::size_t k_most_names = 100;
constexpr int k_last_port = 65535;
constexpr std::size_t k_config_limit = std::size_t{64} * 1024;

/// Without the database's URL, which may hold a password.
nlohmann::json public_json(const config& settings) {
  return {{"names", settings.names},
          {"port", settings.port},
          {"listen", listen_text(settings.listen)},
          {"own_authority", settings.certificate_file.empty()}};
}

result<void> set_names(config& settings, const std::vector<std::string>& values) {
  if (values.empty() || values.size() > k_most_names) {
    return fail(errc::usage, "Give 1 to 100 names; the first one stands in enrollment links.",
                "names", static_cast<std::int64_t>(k_most_names));
  }
  settings.names.clear();
  for (const auto& text : values) {
    const auto name = parse_name(domain::clean_number(text));
    if (!name || name->port != 0) {
      return fail(errc::usage,
                  "A name looks like sync.example.org or 10.0.0.5, without a port; set the port of "
                  "links with `config set port PORT`.",
                  "names");
    }
    auto& all = settings.names;
    if (std::find(all.begin(), all.end(), name->host) == all.end()) all.push_back(name->host);
  }
  return {};
}

result<void> set_port(config& settings, const std::vector<std::string>& values) {
  const auto text = values.size() == 1 ? domain::clean_number(values.front()) : std::string();
  const bool digits = !text.empty() && text.size() <= 5 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  const int port = digits ? std::stoi(text) : 0;
  if (port < 1 || port > k_last_port) {
    return fail(errc::usage, "The port of enrollment links is one number from 1 to 65535.", "port",
                k_last_port);
  }
  settings.port = static_cast<std::uint16_t>(port);
  return {};
}

result<void> set_listen(config& settings, const std::vector<std::string>& values) {
  const auto at = parse_listen(values.size() == 1 ? domain::clean_number(values.front()) : "");
  if (!at) return at.error();
  if (at->port == 0) {
    return fail(errc::usage, "An address to listen on for good has a port that is not 0.",
                "listen");
  }
  settings.listen = *at;
  return {};
}

/// What stands in the file beside these settings, such as limits, stays there.
result<void> save_beside(const std::string& folder, const config& settings) {
  const auto before = auth::read_file(config_path(folder), k_config_limit);
  if (!before) return before.error();
  auto document = nlohmann::json::parse(*before);
  document.update(nlohmann::json::parse(encode_config(settings)));
  return auth::write_private_file(config_path(folder), document.dump(2) + "\n");
}

std::string address_of(const config& settings) {
  const auto& host = settings.names.front();
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(settings.port);
}

}  // namespace

result<void> run_config_show(const common_options& common) {
  const auto settings = load_config(common.data);
  if (!settings) return settings.error();
  const auto shown = public_json(*settings);
  if (common.json) {
    cli::print_json(shown);
    return {};
  }
  for (const auto& [name, value] : shown.items()) std::cout << name << ": " << value.dump() << "\n";
  return {};
}

result<void> run_config_set(const common_options& common, const std::string& what,
                            const std::vector<std::string>& values) {
  auto settings = load_config(common.data);
  if (!settings) return settings.error();
  const auto done = what == "names"  ? set_names(*settings, values)
                    : what == "port" ? set_port(*settings, values)
                                     : set_listen(*settings, values);
  if (!done) return done;
  // A running server would go on with what it has read, and write its keys over the new ones.
  const auto lock = lock_folder(common.data);
  if (!lock) return lock.error();
  const bool own = settings->certificate_file.empty();
  if (what == "names" && own) {
    auto keys = auth::load_keys(common.data);
    if (!keys) return keys.error();
    const auto now = system_clock_source().now();
    const auto issued =
        auth::reissue_leaf(*keys, settings->names, now, latest_told(common.data, *settings, now));
    if (!issued) return issued;
    if (auto saved = auth::save_keys(common.data, *keys); !saved) return saved;
  }
  if (auto saved = save_beside(common.data, *settings); !saved) return saved;
  if (common.json) {
    cli::print_json(public_json(*settings));
    return {};
  }
  std::cout << "Saved. Start the server; new enrollment links say " << address_of(*settings)
            << ".\n";
  if (what == "names" && !own) {
    std::cout << "The certificate was given: it has to be for these names.\n";
  }
  if (what != "listen") {
    std::cout << "Laptops that know another address are told once, and keep everything:\n"
              << "  autocusto server set " << address_of(*settings) << "\n";
  }
  return {};
}

}  // namespace autocusto::app
