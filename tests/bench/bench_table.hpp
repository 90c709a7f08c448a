#pragma once
// The benchmark's figures as a table for people.

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace autocusto::bench {

/// One line a figure, one column a database, in Markdown; beside each what the database itself can
/// do. Takes the JSON object that the benchmark prints.
[[nodiscard]] std::string table_of(const nlohmann::json& all);

}  // namespace autocusto::bench
