// What an administrator does about devices that stand in for others: revoking them together,
// approving each, and what is left of it in a database that went back.
#include <filesystem>

#include "server/auth/reenrollment.hpp"
#include "tests/integration/admin_support.hpp"

namespace autocusto::test {
namespace {

class admin_devices : public admin_api {
 protected:
  /// A device that stands in for `old`, by its signature alone; nothing when it is refused.
  std::unique_ptr<wire_device> copy_of(wire_device& old) {
    auto made = world.connect(world.admin_link);
    return again(old, *made) == "ok" ? std::move(made) : nullptr;
  }
  /// Once more with the new device's key, as a laptop asks.
  std::string again(wire_device& old, wire_device& next) {
    wire::again_object object;
    object.server = wire::decode_trust(old.who.trust_object.object).value().server;
    object.device = old.who.device;
    object.public_key = next.key.public_half().raw();
    object.challenge = next.greeting();
    wire::enroll_request request;
    request.device_name = "copy";
    request.public_key = object.public_key;
    request.again.emplace();
    request.again->object = wire::encode_object(object);
    const auto message = crypto::purpose_message("again", request.again->object);
    request.again->signature = std::string(crypto::sign(old.key, message).raw());
    request.proof = wire_device::enroll_proof(next.key, object.server, object.challenge);
    const auto answer = next.post("/v1/enroll", wire::encode(request));
    if (answer.status == 200) next.who = wire::decode_enroll_answer(answer.body).value();
    said = answer.status == 200 ? "" : answer.body;
    return code_of(answer);
  }
  store::device_row row(const wire_device& of) { return world.row(of); }
  std::string state(const wire_device& of) {
    const auto found = row(of);
    return !found.revoked_at ? "in use" : found.lost ? "lost" : "revoked";
  }
  http::response revoke(const wire_device& of, bool lost, bool only = false) {
    nlohmann::json args{{"device", of.who.device.text()}, {"lost", lost}};
    if (only) args["only"] = true;
    return do_act(*boss, "device.revoke", args);
  }
  msg::device_list devices() {
    return msg::decode<msg::device_list>(boss->get("/v1/admin/devices").body).value();
  }

  std::string said;  ///< by a refusal
};

TEST_P(admin_devices, revoking_takes_along_what_stands_in_for_the_device) {
  auto first = world.device("ana@example.org");
  auto child = copy_of(*first);
  auto grandchild = copy_of(*child);
  auto beside = world.device("ana@example.org");
  ASSERT_EQ(code_of(grandchild->open_session()), "ok");
  ASSERT_EQ(code_of(revoke(*first, false)), "ok");
  EXPECT_EQ(state(*first), "revoked");
  EXPECT_EQ(state(*child), "revoked");
  EXPECT_EQ(state(*grandchild), "revoked");
  EXPECT_EQ(state(*beside), "in use") << "enrolled with a link of its own";
  EXPECT_EQ(grandchild->changes({}).status, 401) << "its session has ended";
  ASSERT_EQ(code_of(grandchild->open_session()), "ok");
  EXPECT_EQ(grandchild->session.scope, "surrender");
  EXPECT_FALSE(copy_of(*grandchild));
  // Lost after all: all of them are to be erased.
  ASSERT_EQ(code_of(revoke(*first, true)), "ok");
  EXPECT_EQ(state(*grandchild), "lost");
  ASSERT_EQ(code_of(grandchild->open_session()), "ok");
  EXPECT_TRUE(grandchild->session.wipe);
}

TEST_P(admin_devices, one_alone_goes_when_that_is_asked_for) {
  auto first = world.device("ana@example.org");
  auto child = copy_of(*first);
  EXPECT_EQ(code_of(revoke(*first, true, true)), "invalid_field") << "a lost one never goes alone";
  ASSERT_EQ(code_of(revoke(*first, false, true)), "ok");
  EXPECT_EQ(state(*first), "revoked");
  EXPECT_EQ(state(*child), "in use");
}

TEST_P(admin_devices, the_last_administrators_devices_do_not_go_together) {
  auto copy = copy_of(*boss);
  ASSERT_TRUE(copy);
  EXPECT_EQ(code_of(revoke(*boss, true)), "last_admin") << "with it would go the other one";
  EXPECT_EQ(state(*copy), "in use");
  EXPECT_EQ(code_of(revoke(*copy, true)), "ok");
}

TEST_P(admin_devices, an_administrator_may_have_to_approve_each) {
  auto first = world.device("ana@example.org");
  const auto set = [&](const char* policy) {
    return code_of(do_act(*boss, "policy.set", {{"kind", "reenrollment"}, {"policy", policy}}));
  };
  EXPECT_EQ(set("manual"), "invalid_field");
  EXPECT_EQ(code_of(do_act(*boss, "policy.set",
                           {{"kind", "reenrollment"}, {"policy", "approve"}, {"user", k_boss}})),
            "invalid_field");
  ASSERT_EQ(set("approve"), "ok");
  const auto list = msg::decode<msg::policy_list>(boss->get("/v1/admin/policy").body).value();
  const auto shown = std::find_if(list.items.begin(), list.items.end(),
                                  [](const auto& item) { return item.kind == "reenrollment"; });
  ASSERT_NE(shown, list.items.end());
  EXPECT_EQ(shown->policy, "approve");

  auto copy = world.connect(world.admin_link);
  ASSERT_EQ(again(*first, *copy), "forbidden");
  EXPECT_NE(said.find("approve"), std::string::npos) << said;
  EXPECT_EQ(said.find(to_hex(first->who.tenant_key)), std::string::npos);
  const auto waits = devices().items.back();
  EXPECT_TRUE(waits.pending);
  EXPECT_EQ(waits.replaces, first->who.device);
  // Nobody has told it its id; with it, it still is nobody.
  copy->who = first->who;
  copy->who.device = waits.id;
  EXPECT_EQ(code_of(copy->open_session()), "device_unknown");
  EXPECT_FALSE(copy_of(*copy));
  EXPECT_EQ(again(*first, *copy), "forbidden") << "asking again changes nothing";
  EXPECT_EQ(devices().items.back().id, waits.id);

  const nlohmann::json named{{"device", waits.id.text()}};
  ASSERT_EQ(code_of(do_act(*boss, "device.approve", named)), "ok");
  EXPECT_EQ(code_of(do_act(*boss, "device.approve", named)), "not_found") << "once";
  ASSERT_EQ(again(*first, *copy), "ok");
  EXPECT_EQ(copy->who.device, waits.id);
  EXPECT_EQ(code_of(copy->open_session()), "ok");

  auto refused = world.connect(world.admin_link);
  ASSERT_EQ(again(*first, *refused), "forbidden");
  ASSERT_EQ(code_of(do_act(*boss, "device.revoke",
                           {{"device", devices().items.back().id.text()}, {"lost", false}})),
            "ok");
  EXPECT_EQ(again(*first, *refused), "device_revoked");
  ASSERT_EQ(set("allow"), "ok");
  EXPECT_TRUE(copy_of(*first));
}

TEST_P(admin_devices, a_database_that_went_back_forgets_none_of_it) {
  if (GetParam() != engine::sqlite) GTEST_SKIP() << "sync_journal_test has the other one";
  namespace fs = std::filesystem;
  auto first = world.device("ana@example.org");
  auto child = copy_of(*first);
  const auto file = fs::path(world.folder()) / "store.sqlite";
  world.stop();
  const auto kept = file.string() + ".kept";
  fs::copy_file(file, kept);
  world.start();
  const auto reconnect = [&](std::unique_ptr<wire_device>& device) {
    auto fresh = world.connect(world.admin_link);
    fresh->who = device->who;
    fresh->key = device->key.clone();
    device = std::move(fresh);
  };
  for (auto* each : {&boss, &first, &child}) reconnect(*each);
  ASSERT_EQ(code_of(boss->open_session()), "ok");
  ASSERT_EQ(code_of(do_act(*boss, "policy.set", {{"kind", "reenrollment"}, {"policy", "approve"}})),
            "ok");
  auto late = world.connect(world.admin_link);
  ASSERT_EQ(again(*child, *late), "forbidden");
  const nlohmann::json named{{"device", devices().items.back().id.text()}};
  ASSERT_EQ(code_of(do_act(*boss, "device.approve", named)), "ok");
  ASSERT_EQ(again(*child, *late), "ok");
  auto waiting = world.connect(world.admin_link);
  ASSERT_EQ(again(*child, *waiting), "forbidden");
  waiting->who = late->who;
  waiting->who.device = devices().items.back().id;
  ASSERT_EQ(code_of(revoke(*first, true)), "ok");

  world.stop();
  for (const auto* tail : {"", "-wal", "-shm"}) fs::remove(file.string() + tail);
  fs::copy_file(kept, file);
  world.start();
  for (const auto* each : {first.get(), child.get(), late.get(), waiting.get()}) {
    EXPECT_EQ(state(*each), "lost");
  }
  EXPECT_FALSE(row(*late).pending);
  EXPECT_TRUE(row(*waiting).pending);
  reconnect(boss);
  ASSERT_EQ(code_of(boss->open_session()), "ok");
  const auto policies = msg::decode<msg::policy_list>(boss->get("/v1/admin/policy").body).value();
  EXPECT_TRUE(std::any_of(policies.items.begin(), policies.items.end(), [](const auto& item) {
    return item.kind == "reenrollment" && item.policy == "approve";
  }));
}

INSTANTIATE_TEST_SUITE_P(both, admin_devices, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

}  // namespace
}  // namespace autocusto::test
