// Links that were made and not used: listed without their codes, withdrawn, and void when access
// is taken away. On both databases.

#include <gmock/gmock.h>

#include "shared/crypto/hash.hpp"
#include "tests/integration/admin_support.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class admin_enrollments : public admin_api {
 protected:
  /// What `enrollment new` and `user add` print.
  std::string link_of(const http::response& answer) {
    EXPECT_EQ(code_of(answer), "ok") << answer.body;
    return msg::decode<msg::act_answer>(answer.body).value().enrollment_link.value();
  }
  std::string add(const std::string& email) {
    return link_of(do_act(*boss, "user.add", {{"email", email}, {"role", "doctor"}}));
  }
  std::string another(const std::string& email) {
    return link_of(do_act(*boss, "enrollment.new", {{"user", email}}));
  }
  std::vector<msg::enrollment_item> open() {
    return msg::decode<msg::enrollment_list>(boss->get("/v1/admin/enrollments").body).value().items;
  }
  static std::string code_in(const std::string& link) {
    return wire::decode_enrollment_link(link).value().code;
  }
  static std::string id_of(const std::string& link) {
    return msg::enrollment_id(crypto::sha256(code_in(link)).raw());
  }
  std::string revoke(const std::string& id) {
    return code_of(do_act(*boss, "enrollment.revoke", {{"enrollment", id}}));
  }
  std::string enroll(const std::string& link) { return code_of(world.connect(link)->enroll()); }
  std::string switch_user(const char* act, const std::string& email) {
    return code_of(do_act(*boss, act, {{"user", email}}));
  }
};

TEST_P(admin_enrollments, an_open_link_is_listed_without_its_code_and_can_be_withdrawn) {
  const auto ana = add("ana@example.org");
  world.clock.advance(k_minute);
  const auto bia = add("bia@example.org");
  const auto body = boss->get("/v1/admin/enrollments").body;
  EXPECT_THAT(body, Not(HasSubstr(code_in(ana))));
  ASSERT_EQ(open().size(), 2U);
  EXPECT_EQ(open()[0].user, "ana@example.org");
  EXPECT_EQ(open()[0].id, id_of(ana));
  EXPECT_EQ(*parse_time(open()[0].expires_at) - *parse_time(open()[0].made_at), 72 * k_hour);

  ASSERT_EQ(revoke(id_of(ana)), "ok");
  EXPECT_EQ(enroll(ana), "code_unknown") << "a withdrawn link enrolls nobody";
  ASSERT_EQ(open().size(), 1U);
  EXPECT_EQ(enroll(bia), "ok") << "another user's link is as it was";
  EXPECT_TRUE(open().empty()) << "what was used is open no more";
  EXPECT_EQ(audited("enrollment.revoke"), 1U);
}

TEST_P(admin_enrollments, only_what_is_open_can_be_withdrawn) {
  const auto link = add("ana@example.org");
  EXPECT_EQ(revoke(code_in(link)), "not_found") << "a code is not an id";
  EXPECT_EQ(revoke(""), "not_found");
  EXPECT_EQ(revoke(id_of(link).substr(0, 31)), "not_found");
  ASSERT_EQ(revoke(id_of(link)), "ok");
  EXPECT_EQ(revoke(id_of(link)), "not_found") << "once";
  const auto used = another("ana@example.org");
  ASSERT_EQ(enroll(used), "ok");
  EXPECT_EQ(revoke(id_of(used)), "not_found");
  const auto old = another("ana@example.org");
  world.clock.advance(72 * k_hour);
  ASSERT_EQ(code_of(boss->open_session()), "ok");
  EXPECT_TRUE(open().empty());
  EXPECT_EQ(revoke(id_of(old)), "not_found");
  auto ana = world.device("ana@example.org");
  EXPECT_EQ(code_of(ana->get("/v1/admin/enrollments")), "forbidden");
}

TEST_P(admin_enrollments, a_link_made_before_a_user_was_disabled_enrolls_nobody_afterwards) {
  const auto before = add("ana@example.org");
  const auto other = add("bia@example.org");
  ASSERT_EQ(switch_user("user.disable", "ana@example.org"), "ok");
  ASSERT_EQ(switch_user("user.enable", "ana@example.org"), "ok");
  EXPECT_EQ(enroll(before), "code_unknown");
  EXPECT_EQ(enroll(another("ana@example.org")), "ok") << "a link made afterwards is good";
  EXPECT_EQ(enroll(other), "ok");
}

TEST_P(admin_enrollments, revoking_a_device_voids_the_links_of_its_user) {
  auto ana = world.device("ana@example.org");
  const auto before = another("ana@example.org");
  const json args{{"device", ana->who.device.text()}, {"lost", true}};
  ASSERT_EQ(code_of(do_act(*boss, "device.revoke", args)), "ok");
  EXPECT_EQ(enroll(before), "code_unknown");
  EXPECT_EQ(enroll(another("ana@example.org")), "ok");
}

INSTANTIATE_TEST_SUITE_P(databases, admin_enrollments,
                         ::testing::Values(engine::sqlite, engine::postgres), engine_name);

}  // namespace
}  // namespace autocusto::test
