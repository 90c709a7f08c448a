#pragma once
// The commands of autocusto-import, apart from their command line. Each prints its result (text, or
// one JSON object) on stdout and answers the exit code, or an error for the caller to print. One
// thread.

#include <cstdint>
#include <string>

#include "shared/base/error.hpp"

namespace autocusto::import {

struct common_options {
  std::string data;
  bool json = false;
};

struct run_command {
  std::string from;    ///< URL of the legacy database
  std::string schema;  ///< empty: the only one that fits
  std::string source = "legado";
  std::string report;  ///< a file to make
  bool dry_run = false;
};
[[nodiscard]] result<int> command_run(const common_options& common, const run_command& options);
/// Which layout it is, how many rows there are, and what would block.
[[nodiscard]] result<int> command_check(const common_options& common, const run_command& options);
struct catalogue_command {
  std::string out;  ///< a file to make
  bool force = false;
};
/// Makes a catalogue file of the old database's medicines, diseases and protocols, for
/// `autocusto-admin catalogue import --from`. Errors: already_exists; usage with the path.
[[nodiscard]] result<int> command_catalogue(const common_options& common,
                                            const run_command& options,
                                            const catalogue_command& target);
[[nodiscard]] result<int> command_list(const common_options& common);
[[nodiscard]] result<int> command_show(const common_options& common, std::int64_t run);
/// The deferred and quarantined rows of a table of the source, whole, as this run and those of the
/// source before it keep them. They are patients' data. Error not_found where there are none.
[[nodiscard]] result<int> command_show_rows(const common_options& common, std::int64_t run,
                                            const std::string& table);
[[nodiscard]] result<int> command_rollback(const common_options& common, std::int64_t run,
                                           bool except_used);

}  // namespace autocusto::import
