#pragma once
// Runs of imports, and which users of the source are which accounts.
//
// `source` names one legacy installation: its row ids mean the same in every run of that name.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

struct import_run_row {
  pk key = 0;
  std::string source;
  std::string layout;
  std::string options;  ///< a short JSON object, for people
  unix_millis started_at = 0;
  std::optional<unix_millis> finished_at;
  std::optional<unix_millis> rolled_back_at;
  std::int64_t versions = 0;  ///< made by this run
  std::int64_t views = 0;     ///< opened or moved
  std::int64_t users = 0;     ///< accounts made
  pk version_floor = 0;       ///< greatest key before the run
  pk view_floor = 0;
  std::optional<std::string> report;  ///< JSON; read by `import_run` only
};

/// An account that a run made is disabled until the run ends. What becomes of it then.
enum class account_hold { none, enable, leave };

struct import_user_row {
  std::int64_t legacy_id = 0;
  pk owner = 0;
  pk run = 0;
  bool made = true;  ///< false: the account was there before
  account_hold held = account_hold::none;
};

namespace imports::runs {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// Without reports, oldest first.
  std::vector<import_run_row> import_runs();
  std::optional<import_run_row> import_run(pk run);
  std::vector<import_user_row> import_users(std::string_view source);
  pk greatest_version();
  pk greatest_view();
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  pk add_import_run(const import_run_row& run);
  /// Everything but key, source and start.
  void save_import_run(const import_run_row& run);
  /// Locks the row until the end.
  std::optional<import_run_row> lock_import_run(pk run);
  void add_import_user(std::string_view source, const import_user_row& user);
  /// An account beside another of the same e-mail: found by the exact text, or as `e-mail#twin`.
  pk add_twin_user(const user_row& user, std::int64_t twin);
};

}  // namespace imports::runs

}  // namespace autocusto::store
