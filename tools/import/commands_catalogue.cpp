// autocusto-import catalogue: the old database's reference data as a file.

#include <ctime>
#include <fstream>
#include <iostream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "server/auth/private_file.hpp"
#include "shared/base/clock.hpp"
#include "shared/cli/terminal.hpp"
#include "tools/import/commands.hpp"
#include "tools/import/source/processes.hpp"

namespace autocusto::import {
namespace {

using nlohmann::json;

std::string today() {
  return format_time(system_clock_source().now()).substr(0, std::string_view("2026-08-01").size());
}

json report_of(const reference_made& made) {
  return {{"medicines", made.value.medicines.size()},
          {"diseases", made.value.diseases.size()},
          {"protocols", made.value.protocols.size()},
          {"tables", made.tables},
          {"reasons", made.reasons}};
}

void print_report(const reference_made& made, const std::string& path) {
  std::vector<std::vector<std::string>> lines;
  for (const auto& [table, counts] : made.tables) {
    const auto number = [&](const char* what) {
      const auto at = counts.find(what);
      return std::to_string(at == counts.end() ? 0 : at->second);
    };
    lines.push_back({table, number("taken"), number("merged"), number("left_out")});
  }
  std::cout << cli::table({"TABLE", "TAKEN", "MERGED", "LEFT OUT"}, lines);
  std::vector<std::vector<std::string>> reasons;
  for (const auto& [code, count] : made.reasons) reasons.push_back({code, std::to_string(count)});
  if (!reasons.empty()) std::cout << "\n" << cli::table({"REASON", "ROWS"}, reasons);
  std::cout << "\nThe catalogue is in " << path << "; `autocusto-admin catalogue import --from "
            << path << "` makes a revision of it.\n";
}

}  // namespace

result<int> command_catalogue(const common_options& common, const run_command& options,
                              const catalogue_command& target) {
  if (!target.force && ::access(target.out.c_str(), F_OK) == 0) {
    return fail(errc::already_exists,
                "The file " + target.out + " exists; name another one with --out, or give --force.",
                "out");
  }
  connection from(options.from);
  const auto of = detect(read_columns(from), options.schema);
  if (!of) return of.error();
  const auto made = make_catalogue(read_reference(from, *of), options.source, today());
  if (const auto fine = reference::check_catalogue(made.value); !fine) return fine.error();
  const auto text = json::parse(reference::write_catalogue(made.value)).dump(1) + "\n";
  if (const auto saved = auth::write_private_file(target.out, text); !saved) return saved.error();
  if (common.json) {
    auto object = report_of(made);
    object["file"] = target.out;
    cli::print_json(object);
  } else {
    print_report(made, target.out);
  }
  return 0;
}

}  // namespace autocusto::import
