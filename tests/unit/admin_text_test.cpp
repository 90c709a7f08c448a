// Which account a person means.

#include <gtest/gtest.h>

#include "tests/support/domain_builders.hpp"
#include "tools/admin/text.hpp"

namespace autocusto::admin {
namespace {

using testing::nth;

msg::user_list people() {
  msg::user_list out;
  const char* emails[] = {"Ana@x.test", "ana@x.test", "Bia@x.test", "two@x.test", "two@x.test"};
  std::size_t n = 0;
  for (const auto* email : emails) {
    auto& item = out.items.emplace_back();
    item.id = nth<user_id>(++n);
    item.email = email;
  }
  return out;
}

struct naming {
  std::string named;
  std::size_t who = 0;
  errc code = errc::not_found;
};

TEST(find_user, takes_the_exact_account_or_the_only_one) {
  const naming table[] = {{"Ana@x.test", 1},
                          {"ana@x.test", 2},
                          {"bia@X.test", 3},
                          {nth<user_id>(5).text(), 5},
                          {nth<user_id>(1).text(), 1},
                          {"ANA@x.test", 0, errc::ambiguous},
                          {"two@x.test", 0, errc::ambiguous},
                          {"no@x.test", 0, errc::not_found},
                          {nth<user_id>(9).text(), 0, errc::not_found},
                          {"", 0, errc::not_found}};
  for (const auto& line : table) {
    const auto found = find_user(people(), line.named);
    if (line.who == 0) {
      ASSERT_FALSE(found) << line.named;
      EXPECT_EQ(found.error().code, line.code) << line.named;
    } else {
      ASSERT_TRUE(found) << line.named;
      EXPECT_EQ(found->id, nth<user_id>(line.who)) << line.named;
    }
  }
}

}  // namespace
}  // namespace autocusto::admin
