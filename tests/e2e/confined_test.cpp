// The server under its sandbox: what it gave up, as the kernel tells it, and that everything still
// works.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "tests/e2e/databases.hpp"

namespace autocusto::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// The distinct values of `NAME:` in the status files of all threads of a process.
std::set<std::string> states(pid_t process, const std::string& name) {
  std::set<std::string> out;
  for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream in(thread.path() / "status");
    for (std::string line; std::getline(in, line);) {
      if (line.rfind(name + ":", 0) == 0) out.insert(line.substr(line.find_last_of(" \t") + 1));
    }
  }
  return out;
}

/// The log line of event `sandbox`.
nlohmann::json told(world& here) {
  std::istringstream log(here.log());
  for (std::string line; std::getline(log, line);) {
    auto read = nlohmann::json::parse(line, nullptr, false);
    if (!read.is_discarded() && read.value("event", "") == "sandbox") return read;
  }
  return {};
}

class confined : public on_both_databases {};

TEST_P(confined, serves_with_few_rights_through_a_whole_day) {
  const auto line = told(here);
  ASSERT_TRUE(line.is_object()) << here.log();
  if (!line.at("seccomp").get<bool>()) GTEST_SKIP() << "no sandbox in this build or kernel";
  EXPECT_EQ(states(here.server().pid(), "Seccomp"), std::set<std::string>{"2"});
  EXPECT_EQ(states(here.server().pid(), "NoNewPrivs"), std::set<std::string>{"1"});

  const auto ana = here.enroll(here.add_doctor("ana@clinica.test"), "ana");
  ana.must({"patient", "save", "11144477735", "--set", "nome_paciente=João", "--set", "nome_mae=M",
            "--set", "end_paciente=R"});
  EXPECT_EQ(ana.must({"sync"}).at("accepted"), 1);

  // Tools alongside, which are not confined.
  const std::string backup = here.folder() + "/backup";
  EXPECT_EQ(here.server_command({"backup", backup}).exit, 0);
  // New connections to the database and a write-ahead log that is made anew.
  EXPECT_EQ(here.stop(), 0);
  EXPECT_EQ(here.server_command({"rotate", "leaf"}).exit, 0);
  here.start();
  ana.must({"patient", "save", "11144477735", "--set", "rg=1"});
  EXPECT_EQ(ana.must({"sync"}).at("accepted"), 1);
  EXPECT_EQ(here.stop(), 0);
  EXPECT_EQ(here.server_command({"verify"}).exit, 0);
  EXPECT_THAT(here.log(), Not(HasSubstr("\"level\":\"error\"")));
}

INSTANTIATE_TEST_SUITE_P(databases, confined, ::testing::Values("sqlite", "postgres"),
                         database_name);

/// The page's server, on a profile that is not enrolled.
class page : public ::testing::Test {
 protected:
  std::string seccomp(std::vector<std::string> more, std::chrono::seconds patience) {
    std::vector<std::string> argv{program("autocusto"), "--home", folder / "home", "ui",
                                  "--no-open"};
    argv.insert(argv.end(), more.begin(), more.end());
    background running(argv, {{"LC_ALL", "C"}, {"AUTOCUSTO_PASSPHRASE", k_passphrase}});
    running.wait_for("http://");
    // Right after it has told its link.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::set<std::string> all;
    do {
      all = states(running.pid(), "Seccomp");
    } while (all != std::set<std::string>{"2"} && std::chrono::steady_clock::now() < deadline);
    running.signal(SIGTERM);
    EXPECT_EQ(running.wait(), 0);
    return all.size() == 1 ? *all.begin() : "differs";
  }
  temporary_folder folder;
};

TEST_F(page, gives_up_system_calls_once_the_browser_is_started) {
#ifdef AUTOCUSTO_WITHOUT_SANDBOX
  GTEST_SKIP() << "no sandbox in this build";
#endif
  const auto said = seccomp({}, std::chrono::seconds(60));
  EXPECT_EQ(said, "2");
}

/// Where there is no desktop, xdg-open runs the browser itself and ends with it.
TEST_F(page, gives_them_up_and_ends_by_signal_beside_a_starter_that_stays) {
#ifdef AUTOCUSTO_WITHOUT_SANDBOX
  GTEST_SKIP() << "no sandbox in this build";
#endif
  fs::create_directory(folder / "bin");
  const std::string starter = folder / "bin/xdg-open";
  std::ofstream(starter) << "#!/bin/sh\nexec /bin/sleep 90\n";
  fs::permissions(starter, fs::perms::owner_all);
  background running({program("autocusto"), "--home", folder / "home", "ui"},
                     {{"LC_ALL", "C"}, {"PATH", folder / "bin"}});
  running.wait_for("http://");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const std::set<std::string> confined{"2"};
  while (states(running.pid(), "Seccomp") != confined) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << running.output();
  }
  running.signal(SIGTERM);
  EXPECT_EQ(running.wait(), 0);
}

TEST_F(page, keeps_them_when_told_so) {
  EXPECT_EQ(seccomp({"--no-sandbox"}, std::chrono::seconds(1)), "0");
}

TEST(unconfined, keeps_its_rights_and_says_so) {
  world_options options;
  options.serve_arguments = {"--no-sandbox"};
  world here(std::move(options));
  here.start();
  EXPECT_EQ(told(here).at("wanted"), false);
  EXPECT_EQ(told(here).at("level"), "warning");
  EXPECT_EQ(states(here.server().pid(), "Seccomp"), std::set<std::string>{"0"});
}

TEST(unconfined, by_configuration) {
  world here;
  const std::string path = here.data() + "/config.json";
  nlohmann::json config;
  std::ifstream(path) >> config;
  config["sandbox"] = false;
  std::ofstream(path) << config.dump();
  here.start();
  EXPECT_EQ(told(here).at("wanted"), false);
  EXPECT_EQ(states(here.server().pid(), "Seccomp"), std::set<std::string>{"0"});
}

}  // namespace
}  // namespace autocusto::test
