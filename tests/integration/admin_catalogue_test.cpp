// The reference catalogue at the server, over TLS, on both databases: sent, published, taken back,
// and what devices get.
#include <gmock/gmock.h>

#include "shared/crypto/hash.hpp"
#include "shared/json/canonical.hpp"
#include "shared/reference/compare.hpp"
#include "shared/wire/catalogue.hpp"
#include "tests/integration/admin_support.hpp"
#include "tests/support/reference_samples.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class admin_catalogue : public admin_api {
 protected:
  static reference::catalogue numbered(std::int64_t revision) {
    auto out = small_catalogue();
    out.revision = revision;
    return out;
  }

  std::string send(const reference::catalogue& value) {
    return code_of(boss->post("/v1/admin/catalogue", reference::write_catalogue(value)));
  }
  std::string publish(const reference::catalogue& value) {
    const auto hash = reference::catalogue_hash(reference::write_catalogue(value));
    return code_of(
        do_act(*boss, "catalogue.publish", {{"hash", hash.text()}, {"revision", value.revision}}));
  }
  std::string send_and_publish(const reference::catalogue& value) {
    const auto sent = send(value);
    return sent == "ok" ? publish(value) : sent;
  }
  /// The answer to a device's `GET /v1/catalogue`; `text` is empty when the revision is the same.
  static wire::catalogue_answer told(wire_device& who, const std::string& query = {}) {
    const auto answer = who.get("/v1/catalogue" + query);
    EXPECT_EQ(code_of(answer), "ok");
    return wire::decode_catalogue_answer(answer.body).value();
  }
  msg::catalogue_list listed() {
    return msg::decode<msg::catalogue_list>(boss->get("/v1/admin/catalogue").body).value();
  }
};

TEST_P(admin_catalogue, a_device_gets_the_newest_signed_by_the_server) {
  auto laptop = world.device("ana@example.org");
  EXPECT_FALSE(laptop->session.catalogue) << "there is none yet";
  EXPECT_FALSE(told(*laptop).signed_by_server);
  const auto first = numbered(1);
  ASSERT_EQ(send_and_publish(first), "ok");
  const auto text = reference::write_catalogue(first);
  const auto hash = reference::catalogue_hash(text);
  ASSERT_EQ(code_of(laptop->open_session()), "ok");
  EXPECT_EQ(laptop->session.catalogue, hash);
  const auto answer = told(*laptop);
  EXPECT_EQ(answer.text, text);
  ASSERT_TRUE(answer.signed_by_server);
  const auto object = wire::decode_catalogue_object(answer.signed_by_server->object).value();
  const auto trust = wire::decode_trust(laptop->who.trust_object.object).value();
  EXPECT_EQ(object, (wire::catalogue_object{trust.server, 1, hash}));
  const auto key = crypto::public_key::from_raw(trust.keys.at(0)).value();
  const auto signature = crypto::signature::from_raw(answer.signed_by_server->signature).value();
  EXPECT_TRUE(crypto::verify(
      key, crypto::purpose_message("catalogue", answer.signed_by_server->object), signature));
  EXPECT_FALSE(told(*laptop, "?have=" + hash.text()).signed_by_server) << "nothing new";
  EXPECT_TRUE(told(*laptop, "?have=" + crypto::sha256("another").text()).signed_by_server);
  EXPECT_EQ(code_of(laptop->get("/v1/catalogue?have=x")), "bad_request");
}

TEST_P(admin_catalogue, publishing_is_an_audited_act_that_names_the_hash_only) {
  ASSERT_EQ(send_and_publish(numbered(1)), "ok");
  EXPECT_EQ(audited("catalogue.publish"), 1U);
  for (const auto& row : audit_rows()) EXPECT_THAT(row.object, Not(HasSubstr("FINGOLIMODE")));
  ASSERT_EQ(listed().items.size(), 1U);
  EXPECT_EQ(listed().items[0].revision, 1);
  const auto shown = boss->get("/v1/admin/catalogue/1");
  EXPECT_EQ(wire::decode_catalogue_answer(shown.body).value().text,
            reference::write_catalogue(numbered(1)));
  EXPECT_EQ(code_of(boss->get("/v1/admin/catalogue/2")), "not_found");
  EXPECT_EQ(code_of(boss->get("/v1/admin/catalogue/x")), "not_found");
}

TEST_P(admin_catalogue, what_breaks_a_rule_is_not_published) {
  ASSERT_EQ(send_and_publish(numbered(1)), "ok");
  EXPECT_EQ(code_of(boss->post("/v1/admin/catalogue", "{}")), "malformed");
  EXPECT_EQ(
      code_of(boss->post("/v1/admin/catalogue", reference::write_catalogue(numbered(2)) + " ")),
      "not_canonical");
  EXPECT_EQ(publish(numbered(2)), "not_found") << "nobody has sent it";
  EXPECT_EQ(send_and_publish(numbered(1)), "not_found") << "it is published";
  EXPECT_EQ(send_and_publish(numbered(3)), "invalid_field") << "2 comes next";
  auto less = numbered(2);
  less.medicines.pop_back();
  EXPECT_EQ(send_and_publish(less), "invalid_field") << "nothing is removed";
  ASSERT_EQ(send(numbered(2)), "ok");
  const auto hash = reference::catalogue_hash(reference::write_catalogue(numbered(2)));
  EXPECT_EQ(code_of(do_act(*boss, "catalogue.publish", {{"hash", hash.text()}, {"revision", 3}})),
            "malformed");
  EXPECT_EQ(listed().items.size(), 1U);
  EXPECT_EQ(audited("catalogue.publish"), 1U);
}

TEST_P(admin_catalogue, an_earlier_revision_comes_back_under_the_next_number) {
  ASSERT_EQ(send_and_publish(numbered(1)), "ok");
  auto second = numbered(2);
  second.medicines[0].max_month = 62;
  second.diseases.push_back({"N18.0", "Doença renal"});
  ASSERT_EQ(send_and_publish(second), "ok");
  const auto roll = [&](std::int64_t to, std::int64_t next) {
    return code_of(do_act(*boss, "catalogue.rollback",
                          {{"revision", next}, {"to", to}, {"from", "2026-12-01"}}));
  };
  EXPECT_EQ(roll(1, 4), "view_moved") << "3 comes next";
  EXPECT_EQ(roll(7, 3), "not_found");
  EXPECT_EQ(
      code_of(do_act(*boss, "catalogue.rollback", {{"revision", 3}, {"to", 1}, {"from", "soon"}})),
      "malformed");
  ASSERT_EQ(roll(1, 3), "ok");
  const auto value = reference::read_catalogue(told(*boss).text).value();
  EXPECT_EQ(value, reference::restored_revision(second, numbered(1), "2026-12-01"));
  EXPECT_EQ(value.medicines[0].max_month, 31);
  EXPECT_EQ(audited("catalogue.rollback"), 1U);
}

TEST_P(admin_catalogue, doctors_read_and_do_not_publish) {
  auto laptop = world.device("ana@example.org");
  ASSERT_EQ(code_of(laptop->post("/v1/admin/catalogue", reference::write_catalogue(numbered(1)))),
            "forbidden");
  EXPECT_EQ(code_of(laptop->get("/v1/admin/catalogue")), "forbidden");
  laptop->token.clear();
  EXPECT_EQ(code_of(laptop->get("/v1/catalogue")), "unauthorized");
}

INSTANTIATE_TEST_SUITE_P(databases, admin_catalogue,
                         ::testing::Values(engine::sqlite, engine::postgres), engine_name);

}  // namespace
}  // namespace autocusto::test
