#pragma once
// The commands and options of a program as one JSON object, for what is made from them: man pages
// and completions of shells (tools/command_texts.py). The parser itself is read, so nothing can be
// missing and nothing has to be written twice. Values only; one thread.

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

namespace autocusto::cli {

/// `{"name","help","version","options":[{"names","help","value","default","choices","required",
/// "many","positional"}],"commands":[{"name","help","options","commands"}]}`, in the order of
/// declaration; `choices` where the values are a closed list. Options without a group are hidden
/// and left out.
[[nodiscard]] nlohmann::ordered_json command_tree(const CLI::App& root);

/// Prints it when `--command-tree` is all that was asked for. True: it was.
[[nodiscard]] bool told_command_tree(const CLI::App& root, int argc, const char* const* argv);

}  // namespace autocusto::cli
