// `autocusto-import show RUN --rows TABLE`: rows of the source that a run kept whole.
#include <iostream>
#include <limits>

#include <nlohmann/json.hpp>

#include "shared/cli/terminal.hpp"
#include "tools/import/commands.hpp"
#include "tools/import/target.hpp"

namespace autocusto::import {
namespace {

/// Rows may be long, and many: so many are read at a time.
constexpr std::int64_t k_rows_at_once = 500;

std::string_view name_of(store::kept_outcome outcome) {
  return outcome == store::kept_outcome::deferred ? "deferred" : "quarantined";
}

/// Content that is JSON as such, anything else as a text.
nlohmann::json content_json(const std::string& content) {
  auto value = nlohmann::json::parse(content, nullptr, false);
  return value.is_discarded() ? nlohmann::json(content) : value;
}

void print(const store::import_kept_row& row, bool json, bool first) {
  if (!json) {
    std::cout << row.legacy_id << "  " << name_of(row.outcome) << "  "
              << (row.reason.empty() ? "-" : row.reason) << "  " << cli::printable(row.content) << '\n';
    return;
  }
  const nlohmann::json item{{"id", row.legacy_id},
                            {"outcome", name_of(row.outcome)},
                            {"reason", row.reason},
                            {"row", content_json(row.content)}};
  std::cout << (first ? "" : ",")
            << item.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

result<int> command_show_rows(const common_options& common, std::int64_t run,
                              const std::string& table) {
  const auto to = open_target(common.data, false);
  if (!to) return to.error();
  auto& database = *to->home.database;
  bool known = false;
  database.read([&](store::reader& in) { known = in.import_run(run).has_value(); });
  if (!known) {
    return fail(errc::not_found, "There is no such import run; see `autocusto-import list`.",
                "run");
  }
  auto after = std::numeric_limits<std::int64_t>::min();
  std::int64_t count = 0;
  while (true) {
    std::vector<store::import_kept_row> rows;
    database.read(
        [&](store::reader& in) { rows = in.kept_rows(run, table, after, k_rows_at_once); });
    if (count == 0 && common.json && !rows.empty()) {
      std::cout << R"({"run":)" << run << R"(,"table":)" << nlohmann::json(table).dump()
                << R"(,"items":[)";
    }
    for (const auto& row : rows) print(row, common.json, count++ == 0);
    if (rows.empty()) break;
    after = rows.back().legacy_id;
  }
  if (count == 0) {
    return fail(errc::not_found,
                "The run kept no rows of a table of that name; `autocusto-import show " +
                    std::to_string(run) + "` counts the deferred and quarantined ones of each.",
                "rows");
  }
  if (common.json) std::cout << R"(],"count":)" << count << "}" << std::endl;
  return 0;
}

}  // namespace autocusto::import
