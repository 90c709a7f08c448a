// Where a PDF goes: under its name only when it stays, and never over what cannot be replaced.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "client/cli/pdf_file.hpp"
#include "tests/support/process.hpp"

namespace autocusto::cli {
namespace {

namespace fs = std::filesystem;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

struct pdf_target : ::testing::Test {
  test::temporary_folder folder{"pdf"};
  std::string path = folder / "a.pdf";

  [[nodiscard]] std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
  /// Puts `text` under the name; keeps it or not.
  void place(const std::string& text, bool force, bool keep) const {
    auto file = pdf_file::prepare(path, force);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(text));
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(content(path), text);
    if (keep) file->keep();
  }
};

TEST_F(pdf_target, what_is_not_kept_is_taken_away) {
  place("first", false, false);
  EXPECT_EQ(files(), 0U);
  place("first", false, true);
  EXPECT_EQ(content(path), "first");
  EXPECT_EQ(files(), 1U);
}

TEST_F(pdf_target, what_was_replaced_comes_back_unless_the_new_one_is_kept) {
  std::ofstream(path) << "mine";
  place("new", true, false);
  EXPECT_EQ(content(path), "mine");
  place("new", true, true);
  EXPECT_EQ(content(path), "new");
  EXPECT_EQ(files(), 1U);
}

TEST_F(pdf_target, a_folder_is_no_target_even_by_force) {
  fs::create_directory(path);
  fs::create_symlink("nowhere", folder / "link");
  for (const auto& wrong : {path, path + "/", folder / "b/", folder / "link"}) {
    for (const bool force : {false, true}) {
      const auto file = pdf_file::prepare(wrong, force);
      ASSERT_FALSE(file) << wrong;
      EXPECT_EQ(file.error().code, errc::usage);
    }
  }
}

TEST_F(pdf_target, a_full_output_is_an_error) {
  auto file = pdf_file::prepare("-", false);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write("%PDF"));
  std::fflush(stdout);
  const int behind = ::dup(1);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  ::dup2(full, 1);
  const auto done = file->commit();
  ::dup2(behind, 1);
  ::close(full);
  ::close(behind);
  std::clearerr(stdout);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, errc::usage);
}

}  // namespace
}  // namespace autocusto::cli
