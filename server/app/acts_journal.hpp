#pragma once
// `acts.journal` in the data folder: the lines behind sync::journal.
//
// Mode 0600, only appended to, flushed line by line. A last line without its end is what a crash
// left: it is not answered for, and the next line begins behind a line end of its own. One process
// writes it, the one that holds the folder's lock.

#include <string>

#include "server/sync/journal.hpp"

namespace autocusto::app {

[[nodiscard]] std::string journal_path(const std::string& folder);

class acts_journal final : public sync::journal_file {
 public:
  explicit acts_journal(std::string path) : path_(std::move(path)) {}
  std::vector<std::string> lines() override;
  result<void> append(const std::string& line) override;

 private:
  std::string path_;
};

}  // namespace autocusto::app
