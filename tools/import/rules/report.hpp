#pragma once
// What became of the rows of the source, without a word of their content.
//
// Every row has exactly one outcome; of several reasons the strongest decides: quarantined, merged,
// flagged, then deferred or imported. `ignored` are rows of tables that hold nothing of use here
// (sessions, logs, statistics); they are only counted. Items name what a person should look at: a
// table, an id, an outcome and a reason code. One thread.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autocusto::import {

/// In the order of strength.
enum class outcome { imported, deferred, ignored, flagged, merged, quarantined };
[[nodiscard]] std::string_view outcome_name(outcome o);

struct report_item {
  std::uint16_t table = 0;   ///< index into the report's tables
  std::uint16_t reason = 0;  ///< index into its reasons
  outcome result = outcome::imported;
  std::int64_t id = 0;
  std::optional<std::int64_t> into;
  std::optional<std::int64_t> number;
};

class report {
 public:
  /// An item, and what it says about its row; the row is counted by `count`.
  void add(std::string_view table, std::int64_t id, outcome result, std::string_view reason,
           std::optional<std::int64_t> into = std::nullopt,
           std::optional<std::int64_t> number = std::nullopt);
  /// Counts rows of a table under their one outcome.
  void count(std::string_view table, outcome result, std::int64_t rows = 1);
  void set_source_rows(std::string_view table, std::int64_t rows) {
    source_rows_[std::string(table)] = rows;
  }

  [[nodiscard]] const std::map<std::string, std::int64_t>& source_rows() const {
    return source_rows_;
  }
  [[nodiscard]] const std::vector<report_item>& items() const { return items_; }
  [[nodiscard]] std::string_view table_name(const report_item& item) const {
    return tables_[item.table];
  }
  [[nodiscard]] std::string_view reason_name(const report_item& item) const {
    return reasons_[item.reason];
  }
  /// Outcome -> reason -> how often.
  [[nodiscard]] std::map<std::string, std::map<std::string, std::int64_t>> outcomes() const;
  [[nodiscard]] const std::map<std::string, std::map<std::string, std::int64_t>>& accounted()
      const {
    return accounted_;
  }
  /// Tables whose outcomes do not add up to the rows of the source.
  [[nodiscard]] std::vector<std::string> unaccounted() const;

  void sort_items();

 private:
  static std::uint16_t index_of(std::vector<std::string>& names, std::string_view name);

  std::vector<std::string> tables_;
  std::vector<std::string> reasons_;
  std::vector<report_item> items_;
  std::map<std::string, std::int64_t> source_rows_;
  std::map<std::string, std::map<std::string, std::int64_t>> accounted_;
};

/// The outcome of one row while its reasons are being found; reports each.
class row_verdict {
 public:
  row_verdict(report& to, std::string_view table, std::int64_t id, outcome plain)
      : to_(&to), table_(table), id_(id), outcome_(plain) {}

  void say(outcome result, std::string_view reason, std::optional<std::int64_t> into = std::nullopt,
           std::optional<std::int64_t> number = std::nullopt) {
    to_->add(table_, id_, result, reason, into, number);
    if (result > outcome_) outcome_ = result;
  }
  void count() const { to_->count(table_, outcome_); }
  [[nodiscard]] outcome result() const { return outcome_; }

 private:
  report* to_;
  std::string_view table_;  ///< a constant text
  std::int64_t id_;
  outcome outcome_;
};

}  // namespace autocusto::import
