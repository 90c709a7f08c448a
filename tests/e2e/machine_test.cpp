// What another user of the machine may have prepared: folders that they may write, links in the
// place of files. The real programs refuse it, say the command that puts it right, and touch
// nothing.

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/world.hpp"

namespace autocusto::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string content(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

class planted : public ::testing::Test {
 protected:
  planted() { std::ofstream(victim) << "of somebody else"; }

  /// A link with that name in the folder, to a file that must stay as it is.
  void link(const std::string& folder, const std::string& name) const {
    fs::remove(folder + "/" + name);
    fs::create_symlink(victim, folder + "/" + name);
  }
  void expect_refused(const outcome& done, const std::string& sentence,
                      const std::string& what) const {
    EXPECT_EQ(done.exit, 2) << what << done.err;
    EXPECT_THAT(done.err, HasSubstr(sentence)) << what;
    EXPECT_EQ(content(victim), "of somebody else") << what;
  }
  outcome server(const std::string& command) const {
    return run({program("autocusto-server"), command, "--data", here.data()});
  }

  world here;
  const std::string victim = here.folder() + "/victim";
};

TEST_F(planted, links_in_the_servers_folder_are_refused) {
  const std::string import_from = "postgresql:///nowhere?host=/nowhere";
  for (const std::string name :
       {"serve.lock", "store.lock", "import.lock", "store.sqlite", "store.sqlite-wal",
        "store.sqlite-shm", "acts.journal", "keys.json", "config.json", "serve.sock"}) {
    const std::string path = here.data() + "/" + name;
    const std::string kept = here.folder() + "/kept";
    if (fs::exists(path)) fs::rename(path, kept);
    link(here.data(), name);
    const std::string sentence = "`rm " + path + "`";
    expect_refused(server("serve"), sentence, name);
    expect_refused(server("verify"), sentence, name);
    expect_refused(
        run({program("autocusto-import"), "run", "--data", here.data(), "--from", import_from}),
        sentence, name);
    fs::remove(path);
    if (fs::exists(kept)) fs::rename(kept, path);
  }
  here.start();
}

TEST_F(planted, folders_that_others_may_write_are_refused_until_they_are_put_right) {
  const std::string home = here.folder() + "/home";
  fs::create_directory(home);
  for (const std::string& folder : {here.data(), home}) {
    ASSERT_EQ(::chmod(folder.c_str(), 0777), 0);
  }
  expect_refused(server("serve"), "`chmod go-w " + here.data() + "`", "serve");
  expect_refused(
      run({program("autocusto-server"), "init", "--data", home, "--admin", "admin@clinica.test"}),
      "`chmod go-w " + home + "`", "init");
  run_options english;
  english.env = {{"LC_ALL", "C"}, {"AUTOCUSTO_PASSPHRASE", k_passphrase}};
  for (const char* tool : {"autocusto", "autocusto-admin"}) {
    expect_refused(
        run({program(tool), "--home", home, "enroll", "https://localhost:1/enroll#x"}, english),
        "`chmod go-w " + home + "`", tool);
  }
  EXPECT_TRUE(fs::is_empty(home));
  for (const std::string& folder : {here.data(), home}) ASSERT_EQ(::chmod(folder.c_str(), 0755), 0);
  here.start();
  const auto ana = here.enroll(here.add_doctor("ana@clinica.test"), "home");
  EXPECT_EQ(ana.text({"verify"}).exit, 0);
}

TEST_F(planted, links_in_a_laptops_folder_are_refused_in_the_doctors_language) {
  here.start();
  const auto ana = here.enroll(here.add_doctor("ana@clinica.test"), "ana");
  for (const std::string name : {"replica.lock", "replica.sqlite", "replica.sqlite-wal",
                                 "page.lock", "page.html", "page.sock"}) {
    const std::string path = ana.home() + "/" + name;
    const std::string kept = here.folder() + "/kept";
    if (fs::exists(path)) fs::rename(path, kept);
    link(ana.home(), name);
    expect_refused(ana.text({"status"}), "`rm " + path + "`", name);
    expect_refused(ana.text({"status"}, {{"LC_ALL", "pt_BR.UTF-8"}}), "descubra quem o pôs ali",
                   name);
    fs::remove(path);
    if (fs::exists(kept)) fs::rename(kept, path);
  }
  EXPECT_EQ(ana.text({"status"}).exit, 0);
}

/// Whose folder it is: root does not work in that of another user either.
TEST_F(planted, root_is_sent_to_the_owner_of_a_folder) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  constexpr uid_t nobody = 65534;
  ASSERT_EQ(::chown(here.data().c_str(), nobody, nobody), 0);
  expect_refused(server("serve"), "run this as its owner", "serve");
  ASSERT_EQ(::chown(here.data().c_str(), 0, 0), 0);
  here.start();
}

}  // namespace
}  // namespace autocusto::test
