// `autocusto-import show RUN --rows TABLE`: rows of the source that are kept whole here.
#include <iostream>
#include <limits>

#include <nlohmann/json.hpp>

#include "server/store/imports/rows.hpp"
#include "server/store/imports/runs.hpp"
#include "shared/cli/terminal.hpp"
#include "tools/import/commands.hpp"
#include "tools/import/rules/told_rows.hpp"
#include "tools/import/target.hpp"

namespace autocusto::import {
namespace {

/// Rows may be long, and many: so many are read at a time.
constexpr std::int64_t k_rows_at_once = 500;

std::string_view name_of(store::kept_outcome outcome) {
  return outcome == store::kept_outcome::deferred ? "deferred" : "quarantined";
}

/// Prints while it reads, so that memory stays flat.
class printer {
 public:
  printer(bool json, std::int64_t run, const std::string& table)
      : json_(json), run_(run), table_(table) {}

  void row(const store::import_kept_row& what) {
    if (!json_) {
      std::cout << what.legacy_id << "  " << name_of(what.outcome) << "  "
                << (what.reason.empty() ? "-" : what.reason) << "  " << cli::printable(what.content)
                << '\n';
    } else {
      if (count_ == 0) begin();
      // The content is printed as it was kept: read and written again, numbers could change.
      std::cout << (count_ == 0 ? "" : ",") << R"({"id":)" << what.legacy_id << R"(,"outcome":")"
                << name_of(what.outcome) << R"(","reason":)" << nlohmann::json(what.reason)
                << R"(,"row":)" << what.content << '}';
    }
    ++count_;
  }
  /// One object in any case: where the database failed in the middle, it says so itself.
  void end(const std::optional<error>& broken) {
    if (!json_ || count_ == 0) return;
    std::cout << R"(],"count":)" << count_;
    if (broken) {
      std::cout << R"(,"error":)"
                << nlohmann::json{{"code", code_name(broken->code)}, {"message", broken->message}};
    }
    std::cout << '}' << std::endl;
  }
  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] std::int64_t count() const { return count_; }

 private:
  void begin() const {
    std::cout << R"({"run":)" << run_ << R"(,"table":)" << nlohmann::json(table_)
              << R"(,"items":[)";
  }

  bool json_;
  std::int64_t run_;
  const std::string& table_;
  std::int64_t count_ = 0;
};

/// In one snapshot, so that no rollback meanwhile cuts the list short.
void print_rows(store::snapshot& snapshot, const store::import_run_row& run,
                const std::string& table, printer& out) {
  const told_rows told(*run.report, table);
  auto after = std::numeric_limits<std::int64_t>::min();
  while (std::cout) {
    const auto rows =
        store::imports::rows::reads(snapshot).kept_rows(run.key, table, after, k_rows_at_once);
    if (rows.empty()) return;
    after = rows.back().legacy_id;
    for (const auto& row : rows) {
      if (!told.is_over(row)) out.row(row);
    }
  }
}

std::optional<error> why_nothing_is_kept(const std::optional<store::import_run_row>& run) {
  if (!run) {
    return fail(errc::not_found, "There is no such import run; see `autocusto-import list`.",
                "run");
  }
  if (run->rolled_back_at) {
    return fail(errc::not_found, "This run was taken back; it keeps no rows any more.", "run");
  }
  if (!run->report) {
    return fail(errc::not_found,
                "This run has not ended; run the import again to go on, then look again.", "run");
  }
  return std::nullopt;
}

}  // namespace

result<int> command_show_rows(const common_options& common, std::int64_t run,
                              const std::string& table) {
  const auto to = open_target(common.data, false);
  if (!to) return to.error();
  printer out(common.json, run, table);
  std::optional<error> nothing;
  try {
    to->home.database->read([&](store::snapshot& snapshot) {
      // A read whose connection is lost is begun anew; what is printed cannot be taken back.
      if (out.count() > 0) throw store::database_error("the connection was lost", false, false);
      const auto row = store::imports::runs::reads(snapshot).import_run(run);
      nothing = why_nothing_is_kept(row);
      if (!nothing) print_rows(snapshot, *row, table, out);
    });
  } catch (const store::database_error& e) {
    if (out.count() == 0 || !out.json()) throw;
    const auto broken = fail(errc::database, std::string("The database failed: ") + e.what());
    out.end(broken);
    return exit_code(broken.code);
  }
  if (nothing) return *std::move(nothing);
  if (out.count() == 0) {
    return fail(errc::not_found,
                "No rows of a table of that name are kept; `autocusto-import show " +
                    std::to_string(run) + "` counts the deferred and quarantined ones of each.",
                "rows");
  }
  out.end(std::nullopt);
  return 0;
}

}  // namespace autocusto::import
