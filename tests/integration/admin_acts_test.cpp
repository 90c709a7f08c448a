// The administrator's acts, over TLS, on both databases: what is signed, done once, and refused.

#include <fstream>
#include <future>
#include <latch>
#include <thread>

#include <gmock/gmock.h>

#include "server/store/credentials.hpp"
#include "server/store/people.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/integration/admin_support.hpp"
#include "tests/support/postgres_cluster.hpp"

namespace autocusto::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using admin_acts = admin_api;

TEST_P(admin_acts, an_act_sent_again_gets_the_same_answer_and_is_done_once) {
  const json args{{"email", "ana@example.org"}, {"role", "doctor"}};
  const auto body = act_of(*boss, "user.add", args).body(boss->key);
  const auto first = boss->post("/v1/admin/act", body);
  world.clock.advance(5 * k_minute);
  const auto again = boss->post("/v1/admin/act", body);
  ASSERT_EQ(code_of(first), "ok") << first.body;
  EXPECT_EQ(first.body, again.body);
  EXPECT_EQ(audited("user.add"), 1U);
  const auto done = msg::decode<msg::act_answer>(first.body).value();
  auto laptop = world.connect(*done.enrollment_link);
  EXPECT_EQ(code_of(laptop->enroll()), "ok") << "the link works";
  EXPECT_EQ(laptop->who.email, "ana@example.org");
  EXPECT_EQ(*done.expires_at, format_time(*parse_time(done.at) + 72 * k_hour));
}

TEST_P(admin_acts, the_database_holds_no_code) {
  const auto answer = do_act(*boss, "user.add", {{"email", "a@example.org"}, {"role", "doctor"}});
  const auto done = msg::decode<msg::act_answer>(answer.body).value();
  const auto code = wire::decode_enrollment_link(*done.enrollment_link).value().code;
  world.node->database().read([&](store::credentials::reads credentials) {
    EXPECT_TRUE(credentials.enrollment(crypto::sha256(code).raw())) << "its hash";
  });
  for (const auto& row : audit_rows()) EXPECT_THAT(row.object, Not(HasSubstr(code)));
  if (GetParam() != engine::sqlite) return;
  for (const char* name : {"/store.sqlite", "/store.sqlite-wal"}) {
    std::ifstream file(world.folder() + name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(bytes.find(code), std::string::npos) << name;
  }
}

TEST_P(admin_acts, a_policy_is_taken_back) {
  const auto ana = world.device("ana@example.org");
  const auto policy_of = [&](const std::optional<std::string>& user) {
    const auto all = msg::decode<msg::policy_list>(boss->get("/v1/admin/policy").body).value();
    for (const auto& item : all.items) {
      if (item.kind == "patient" && item.user == user) return item.policy;
    }
    return std::string("none");
  };
  const json kind{{"kind", "patient"}};
  const json of_ana{{"kind", "patient"}, {"user", "ana@example.org"}};
  do_act(*boss, "policy.set", {{"kind", "patient"}, {"policy", "manual"}});
  auto own = of_ana;
  own["policy"] = "auto";
  do_act(*boss, "policy.set", own);
  EXPECT_EQ(policy_of("ana@example.org"), "auto");
  EXPECT_EQ(code_of(do_act(*boss, "policy.unset", of_ana)), "ok");
  EXPECT_EQ(policy_of("ana@example.org"), "none");
  EXPECT_EQ(policy_of(std::nullopt), "manual");
  EXPECT_EQ(code_of(do_act(*boss, "policy.unset", kind)), "ok");
  EXPECT_EQ(policy_of(std::nullopt), "auto");
  EXPECT_EQ(code_of(do_act(*boss, "policy.unset", kind)), "not_found");
}

TEST_P(admin_acts, an_act_id_is_good_for_one_act) {
  auto act = act_of(*boss, "user.add", {{"email", "a@example.org"}, {"role", "doctor"}});
  ASSERT_EQ(code_of(boss->post("/v1/admin/act", act.body(boss->key))), "ok");
  act.object.args = R"({"email":"b@example.org","role":"admin"})";
  EXPECT_EQ(code_of(boss->post("/v1/admin/act", act.body(boss->key))), "already_exists");
  EXPECT_EQ(audited("user.add"), 1U);
}

TEST_P(admin_acts, forged_and_misdirected_acts_are_refused_and_leave_nothing) {
  const json args{{"email", "a@example.org"}, {"role", "admin"}};
  const auto sent = [&](const signed_act& act, const crypto::signing_key& key) {
    return code_of(boss->post("/v1/admin/act", act.body(key)));
  };
  const auto stranger = crypto::signing_key::generate(crypto::system_random());
  EXPECT_EQ(sent(act_of(*boss, "user.add", args), stranger), "bad_signature");
  auto act = act_of(*boss, "user.add", args);
  act.purpose = "push";
  EXPECT_EQ(sent(act, boss->key), "bad_signature");
  act = act_of(*boss, "user.add", args);
  act.object.device = testing::nth<device_id>(1);
  EXPECT_EQ(sent(act, boss->key), "bad_signature");
  act = act_of(*boss, "user.add", args);
  act.object.actor = testing::nth<user_id>(1);
  EXPECT_EQ(sent(act, boss->key), "forbidden");
  act = act_of(*boss, "user.add", args);
  act.object.server = testing::nth<server_id>(1);
  EXPECT_EQ(sent(act, boss->key), "malformed");
  EXPECT_EQ(audited("user.add"), 0U);
}

struct bad_act {
  const char* act;
  const char* args;
  const char* code;
};

TEST_P(admin_acts, acts_that_make_no_sense_are_refused_by_name_and_leave_nothing) {
  make_conflict();
  const std::string text = record().text();
  const auto rows_before = audit_rows().size();
  const bad_act cases[] = {
      {"user.remove", R"({"user":"ana@example.org"})", "bad_request"},
      {"user.add", R"({"email":"no address","role":"doctor"})", "invalid_field"},
      {"user.add", "{\"email\":\"ana\u200B@example.org\",\"role\":\"doctor\"}", "invalid_field"},
      {"user.add", "{\"email\":\"ana@example.org\u00A0\",\"role\":\"doctor\"}", "invalid_field"},
      {"user.add", R"({"email":"ANA@example.org","role":"doctor"})", "already_exists"},
      {"user.add", R"({"email":"x@example.org","role":"system"})", "invalid_field"},
      {"user.add", R"({"email":"x@example.org"})", "malformed"},
      {"user.add", R"({"email":"x@example.org","role":"doctor","more":true})", "malformed"},
      {"user.disable", R"({"user":"nobody@example.org"})", "not_found"},
      {"user.disable", R"({"user":"system"})", "not_found"},
      {"user.disable", R"({"user":1})", "malformed"},
      {"enrollment.new", R"({"user":"nobody@example.org"})", "not_found"},
      {"device.revoke", R"({"device":"00000000-0000-4000-8000-00000000dead","lost":false})",
       "not_found"},
      {"device.revoke", R"({"device":"laptop","lost":false})", "malformed"},
      {"policy.set", R"({"kind":"protocol","policy":"auto"})", "not_found"},
      {"policy.set", R"({"kind":"patient","policy":"never"})", "invalid_field"},
      {"policy.set", R"({"kind":"patient","policy":"auto","user":"nobody@x"})", "not_found"},
      {"assign", R"({"record":"RECORD","user":"ana@example.org","version":"ab"})", "malformed"},
      {"unassign", R"({"record":"RECORD","user":"admin@example.org"})", "not_found"},
      {"unassign", R"({"record":"00000000000000000000000000000000","user":"ana@example.org"})",
       "not_found"},
      {"conflict.dismiss", R"({"conflict":"99"})", "not_found"},
      {"conflict.dismiss", R"({"conflict":"1x"})", "not_found"}};
  for (const auto& each : cases) {
    std::string args = each.args;
    if (const auto at = args.find("RECORD"); at != std::string::npos) args.replace(at, 6, text);
    const auto answer = do_act(*boss, each.act, json::parse(args));
    EXPECT_EQ(code_of(answer), each.code) << each.act << " " << each.args;
    EXPECT_THAT(answer.body, Not(HasSubstr(text))) << "no record id in an error";
  }
  EXPECT_EQ(audit_rows().size(), rows_before);
}

TEST_P(admin_acts, a_disabled_user_is_out_at_once_and_may_be_let_in_again) {
  auto doctor = world.device("ana@example.org");
  EXPECT_EQ(code_of(doctor->changes({})), "ok");
  auto waiting = std::async(std::launch::async, [&] { return doctor->changes({}, 30); });
  ASSERT_EQ(code_of(do_act(*boss, "user.disable", {{"user", "Ana@Example.org"}})), "ok");
  EXPECT_NE(code_of(waiting.get()), "ok") << "also the request that waits";
  EXPECT_EQ(code_of(doctor->changes({})), "session_expired");
  ASSERT_EQ(code_of(doctor->open_session()), "ok");
  EXPECT_EQ(doctor->session.scope, "surrender");
  EXPECT_EQ(code_of(doctor->changes({})), "user_disabled");
  EXPECT_EQ(code_of(do_act(*boss, "enrollment.new", {{"user", "ana@example.org"}})),
            "user_disabled");
  ASSERT_EQ(code_of(do_act(*boss, "user.enable", {{"user", "ana@example.org"}})), "ok");
  ASSERT_EQ(code_of(doctor->open_session()), "ok");
  EXPECT_EQ(code_of(doctor->changes({})), "ok");
}

TEST_P(admin_acts, a_revoked_device_is_out_at_once_and_a_lost_one_is_told_to_wipe) {
  auto doctor = world.device("ana@example.org");
  auto other = world.device("ana@example.org");
  const auto revoke = [&](const wire_device& device, bool lost) {
    return code_of(
        do_act(*boss, "device.revoke", {{"device", device.who.device.text()}, {"lost", lost}}));
  };
  ASSERT_EQ(revoke(*doctor, false), "ok");
  EXPECT_EQ(code_of(doctor->changes({})), "session_expired");
  ASSERT_EQ(code_of(doctor->open_session()), "ok");
  EXPECT_EQ(code_of(doctor->changes({})), "device_revoked");
  EXPECT_FALSE(doctor->session.wipe);
  EXPECT_EQ(code_of(other->changes({})), "ok") << "the other one goes on";
  const auto revoked_at = world.row(*doctor).revoked_at;
  world.clock.advance(k_minute);
  ASSERT_EQ(revoke(*doctor, true), "ok") << "it turns out to be lost";
  EXPECT_EQ(world.row(*doctor).revoked_at, revoked_at);
  ASSERT_EQ(code_of(doctor->open_session()), "ok");
  EXPECT_TRUE(doctor->session.wipe);
  ASSERT_EQ(revoke(*doctor, false), "ok");
  EXPECT_TRUE(world.row(*doctor).lost) << "what is lost stays lost";
}

TEST_P(admin_acts, the_last_administrator_and_the_last_device_of_one_stay) {
  EXPECT_EQ(code_of(do_act(*boss, "user.disable", {{"user", k_boss}})), "last_admin");
  const json own{{"device", boss->who.device.text()}, {"lost", true}};
  EXPECT_EQ(code_of(do_act(*boss, "device.revoke", own)), "last_admin");
  EXPECT_EQ(code_of(boss->get("/v1/admin/users")), "ok") << "the session goes on";
  static_cast<void>(world.invite("invited@example.org", store::user_role::admin));
  EXPECT_EQ(code_of(do_act(*boss, "user.disable", {{"user", k_boss}})), "last_admin")
      << "who was only invited may never come";
  auto second = world.device("second@example.org", store::user_role::admin);
  ASSERT_EQ(code_of(do_act(*second, "user.disable", {{"user", k_boss}})), "ok");
  EXPECT_EQ(code_of(boss->get("/v1/admin/users")), "session_expired");
  EXPECT_EQ(code_of(do_act(*second, "user.disable", {{"user", "second@example.org"}})),
            "last_admin");
}

TEST_P(admin_acts, two_administrators_who_disable_each_other_at_once_do_not_both_succeed) {
  const std::string name = "second@example.org";
  auto second = world.device(name, store::user_role::admin);
  for (int round = 0; round < 10; ++round) {
    std::latch together(2);
    auto there = std::async(std::launch::async, [&] {
      together.arrive_and_wait();
      return code_of(do_act(*second, "user.disable", {{"user", k_boss}}));
    });
    together.arrive_and_wait();
    const auto here = code_of(do_act(*boss, "user.disable", {{"user", name}}));
    const auto other = there.get();
    ASSERT_NE(here == "ok", other == "ok") << here << " " << other;
    auto& winner = here == "ok" ? *boss : *second;
    auto& loser = here == "ok" ? *second : *boss;
    ASSERT_EQ(code_of(do_act(winner, "user.enable", {{"user", loser.who.email}})), "ok");
    ASSERT_EQ(code_of(loser.open_session()), "ok");
  }
}

TEST_P(admin_acts, disabling_a_user_waits_for_the_pushes_under_way) {
  auto ana = world.device("ana@example.org");
  std::promise<void> locked;
  std::promise<void> may_commit;
  std::thread push([&] {
    world.node->database().write([&](store::people::writes people) {
      static_cast<void>(people.lock_device(ana->who.device));
      locked.set_value();
      may_commit.get_future().wait();
    });
  });
  locked.get_future().wait();
  auto answer = std::async(std::launch::async, [&] {
    return code_of(do_act(*boss, "user.disable", {{"user", "ana@example.org"}}));
  });
  const auto waits = [&] {
    if (GetParam() == engine::sqlite) return world.node->database().metrics().waiting > 0;
    return postgres_query(world.database_url(),
                          "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type='Lock' "
                          "AND datname=current_database()") != "0";
  };
  const auto answered = [&] {
    return answer.wait_for(std::chrono::milliseconds(10)) == std::future_status::ready;
  };
  bool waiting = false;
  while (!waiting && !answered()) waiting = waits();
  EXPECT_TRUE(waiting) << "the act was answered while a push was under way";
  EXPECT_TRUE(world.user("ana@example.org").enabled);
  may_commit.set_value();
  push.join();
  EXPECT_EQ(answer.get(), "ok");
  EXPECT_FALSE(world.user("ana@example.org").enabled);
  EXPECT_EQ(code_of(ana->push({ana->version(testing::a_patient())})), "session_expired");
}

TEST_P(admin_acts, assigning_needs_the_heads_that_there_are) {
  make_conflict();
  const auto bia = world.invite("bia@example.org");
  const auto version = history().versions.at(0).version;
  EXPECT_EQ(code_of(assign(version, "bia@example.org", std::nullopt)), "malformed");
  EXPECT_EQ(code_of(assign(version, "bia@example.org", {{version}})), "view_moved");
  auto act = act_of(
      *boss, "assign",
      {{"record", record().text()}, {"version", version.text()}, {"user", "bia@example.org"}},
      std::vector<version_id>{});
  const auto first = boss->post("/v1/admin/act", act.body(boss->key));
  ASSERT_EQ(code_of(first), "ok") << first.body;
  EXPECT_THAT(heads_of("bia@example.org"), ElementsAre(version));
  EXPECT_EQ(boss->post("/v1/admin/act", act.body(boss->key)).body, first.body)
      << "a repeated act is answered although the view has moved";
  EXPECT_EQ(code_of(assign(version, "bia@example.org", std::vector<version_id>{})), "view_moved");
  EXPECT_EQ(
      code_of(do_act(*boss, "unassign", {{"record", record().text()}, {"user", "bia@example.org"}},
                     std::vector<version_id>{})),
      "view_moved");
  EXPECT_EQ(code_of(do_act(*boss, "unassign",
                           {{"record", record().text()}, {"user", "bia@example.org"}})),
            "ok");
  EXPECT_TRUE(heads_of("bia@example.org").empty());
  EXPECT_EQ(audited("assign"), 1U);
  EXPECT_EQ(audited("unassign"), 1U);
}

TEST_P(admin_acts, with_a_patient_go_the_processes_and_emissions_that_the_user_sees) {
  one = world.device("ana@example.org");
  auto other = world.device("bia@example.org");
  const std::string process = "11144477735/G35";
  const std::string emission = process + "@2027-01-31-0123456789abcdef";
  const auto of = [&](const std::string& kind, const std::string& key) {
    return one->version(testing::version_builder(kind, key));
  };
  const auto patient = one->version(testing::a_patient());
  ASSERT_EQ(
      code_of(one->push({patient, of("process", process), of("emission", emission),
                         of("process", "52998224725/G35"), one->version(testing::a_clinic())})),
      "ok");
  ASSERT_EQ(code_of(other->push({other->version(testing::a_patient()),
                                 other->version(testing::version_builder("process", process))})),
            "ok");
  const auto id = patient.header.record.id.text();
  const auto list = [&](const char* user) {
    return json::parse(boss->post("/v1/admin/records/dependents",
                                  json{{"record", id}, {"user", user}}.dump())
                           .body)
        .at("items")
        .size();
  };
  EXPECT_EQ(list("ana@example.org"), 2U);
  EXPECT_EQ(list("bia@example.org"), 1U);
  EXPECT_EQ(list("admin@example.org"), 0U);
  const auto unassign = [&](int seen) {
    return code_of(do_act(*boss, "unassign",
                          {{"record", id}, {"user", "ana@example.org"}, {"dependents", seen}}));
  };
  EXPECT_EQ(unassign(1), "view_moved");
  EXPECT_EQ(list("ana@example.org"), 2U);
  EXPECT_EQ(unassign(2), "ok");
  EXPECT_EQ(list("ana@example.org"), 0U);
  EXPECT_EQ(list("bia@example.org"), 1U) << "others keep theirs";
  EXPECT_EQ(audited("unassign"), 1U);
  const auto page = wire::decode_page(one->changes({}).body).value();
  const auto removed = std::count_if(page.items.begin(), page.items.end(), [](const auto& item) {
    return item.kind == wire::item_kind::removed;
  });
  EXPECT_EQ(removed, 3);
}

TEST_P(admin_acts, drafts_and_versions_of_other_records_cannot_be_assigned) {
  one = world.device("ana@example.org");
  static_cast<void>(world.invite("bia@example.org"));
  const auto root = one->version(testing::a_patient());
  const auto draft = one->version(testing::a_patient().after({&root}).with("rg", "1").draft());
  const auto other = one->version(testing::a_clinic());
  ASSERT_EQ(code_of(one->push({root, draft, other})), "ok");
  const std::vector<version_id> none;
  EXPECT_EQ(code_of(assign(draft.id, "bia@example.org", none)), "invalid_field");
  EXPECT_EQ(code_of(assign(other.id, "bia@example.org", none)), "not_found");
  EXPECT_EQ(code_of(assign(root.id, "system", none)), "not_found");
  EXPECT_TRUE(heads_of("bia@example.org").empty());
}

TEST_P(admin_acts, a_dismissed_conflict_comes_back_when_its_heads_change) {
  const auto siblings = make_conflict();
  ASSERT_EQ(conflicts().items.size(), 1U);
  const auto id = conflicts().items[0].id;
  const json args{{"conflict", std::to_string(id)}};
  EXPECT_EQ(code_of(do_act(*boss, "conflict.dismiss", args, {{siblings[0].id}})), "view_moved");
  ASSERT_EQ(code_of(do_act(*boss, "conflict.dismiss", args, conflicts().items[0].heads)), "ok");
  EXPECT_TRUE(conflicts().items.empty());
  auto edit = testing::a_patient().after({&siblings[0]});
  ASSERT_EQ(code_of(one->push({one->version(edit.with("peso", "72"))})), "ok");
  ASSERT_EQ(conflicts().items.size(), 1U);
  EXPECT_EQ(conflicts().items[0].id, id);
}

INSTANTIATE_TEST_SUITE_P(databases, admin_acts, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

}  // namespace
}  // namespace autocusto::test
