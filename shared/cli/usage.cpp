#include "shared/cli/usage.hpp"

#include <algorithm>
#include <string_view>

#include "shared/cli/terminal.hpp"

namespace autocusto::cli {
namespace {

/// Looks an option up in a command and in those around it.
const CLI::Option* find_option(const CLI::App* at, const std::string& word) {
  for (; at != nullptr; at = at->get_parent()) {
    if (const auto* option = at->get_option_no_throw(word)) return option;
  }
  return nullptr;
}

/// The first word that stands where a command was expected and is none.
std::string unknown_command(const CLI::App& root, int argc, const char* const* argv) {
  const CLI::App* at = &root;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with('-')) {
      const auto* option = find_option(at, word);
      if (option != nullptr && option->get_expected_min() > 0) ++i;
      continue;
    }
    const auto below = at->get_subcommands([](const CLI::App*) { return true; });
    const auto found = std::find_if(below.begin(), below.end(),
                                    [&](const CLI::App* each) { return each->check_name(word); });
    if (found == below.end()) return below.empty() ? std::string() : word;
    at = *found;
  }
  return {};
}

}  // namespace

error usage_error(const CLI::App& root, const CLI::ParseError& what, int argc,
                  const char* const* argv) {
  const std::string word = unknown_command(root, argc, argv);
  if (!word.empty()) {
    return fail(errc::usage, "There is no command \"" + printable(word) + "\"; see --help.");
  }
  if (dynamic_cast<const CLI::ConversionError*>(&what) != nullptr) {
    // CLI11 says "Could not convert: NAME = VALUE".
    const std::string_view said = what.what();
    const auto name = said.rfind(": ", said.rfind(" = "));
    const auto at = said.rfind(" = ");
    if (at != said.npos && name != said.npos) {
      return fail(errc::usage,
                  "The value “" + printable(said.substr(at + 3)) +
                      "” is not a number that can stand there; see --help.",
                  printable(said.substr(name + 2, at - name - 2)));
    }
  }
  return fail(errc::usage, std::string(what.what()) + "; see --help.");
}

bool wants_json(int argc, const char* const* argv) {
  return std::any_of(argv + 1, argv + argc,
                     [](const char* word) { return std::string_view(word) == "--json"; });
}

}  // namespace autocusto::cli
