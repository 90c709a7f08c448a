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

error wrong_row(const char* sentence) {
  return fail(errc::malformed, sentence);
}

char separator_of(std::string_view head) {
  constexpr std::string_view k_separators = ",;\t";
  const auto count = [head](char c) { return std::count(head.begin(), head.end(), c); };
  return *std::max_element(k_separators.begin(), k_separators.end(),
                           [&](char a, char b) { return count(a) < count(b); });
}

class csv_reader {
 public:
  explicit csv_reader(std::string_view text)
      : text_(text), separator_(separator_of(first_line(text))) {}

  result<std::vector<csv_row>> run() {
    while (at_ < text_.size()) {
      csv_row row;
      row.line = line_;
      const auto begin = at_;
      row.wrong = read_row(row);
      if (row.wrong) {
        resume_behind_line(begin, row.line);
      } else if (row.cells.size() == 1 && row.cells.front().empty()) {
        continue;
      } else if (autocusto::json::invalid_utf8_at(text_.substr(begin, at_ - begin))) {
        row.wrong = wrong_row("The text is not UTF-8; save the table as “CSV UTF-8”.");
      } else if (!rows_.empty() && row.cells.size() != rows_.front().cells.size()) {
        row.wrong = wrong_row(
            "The row has more or fewer cells than the header; put texts that hold the separator in "
            "quotes.");
      }
      if (rows_.empty() && row.wrong) return at_line(*row.wrong, row.line);
      if (row.wrong) row.cells.clear();
      rows_.push_back(std::move(row));
    }
    if (rows_.empty()) return wrong_row("The table has no header.");
    return std::move(rows_);
  }

 private:
  static error at_line(error e, std::size_t line) {
    e.message = "Line " + std::to_string(line) + ": " + e.message;
    return e;
  }

  std::optional<error> read_row(csv_row& row) {
    while (true) {
      auto cell = at_ < text_.size() && text_[at_] == '"' ? quoted() : plain();
      if (!cell) return cell.error();
      row.cells.push_back(*std::move(cell));
      if (at_ < text_.size() && text_[at_] == separator_) {
        ++at_;
        continue;
      }
      end_line();
      return std::nullopt;
    }
  }

  /// A wrong quote may have swallowed lines that are right: they are read again, once. What closed
  /// the quote is the first run of an odd number of quotes, and no row without one is wrong by its
  /// quotes.
  void resume_behind_line(std::size_t begin, std::size_t line) {
    at_ = std::min(text_.find('\n', begin), text_.size());
    line_ = line;
    end_line();
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

  result<std::string> quoted() {
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
        return wrong_row("Text follows a closing quote; double the quotes inside a text.");
      }
    }
    return wrong_row("A quote is opened and not closed; close it, or double it inside a text.");
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::vector<csv_row> rows_;
};

}  // namespace

bool looks_like_csv(std::string_view text) {
  const auto head = first_line(text);
  return !head.empty() && head.front() != '{' && head.front() != '[' &&
         head.find_first_of(",;\t") != std::string_view::npos;
}

result<std::vector<csv_row>> read_csv(std::string_view text) {
  return csv_reader(text).run();
}

}  // namespace autocusto::cli
