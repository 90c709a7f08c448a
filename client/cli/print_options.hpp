#pragma once
// The options of everything that prints: start, months, dates, documents, where the PDF goes; and
// how problems are shown. One thread.

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "client/cli/app.hpp"
#include "client/print/issue.hpp"
#include "shared/base/error.hpp"

namespace CLI {
class App;
}

namespace autocusto::cli {

/// As typed; empty: the usual.
struct print_arguments {
  std::string start;
  std::string months;
  std::string dates;
  std::string documents;
  std::vector<std::string> templates;
  std::string clinic;
  std::string doctor;
  std::string version;
  std::string patient_version;
  std::vector<std::string> allow;
  std::string out;
  bool force = false;
};

/// Adds the options; those of one process's versions with `one`, those of the file with `file`.
void add_print_options(CLI::App& command, print_arguments& o, bool one, bool file);

/// What is asked for one process. Errors: usage, with the option that is wrong.
[[nodiscard]] result<printing::order> order_of(const app& a, const print_arguments& o,
                                               const std::string& process,
                                               replica::replica_store& replica);

/// The catalogue that this laptop prints by.
[[nodiscard]] std::unique_ptr<printing::reference_source> current_reference(
    replica::replica_store& replica);

/// The sentence of a problem in the doctor's language.
[[nodiscard]] const std::string& message_of(const printing::problem& what);
/// The error of `--out -` with `--json`.
[[nodiscard]] error both_on_stdout();
/// As people write it: 31/01/2027, or 2027-01-31.
[[nodiscard]] std::string shown_date(pdf::date day);

/// The calendar day here and now.
[[nodiscard]] pdf::date today();

[[nodiscard]] nlohmann::json problems_json(const std::vector<printing::problem>& problems);
/// One sentence a line.
[[nodiscard]] std::string problems_text(const std::vector<printing::problem>& problems);
/// Prints the error with all problems; returns the exit code.
int fail_with(const app& a, const error& e, const std::vector<printing::problem>& problems);
/// Warnings on stderr.
void show_warnings(const app& a, const std::vector<printing::problem>& warnings);

}  // namespace autocusto::cli
