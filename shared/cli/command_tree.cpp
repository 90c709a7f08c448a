#include "shared/cli/command_tree.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "shared/cli/output.hpp"

namespace autocusto::cli {
namespace {

using nlohmann::ordered_json;

/// What CLI11 writes behind the type for a closed list: `TEXT:{a,b}`.
std::vector<std::string> choices_in(std::string_view type) {
  std::vector<std::string> out;
  const auto from = type.find(":{");
  const auto to = type.rfind('}');
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return out;
  std::string_view list = type.substr(from + 2, to - from - 2);
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    out.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

ordered_json option_json(const CLI::Option& option) {
  ordered_json names = ordered_json::array();
  for (const auto& name : option.get_snames()) names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) names.push_back("--" + name);
  const bool positional = names.empty();
  if (positional) names.push_back(option.get_name(true));
  const bool takes = option.get_items_expected_max() > 0;
  const std::string type = takes ? option.get_type_name() : std::string();
  return {{"names", std::move(names)},
          {"help", option.get_description()},
          {"value", type.substr(0, type.find(':'))},
          {"default", takes ? option.get_default_str() : std::string()},
          {"choices", choices_in(type)},
          {"required", option.get_required()},
          {"many", takes && option.get_items_expected_max() > 1},
          {"positional", positional}};
}

ordered_json command_json(const CLI::App& command) {
  ordered_json options = ordered_json::array();
  for (const auto* option : command.get_options({})) {
    if (!option->get_group().empty()) options.push_back(option_json(*option));
  }
  ordered_json commands = ordered_json::array();
  for (const auto* below : command.get_subcommands({})) {
    if (!below->get_group().empty()) commands.push_back(command_json(*below));
  }
  return {{"name", command.get_name()},
          {"help", command.get_description()},
          {"options", std::move(options)},
          {"commands", std::move(commands)}};
}

}  // namespace

ordered_json command_tree(const CLI::App& root) {
  auto tree = command_json(root);
  tree["version"] = root.version();
  return tree;
}

bool told_command_tree(const CLI::App& root, int argc, const char* const* argv) {
  if (argc != 2 || std::string_view(argv[1]) != "--command-tree") return false;
  print(command_tree(root).dump(1) + '\n');
  return true;
}

}  // namespace autocusto::cli
