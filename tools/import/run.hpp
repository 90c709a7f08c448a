#pragma once
// One import: reads the source, judges every row, writes records through the import writer, keeps
// the rest, checks that every row is accounted for, and makes the report. One thread calls.

#include <functional>
#include <string>

#include "server/intake/intake.hpp"
#include "tools/import/encode.hpp"
#include "tools/import/rules/report.hpp"
#include "tools/import/source/layout.hpp"

namespace autocusto::import {

struct run_options {
  std::string source;  ///< the name of the legacy installation
  std::string options_text = "{}";
  bool dry_run = false;
  secrets keys;
  unix_millis now = 0;                 ///< of what the run makes
  std::function<unix_millis()> clock;  ///< tells when it ends; else `now`
  std::function<void(std::string_view what, std::int64_t done, std::int64_t total)> progress;
};

struct run_outcome {
  store::pk run = 0;  ///< 0: a dry run
  std::string layout;
  bool dry_run = false;
  bool continued = false;
  report rows;
  intake::counts made;
  std::string json;  ///< the report as JSON text
};

/// `reads` answers what earlier runs did; `import_writer` is not used by a dry run. Throws
/// error_exception.
[[nodiscard]] run_outcome run_import(connection& from, const layout& of, store::database& reads,
                                     intake::import_writer* writer, const run_options& options);

/// The report as one JSON object.
[[nodiscard]] std::string report_json(const run_outcome& outcome);

}  // namespace autocusto::import
