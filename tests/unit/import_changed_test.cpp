// A source that shows other rows than it named: an error, never an end of the program.
#include <map>

#include <gtest/gtest.h>

#include "tools/import/encode.hpp"
#include "tools/import/rules/changed.hpp"

namespace autocusto::import {
namespace {

template <class Work>
std::string ending(Work work) {
  try {
    work();
  } catch (const error_exception& e) {
    return std::string(code_name(e.get().code)) + ": " + e.get().message;
  }
  return "none";
}

const std::string k_changed = "unavailable: The legacy database changed while it was read";

TEST(import_changed, an_entry_that_is_not_there_is_told) {
  const std::map<int, std::string> rows{{1, "one"}};
  EXPECT_EQ(entry_of(rows, 1), "one");
  EXPECT_EQ(ending([&] { static_cast<void>(entry_of(rows, 2)); }).rfind(k_changed, 0), 0U);
}

TEST(import_changed, an_account_that_was_hidden_is_told) {
  planned_record record;
  record.kind = &patient_kind();
  record.key = "11144477735";
  record.views.push_back({7, {}});
  const std::string key(32, 'k');
  user_map users;
  const encoder encodes({key, key}, "source", 0, users);
  EXPECT_EQ(ending([&] { static_cast<void>(encodes.encode(record, {})); }).rfind(k_changed, 0), 0U);
  users.emplace(7, target_user{1, {}});
  EXPECT_EQ(encodes.encode(record, {}).views.size(), 1U);
}

}  // namespace
}  // namespace autocusto::import
