// What our programs hand to the programs that they start: no passphrase in the environment, no
// start link in the list of processes. Small scripts stand in for the browser and for pg_dump.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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
  [[nodiscard]] std::string file(const std::string& name) const { return slurp(folder_ / name); }
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

/// A page without a browser, on that folder; and what it has printed.
struct started_page {
  explicit started_page(const std::string& home, const environment& env = {})
      : process({program("autocusto"), "--home", home, "--json", "ui", "--no-open"}, env),
        told(nlohmann::json::parse(process.wait_for("\"url\""), nullptr, false)) {}
  background process;
  nlohmann::json told;
};

// Whatever stands on a command line is read by every user of the machine.
TEST(started_programs, the_browser_is_given_a_private_file_and_no_link) {
  const temporary_folder folder;
  stand_ins programs;
  // Kept, because the page removes it when it ends.
  programs.add("xdg-open", "cp -p \"$1\" \"$(dirname \"$0\")/opened\"; exit 0");
  background page({program("autocusto"), "--home", folder / "laptop", "ui"},
                  {{"PATH", programs.path()}, {"LC_ALL", "C.UTF-8"}, {"LANGUAGE", ""}});
  const auto line = page.wait_for("AutoCusto is open at");
  const auto link = line.substr(line.find("http"));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (programs.file("opened").find("</html>") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << page.output();
  }
  const auto arguments = programs.arguments_of("xdg-open");
  EXPECT_THAT(arguments, HasSubstr(folder / "laptop/page.html"));
  EXPECT_THAT(arguments, Not(HasSubstr("inicio")));
  EXPECT_THAT(programs.file("opened"), HasSubstr(link.substr(0, link.find('#')) + "#inicio="));
  const auto rights = std::filesystem::status(folder / "laptop/page.html").permissions();
  EXPECT_EQ(rights, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  page.signal(SIGTERM);
  EXPECT_EQ(page.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "laptop/page.html"));
}

TEST(started_programs, a_killed_page_is_not_taken_for_a_running_one) {
  const temporary_folder folder;
  const std::string home = folder / "laptop";
  started_page first(home);
  {
    const started_page second(home);
    EXPECT_EQ(second.told.value("already_running", false), true);
    EXPECT_NE(second.told.value("url", ""), first.told.value("url", ""));
  }
  first.process.signal(SIGKILL);
  first.process.wait();
  EXPECT_TRUE(std::filesystem::exists(home + "/page.sock")) << "it could not tidy up";
  started_page after(home);
  EXPECT_EQ(after.told.value("already_running", true), false);
  after.process.signal(SIGTERM);
  EXPECT_EQ(after.process.wait(), 0);
}

// An earlier program noted its port and a secret in `page.run`, and the next start sent that secret
// to whoever had the port.
TEST(started_programs, the_port_that_an_old_note_names_is_sent_nothing) {
  const temporary_folder folder;
  const std::string home = folder / "laptop";
  std::filesystem::create_directory(home);
  std::filesystem::permissions(home, std::filesystem::perms::owner_all);
  const int thief = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(::bind(thief, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(::getsockname(thief, reinterpret_cast<sockaddr*>(&at), &size), 0);
  ASSERT_EQ(::listen(thief, 4), 0);
  std::ofstream(home + "/page.run") << ntohs(at.sin_port) << " the-secret-of-a-killed-page\n";
  started_page page(home);
  EXPECT_EQ(page.told.value("already_running", true), false);
  const int called = ::accept(thief, nullptr, nullptr);
  EXPECT_EQ(called, -1) << "the program has called the thief";
  if (called >= 0) ::close(called);
  ::close(thief);
  EXPECT_FALSE(std::filesystem::exists(home + "/page.run"));
  page.process.signal(SIGTERM);
  EXPECT_EQ(page.process.wait(), 0);
}

TEST(started_programs, pg_dump_and_pg_restore_get_no_passphrase) {
  world here({.database = postgres_cluster::shared().create_database(), .serve_arguments = {}});
  stand_ins programs;
  const std::string real = "PATH=\"$(printf %s \"$PATH\" | cut -d: -f2-)\" exec ";
  for (const std::string name : {"pg_dump", "pg_restore"}) {
    programs.add(name, real + name + " \"$@\"");
  }
  run_options options;
  options.env = {{"PATH", programs.path()},
                 {"AUTOCUSTO_PASSPHRASE", "girassol pavio isopor costela fauna"}};
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
