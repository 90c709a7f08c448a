#pragma once
// A small world of real programs: a server with its folder, an admin, doctors' laptops; over real
// TLS.
//
// Everything lives in one temporary folder and ends with this object. Each call runs one real
// program to its end. One thread at a time, but different laptops may be used from different
// threads.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/support/process.hpp"

namespace autocusto::test {

/// What a command with --json did.
struct answer {
  int exit = -1;
  nlohmann::json json;  ///< what stdout held; discarded value if it was no JSON
  std::string err;
  std::string out;

  [[nodiscard]] std::string error_code() const;
};

/// One profile of `autocusto` or `autocusto-admin`: its folder, and how the program is run with it.
class laptop {
 public:
  /// `tool`: the path of the program.
  laptop(std::string tool, std::string home);

  /// Runs the tool with `--json`, this home and the passphrase from the environment.
  answer operator()(std::vector<std::string> arguments, const std::string& input = {}) const;
  /// The same, and throws with everything that was printed unless it ends with `exit`.
  nlohmann::json must(std::vector<std::string> arguments, const std::string& input = {},
                      int exit = 0) const;
  /// As a person sees it: no --json.
  outcome text(std::vector<std::string> arguments, const environment& env = {}) const;
  [[nodiscard]] const std::string& home() const { return home_; }

 private:
  std::string tool_;
  std::string home_;
};

struct world_options {
  std::string database;  ///< a postgresql:// URL; empty: the embedded database
  std::vector<std::string> serve_arguments;
  bool real_programs = false;  ///< as they are installed: a passphrase takes its whole time
};

class world {
 public:
  explicit world(world_options options = {});
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void start();  ///< serve, and wait until it is ready
  int stop();    ///< SIGTERM; the exit status
  void kill();   ///< SIGKILL
  [[nodiscard]] background& server() { return *server_; }

  /// Runs autocusto-server COMMAND … --data DIR [--json].
  answer server_command(std::vector<std::string> arguments) const;
  /// The admin, enrolled with the link that `init` printed.
  laptop& admin();
  /// Adds a doctor and answers the enrollment link of a first laptop.
  std::string add_doctor(const std::string& email);
  /// A further link for an account.
  std::string new_link(const std::string& email);
  /// A fresh laptop, enrolled with that link.
  laptop enroll(const std::string& link, const std::string& name);
  /// A laptop profile that is not enrolled.
  laptop bare(const std::string& name);

  /// Where the server's folder is; `use_data` names another one for the next start.
  [[nodiscard]] std::string data() const { return data_; }
  void use_data(std::string folder) { data_ = std::move(folder); }
  [[nodiscard]] std::string folder() const { return folder_.path().string(); }
  [[nodiscard]] const std::string& database() const { return options_.database; }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] int metrics_port() const { return metrics_port_; }
  /// Everything that the server has logged so far, over all its starts.
  [[nodiscard]] std::string log();

 private:
  [[nodiscard]] std::string tool(const std::string& name) const;

  temporary_folder folder_{"autocusto-world"};
  std::string data_ = folder_ / "server";
  world_options options_;
  int port_;
  int metrics_port_;
  std::string admin_link_;
  std::string earlier_log_;
  std::unique_ptr<background> server_;
  std::optional<laptop> admin_;
};

/// A TCP port on 127.0.0.1 that nothing listens on now.
[[nodiscard]] int free_port();

inline constexpr const char* k_passphrase = "uma senha de teste com girassol";

}  // namespace autocusto::test
