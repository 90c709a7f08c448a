// Enrollment, sessions, roles and revocation, over TLS, on both databases.

#include <filesystem>
#include <future>
#include <latch>

#include <nlohmann/json.hpp>

#include "server/auth/code.hpp"
#include "server/auth/keys.hpp"
#include "server/auth/session.hpp"
#include "server/store/credentials.hpp"
#include "server/store/people.hpp"
#include "tests/integration/server_world.hpp"

namespace autocusto::test {
namespace {

using store::user_role;

class server_auth : public server_test {
 protected:
  void SetUp() override { world.start(); }
};

TEST_P(server_auth, the_first_administrator_enrolls_with_the_link_of_init) {
  auto admin = world.connect(world.admin_link);
  ASSERT_EQ(code_of(admin->enroll("desk")), "ok");
  EXPECT_EQ(admin->who.email, "admin@example.org");
  EXPECT_EQ(admin->who.role, "admin");
  EXPECT_EQ(admin->who.tenant_key.size(), 32U);
  ASSERT_EQ(code_of(admin->open_session()), "ok");
  EXPECT_EQ(admin->session.scope, "full");
  EXPECT_EQ(admin->session.expires_in, 3600);
  EXPECT_EQ(admin->session.prev_push, wire::push_memory::ok);
  EXPECT_FALSE(admin->session.wipe);
}

TEST_P(server_auth, the_trust_object_is_signed_by_the_key_that_it_names) {
  auto device = world.device("a@example.org");
  const auto& object = device->session.trust_object;
  const auto trusted = wire::decode_trust(object.object).value();
  ASSERT_EQ(trusted.keys.size(), 1U);
  ASSERT_EQ(trusted.roots.size(), 1U);
  EXPECT_EQ(trusted.roots[0], device->link.pin);
  EXPECT_TRUE(crypto::verify(crypto::public_key::from_raw(trusted.keys[0]).value(),
                             crypto::purpose_message("trust", object.object),
                             crypto::signature::from_raw(object.signature).value()));
}

TEST_P(server_auth, the_same_device_may_enroll_again_with_its_code_for_72_hours) {
  auto device = world.connect(world.invite("a@example.org"));
  ASSERT_EQ(code_of(device->enroll()), "ok");
  const auto first = device->who.device;
  world.clock.advance(71 * k_hour);
  ASSERT_EQ(code_of(device->enroll()), "ok");
  EXPECT_EQ(device->who.device, first);
  world.clock.advance(2 * k_hour);
  EXPECT_EQ(code_of(device->enroll()), "code_expired");
}

TEST_P(server_auth, an_enrollment_needs_the_keys_signature_each_time) {
  auto device = world.connect(world.invite("a@example.org"));
  wire::enroll_request request;
  request.code = device->link.code;
  request.device_name = "laptop";
  request.public_key = device->key.public_half().raw();
  // A program of before the greeting tells its code to whoever answers.
  EXPECT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "malformed");
  ASSERT_EQ(code_of(device->enroll()), "ok") << "with a proof, and the code is still good";
  EXPECT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "malformed");
  const auto server = wire::decode_trust(device->who.trust_object.object)->server;
  const auto challenge = device->greeting();
  request.proof = wire_device::enroll_proof(device->key, server, challenge);
  ASSERT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "ok");
  EXPECT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "challenge_invalid")
      << "replayed";
  const auto other = crypto::signing_key::generate(crypto::system_random());
  request.proof = wire_device::enroll_proof(other, server, device->greeting());
  EXPECT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "malformed");
  request.proof = wire_device::enroll_proof(device->key, server, device->greeting());
  request.proof->signature[3] = static_cast<char>(request.proof->signature[3] ^ 1);
  EXPECT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "bad_signature");
  auto elsewhere = server;
  elsewhere.data()[0] ^= 1;
  request.proof = wire_device::enroll_proof(device->key, elsewhere, device->greeting());
  EXPECT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "malformed")
      << "meant for another server";
  request.proof = wire_device::enroll_proof(device->key, server, device->challenge());
  EXPECT_EQ(code_of(device->post("/v1/enroll", wire::encode(request))), "challenge_invalid")
      << "a session's challenge is for sessions";
}

TEST_P(server_auth, a_used_code_is_unknown_to_another_key) {
  const auto link = world.invite("a@example.org");
  ASSERT_EQ(code_of(world.connect(link)->enroll()), "ok");
  EXPECT_EQ(code_of(world.connect(link)->enroll()), "code_unknown");
}

TEST_P(server_auth, codes_expire_after_72_hours) {
  auto device = world.connect(world.invite("a@example.org"));
  world.clock.advance(72 * k_hour + k_minute);
  EXPECT_EQ(code_of(device->enroll()), "code_expired");
}

TEST_P(server_auth, a_wrong_code_and_a_bad_name_are_refused) {
  auto device = world.connect(world.invite("a@example.org"));
  EXPECT_EQ(code_of(device->enroll("laptop", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")), "code_unknown");
  EXPECT_EQ(code_of(device->enroll("")), "invalid_field");
  EXPECT_EQ(code_of(device->enroll(std::string(101, 'x'))), "invalid_field");
  EXPECT_EQ(code_of(device->enroll(std::string(100, 'x'))), "ok");
}

TEST_P(server_auth, what_is_no_public_key_becomes_no_device) {
  auto device = world.connect(world.invite("a@example.org"));
  wire::enroll_request request;
  request.code = device->link.code;
  request.device_name = "thief";
  for (const auto* key : {"0100000000000000000000000000000000000000000000000000000000000000",
                          "0000000000000000000000000000000000000000000000000000000000000080",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "0200000000000000000000000000000000000000000000000000000000000000"}) {
    request.public_key = from_hex(key).value();
    const auto answer = device->post("/v1/enroll", wire::encode(request));
    EXPECT_EQ(code_of(answer), "invalid_field") << key;
    EXPECT_NE(answer.body.find("\"field\":\"public_key\""), std::string::npos) << key;
  }
  EXPECT_EQ(code_of(device->enroll()), "ok") << "the code is not spent";
}

TEST_P(server_auth, a_weak_key_from_before_the_check_opens_nothing) {
  auto device = world.device("a@example.org");
  world.node->database().write([&](store::people::writes people) {
    auto row = people.device_by_id(device->who.device).value();
    row.public_key = '\1' + std::string(31, '\0');  // the identity
    people.update_device(row);
  });
  auto body = wire::decode_signed(device->session_body(device->challenge())).value();
  body.signature = '\1' + std::string(63, '\0');  // fits everything under that key
  EXPECT_EQ(code_of(device->post("/v1/session", wire::encode(body))), "bad_signature");
}

TEST_P(server_auth, the_servers_own_device_has_no_key) {
  world.node->database().read([](store::people::reads people) {
    EXPECT_TRUE(people.device_by_id(merge_device()).value().public_key.empty());
  });
}

TEST_P(server_auth, guessing_codes_is_slowed_down_and_forgiven) {
  auto device = world.connect(world.invite("a@example.org"));
  // Codes of this installation that were withdrawn; an invented one is not even looked up.
  const auto keys = auth::load_keys(world.folder()).value();
  const auto withdrawn = [&] { return auth::code_mint(keys).make(crypto::system_random()); };
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(code_of(device->enroll("laptop", withdrawn())), "code_unknown");
  }
  const auto refused = device->enroll("laptop", withdrawn());
  EXPECT_EQ(code_of(refused), "busy");
  EXPECT_TRUE(http::find_header(refused.headers, "retry-after").has_value());
  EXPECT_EQ(code_of(device->enroll()), "ok") << "a valid code passes, whoever guesses beside it";
  world.clock.advance(k_minute);
  EXPECT_EQ(code_of(device->enroll("laptop", withdrawn())), "code_unknown");
}

TEST_P(server_auth, one_code_used_by_many_at_once_makes_one_device) {
  constexpr std::size_t k_devices = 8;
  for (int round = 0; round < 3; ++round) {
    const auto link = world.invite("a@example.org");
    std::latch together(k_devices);
    std::vector<std::future<std::string>> answers;
    for (std::size_t i = 0; i < k_devices; ++i) {
      answers.push_back(std::async(std::launch::async, [&] {
        const auto device = world.connect(link);
        together.arrive_and_wait();
        return code_of(device->enroll());
      }));
    }
    std::size_t enrolled = 0;
    for (auto& answer : answers) {
      const auto code = answer.get();
      EXPECT_TRUE(code == "ok" || code == "code_unknown") << code;
      enrolled += code == "ok" ? 1U : 0U;
    }
    EXPECT_EQ(enrolled, 1U);
    std::size_t rows = 0;
    world.node->database().read([&](store::people::reads people) {
      for (const auto& device : people.all_devices()) rows += is_own_device(device.id) ? 0U : 1U;
    });
    EXPECT_EQ(rows, 1U + static_cast<std::size_t>(round)) << "beside the server's own";
    world.clock.advance(k_minute);
  }
}

TEST_P(server_auth, a_disabled_user_cannot_enroll) {
  auto device = world.connect(world.invite("a@example.org"));
  const auto user = world.user("a@example.org");
  world.node->database().write(
      [&](store::people::writes people) { people.set_user_enabled(user.key, false); });
  EXPECT_EQ(code_of(device->enroll()), "user_disabled");
}

TEST_P(server_auth, a_challenge_opens_one_session) {
  auto device = world.device("a@example.org");
  const auto body = device->session_body(device->challenge());
  EXPECT_EQ(code_of(device->post("/v1/session", body)), "ok");
  EXPECT_EQ(code_of(device->post("/v1/session", body)), "challenge_invalid");
}

TEST_P(server_auth, a_challenge_is_good_for_a_minute_and_for_one_device) {
  auto device = world.device("a@example.org");
  auto other = world.device("b@example.org");
  const auto stale = device->session_body(device->challenge());
  world.clock.advance(k_minute);
  EXPECT_EQ(code_of(device->post("/v1/session", stale)), "challenge_invalid");
  EXPECT_EQ(code_of(device->post("/v1/session", device->session_body(other->challenge()))),
            "challenge_invalid");
  EXPECT_EQ(code_of(device->post("/v1/session", device->session_body("AAAA"))),
            "challenge_invalid");
}

TEST_P(server_auth, a_session_needs_the_devices_signature) {
  auto device = world.device("a@example.org");
  device->forget_key();
  EXPECT_EQ(code_of(device->open_session()), "bad_signature");
}

TEST_P(server_auth, an_unknown_device_is_told_so) {
  auto device = world.device("a@example.org");
  device->who.device = *device_id::parse("11111111-1111-4111-8111-111111111111");
  EXPECT_EQ(code_of(device->open_session()), "device_unknown");
}

TEST_P(server_auth, nobody_is_the_system_user) {
  auto device = world.device("a@example.org");
  device->who.device = merge_device();
  EXPECT_EQ(code_of(device->open_session()), "device_unknown");
}

TEST_P(server_auth, a_session_ends_after_an_hour) {
  auto device = world.device("a@example.org");
  world.clock.advance(59 * k_minute);
  EXPECT_EQ(code_of(device->changes({})), "ok");
  world.clock.advance(k_minute);
  EXPECT_EQ(code_of(device->changes({})), "session_expired");
}

TEST_P(server_auth, a_token_must_be_one) {
  auto device = world.device("a@example.org");
  device->token.clear();
  EXPECT_EQ(device->changes({}).status, 401);
  for (const char* bad : {"x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    device->token = bad;
    EXPECT_EQ(device->changes({}).status, 401) << bad;
  }
}

TEST_P(server_auth, a_token_is_good_after_a_restart_and_in_another_process) {
  auto device = world.device("a@example.org");
  app::node_options options;
  options.folder = world.folder();
  options.clock = &world.clock;
  if (GetParam() == engine::postgres) {  // a second process has the same keys in its own folder
    options.folder += "-second";
    std::filesystem::create_directory(options.folder, world.folder());
    for (const char* name : {"config.json", "keys.json"}) {
      std::filesystem::copy_file(world.folder() + "/" + name, options.folder + "/" + name);
    }
  } else {
    world.stop();
  }
  const auto second = app::node::start(options).value();
  auto again = std::make_unique<wire_device>(world.admin_link, second->address().port);
  again->key = device->key.clone();
  again->who = device->who;
  again->token = device->token;
  EXPECT_EQ(code_of(again->changes({})), "ok");
}

TEST_P(server_auth, a_revoked_device_is_out_at_once_and_gets_a_limited_session) {
  auto device = world.device("a@example.org");
  const auto row = world.row(*device);
  world.node->database().write([&](store::people::writes people) {
    people.revoke_device(row.key, world.clock.now(), false);
  });
  EXPECT_EQ(code_of(device->changes({})), "device_revoked");
  ASSERT_EQ(code_of(device->open_session()), "ok");
  EXPECT_EQ(device->session.scope, "surrender");
  EXPECT_FALSE(device->session.wipe);
  EXPECT_EQ(code_of(device->changes({})), "device_revoked");
  EXPECT_EQ(code_of(device->push({})), "device_revoked");
}

TEST_P(server_auth, a_device_revoked_as_lost_is_told_to_wipe) {
  auto device = world.device("a@example.org");
  const auto row = world.row(*device);
  world.node->database().write([&](store::transaction& tx) {
    store::people::writes(tx).revoke_device(row.key, world.clock.now(), true);
    store::credentials::writes(tx).end_sessions_of_device(row.key);
  });
  EXPECT_EQ(code_of(device->changes({})), "session_expired");
  ASSERT_EQ(code_of(device->open_session()), "ok");
  EXPECT_EQ(device->session.scope, "surrender");
  EXPECT_TRUE(device->session.wipe);
}

TEST_P(server_auth, a_disabled_user_is_out_at_once_and_back_when_enabled) {
  auto device = world.device("a@example.org");
  const auto user = world.user("a@example.org");
  const auto enable = [&](bool on) {
    world.node->database().write(
        [&](store::people::writes people) { people.set_user_enabled(user.key, on); });
  };
  enable(false);
  EXPECT_EQ(code_of(device->changes({})), "user_disabled");
  ASSERT_EQ(code_of(device->open_session()), "ok");
  EXPECT_EQ(device->session.scope, "surrender");
  enable(true);
  EXPECT_EQ(code_of(device->changes({})), "session_expired");
  ASSERT_EQ(code_of(device->open_session()), "ok");
  EXPECT_EQ(device->session.scope, "full");
  EXPECT_EQ(code_of(device->changes({})), "ok");
}

TEST_P(server_auth, roles_are_looked_up_for_each_request) {
  auto doctor = world.device("a@example.org");
  auto admin = world.device("b@example.org", user_role::admin);
  auto& in = world.node->database();
  const auto now = world.clock.now();
  EXPECT_EQ(auth::authenticate(in, doctor->token, auth::access::admin, now).error().code,
            errc::forbidden);
  EXPECT_EQ(auth::authenticate(in, admin->token, auth::access::admin, now)->user.email,
            "b@example.org");
}

TEST_P(server_auth, the_session_tells_how_the_last_push_compares) {
  auto device = world.device("a@example.org");
  ASSERT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
  const auto first = device->last_push;
  ASSERT_EQ(code_of(device->push({device->version(testing::a_clinic())})), "ok");
  ASSERT_EQ(code_of(device->open_session()), "ok");
  EXPECT_EQ(device->session.prev_push, wire::push_memory::ok);
  ASSERT_EQ(code_of(device->open_session(first)), "ok");
  EXPECT_EQ(device->session.prev_push, wire::push_memory::old);
  EXPECT_EQ(device->session.last_push, device->last_push);
  ASSERT_EQ(code_of(device->open_session(crypto::system_random().make<push_id>())), "ok");
  EXPECT_EQ(device->session.prev_push, wire::push_memory::unknown);
}

TEST_P(server_auth, nothing_secret_or_personal_is_logged) {
  auto device = world.connect(world.invite("joana@example.org"));
  ASSERT_EQ(code_of(device->enroll("Joanas Laptop")), "ok");
  ASSERT_EQ(code_of(device->open_session()), "ok");
  const auto version = device->version(testing::a_patient());
  ASSERT_EQ(code_of(device->push({version})), "ok");
  ASSERT_EQ(code_of(device->changes({})), "ok");
  EXPECT_EQ(device->get("/v1/patient/11144477735?name=Silva").status, 404);
  EXPECT_EQ(code_of(device->post("/v1/push", R"({"Silva":11144477735})")), "malformed");
  const std::string page = world.metrics();
  world.stop();
  const std::string log = world.log.str();
  EXPECT_NE(log.find(R"("route":"/v1/push")"), std::string::npos) << log;
  const std::string_view field = R"("request_id":")";
  const auto at = log.find(field);
  ASSERT_NE(at, std::string::npos) << log;
  EXPECT_EQ(log.find_first_not_of("0123456789abcdef", at + field.size()), at + field.size() + 16);
  const std::string forbidden[] = {"joana",
                                   "Joanas",
                                   "example.org",
                                   "11144477735",
                                   "Silva",
                                   device->token,
                                   device->link.code,
                                   to_hex(device->who.tenant_key),
                                   version.id.text(),
                                   version.header.record.id.text(),
                                   device->who.device.text(),
                                   device->who.user.text(),
                                   device->last_push->text()};
  for (const auto& word : forbidden) {
    EXPECT_EQ(log.find(word), std::string::npos) << word;
    EXPECT_EQ(page.find(word), std::string::npos) << word;
  }
}

INSTANTIATE_TEST_SUITE_P(both, server_auth, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

}  // namespace
}  // namespace autocusto::test
