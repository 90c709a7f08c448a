#pragma once
// The doctor's command line: what all commands share.
//
// `app` holds the global options and opens the replica; each file of commands adds its subcommands
// to the CLI11 parser and leaves the chosen one in `action`, which main runs. A command returns its
// exit code. One thread.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "client/replica/replica.hpp"
#include "client/replica/types.hpp"
#include "shared/base/error.hpp"

namespace CLI {
class App;
}

namespace autocusto::cli {

struct app {
  std::string home;             ///< --home
  std::string passphrase_file;  ///< --passphrase-file
  bool json = false;            ///< --json
  std::function<int()> action;  ///< what the command line asks for

  /// Opens the replica with the passphrase. Errors: not_enrolled, wrong_passphrase, usage, …
  [[nodiscard]] result<std::unique_ptr<replica::replica_store>> open() const;
  /// The same with a passphrase that was read already.
  [[nodiscard]] result<std::unique_ptr<replica::replica_store>> open_with(
      std::string_view passphrase) const;
  /// The same, and it must be enrolled.
  [[nodiscard]] result<std::unique_ptr<replica::replica_store>> open_enrolled() const;

  /// Prints the error in the doctor's language, and what else is wrong with the fields; returns the
  /// exit code.
  int fail(const error& e, std::string_view kind = {},
           const replica::edit_problems* problems = nullptr) const;
  /// Prints the JSON object with --json, else the text; returns 0.
  int done(const nlohmann::json& object, const std::string& text) const;
};

/// KEY as given; `-` reads it from the prompt or stdin.
[[nodiscard]] result<std::string> resolve_key(const std::string& given);

void add_record_commands(CLI::App& parser, app& a);  ///< one group for each kind
/// Into the groups of the kinds, which must be there: process print, check, …; doctor use.
void add_process_commands(CLI::App& parser, app& a);
void add_due_command(CLI::App& parser, app& a);
void add_renew_command(CLI::App& parser, app& a);
void add_process_acts(CLI::App& parser, app& a);       ///< process close, recode
void add_template_commands(CLI::App& parser, app& a);  ///< template add, list, remove
void add_emission_commands(CLI::App& parser, app& a);  ///< emission list, reprint, set
void add_conflict_commands(CLI::App& parser, app& a);  ///< conflicts, resolve, refused
void add_profile_commands(CLI::App& parser, app& a);   ///< status, verify, export, passphrase, wipe
void add_enroll_command(CLI::App& parser, app& a);     ///< enroll
void add_server_command(CLI::App& parser, app& a);     ///< server
void add_sync_command(CLI::App& parser, app& a);       ///< sync
void add_catalogue_commands(CLI::App& parser, app& a);  ///< catalogue
void add_ui_command(CLI::App& parser, app& a);          ///< ui

/// Small pieces of output, used by several commands.
[[nodiscard]] std::string short_id(const version_id& id);
[[nodiscard]] nlohmann::json fields_json(const domain::field_map& fields);
[[nodiscard]] nlohmann::json saved_json(const replica::saved& s);
[[nodiscard]] nlohmann::json changes_json(const std::vector<domain::field_change>& changes);
[[nodiscard]] std::string changes_text(std::string_view kind,
                                       const std::vector<domain::field_change>& changes);
[[nodiscard]] std::string saved_text(const replica::saved& s);

/// A notice that a record has changed while an edit waited, as JSON and as a sentence with its line
/// break.
[[nodiscard]] nlohmann::json notice_json(const replica::notice& n);
[[nodiscard]] std::string notice_text(const replica::notice& n);

/// Why the server refused it, in the doctor's language.
[[nodiscard]] std::string reason_of(const replica::refused_item& item);

}  // namespace autocusto::cli
