// What our programs hand to the programs that they start: no passphrase in the environment, no
// start link in the list of processes. Small scripts stand in for the browser and for pg_dump.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/postgres_cluster.hpp"
#include "tests/support/world.hpp"

namespace autocusto::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A folder of stand-ins, first in PATH.
class stand_ins {
 public:
  /// Writes its own environment and command line beside it, then does `rest`.
  void add(const std::string& name, const std::string& rest) {
    std::ofstream(folder_ / name) << "#!/bin/sh\nenv > " << (folder_ / (name + ".env.part"))
                                  << "\ntr '\\0' '\\n' < /proc/$$/cmdline > "
                                  << (folder_ / (name + ".argv")) << "\nmv "
                                  << (folder_ / (name + ".env.part")) << " "
                                  << (folder_ / (name + ".env")) << "\n"
                                  << rest << "\n";
    std::filesystem::permissions(folder_ / name, std::filesystem::perms::owner_all);
  }
  [[nodiscard]] std::string path() const {
    return folder_.path().string() + ":" + std::getenv("PATH");
  }
  [[nodiscard]] std::string environment_of(const std::string& name) const {
    return slurp(folder_ / (name + ".env"));
  }
  [[nodiscard]] std::string arguments_of(const std::string& name) const {
    return slurp(folder_ / (name + ".argv"));
  }

 private:
  temporary_folder folder_;
};

/// `/proc/PID/environ` is what the program was started with, unless it has overwritten that.
std::string first_environment(pid_t pid) {
  return slurp("/proc/" + std::to_string(pid) + "/environ");
}

TEST(started_programs, the_browser_gets_no_passphrase) {
  const temporary_folder folder;
  stand_ins programs;
  programs.add("xdg-open", "exit 0");
  background page({program("autocusto"), "--home", folder / "laptop", "ui"},
                  {{"PATH", programs.path()},
                   {"LC_ALL", "C.UTF-8"},
                   {"LANGUAGE", ""},
                   {"AUTOCUSTO_PASSPHRASE", "do not pass me on"},
                   {"AUTOCUSTO_NEW_PASSPHRASE", "nor me, please"}});
  page.wait_for("AutoCusto is open at");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (programs.environment_of("xdg-open").empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << page.output();
  }
  EXPECT_THAT(programs.environment_of("xdg-open"), HasSubstr("LC_ALL=C.UTF-8"));
  EXPECT_THAT(programs.environment_of("xdg-open"), Not(HasSubstr("PASSPHRASE")));
  EXPECT_THAT(first_environment(page.pid()), Not(HasSubstr("pass me on")));
  EXPECT_THAT(first_environment(page.pid()), Not(HasSubstr("nor me")));
  page.signal(SIGTERM);
  EXPECT_EQ(page.wait(), 0);
}

TEST(started_programs, pg_dump_and_pg_restore_get_no_passphrase) {
  world here({.database = postgres_cluster::shared().create_database(), .serve_arguments = {}});
  stand_ins programs;
  const std::string real = "PATH=\"$(printf %s \"$PATH\" | cut -d: -f2-)\" exec ";
  for (const std::string name : {"pg_dump", "pg_restore"}) {
    programs.add(name, real + name + " \"$@\"");
  }
  run_options options;
  options.env = {{"PATH", programs.path()}, {"AUTOCUSTO_PASSPHRASE", "do not pass me on"}};
  const std::string file = here.folder() + "/backup";
  const auto made =
      run({program("autocusto-server"), "backup", file, "--data", here.data()}, options);
  ASSERT_EQ(made.exit, 0) << made.out << made.err;
  EXPECT_THAT(programs.environment_of("pg_dump"), HasSubstr("PATH="));
  EXPECT_THAT(programs.environment_of("pg_dump"), Not(HasSubstr("PASSPHRASE")));
  const auto done =
      run({program("autocusto-server"), "restore", file, "--data", here.folder() + "/restored",
           "--database", postgres_cluster::shared().create_database()},
          options);
  ASSERT_EQ(done.exit, 0) << done.out << done.err;
  EXPECT_THAT(programs.environment_of("pg_restore"), HasSubstr("PATH="));
  EXPECT_THAT(programs.environment_of("pg_restore"), Not(HasSubstr("PASSPHRASE")));
}

}  // namespace
}  // namespace autocusto::test
