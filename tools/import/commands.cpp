#include "tools/import/commands.hpp"

#include <algorithm>
#include <cerrno>
#include <iostream>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "server/auth/private_file.hpp"
#include "server/store/imports/runs.hpp"
#include "shared/cli/terminal.hpp"
#include "tools/import/run.hpp"
#include "tools/import/target.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_source_name = 64;

error no_such_run() {
  return fail(errc::not_found, "There is no such import run; see `autocusto-import list`.", "run");
}

result<void> check_source_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (plain && !name.empty() && name.size() <= k_source_name) return {};
  return fail(errc::usage, "The name of a source has 1 to 64 of a-z, 0-9, hyphen and underscore.",
              "source");
}

result<layout> look(connection& from, const run_command& options) {
  auto found = detect(read_columns(from), options.schema);
  if (!found) return found;
  if (auto filled = check_filled(from, *found); !filled) return filled.error();
  return found;
}

void print_outcomes(const nlohmann::json& accounted, const nlohmann::json& outcomes) {
  std::vector<std::vector<std::string>> lines;
  for (const auto& [table, counts] : accounted.items()) {
    if (counts.size() == 1 && counts.contains("ignored")) continue;
    std::vector<std::string> line{table};
    for (const auto* name : {"imported", "merged", "flagged", "deferred", "quarantined"}) {
      line.push_back(std::to_string(counts.value(name, std::int64_t{0})));
    }
    lines.push_back(std::move(line));
  }
  std::cout << cli::table({"TABLE", "IMPORTED", "MERGED", "FLAGGED", "DEFERRED", "QUARANTINED"},
                          lines);
  std::vector<std::vector<std::string>> reasons;
  for (const auto& [result, codes] : outcomes.items()) {
    for (const auto& [code, count] : codes.items()) {
      reasons.push_back({result, code, std::to_string(count.get<std::int64_t>())});
    }
  }
  if (!reasons.empty()) std::cout << "\n" << cli::table({"OUTCOME", "REASON", "ROWS"}, reasons);
}

void print_run(const run_outcome& out) {
  std::cout << "Layout " << out.layout
            << (out.dry_run ? ", dry run: nothing was written.\n" : "\n");
  print_outcomes(nlohmann::json(out.rows.accounted()), nlohmann::json(out.rows.outcomes()));
  std::cout << "\n"
            << (out.dry_run ? "Would make: " : "Made: ") << out.made.versions << " versions, "
            << out.made.views << " views, " << out.made.users << " accounts.\n";
  if (out.dry_run) return;
  std::cout << "This is run " << out.run << (out.continued ? " (gone on with)" : "")
            << "; see `autocusto-import show " << out.run << "`.\n";
}

std::string state_of(const store::import_run_row& row) {
  if (row.rolled_back_at) return "rolled_back";
  return row.finished_at ? "finished" : "unfinished";
}

nlohmann::json time_json(const std::optional<unix_millis>& at) {
  return at ? nlohmann::json(format_time(*at)) : nlohmann::json(nullptr);
}

nlohmann::json run_json(const store::import_run_row& row) {
  return {{"id", row.key},
          {"source_name", row.source},
          {"layout", row.layout},
          {"state", state_of(row)},
          {"started_at", format_time(row.started_at)},
          {"finished_at", time_json(row.finished_at)},
          {"rolled_back_at", time_json(row.rolled_back_at)},
          {"versions", row.versions},
          {"views", row.views},
          {"users", row.users}};
}

nlohmann::json counts_json(const intake::counts& c) {
  return {{"versions", c.versions}, {"views", c.views}, {"users", c.users}};
}

/// Before anything is done: whether the report can be written at its end. Leaves what is there.
result<void> check_report_file(const std::string& path) {
  if (path.empty()) return {};
  const bool there = ::access(path.c_str(), F_OK) == 0;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return auth::file_error(errno, path, "could not be written");
  ::close(fd);
  if (!there) ::unlink(path.c_str());
  return {};
}

/// The run is done, whatever becomes of the file.
result<int> save_report(const std::string& path, const run_outcome& out) {
  if (path.empty()) return 0;
  const auto saved = auth::write_private_file(path, out.json + "\n");
  if (saved) return 0;
  error e = saved.error();
  e.message += out.dry_run ? " Run it again with another file for the report."
                           : " The run itself is done: `autocusto-import show " +
                                 std::to_string(out.run) + " --json` has its report.";
  return e;
}

}  // namespace

result<int> command_run(const common_options& common, const run_command& options) {
  if (auto named = check_source_name(options.source); !named) return named.error();
  if (auto able = check_report_file(options.report); !able) return able.error();
  auto to = open_target(common.data, !options.dry_run);
  if (!to) return to.error();
  connection from(options.from);
  const auto of = look(from, options);
  if (!of) return of.error();
  cli::progress bar(!common.json);
  run_options wanted;
  wanted.source = options.source;
  wanted.dry_run = options.dry_run;
  wanted.keys = {to->home.keys.tenant_key.view(), to->home.keys.server_secret.view()};
  wanted.now = system_clock_source().now();
  wanted.clock = [] { return system_clock_source().now(); };
  wanted.progress = [&](std::string_view what, std::int64_t done, std::int64_t total) {
    bar.show(what, done, total);
  };
  const auto out = run_import(from, *of, *to->home.database, to->writer.get(), wanted);
  bar.clear();
  if (common.json) {
    std::cout << out.json << std::endl;
  } else {
    print_run(out);
  }
  return save_report(options.report, out);
}

result<int> command_check(const common_options& common, const run_command& options) {
  connection from(options.from);
  const auto of = look(from, options);
  if (!of) return of.error();
  const auto rows = count_rows(from, *of);
  if (common.json) {
    cli::print_json({{"layout", of->name},
                     {"schema", of->schema},
                     {"rows", rows},
                     {"blockers", nlohmann::json::array()}});
    return 0;
  }
  std::cout << "Layout " << of->name << " in the schema " << of->schema
            << ". Nothing blocks an import.\n";
  std::vector<std::vector<std::string>> lines;
  for (const auto& [table, count] : rows) lines.push_back({table, std::to_string(count)});
  std::cout << cli::table({"TABLE", "ROWS"}, lines);
  return 0;
}

result<int> command_list(const common_options& common) {
  const auto to = open_target(common.data, false);
  if (!to) return to.error();
  std::vector<store::import_run_row> runs;
  to->home.database->read([&](store::snapshot& snapshot) {
    runs = store::imports::runs::reads(snapshot).import_runs();
  });
  if (common.json) {
    nlohmann::json items = nlohmann::json::array();
    for (const auto& row : runs) items.push_back(run_json(row));
    cli::print_json({{"count", items.size()}, {"items", std::move(items)}});
    return 0;
  }
  if (runs.empty()) std::cout << "No import has run yet.\n";
  std::vector<std::vector<std::string>> lines;
  for (const auto& row : runs) {
    lines.push_back({std::to_string(row.key), row.source, row.layout, state_of(row),
                     format_time(row.started_at), std::to_string(row.versions),
                     std::to_string(row.views), std::to_string(row.users)});
  }
  if (!lines.empty()) {
    std::cout << cli::table(
        {"RUN", "SOURCE", "LAYOUT", "STATE", "STARTED", "VERSIONS", "VIEWS", "ACCOUNTS"}, lines);
  }
  return 0;
}

result<int> command_show(const common_options& common, std::int64_t run) {
  const auto to = open_target(common.data, false);
  if (!to) return to.error();
  std::optional<store::import_run_row> row;
  to->home.database->read([&](store::imports::runs::reads runs) { row = runs.import_run(run); });
  if (!row) return no_such_run();
  auto head = run_json(*row);
  if (common.json) {
    // The report can be large: it is joined as text.
    if (!row->report) {
      head["run"] = run;
      cli::print_json(head);
      return 0;
    }
    for (const auto* name : {"layout", "versions", "views", "users"}) head.erase(name);
    std::string joined = head.dump();
    joined.back() = ',';
    std::cout << joined << row->report->substr(1) << std::endl;
    return 0;
  }
  std::cout << "Run " << run << " of " << row->source << ", layout " << row->layout << ": "
            << state_of(*row) << "\n  started     " << format_time(row->started_at) << "\n";
  if (row->finished_at) std::cout << "  finished    " << format_time(*row->finished_at) << "\n";
  if (row->rolled_back_at) {
    std::cout << "  rolled back " << format_time(*row->rolled_back_at) << "\n";
  }
  std::cout << "  made        " << row->versions << " versions, " << row->views << " views, "
            << row->users << " accounts\n\n";
  if (!row->report) {
    std::cout << "It has not ended; run it again to go on.\n";
    return 0;
  }
  const auto report = nlohmann::json::parse(*row->report);
  print_outcomes(report.at("accounted"), report.at("outcomes"));
  return 0;
}

result<int> command_rollback(const common_options& common, std::int64_t run, bool except_used) {
  auto to = open_target(common.data, true);
  if (!to) return to.error();
  const auto done = to->writer->rollback({run, except_used, system_clock_source().now()});
  if (!done) return done.error();
  nlohmann::json blockers = nlohmann::json::array();
  for (const auto& b : done->blockers) {
    blockers.push_back({{"table", b.table}, {"id", b.legacy_id}, {"reason", b.reason}});
  }
  if (common.json) {
    cli::print_json({{"run", run},
                     {"done", done->done},
                     {"blockers", blockers},
                     {"removed", counts_json(done->removed)},
                     {"kept", counts_json(done->kept)},
                     {"accounts_disabled", done->accounts_disabled}});
    return done->done ? 0 : exit_code(errc::conflict_open);
  }
  for (const auto& b : done->blockers) {
    std::cout << b.table << " " << b.legacy_id << ": " << b.reason << "\n";
  }
  if (!done->done) {
    std::cerr << "Run " << run << " was not taken back: " << done->blockers.size()
              << " of what it brought is in use. --except-used takes back the rest.\n";
    return exit_code(errc::conflict_open);
  }
  std::cout << "Run " << run << " is taken back: " << done->removed.versions << " versions and "
            << done->removed.views << " views are gone, " << done->kept.versions << " versions and "
            << done->kept.views << " views in use stay. Of its accounts " << done->removed.users
            << " are gone, " << done->accounts_disabled << " are disabled and " << done->kept.users
            << " stay.\n";
  return 0;
}

}  // namespace autocusto::import
