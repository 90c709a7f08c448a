#pragma once
// What a mistyped command line is told. Values only; any thread.

#include <string>

#include <CLI/CLI.hpp>

#include "shared/base/error.hpp"

namespace autocusto::cli {

/// One sentence for what CLI11 could not parse. Where a command was expected and another word
/// stands, that word is named. Not for --help and --version, which are no errors.
[[nodiscard]] error usage_error(const CLI::App& root, const CLI::ParseError& what, int argc,
                                const char* const* argv);
/// Whether `--json` stands anywhere, although the line could not be parsed.
[[nodiscard]] bool wants_json(int argc, const char* const* argv);

}  // namespace autocusto::cli
