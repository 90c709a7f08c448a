// What an import says of accounts.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/import/rules/people.hpp"

namespace autocusto::import {
namespace {

using said_of_people = std::vector<std::string>;

TEST(import_rules, accounts_whose_emails_look_alike_are_told) {
  report out;
  const char* emails[] = {"ana@x.test",       "ana\u200B@x.test", "Ana@x.test",
                          "bia\u00AD@x.test", "eva@x.test",       "jose\u0301@x.test"};
  std::vector<user_row> users(std::size(emails));
  for (std::size_t i = 0; i < users.size(); ++i) {
    users[i].id = static_cast<legacy_id>(i) + 1;
    users[i].email = emails[i];
  }
  EXPECT_EQ(judge_users(users, {}, {}, out).size(), users.size()) << "none is lost or merged";
  std::vector<std::string> all;
  for (const auto& item : out.items()) {
    all.push_back(std::to_string(item.id) + " " + std::string(out.reason_name(item)));
  }
  EXPECT_EQ(all,
            (said_of_people{"1 EMAIL_CASE_COLLISION", "1 EMAIL_LOOKS_ALIKE", "2 EMAIL_LOOKS_ALIKE",
                            "3 EMAIL_CASE_COLLISION", "3 EMAIL_LOOKS_ALIKE",
                            "4 EMAIL_HIDDEN_CHARACTERS", "6 EMAIL_HIDDEN_CHARACTERS"}));
}

}  // namespace
}  // namespace autocusto::import
