// The file of acts: lines of any length, and one that was cut off.
#include "server/app/acts_journal.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace autocusto::app {
namespace {

TEST(acts_journal, is_read_whole_however_its_lines_lie_in_the_blocks) {
  const test::temporary_folder folder;
  const auto path = journal_path(folder.path().string());
  acts_journal journal(path);
  EXPECT_TRUE(journal.lines().empty()) << "no file yet";
  std::vector<std::string> written;
  // Blocks have 256 KiB: one line ends with the first of them, one is longer than a block.
  for (const std::size_t size : {1U, 262'141U, 7U, 600'000U, 1U}) {
    written.emplace_back(size, static_cast<char>('a' + written.size()));
    ASSERT_TRUE(journal.append(written.back()));
  }
  EXPECT_EQ(journal.lines(), written);
  std::ofstream(path, std::ios::app) << "\ncut off";
  EXPECT_EQ(journal.lines(), written) << "an empty line and half a line are none";
  ASSERT_TRUE(journal.append("next"));
  written.emplace_back("cut off");
  written.emplace_back("next");
  EXPECT_EQ(journal.lines(), written);
}

}  // namespace
}  // namespace autocusto::app
