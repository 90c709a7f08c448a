// Which folders and files are one's own.

#include "shared/base/own_files.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace autocusto {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t k_nobody = 65534;

class own_files : public ::testing::Test {
 protected:
  own_files() {
    std::string name = fs::temp_directory_path() / "own-files-XXXXXX";
    above = ::mkdtemp(name.data());
    folder = above + "/data";
    EXPECT_EQ(::mkdir(folder.c_str(), 0700), 0);
  }
  ~own_files() override { fs::remove_all(above); }

  std::string file(const std::string& name, mode_t mode) const {
    const std::string path = folder + "/" + name;
    std::ofstream(path) << "text";
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static std::string said(const result<void>& checked) {
    if (checked) return "fine";
    EXPECT_EQ(checked.error().code, errc::usage);
    return checked.error().message;
  }

  std::string above;
  std::string folder;
};

TEST_F(own_files, takes_what_is_the_users_alone) {
  EXPECT_EQ(said(check_own_folder(folder)), "fine");
  EXPECT_EQ(said(check_own_folder(folder + "/")), "fine");
  EXPECT_EQ(said(check_own_folder(folder + "/not/there")), "fine");
  EXPECT_EQ(said(check_own_file(file("keys.json", 0600))), "fine");
  EXPECT_EQ(said(check_own_file(folder + "/missing")), "fine");
  EXPECT_EQ(said(check_own(folder, {"keys.json", "missing"})), "fine");
  fs::create_directory_symlink(folder, above + "/link");
  EXPECT_EQ(said(check_own_folder(above + "/link")), "fine");
}

TEST_F(own_files, refuses_a_folder_that_others_may_write_and_says_the_command) {
  for (const mode_t mode : {mode_t{0720}, mode_t{0702}, mode_t{01777}}) {
    ASSERT_EQ(::chmod(folder.c_str(), mode), 0);
    EXPECT_THAT(said(check_own_folder(folder)), HasSubstr("`chmod go-w " + folder + "`"));
    EXPECT_THAT(said(check_own(folder, {})), HasSubstr("`chmod go-w " + folder + "`"));
  }
}

TEST_F(own_files, quotes_the_path_in_the_command) {
  const std::string odd = above + "/it's mine";
  ASSERT_EQ(::mkdir(odd.c_str(), 0700), 0);
  ASSERT_EQ(::chmod(odd.c_str(), 0777), 0);
  EXPECT_THAT(said(check_own_folder(odd)), HasSubstr("`chmod go-w '" + above + "/it'\\''s mine'`"));
}

TEST_F(own_files, a_folder_above_that_others_may_write_has_to_be_sticky) {
  ASSERT_EQ(::chmod(above.c_str(), 0777), 0);
  EXPECT_THAT(said(check_own_folder(folder)), HasSubstr("`chmod go-w " + above + "`"));
  EXPECT_THAT(said(check_own_folder(folder + "/not/there")), HasSubstr(above));
  ASSERT_EQ(::chmod(above.c_str(), 01777), 0);
  EXPECT_EQ(said(check_own_folder(folder)), "fine");
}

TEST_F(own_files, looks_above_the_target_of_a_link_too) {
  const std::string open_to_all = above + "/open";
  ASSERT_EQ(::mkdir(open_to_all.c_str(), 0700), 0);
  ASSERT_EQ(::mkdir((open_to_all + "/inner").c_str(), 0700), 0);
  ASSERT_EQ(::chmod(open_to_all.c_str(), 0777), 0);
  fs::create_directory_symlink(open_to_all + "/inner", above + "/link");
  EXPECT_THAT(said(check_own_folder(above + "/link")),
              HasSubstr("`chmod go-w " + open_to_all + "`"));
}

TEST_F(own_files, refuses_what_is_no_folder) {
  EXPECT_THAT(said(check_own_folder(file("plain", 0600))), HasSubstr("is not a folder"));
}

TEST_F(own_files, refuses_links_pipes_and_files_that_others_may_write) {
  const auto target = file("target", 0600);
  fs::create_symlink(target, folder + "/serve.lock");
  fs::create_symlink(folder + "/nowhere", folder + "/dangling");
  ASSERT_EQ(::mkfifo((folder + "/pipe").c_str(), 0600), 0);
  file("loose", 0620);
  for (const char* name : {"serve.lock", "dangling", "pipe"}) {
    EXPECT_THAT(said(check_own(folder, {name})), HasSubstr("`rm " + folder + "/" + name + "`"))
        << name;
  }
  EXPECT_THAT(said(check_own(folder, {"loose"})), HasSubstr("`chmod go-w " + folder + "/loose`"));
  for (const char* name : {"serve.lock", "dangling", "pipe", "loose"}) {
    EXPECT_EQ(open_own_file(folder + "/" + name, O_RDWR | O_CREAT), -1) << name;
  }
  EXPECT_FALSE(fs::exists(folder + "/nowhere"));
  EXPECT_THAT(said(check_own_socket(target)), HasSubstr("something else"));
}

TEST_F(own_files, opens_and_makes_files_that_only_the_user_may_read) {
  const std::string path = folder + "/new";
  const int fd = open_own_file(path, O_RDWR | O_CREAT);
  ASSERT_GE(fd, 0);
  ::close(fd);
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(open_own_file(folder + "/missing", O_RDONLY), -1);
  EXPECT_EQ(errno, ENOENT);
}

TEST_F(own_files, does_not_write_to_a_file_with_a_second_name) {
  const auto victim = file("victim", 0600);
  fs::create_hard_link(victim, folder + "/store.lock");
  EXPECT_EQ(open_own_file(folder + "/store.lock", O_RDWR | O_CREAT), -1);
  EXPECT_EQ(errno, EPERM);
  const int fd = open_own_file(folder + "/store.lock", O_RDONLY);
  EXPECT_GE(fd, 0) << "reading harms nothing";
  ::close(fd);
  fs::remove(victim);
  const int alone = open_own_file(folder + "/store.lock", O_RDWR);
  EXPECT_GE(alone, 0);
  ::close(alone);
}

/// Only root can make files of somebody else.
TEST_F(own_files, refuses_what_belongs_to_another_user_also_for_root) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto foreign = file("store.sqlite", 0600);
  ASSERT_EQ(::chown(foreign.c_str(), k_nobody, k_nobody), 0);
  EXPECT_THAT(said(check_own(folder, {"store.sqlite"})), HasSubstr("belongs to another user"));
  EXPECT_EQ(open_own_file(foreign, O_RDWR), -1);
  EXPECT_EQ(errno, EPERM);
  ASSERT_EQ(::chown(folder.c_str(), k_nobody, k_nobody), 0);
  EXPECT_THAT(said(check_own_folder(folder)), HasSubstr("run this as its owner"));
  EXPECT_THAT(said(check_own_folder(folder + "/below")), HasSubstr("use a folder elsewhere"));
}

}  // namespace
}  // namespace autocusto
