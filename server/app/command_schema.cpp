#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "server/app/commands.hpp"
#include "server/app/installation.hpp"
#include "server/store/settings.hpp"
#include "server/sync/verify.hpp"
#include "shared/cli/terminal.hpp"

namespace autocusto::app {
namespace {

nlohmann::json migration_json(const store::migration_state& state) {
  return {{"number", state.number},
          {"name", state.name},
          {"applied", state.applied},
          {"applied_at", state.applied_at ? nlohmann::json(format_time(*state.applied_at))
                                          : nlohmann::json(nullptr)},
          {"checksum_matches", state.checksum_matches}};
}

std::string numbered(const store::migration_state& state) {
  std::string number = std::to_string(state.number);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return number + "_" + state.name;
}

nlohmann::json counts_json(const sync::verify_counts& counts) {
  return {{"records", counts.records}, {"versions", counts.versions},
          {"users", counts.users},     {"feed_items", counts.feed_items},
          {"views", counts.views},     {"open_conflicts", counts.open_conflicts},
          {"pushes", counts.pushes},   {"audit_lines", counts.audit_lines}};
}

void print_report(const sync::verify_report& report, bool json) {
  if (json) {
    nlohmann::json findings = nlohmann::json::array();
    for (const auto& one : report.findings) {
      findings.push_back({{"what", one.what}, {"where", one.where}});
    }
    return cli::print_json({{"clean", report.clean()},
                            {"counts", counts_json(report.counts)},
                            {"total_findings", report.total_findings},
                            {"findings", std::move(findings)},
                            {"awaiting_parents", report.awaiting_parents},
                            {"total_awaiting_parents", report.total_awaiting_parents}});
  }
  for (const auto& one : report.findings) std::cout << one.what << ": " << one.where << "\n";
  const auto& counts = report.counts;
  std::cout << counts.versions << " versions of " << counts.records << " records, " << counts.views
            << " views of " << counts.users << " users, " << counts.feed_items << " feed items, "
            << counts.pushes << " pushes, " << counts.audit_lines << " lines of the audit log: "
            << (report.clean() ? "all as it should be"
                               : std::to_string(report.total_findings) + " findings")
            << "\n";
  for (const auto& where : report.awaiting_parents)
    std::cout << "waits for a parent: " << where << "\n";
  if (report.total_awaiting_parents > 0) {
    std::cout << report.total_awaiting_parents
              << " versions that were brought back after a restore lack parents, until the laptops "
                 "that have them sync.\n";
  }
}

void print_next_steps(const sync::verify_report& report) {
  const auto of_log = std::count_if(report.findings.begin(), report.findings.end(),
                                    [](const auto& one) { return one.what.starts_with("audit_"); });
  if (of_log > 0) {
    std::cerr << "The audit log is not as the server wrote it: lines were changed, added or "
                 "removed in the database. Keep a copy of it, and run `autocusto-admin audit "
                 "verify` with every administrator's profile.\n";
  }
  if (report.total_findings == of_log) return;
  std::cerr << "The database holds what it should not; restore a backup, and let the laptops sync "
               "again what is newer.\n";
}

/// Going down drops tables with all that is in them.
result<void> check_nothing_lost(store::database& in, const migrate_options& options) {
  if (!options.to || options.dry_run || options.destroy_data) return {};
  const auto steps = in.migrate(options.to, true);
  if (!steps) return steps.error();
  if (std::all_of(steps->begin(), steps->end(), [](const auto& s) { return s.applied; })) return {};
  std::int64_t versions = 0;
  in.read([&](store::settings::reads settings) { versions = settings.stats().versions; });
  if (versions == 0) return {};
  return fail(errc::usage,
              "The database holds " + std::to_string(versions) +
                  " versions, which going down would destroy. Make a backup; --destroy-data goes "
                  "down all the same.",
              "to");
}

}  // namespace

result<void> run_migrate(const common_options& common, const migrate_options& options) {
  const auto use = options.dry_run ? folder_use::looking : folder_use::schema;
  const auto home = open_installation(common.data, use);
  if (!home) return home.error();
  if (auto safe = check_nothing_lost(*home->database, options); !safe) return safe.error();
  const auto steps = home->database->migrate(options.to, options.dry_run);
  if (!steps) return steps.error();
  if (common.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& step : *steps) list.push_back(migration_json(step));
    cli::print_json({{"dry_run", options.dry_run}, {"migrations", std::move(list)}});
    return {};
  }
  if (steps->empty()) std::cout << "Nothing to do.\n";
  for (const auto& step : *steps) {
    const std::string done = step.applied ? "apply " : "revert ";
    std::cout << (options.dry_run ? "would " : "") << done << numbered(step) << "\n";
  }
  return {};
}

result<void> run_showmigrations(const common_options& common) {
  const auto home = open_installation(common.data, folder_use::looking);
  if (!home) return home.error();
  const auto states = home->database->migrations();
  if (common.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& state : states) list.push_back(migration_json(state));
    cli::print_json({{"migrations", std::move(list)}});
    return {};
  }
  for (const auto& state : states) {
    std::cout << (state.applied ? "[X] " : "[ ] ") << numbered(state);
    if (state.applied_at) std::cout << "  " << format_time(*state.applied_at);
    if (!state.checksum_matches) std::cout << "  (made by another script)";
    std::cout << "\n";
  }
  return {};
}

result<bool> run_verify(const common_options& common) {
  const auto home = open_installation(common.data, folder_use::reading);
  if (!home) return home.error();
  cli::progress bar(!common.json);
  sync::verify_options options;
  options.server_keys = auth::all_signing_keys(home->keys);
  options.tenant_key = home->keys.tenant_key.view();
  options.progress = [&bar](std::string_view what, std::int64_t done) { bar.show(what, done, 0); };
  sync::verify_report report;
  home->database->read(
      [&](store::snapshot& snapshot) { report = sync::verify(snapshot, options); });
  bar.clear();
  print_report(report, common.json);
  if (!report.clean() && !common.json) print_next_steps(report);
  return report.clean();
}

}  // namespace autocusto::app
