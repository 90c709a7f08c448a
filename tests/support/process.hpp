#pragma once
// Real programs under test: run one to its end, or keep one running, and folders that go away.
//
// Nothing waits without a deadline; a program that outlives its deadline is killed and the wait
// throws. Deadlines are some hundred times what is usual: they end what hangs, and do not judge a
// slow machine. One thread per object.

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace autocusto::test {

using environment = std::map<std::string, std::string>;

struct outcome {
  int exit = -1;    ///< exit status, or 128 + signal
  std::string out;  ///< stdout
  std::string err;  ///< stderr
};

struct run_options {
  environment env;    ///< added to this process's environment; an empty value removes the name
  std::string input;  ///< stdin
  std::chrono::milliseconds deadline = std::chrono::seconds(600);
};

/// Runs argv[0] (a path, or found in PATH) to its end.
[[nodiscard]] outcome run(const std::vector<std::string>& argv, const run_options& options = {});

/// A program that goes on running, such as a server; killed and reaped at the end of its life.
class background {
 public:
  background(const std::vector<std::string>& argv, const environment& env);
  ~background();
  background(const background&) = delete;
  background& operator=(const background&) = delete;

  /// Waits until a line of stdout or stderr holds `text`, and returns that line. Throws
  /// std::runtime_error with all output when the program ends first or the deadline passes.
  std::string wait_for(const std::string& text,
                       std::chrono::milliseconds deadline = std::chrono::seconds(200));
  /// What has been printed so far no longer counts for `wait_for`.
  void skip();
  void signal(int number) const;
  /// Waits for its end: exit status, or 128 + signal.
  int wait(std::chrono::milliseconds deadline = std::chrono::seconds(200));
  [[nodiscard]] bool running();
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Everything it has printed so far, stdout and stderr mixed.
  [[nodiscard]] const std::string& output();

 private:
  void pump(std::chrono::milliseconds patience);

  pid_t pid_ = -1;
  int pipe_ = -1;
  bool reaped_ = false;
  int status_ = 0;
  std::size_t searched_ = 0;
  std::string output_;
};

/// A fresh folder (mode 0700) under the system's temporary folder, removed with all it holds.
class temporary_folder {
 public:
  explicit temporary_folder(const std::string& name = "autocusto-test");
  ~temporary_folder();
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

/// The path of a program as tests run it: a passphrase costs nothing there.
[[nodiscard]] std::string program(const std::string& name);
/// The path of a program as it is installed.
[[nodiscard]] std::string real_program(const std::string& name);

}  // namespace autocusto::test
