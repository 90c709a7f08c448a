// docs/protocol.md names every error code that can be on the wire, with its status, and its
// examples are JSON.
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/base/error.hpp"

namespace autocusto::wire {
namespace {

std::string document() {
  std::ifstream in(std::string(SYNC_VECTORS) + "/../protocol.md");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(wire_document, every_code_of_the_wire_stands_in_the_table) {
  const auto text = document();
  ASSERT_FALSE(text.empty());
  // What only a laptop's own programs say.
  const std::set<errc> local{
      errc::usage,         errc::not_enrolled,   errc::already_enrolled, errc::wrong_passphrase,
      errc::replica_busy,  errc::unreachable,    errc::untrusted_server, errc::protocol_error,
      errc::conflict_open, errc::schema_too_new, errc::database};
  for (int number = 0; number <= static_cast<int>(errc::database); ++number) {
    const auto code = static_cast<errc>(number);
    const auto row =
        "\n| `" + std::string(code_name(code)) + "` | " + std::to_string(http_status(code)) + " | ";
    EXPECT_EQ(text.find(row) == std::string::npos, local.contains(code)) << row;
  }
}

TEST(wire_document, its_examples_are_json) {
  const auto text = document();
  const std::string fence = "```json\n";
  int found = 0;
  for (auto at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
    const auto from = at + fence.size();
    const auto block = text.substr(from, text.find("```", from) - from);
    EXPECT_TRUE(nlohmann::json::accept(block)) << block;
    ++found;
  }
  EXPECT_GE(found, 8);
}

}  // namespace
}  // namespace autocusto::wire
