#include <filesystem>
#include <iostream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "server/api/audit.hpp"
#include "server/app/certificate.hpp"
#include "server/app/commands.hpp"
#include "server/app/installation.hpp"
#include "server/auth/enrollment.hpp"
#include "server/auth/private_file.hpp"
#include "server/store/people.hpp"
#include "server/store/settings.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/entry.hpp"

namespace autocusto::app {
namespace {

constexpr std::size_t k_bundle_limit = std::size_t{4} * 1024 * 1024;

/// The configuration is written last: a folder that has one holds a server.
result<void> check_fresh(const std::string& folder) {
  if (folder.empty()) {
    return fail(errc::usage, "Say where the server's data goes, with --data DIR.", "data");
  }
  std::error_code ec;
  if (std::filesystem::exists(folder + "/config.json", ec)) {
    return fail(errc::already_exists,
                folder + " holds a server already (config.json); nothing was changed.", "data");
  }
  return {};
}

bool has_keys(const std::string& folder) {
  std::error_code ec;
  return std::filesystem::exists(folder + "/keys.json", ec);
}

std::string machine_name() {
  std::string name(256, '\0');
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  name.resize(name.find('\0'));
  return name;
}

result<config> make_config(const init_options& options) {
  config out;
  out.database = options.database;
  if (auto checked = check_database(out.database); !checked) return checked.error();
  const auto listen = parse_listen(options.listen);
  if (!listen) return listen.error();
  out.listen = *listen;
  out.port = listen->port;
  for (const auto& text : options.names) {
    const auto name = parse_name(text);
    if (!name) return name.error();
    if (out.names.empty() && name->port != 0) out.port = name->port;
    out.names.push_back(name->host);
  }
  if (out.names.empty()) {
    const auto own = parse_name(machine_name());
    if (own && own->host != "localhost") out.names.push_back(own->host);
    out.names.emplace_back("localhost");
  }
  if (out.port == 0) {
    return fail(errc::usage,
                "Enrollment links need a port: name one in --listen, or in --name HOST:PORT.",
                "listen");
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return fail(errc::usage, "--cert and --key are given together or not at all.");
  }
  if (!options.certificate_file.empty()) {
    out.certificate_file = std::filesystem::absolute(options.certificate_file).string();
    out.key_file = std::filesystem::absolute(options.key_file).string();
  }
  return out;
}

result<auth::server_keys> join_keys(const common_options& common, const init_options& options,
                                    const config& settings, unix_millis now) {
  const auto sealed = auth::read_file(options.join, k_bundle_limit);
  if (!sealed) return sealed.error();
  cli::passphrase_source source;
  source.file = common.passphrase_file;
  source.prompt = "Passphrase of the key bundle: ";
  const auto passphrase = cli::read_passphrase(source);
  if (!passphrase) return passphrase.error();
  auto keys = auth::import_keys(*sealed, *passphrase);
  if (!keys) return keys.error();
  if (!settings.certificate_file.empty()) {
    auto given = read_certificate(settings.certificate_file, settings.key_file);
    if (!given) return given.error();
    keys->leaf = std::move(*given);
  } else if (keys->ca) {
    // The bundle's leaf is for the names of the process that exported it.
    if (auto leaf = auth::reissue_leaf(*keys, settings.names, now); !leaf) return leaf.error();
  }
  return keys;
}

/// The keys of an `init` that was cut short; their database may be bound to them already.
result<auth::server_keys> keys_left_behind(const std::string& folder, const config& settings,
                                           unix_millis now) {
  auto keys = auth::load_keys(folder);
  if (!keys) return keys.error();
  if (!settings.certificate_file.empty()) {
    auto given = read_certificate(settings.certificate_file, settings.key_file);
    if (!given) return given.error();
    keys->leaf = std::move(*given);
  } else if (keys->ca) {
    if (auto leaf = auth::reissue_leaf(*keys, settings.names, now); !leaf) return leaf.error();
  }
  return keys;
}

result<auth::server_keys> make_or_join(const common_options& common, const init_options& options,
                                       const config& settings, unix_millis now) {
  if (!options.join.empty()) return join_keys(common, options, settings, now);
  if (has_keys(common.data)) return keys_left_behind(common.data, settings, now);
  if (settings.certificate_file.empty()) {
    return auth::make_keys(crypto::system_random(), settings.names, now);
  }
  auto given = read_certificate(settings.certificate_file, settings.key_file);
  if (!given) return given.error();
  return auth::make_keys(crypto::system_random(), std::move(*given));
}

/// What the database says it belongs to.
std::optional<std::string> owner_of(store::database& in) {
  std::optional<std::string> id;
  in.read([&](store::settings::reads settings) { id = settings.setting("server_id"); });
  return id;
}

/// Another link for the administrator of an installation whose `init` was cut short after the
/// database was filled, before the link was shown.
result<std::optional<std::string>> resume(store::database& in, const auth::server_keys& keys,
                                          const std::string& admin, unix_millis now) {
  result<std::optional<std::string>> code = std::optional<std::string>{};
  in.write([&](store::transaction& tx) {
    const auto user = store::people::reads(tx).user_by_email(admin);
    if (!user || user->role != store::user_role::admin || !user->enabled) {
      code = fail(errc::already_exists,
                  "The database was set up for another administrator; name that one in --admin, "
                  "or an empty database.",
                  "admin");
      return;
    }
    code = std::optional(auth::create_enrollment(tx, auth::code_mint(keys), crypto::system_random(),
                                                 user->key, now));
  });
  return code;
}

error admin_wanted() {
  return fail(errc::usage,
              "Say who the first administrator is, with --admin NAME@DOMAIN, of at most 254 "
              "letters without accents, digits and signs such as . _ + and -.",
              "admin", 254);
}

/// Fills an empty database; answers the first administrator's code, or nothing when this process
/// joins an installation that exists. The keys are saved before the database is bound to them: a
/// crash in between must not leave a database whose keys nobody has.
result<std::optional<std::string>> prepare_database(store::database& in, const std::string& folder,
                                                    const auth::server_keys& keys,
                                                    const std::string& admin, bool resuming,
                                                    unix_millis now) {
  if (!schema_is_empty(in) && resuming) {
    if (auto migrated = in.migrate(std::nullopt, false); !migrated) return migrated.error();
    if (owner_of(in) == keys.server.text()) {
      if (auto saved = auth::save_keys(folder, keys); !saved) return saved.error();
      return resume(in, keys, admin, now);
    }
  }
  if (!schema_is_empty(in)) {
    if (auto checked = check_schema(in); !checked) return checked.error();
    const auto owner = owner_of(in);
    if (owner && *owner != keys.server.text()) {
      return fail(errc::already_exists,
                  "The database belongs to another installation; join it with --join BUNDLE "
                  "(`keys export` makes one), or name an empty database.",
                  "database");
    }
    if (owner && admin.empty()) {
      if (auto saved = auth::save_keys(folder, keys); !saved) return saved.error();
      return std::optional<std::string>{};
    }
    if (owner) {
      return fail(errc::usage,
                  "The installation that is joined has its administrators; leave out --admin.",
                  "admin");
    }
  }
  if (!auth::plausible_email(admin)) {
    return admin_wanted();
  }
  if (auto migrated = in.migrate(std::nullopt, false); !migrated) return migrated.error();
  if (auto saved = auth::save_keys(folder, keys); !saved) return saved.error();
  result<std::optional<std::string>> code = std::optional<std::string>{};
  in.write([&](store::transaction& tx) {
    auto& random = crypto::system_random();
    auth::create_installation(tx, keys.server, now);
    const auto user = auth::create_user(tx, random, admin, store::user_role::admin, now);
    if (!user) throw error_exception(user.error());
    code =
        std::optional(auth::create_enrollment(tx, auth::code_mint(keys), random, user->key, now));
    api::audit_subject subject;
    subject.user = user->key;
    api::audit_own_act(tx, "server.init", nlohmann::json::object(), subject, now);
  });
  return code;
}

void print_made(const common_options& common, const init_options& options,
                const auth::server_keys& keys, const std::string& link) {
  if (common.json) {
    nlohmann::json out{{"data", common.data}, {"server", keys.server.text()}};
    out["enrollment_link"] = link.empty() ? nlohmann::json(nullptr) : nlohmann::json(link);
    if (!options.admin.empty()) out["admin"] = options.admin;
    return cli::print_json(out);
  }
  if (link.empty()) {
    std::cout << "This process has joined the installation. Start it with:\n";
  } else {
    std::cout << "The server is set up. Start it with:\n";
  }
  std::cout << "  autocusto-server serve --data " << common.data << "\n";
  if (link.empty()) return;
  std::cout << "Then " << options.admin << " enrolls as administrator, within 72 hours, with:\n"
            << "  autocusto-admin enroll '" << link << "'\n";
}

}  // namespace

result<void> run_init(const common_options& common, const init_options& given) {
  auto options = given;
  options.admin = domain::visible_text(options.admin);  // what a person sees of what was pasted
  if (auto fresh = check_fresh(common.data); !fresh) return fresh.error();
  if (auto own = check_data_folder(common.data); !own) return own.error();
  const auto settings = make_config(options);
  if (!settings) return settings.error();
  if (options.join.empty() && !auth::plausible_email(options.admin)) {
    return admin_wanted();
  }
  const unix_millis now = system_clock_source().now();
  const bool resuming = options.join.empty() && has_keys(common.data);
  const auto keys = make_or_join(common, options, *settings, now);
  if (!keys) return keys.error();
  if (auto made = auth::make_private_folder(common.data); !made) return made.error();
  const auto lock = lock_folder(common.data);
  if (!lock) return lock.error();
  // Another `init` of this folder may have been faster.
  if (auto fresh = check_fresh(common.data); !fresh) return fresh.error();
  if (options.join.empty() && has_keys(common.data) != resuming) {
    return fail(errc::already_exists, common.data + " was set up meanwhile; run init again.",
                "data");
  }

  auto database = open_database(common.data, *settings, true, false);
  if (!database) return database.error();
  const auto code = prepare_database(**database, common.data, *keys, options.admin, resuming, now);
  if (!code) return code.error();
  if (auto saved = save_config(common.data, *settings); !saved) return saved.error();
  std::string link;
  if (*code) {
    link = auth::enrollment_link(*keys, settings->names.front(), settings->port, **code);
  }
  print_made(common, options, *keys, link);
  return {};
}

}  // namespace autocusto::app
