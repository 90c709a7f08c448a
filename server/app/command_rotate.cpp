// rotate signing-key | leaf | root, keys import, keys show: what laptops are told to trust.

#include <iostream>

#include <nlohmann/json.hpp>

#include "server/app/certificate.hpp"
#include "server/app/commands.hpp"
#include "server/app/installation.hpp"
#include "server/app/told_time.hpp"
#include "server/auth/private_file.hpp"
#include "server/auth/rotation.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::app {
namespace {

constexpr std::size_t k_newer_bundle_limit = std::size_t{4} * 1024 * 1024;
constexpr int k_most_days = 3650;

nlohmann::json time_or_null(bool there, unix_millis at) {
  return there ? nlohmann::json(format_time(at)) : nlohmann::json(nullptr);
}

nlohmann::json root_text(const std::optional<http::certificate_pair>& ca) {
  if (!ca) return nullptr;
  return http::spki_sha256(ca->certificate).value().text();
}

/// The public parts of a key bundle.
nlohmann::json keys_json(const auth::server_keys& keys) {
  nlohmann::json retired = nlohmann::json::array();
  for (const auto& key : keys.retired) retired.push_back(to_hex(key.raw()));
  const auto until = http::certificate_not_after(keys.leaf.certificate);
  return {{"server", keys.server.text()},
          {"serial", keys.trust_serial},
          {"signing_key", to_hex(keys.signing.public_half().raw())},
          {"next_signing_key", keys.next_signing
                                   ? nlohmann::json(to_hex(keys.next_signing->public_half().raw()))
                                   : nlohmann::json(nullptr)},
          {"next_signing_key_from",
           time_or_null(keys.next_signing.has_value(), keys.next_signing_from)},
          {"root", root_text(keys.ca)},
          {"next_root", root_text(keys.next_ca)},
          {"next_root_from", time_or_null(keys.next_ca.has_value(), keys.next_ca_from)},
          {"leaf_until", until ? nlohmann::json(format_time(*until)) : nlohmann::json(nullptr)},
          {"retired", std::move(retired)}};
}

void print_keys(const common_options& common, const auth::server_keys& keys,
                const std::string& sentence, bool dry_run) {
  nlohmann::json object = keys_json(keys);
  if (common.json) {
    if (dry_run) object["dry_run"] = true;
    return cli::print_json(object);
  }
  std::cout << sentence;
  for (const auto& [name, value] : object.items()) {
    if (value.is_null() || value.is_array()) continue;
    std::cout << "  " << name << ": "
              << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n";
  }
}

std::string told(const rotate_options& options) {
  if (options.dry_run) return "Nothing was changed. It would be so:\n";
  if (options.what == "leaf") {
    return "The certificate is a new one. Start the server again; laptops need to know nothing.\n";
  }
  if (options.activate) {
    return "The new one is in use. Give the new bundle to every process (`keys export`, `keys "
           "import`), start them, and make a backup now: an older one brings the old keys back. "
           "Enrollment links that were made before and not used are void.\n";
  }
  return "The next one is announced. Give the new bundle to every process (`keys export`, `keys "
         "import`) and start them. Every laptop that syncs learns it; then run the same with "
         "--activate.\n";
}

result<void> change(auth::server_keys& keys, const config& settings, const rotate_options& options,
                    unix_millis now, unix_millis told) {
  if (options.what == "leaf") {
    if (options.activate) {
      return fail(errc::usage, "A leaf is in use at once; leave --activate out.", "activate");
    }
    if (!settings.certificate_file.empty()) {
      return fail(errc::usage,
                  "The certificate was given (--cert, --key): replace those files; `serve` reads "
                  "them every hour.");
    }
    return auth::reissue_leaf(keys, settings.names, now, told);
  }
  const auto what = options.what == "root" ? auth::rotated::root : auth::rotated::signing_key;
  if (options.activate)
    return auth::activate(keys, what, settings.names, now, options.at_once, told);
  return auth::announce(keys, what, crypto::system_random(), now,
                        options.overlap_days * auth::k_day_millis);
}

}  // namespace

result<void> run_rotate(const common_options& common, const rotate_options& options) {
  if (options.overlap_days < 0 || options.overlap_days > k_most_days) {
    return fail(errc::usage, "The overlap is 0 to 3650 days.", "overlap", k_most_days);
  }
  const auto settings = load_config(common.data);
  if (!settings) return settings.error();
  // A running server would go on with the old keys, and write them over these.
  std::optional<sqlite::lock_file> lock;
  if (!options.dry_run) {
    auto taken = lock_folder(common.data);
    if (!taken) return taken.error();
    lock = std::move(*taken);
  }
  auto keys = auth::load_keys(common.data);
  if (!keys) return keys.error();
  const auto now = system_clock_source().now();
  const auto done =
      change(*keys, *settings, options, now, latest_told(common.data, *settings, now));
  if (!done) return done;
  if (!options.dry_run) {
    if (auto saved = auth::save_keys(common.data, *keys); !saved) return saved;
  }
  print_keys(common, *keys, told(options), options.dry_run);
  return {};
}

result<void> run_keys_show(const common_options& common) {
  const auto keys = auth::load_keys(common.data);
  if (!keys) return keys.error();
  print_keys(common, *keys, {}, false);
  return {};
}

result<void> run_keys_import(const common_options& common, const std::string& file) {
  const auto settings = load_config(common.data);
  if (!settings) return settings.error();
  const auto sealed = auth::read_file(file, k_newer_bundle_limit);
  if (!sealed) return sealed.error();
  cli::passphrase_source source;
  source.file = common.passphrase_file;
  source.prompt = "Passphrase of the key bundle: ";
  const auto passphrase = cli::read_passphrase(source);
  if (!passphrase) return passphrase.error();
  auto newer = auth::import_keys(*sealed, *passphrase);
  if (!newer) return newer.error();
  const auto lock = lock_folder(common.data);
  if (!lock) return lock.error();
  const auto present = auth::load_keys(common.data);
  if (!present) return present.error();
  if (auto may = auth::may_follow(*newer, *present); !may) return may;
  if (!settings->certificate_file.empty()) {
    auto given = read_certificate(settings->certificate_file, settings->key_file);
    if (!given) return given.error();
    newer->leaf = std::move(*given);
  } else if (newer->ca) {
    // The bundle's leaf is for the names of the process that exported it.
    const auto now = system_clock_source().now();
    auto leaf =
        auth::reissue_leaf(*newer, settings->names, now, latest_told(common.data, *settings, now));
    if (!leaf) return leaf;
  }
  if (auto saved = auth::save_keys(common.data, *newer); !saved) return saved;
  print_keys(common, *newer, "The key bundle is this folder's now. Start the server.\n", false);
  return {};
}

}  // namespace autocusto::app
