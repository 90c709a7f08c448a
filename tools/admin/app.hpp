#pragma once
// The administrator's command line: what all commands share.
//
// `app` holds the global options; each file of commands adds its subcommands to the CLI11 parser
// and leaves the chosen one in `action`, which main runs. A command returns its exit code or throws
// `error_exception` for what a person is told; main prints that. The administrator's profile is a
// sealed replica without records: it keeps who this is, the device key, the tenant key, and a
// resolution whose answer is still missing. One thread.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "client/replica/identity/identity_store.hpp"
#include "client/replica/replica.hpp"
#include "client/transport/remote.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/admin.hpp"
#include "shared/wire/catalogue.hpp"
#include "tools/admin/log_memory.hpp"

namespace CLI {
class App;
}

namespace autocusto::admin {

namespace msg = wire::admin;

struct app {
  std::string home;             ///< --home
  std::string passphrase_file;  ///< --passphrase-file
  bool json = false;            ///< --json
  std::function<int()> action;  ///< what the command line asks for

  /// Prints the JSON object with --json, else the text; returns 0.
  int done(const nlohmann::json& object, const std::string& text) const;
  /// The profile of this home, opened with the passphrase; throws.
  [[nodiscard]] std::unique_ptr<replica::replica_store> open_profile() const;
};

/// `AUTOCUSTO_HOME`, else the platform's data folder with `autocusto-admin` in it.
[[nodiscard]] std::string default_home();

[[noreturn]] void refuse(errc code, std::string message, std::string field = {});

/// The server, signed in as this administrator's device. Calls throw `error_exception`.
class session {
 public:
  /// Opens profile and session. A server that orders this device to be wiped is obeyed.
  explicit session(const app& a);

  template <class Answer>
  [[nodiscard]] Answer get(std::string_view path) {
    return understood(msg::decode<Answer>(call("GET", path, {})));
  }
  template <class Answer, class Question>
  [[nodiscard]] Answer ask(std::string_view path, const Question& question) {
    return understood(msg::decode<Answer>(call("POST", path, msg::encode(question))));
  }
  /// Signs and sends an act with a fresh id; a lost answer is asked for again.
  msg::act_answer act(std::string name, const nlohmann::json& args,
                      std::optional<std::vector<version_id>> expect_heads = std::nullopt);

  /// One published catalogue. Throws not_found.
  [[nodiscard]] wire::catalogue_answer catalogue(std::int64_t revision);
  /// Sends a catalogue to be published; its hash.
  [[nodiscard]] hash256 send_catalogue(std::string canonical_text);

  /// The id of the record that a person names; `key` as typed.
  [[nodiscard]] record_id record(const std::string& kind, const std::string& key);

  /// The account that a person names by its id or its e-mail (text.hpp). Throws not_found,
  /// ambiguous.
  [[nodiscard]] msg::user_item user(const std::string& named);

  /// All devices; warns of those whose key is another one than this profile has seen before.
  [[nodiscard]] msg::device_list devices();
  /// Whether this device's key was exchanged; warns, once for each.
  bool check_key(const device_id& device, const std::string& key_hex);
  /// What this profile remembers of the audit log; the heads of this command's answers are in it
  /// unless they contradict it (then a warning has been printed).
  [[nodiscard]] const log_memory& memory() const { return memory_; }
  /// Heads that came with the answers to this command, oldest first.
  [[nodiscard]] const std::vector<wire::audit_head>& heads() const { return heads_; }
  /// An administrator has accepted that the log differs behind line `agreed`.
  void accept_log(std::int64_t agreed);

  [[nodiscard]] replica::identity_store profile() { return profile_->identity(); }
  [[nodiscard]] transport::remote& remote() { return *remote_; }
  [[nodiscard]] const replica::identity& who() const { return who_; }
  [[nodiscard]] const crypto::signing_key& key() const { return key_; }

 private:
  [[nodiscard]] std::string call(std::string_view method, std::string_view path, std::string body);
  template <class Answer>
  static Answer understood(result<Answer>&& answer) {
    if (!answer) not_understood(answer.error());
    return *std::move(answer);
  }
  [[noreturn]] static void not_understood(const error& why);
  void sign_in(const app& a);
  void look_at_log();
  void keep_memory();
  void warn_once(const std::string& what);

  std::unique_ptr<replica::replica_store> profile_;
  replica::identity who_;
  crypto::signing_key key_;
  std::unique_ptr<transport::remote> remote_;
  log_memory memory_;
  std::vector<wire::audit_head> heads_;
  std::set<std::string> warned_;
};

/// KEY as given; `-` reads it from the prompt or stdin. Throws for an unknown kind or a bad key.
[[nodiscard]] std::string read_key(const std::string& kind, const std::string& given);

void add_enroll_command(CLI::App& parser, app& a);      ///< enroll
void add_people_commands(CLI::App& parser, app& a);     ///< user, enrollment, device, …
void add_record_commands(CLI::App& parser, app& a);     ///< record, compare
void add_view_commands(CLI::App& parser, app& a);       ///< assign, unassign
void add_conflict_commands(CLI::App& parser, app& a);   ///< conflict
void add_log_commands(CLI::App& parser, app& a);        ///< quarantine, audit
void add_catalogue_commands(CLI::App& parser, app& a);  ///< catalogue

/// `record why`: which event made the user see what they see, in one sentence, and all of them.
int explain_access(const app& a, const std::string& kind, const std::string& typed,
                   const std::string& user);
/// `enrollment new --all-pending`: a link for every enabled user who never had a device and has no
/// link that is still good. When it is cut, what was made is printed all the same.
int enroll_pending(const app& a);
/// `quarantine accept` and `reject`, under the given command.
void add_quarantine_decisions(CLI::App& quarantine, app& a);

/// `conflict resolve`.
struct resolve_options {
  std::int64_t id = 0;
  std::optional<std::string> take;
  bool merge = false;
  std::vector<std::string> from;  ///< NAME=VERSION
  std::vector<std::string> set;   ///< NAME=VALUE
  std::optional<std::string> summary;
  bool dry_run = false;
};
int resolve(const app& a, const resolve_options& options);

}  // namespace autocusto::admin
