#include <iostream>

#include <nlohmann/json.hpp>

#include "server/app/backup.hpp"
#include "server/app/commands.hpp"
#include "server/app/file_stream.hpp"
#include "server/app/installation.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::app {
namespace {

result<crypto::secret> new_passphrase(const common_options& common, const std::string& of) {
  cli::passphrase_source source;
  source.file = common.passphrase_file;
  source.prompt = "New passphrase for the " + of + ": ";
  source.confirm = "The same passphrase again: ";
  source.purpose = passphrase::purpose::sealed_file;
  return cli::read_passphrase(source);
}

result<crypto::secret> known_passphrase(const common_options& common, const std::string& of) {
  cli::passphrase_source source;
  source.file = common.passphrase_file;
  source.prompt = "Passphrase of the " + of + ": ";
  return cli::read_passphrase(source);
}

void print_file(const common_options& common, const std::string& file, std::uint64_t bytes,
                const std::string& what) {
  if (common.json) return cli::print_json({{"file", file}, {"bytes", bytes}});
  std::cout << file << ": " << what << ", " << bytes << " bytes, sealed under the passphrase.\n";
}

}  // namespace

result<void> run_backup(const common_options& common, const std::string& file) {
  const auto passphrase = new_passphrase(common, "backup");
  if (!passphrase) return passphrase.error();
  const auto made =
      make_backup(common.data, file, *passphrase, system_clock_source(), crypto::system_random());
  if (!made) return made.error();
  print_file(common, made->file, made->bytes, "a backup");
  return {};
}

result<void> run_restore(const common_options& common, const std::string& file,
                         const std::string& database, const std::string& journal) {
  if (common.data.empty()) {
    return fail(errc::usage, "Say into which new folder to restore, with --data DIR.", "data");
  }
  if (!database.empty()) {
    if (auto checked = check_database(database); !checked) return checked.error();
  }
  const auto passphrase = known_passphrase(common, "backup");
  if (!passphrase) return passphrase.error();
  const auto target = database.empty() ? std::nullopt : std::optional(database);
  const auto acts = journal.empty() ? std::nullopt : std::optional(journal);
  if (auto restored = restore_backup(common.data, file, *passphrase, target, acts); !restored) {
    return restored.error();
  }
  if (common.json) {
    cli::print_json({{"data", common.data}});
  } else {
    std::cout << "Restored into " << common.data << ". Check it with:\n"
              << "  autocusto-server verify --data " << common.data << "\n";
  }
  return {};
}

result<void> run_keys_export(const common_options& common, const std::string& file) {
  const auto keys = auth::load_keys(common.data);
  if (!keys) {
    if (const auto settings = load_config(common.data); !settings) return settings.error();
    return keys.error();
  }
  const auto passphrase = new_passphrase(common, "key bundle");
  if (!passphrase) return passphrase.error();
  output_file out(file);
  out.write(auth::export_keys(*keys, *passphrase, crypto::system_random()));
  out.keep();
  print_file(common, file, out.size(), "the key bundle");
  return {};
}

}  // namespace autocusto::app
