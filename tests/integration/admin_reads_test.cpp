// What administrators are told, who is told nothing, and what stays on record; on both databases.

#include <gmock/gmock.h>

#include "server/auth/enrollment.hpp"
#include "server/store/people.hpp"
#include "server/store/records.hpp"
#include "server/store/views.hpp"
#include "shared/base/bytes.hpp"
#include "shared/crypto/random.hpp"
#include "shared/wire/audit_chain.hpp"
#include "tests/integration/admin_support.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

using admin_reads = admin_api;

TEST_P(admin_reads, the_servers_own_devices_are_not_counted) {
  const auto ana = world.device("ana@example.org");
  const auto numbers = msg::decode<msg::stats>(boss->get("/v1/admin/stats").body).value();
  EXPECT_EQ(numbers.devices, 2);
  EXPECT_EQ(numbers.users, 2);
}

TEST_P(admin_reads, only_administrators_are_answered) {
  auto doctor = world.device("ana@example.org");
  const std::vector<std::string> gets{"users", "devices", "devices/x", "policy", "stats"};
  const std::vector<std::string> posts{"records/list",
                                       "records/versions",
                                       "records/graph",
                                       "records/show",
                                       "records/compare",
                                       "records/why",
                                       "conflicts/list",
                                       "conflicts/show",
                                       "quarantine/list",
                                       "quarantine/show",
                                       "quarantine/export",
                                       "audit/list",
                                       "act"};
  for (const auto& path : gets) EXPECT_EQ(code_of(doctor->get("/v1/admin/" + path)), "forbidden");
  for (const auto& path : posts) {
    EXPECT_EQ(code_of(doctor->post("/v1/admin/" + path, "{}")), "forbidden") << path;
    EXPECT_NE(code_of(boss->post("/v1/admin/" + path, "[]")), "forbidden") << path;
  }
  EXPECT_EQ(code_of(do_act(*doctor, "user.disable", {{"user", k_boss}})), "forbidden");
  doctor->token.clear();
  EXPECT_EQ(code_of(doctor->get("/v1/admin/users")), "unauthorized");
  EXPECT_TRUE(world.user(k_boss).enabled);
}

TEST_P(admin_reads, who_waits_for_a_link_is_told_until_there_is_one) {
  const auto waits = [&](const std::string& email) {
    const auto list = msg::decode<msg::user_list>(boss->get("/v1/admin/users").body).value();
    for (const auto& user : list.items) {
      if (user.email == email) return user.pending;
    }
    ADD_FAILURE() << email;
    return false;
  };
  world.device("ana@example.org");
  store::user_row eva;
  world.node->database().write([&](store::transaction& tx) {
    eva = auth::create_user(tx, crypto::system_random(), "eva@example.org",
                            store::user_role::doctor, 0)
              .value();
  });
  EXPECT_FALSE(waits(k_boss));
  EXPECT_FALSE(waits("ana@example.org"));
  EXPECT_TRUE(waits("eva@example.org"));
  EXPECT_EQ(code_of(do_act(*boss, "enrollment.new", {{"user", eva.id.text()}})), "ok")
      << "an act names a user by id, too";
  EXPECT_FALSE(waits("eva@example.org"));
  world.node->database().write(
      [&](store::people::writes people) { people.set_user_enabled(eva.key, false); });
  EXPECT_FALSE(waits("eva@example.org"));
}

TEST_P(admin_reads, a_device_that_replaces_another_owes_what_that_one_held) {
  auto ana = world.device("ana@example.org");
  ASSERT_EQ(code_of(ana->push({ana->version(testing::a_patient())})), "ok");
  store::device_row copy;
  world.node->database().write([&](store::transaction& tx) {
    store::people::writes people(tx);
    store::views::writes views(tx);
    const auto old = people.device_by_id(ana->who.device).value();
    const auto owner = world.user("ana@example.org");
    const store::pk keys[] = {store::records::reads(tx).record(record()).value().key};
    auto view = views.open_views(keys, owner.key).at(0);
    view.open = false;
    view.closed_at = old.enrolled_at + 1;
    static_cast<void>(views.save_views(std::span(&view, 1)));
    copy.id = crypto::system_random().make<device_id>();
    copy.user = owner.key;
    copy.name = "restored";
    copy.public_key = std::string(32, 'k');
    copy.enrolled_at = old.enrolled_at + 1'000'000;
    copy.replaces = old.key;
    copy.key = people.add_device(copy);
  });
  const auto shown =
      msg::decode<msg::device_shown>(boss->get("/v1/admin/devices/" + copy.id.text()).body).value();
  EXPECT_EQ(shown.outstanding, 1);
  ASSERT_EQ(shown.removals.size(), 1U);
}

TEST_P(admin_reads, a_time_that_is_none_is_a_wrong_field) {
  const auto answer = boss->post("/v1/admin/audit/list", R"({"since":"xx"})");
  EXPECT_EQ(code_of(answer), "invalid_field") << answer.body;
}

TEST_P(admin_reads, the_policy_decides_whether_the_rules_merge) {
  ASSERT_EQ(
      code_of(do_act(*boss, "policy.set",
                     {{"kind", "patient"}, {"policy", "manual"}, {"user", "ana@example.org"}})),
      "not_found");
  one = world.device("ana@example.org");
  two = world.device("ana@example.org");
  ASSERT_EQ(
      code_of(do_act(*boss, "policy.set",
                     {{"kind", "patient"}, {"policy", "manual"}, {"user", "ana@example.org"}})),
      "ok");
  const auto root = one->version(testing::a_patient());
  auto a = testing::a_patient().after({&root});
  auto b = testing::a_patient().after({&root});
  ASSERT_EQ(code_of(one->push({root})), "ok");
  ASSERT_EQ(code_of(one->push({one->version(a.with("rg", "1"))})), "ok");
  ASSERT_EQ(code_of(two->push({two->version(b.with("idade", "40"))})), "ok");
  ASSERT_EQ(conflicts().items.size(), 1U);
  const auto list = msg::decode<msg::policy_list>(boss->get("/v1/admin/policy").body).value();
  const auto kinds = domain::record_kinds().size();
  ASSERT_EQ(list.items.size(), kinds + 2);
  EXPECT_EQ(list.items[kinds].kind, "reenrollment");
  EXPECT_EQ(list.items[kinds].policy, "allow");
  EXPECT_EQ(list.items[kinds + 1].user, "ana@example.org");
  EXPECT_EQ(list.items[kinds + 1].policy, "manual");
}

TEST_P(admin_reads, every_act_and_every_look_at_patients_is_on_record) {
  make_conflict();
  msg::record_request query;
  query.record = record();
  const auto body = msg::encode(query);
  const std::string why = R"({"record":")" + record().text() + R"(","user":"ana@example.org"})";
  const std::string compare = R"({"record":")" + record().text() + R"(","from":"1","to":"2"})";
  const std::vector<std::pair<std::string, std::string>> looks{
      {"records/list", "{}"},       {"records/versions", body},
      {"records/graph", body},      {"records/show", body},
      {"records/compare", compare}, {"records/why", why},
      {"conflicts/list", "{}"},     {"conflicts/show", R"({"id":1})"},
      {"quarantine/list", "{}"},    {"quarantine/export", "{}"},
      {"audit/list", "{}"}};
  const std::vector<std::string> names{"record.list",       "record.versions", "record.graph",
                                       "record.show",       "record.compare",  "record.why",
                                       "conflict.list",     "conflict.show",   "quarantine.list",
                                       "quarantine.export", "audit.list"};
  const auto before = audit_rows().size();
  for (const auto& [path, question] : looks) {
    ASSERT_EQ(code_of(boss->post("/v1/admin/" + path, question)), "ok") << path;
  }
  const auto rows = audit_rows();
  ASSERT_EQ(rows.size(), before + looks.size());
  for (std::size_t i = 0; i < looks.size(); ++i) {
    const auto& row = rows[before + i];
    EXPECT_EQ(row.what, names[i]);
    EXPECT_EQ(row.actor, world.user(k_boss).key);
    EXPECT_EQ(row.device, world.row(*boss).key);
    const bool one_record = row.what.starts_with("record.") && row.what != "record.list";
    EXPECT_EQ(row.subject_record.has_value(), one_record || row.what == "conflict.show");
    EXPECT_THAT(row.object, Not(HasSubstr(k_cpf)));
  }
  ASSERT_EQ(code_of(do_act(*boss, "enrollment.new", {{"user", "ana@example.org"}})), "ok");
  const auto act = audit_rows().back();
  EXPECT_EQ(act.subject_user, world.user("ana@example.org").key);
  const auto signature = crypto::signature::from_raw(act.signature).value();
  EXPECT_TRUE(crypto::verify(boss->key.public_half(), crypto::purpose_message("act", act.object),
                             signature));
}

TEST_P(admin_reads, nothing_about_patients_or_people_is_logged_or_measured) {
  const auto siblings = make_conflict();
  msg::record_request query;
  query.record = record();
  for (const char* path : {"records/versions", "records/show"}) {
    ASSERT_EQ(code_of(boss->post(std::string("/v1/admin/") + path, msg::encode(query))), "ok");
  }
  query.record = testing::nth<record_id>(1);
  EXPECT_EQ(code_of(boss->post("/v1/admin/records/show", msg::encode(query))), "not_found");
  const auto link = msg::decode<msg::act_answer>(
      do_act(*boss, "enrollment.new", {{"user", "ana@example.org"}}).body);
  const auto metrics = world.metrics();
  const auto record_text = record().text();
  world.stop();
  const auto log = world.log.str();
  EXPECT_THAT(log, HasSubstr("/v1/admin/records/show")) << "the pattern is";
  const std::string code = wire::decode_enrollment_link(*link->enrollment_link).value().code;
  for (const std::string& secret :
       {std::string(k_cpf), record_text, std::string("ana@example.org"), std::string("Silva"),
        siblings[0].id.text(), boss->token, code, boss->who.device.text()}) {
    EXPECT_THAT(log, Not(HasSubstr(secret)));
    EXPECT_THAT(metrics, Not(HasSubstr(secret)));
  }
}

TEST_P(admin_reads, lists_come_in_pages) {
  one = world.device("ana@example.org");
  std::vector<domain::version> batch;
  for (const char* cnes : {"2077485", "2077493", "2077507"}) {
    batch.push_back(one->version(testing::a_clinic(cnes)));
  }
  batch.push_back(one->version(testing::a_patient()));
  ASSERT_EQ(code_of(one->push(batch)), "ok");
  msg::record_query query;
  query.limit = 2;
  query.kind = "clinic";
  std::size_t seen = 0;
  int pages = 0;
  do {
    const auto answer = boss->post("/v1/admin/records/list", msg::encode(query));
    const auto page = msg::decode<msg::record_list>(answer.body).value();
    for (const auto& item : page.items) EXPECT_EQ(item.kind, "clinic");
    seen += page.items.size();
    query.after = page.next;
    ++pages;
  } while (query.after != 0);
  EXPECT_EQ(seen, 3U);
  EXPECT_EQ(pages, 2);
  query.kind = "protocol";
  EXPECT_EQ(code_of(boss->post("/v1/admin/records/list", msg::encode(query))), "not_found");
}

TEST_P(admin_reads, every_answer_carries_the_signed_head_of_the_audit_log) {
  const auto head_in = [&](const http::response& answer) {
    const auto text = http::find_header(answer.headers, wire::k_audit_head_header);
    const auto sent = wire::decode_signed(from_base64url(text.value()).value()).value();
    const auto trust = wire::decode_trust(boss->who.trust_object.object).value();
    const auto key = crypto::public_key::from_raw(trust.keys.at(0)).value();
    EXPECT_TRUE(crypto::verify(key, crypto::purpose_message("audit", sent.object),
                               crypto::signature::from_raw(sent.signature).value()));
    const auto head = wire::decode_audit_head(sent.object).value();
    EXPECT_EQ(head.server, trust.server);
    return head;
  };
  const auto first = head_in(boss->get("/v1/admin/users"));
  EXPECT_EQ(first.seq, static_cast<std::int64_t>(audit_rows().size()));
  EXPECT_EQ(head_in(boss->get("/v1/admin/stats")).link, first.link) << "nothing was written";
  const auto read = head_in(boss->post("/v1/admin/records/list", "{}"));
  EXPECT_EQ(read.seq, first.seq + 1) << "after the line that the call itself wrote";
  const auto done =
      head_in(do_act(*boss, "user.add", {{"email", "x@example.org"}, {"role", "doctor"}}));
  EXPECT_EQ(done.seq, first.seq + 2);
  EXPECT_FALSE(done.seen);
}

INSTANTIATE_TEST_SUITE_P(databases, admin_reads,
                         ::testing::Values(engine::sqlite, engine::postgres), engine_name);

}  // namespace
}  // namespace autocusto::test
