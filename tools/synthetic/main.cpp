// autocusto-synthetic: prints invented patients or clinics, one JSON object a line, as
// `autocusto patient save --from -` reads them.

#include <cstdio>

#include <CLI/CLI.hpp>

#include "shared/base/version.hpp"
#include "tools/synthetic/synthetic.hpp"

int main(int argc, char** argv) {
  CLI::App app{"Prints synthetic records, one JSON object a line; the same for the same seed."};
  app.set_version_flag("--version", autocusto::version_text("autocusto-synthetic"));
  app.fallthrough();  // options may follow the subcommand
  std::uint64_t count = 10;
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  app.add_option("--count", count, "How many")->check(CLI::Range(0, 100'000'000));
  app.add_option("--first", first, "Number of the first one")->check(CLI::Range(0, 100'000'000));
  app.add_option("--seed", seed, "Another seed, other people");
  auto* patients = app.add_subcommand("patients", "Patients, keyed by CPF");
  app.add_subcommand("clinics", "Clinics, keyed by CNES");
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  for (std::uint64_t n = first; n < first + count; ++n) {
    const auto entry = patients->parsed() ? autocusto::synthetic::patient(seed, n)
                                          : autocusto::synthetic::clinic(seed, n);
    const std::string line = autocusto::synthetic::json_line(entry) + '\n';
    if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) return 1;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
