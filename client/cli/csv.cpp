#include "client/cli/csv.hpp"

#include <algorithm>

#include "shared/json/text.hpp"

namespace autocusto::cli {
namespace {

std::string_view first_line(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  return text.substr(0, text.find_first_of("\r\n"));
}

error at_line(std::size_t line, const std::string& sentence) {
  return fail(errc::malformed, "Line " + std::to_string(line) + ": " + sentence);
}

class csv_reader {
 public:
  explicit csv_reader(std::string_view text) : text_(text) {
    const auto head = first_line(text);
    separator_ =
        std::count(head.begin(), head.end(), ';') > std::count(head.begin(), head.end(), ',') ? ';'
                                                                                              : ',';
  }

  result<std::vector<csv_row>> run() {
    while (at_ < text_.size()) {
      csv_row row;
      row.line = line_;
      if (auto read = read_row(row); !read) return read.error();
      const bool empty = row.cells.size() == 1 && row.cells.front().empty();
      if (empty) continue;
      if (!rows_.empty() && row.cells.size() != rows_.front().cells.size()) {
        return at_line(row.line,
                       "The row has more or fewer cells than the header; put texts that hold the "
                       "separator in quotes.");
      }
      rows_.push_back(std::move(row));
    }
    return std::move(rows_);
  }

 private:
  result<void> read_row(csv_row& row) {
    while (true) {
      auto cell = at_ < text_.size() && text_[at_] == '"' ? quoted(row.line) : plain();
      if (!cell) return cell.error();
      row.cells.push_back(*std::move(cell));
      if (at_ < text_.size() && text_[at_] == separator_) {
        ++at_;
        continue;
      }
      end_line();
      return {};
    }
  }

  void end_line() {
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') ++at_;
    ++line_;
  }

  bool ends_cell() const {
    return at_ == text_.size() || text_[at_] == separator_ || text_[at_] == '\n' ||
           text_[at_] == '\r';
  }

  result<std::string> plain() {
    const auto begin = at_;
    while (!ends_cell()) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  result<std::string> quoted(std::size_t line) {
    std::string cell;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += '"';
        ++at_;
      } else {
        ++at_;
        if (ends_cell()) return cell;
        return at_line(line, "Text follows a closing quote; double the quotes inside a text.");
      }
    }
    return at_line(line, "A quote is opened and not closed; close it, or double it inside a text.");
  }

  std::string_view text_;
  char separator_ = ',';
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::vector<csv_row> rows_;
};

}  // namespace

bool looks_like_csv(std::string_view text) {
  const auto head = first_line(text);
  return !head.empty() && head.front() != '{' && head.front() != '[' &&
         head.find_first_of(",;") != std::string_view::npos;
}

result<std::vector<csv_row>> read_csv(std::string_view text) {
  if (const auto bad = autocusto::json::invalid_utf8_at(text)) {
    const auto before = text.substr(0, *bad);
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    return at_line(line, "The text is not UTF-8; save the table as “CSV UTF-8”.");
  }
  return csv_reader(text).run();
}

}  // namespace autocusto::cli
