// What somebody without a valid token makes the server do, on both databases: workers' jobs and
// reads of the store are counted, nothing is timed.

#include "server/app/config.hpp"
#include "server/auth/code.hpp"
#include "server/auth/keys.hpp"
#include "server/auth/token.hpp"
#include "server/store/credentials.hpp"
#include "server/store/people.hpp"
#include "server/store/settings.hpp"
#include "shared/base/bytes.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/wire/sign.hpp"
#include "tests/integration/server_world.hpp"

namespace autocusto::test {
namespace {

class server_strangers : public server_test {
 protected:
  double metric(const std::string& name) {
    const auto text = world.metrics();
    const auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
  }

  std::unique_ptr<http::client> connect() const {
    const auto link = wire::decode_enrollment_link(world.admin_link).value();
    http::client_options options;
    options.host = link.host;
    options.port = world.node->address().port;
    options.ca_pin = hash256::from_raw(link.pin);
    return std::make_unique<http::client>(options);
  }

  static std::string nothing_held() { return wire::encode(wire::known_request{}); }
};

TEST_P(server_strangers, an_invented_token_costs_no_worker_and_no_look_at_the_database) {
  world.start();
  auto device = world.device("a@example.org");
  auto stranger = connect();
  const std::pair<const char*, const char*> calls[] = {
      {"GET", "/v1/changes"},    {"POST", "/v1/push"},      {"POST", "/v1/known"},
      {"POST", "/v1/surrender"}, {"POST", "/v1/admin/act"}, {"GET", "/v1/admin/users"}};
  auto touched = device->token;
  touched[5] = touched[5] == 'A' ? 'B' : 'A';
  const std::string tokens[] = {to_base64url(crypto::system_random().bytes(32)),
                                to_base64url(crypto::system_random().bytes(48)), touched, "x"};
  const auto reads = [&] { return world.node->database().metrics().reads; };
  const auto transactions = [&] { return world.node->database().metrics().transactions; };
  const auto jobs_before = metric("autocusto_worker_jobs_total");
  const auto reads_before = reads();
  const auto transactions_before = transactions();
  for (const auto& [method, path] : calls) {
    for (const auto& token : tokens) {
      http::client_request asked;
      asked.method = method;
      asked.path_with_query = path;
      if (asked.method == "POST") asked.body = nothing_held();
      asked.headers = {{"Authorization", "Bearer " + token}};
      EXPECT_EQ(code_of(stranger->send(asked).value()), "session_expired") << path;
    }
  }
  EXPECT_EQ(reads(), reads_before);
  EXPECT_EQ(transactions(), transactions_before);
  EXPECT_EQ(metric("autocusto_worker_jobs_total"), jobs_before);
  EXPECT_EQ(code_of(device->post("/v1/known", nothing_held())), "ok");
  EXPECT_GT(metric("autocusto_worker_jobs_total"), jobs_before) << "a real one has a worker";
  EXPECT_GT(reads(), reads_before) << "and is looked up";
}

TEST_P(server_strangers, a_challenge_costs_no_worker_and_no_look_at_the_database) {
  world.start();
  auto stranger = connect();
  const auto jobs_before = metric("autocusto_worker_jobs_total");
  const auto reads_before = world.node->database().metrics().reads;
  const auto device = crypto::system_random().make<device_id>().text();
  const std::pair<const char*, std::string> calls[] = {
      {"/v1/session", R"({"device":")" + device + "\"}"},
      {"/v1/session", R"({"device":")" + device + R"(","nonce":")" + std::string(64, 'a') + "\"}"},
      {"/v1/enroll", R"({"nonce":")" + std::string(64, 'a') + "\"}"},
      {"/v1/session", "{"},
      {"/v1/enroll", "[[["}};
  for (const auto& [path, body] : calls) {
    http::client_request asked;
    asked.method = "POST";
    asked.path_with_query = path;
    asked.body = body;
    const auto answer = stranger->send(asked).value();
    EXPECT_EQ(answer.status, body.size() > 3 ? 200 : 422) << path << body;
  }
  EXPECT_EQ(world.node->database().metrics().reads, reads_before);
  EXPECT_EQ(metric("autocusto_worker_jobs_total"), jobs_before);
}

TEST_P(server_strangers,
       an_invented_code_or_challenge_costs_no_worker_and_no_look_at_the_database) {
  world.start();
  auto invited = world.connect(world.invite("a@example.org"));
  auto device = world.device("b@example.org");
  const auto jobs_before = metric("autocusto_worker_jobs_total");
  const auto reads_before = world.node->database().metrics().reads;
  auto touched = invited->link.code;
  touched[5] = touched[5] == 'A' ? 'B' : 'A';
  const std::string codes[] = {touched, "x", to_base64url(crypto::system_random().bytes(24))};
  for (const auto& code : codes) {
    wire::enroll_request asked;
    asked.code = code;
    asked.public_key = std::string(invited->key.public_half().raw());
    asked.device_name = "laptop";
    EXPECT_EQ(code_of(invited->post("/v1/enroll", wire::encode(asked))), "code_unknown");
  }
  wire::session_request second;
  second.server = auth::load_keys(world.folder()).value().server;
  second.device = device->who.device;
  second.challenge = to_base64url(crypto::system_random().bytes(56));
  const auto signed_object =
      wire::sign_canonical(device->key, "session", wire::encode_object(second));
  EXPECT_EQ(code_of(device->post("/v1/session", wire::encode(signed_object))), "challenge_invalid");
  EXPECT_EQ(world.node->database().metrics().reads, reads_before);
  EXPECT_EQ(metric("autocusto_worker_jobs_total"), jobs_before);
  EXPECT_EQ(code_of(invited->enroll()), "ok");
  EXPECT_GT(metric("autocusto_worker_jobs_total"), jobs_before) << "a real one has a worker";
}

TEST_P(server_strangers, codes_of_the_release_before_are_good_while_they_may_be_open) {
  // As a database is that such a release has made.
  const auto forget = [&](const std::string& since) {
    world.node->database().write([&](store::settings::writes settings) {
      settings.set_setting(auth::k_codes_since, since);
    });
  };
  const auto plain_code = [&](const std::string& code) {
    auto link = wire::decode_enrollment_link(world.invite("a@example.org")).value();
    world.node->database().write([&](store::transaction& tx) {
      store::enrollment_row row;
      row.code_hash = std::string(crypto::sha256(code).raw());
      row.user = store::people::reads(tx).user_by_email("a@example.org").value().key;
      row.expires_at = world.clock.now() + limits::enrollment_millis;
      store::credentials::writes(tx).add_enrollment(row);
    });
    link.code = code;
    return wire::encode(link);
  };
  const auto old_code = [] { return to_base64url(crypto::system_random().bytes(24)); };
  world.start();
  forget(format_time(world.clock.now()));
  world.stop();
  world.start();
  EXPECT_EQ(code_of(world.connect(plain_code(old_code()))->enroll()), "ok");
  const auto open = plain_code(old_code());
  world.clock.advance(5 * 24 * 60 * 60 * 1000LL);
  EXPECT_EQ(code_of(world.connect(open)->enroll()), "code_unknown") << "it has expired long ago";
}

TEST_P(server_strangers, tokens_of_sessions_that_ended_are_not_looked_up_for_ever) {
  auto settings = app::load_config(world.folder()).value();
  settings.limits.failed_tokens_per_minute.address = 3;
  ASSERT_TRUE(app::save_config(world.folder(), settings));
  world.start();
  auto device = world.device("a@example.org");
  auto stranger = connect();
  http::client_request asked;
  asked.method = "POST";
  asked.path_with_query = "/v1/known";
  asked.body = nothing_held();
  const auth::token_mint mint(auth::load_keys(world.folder()).value());
  for (int i = 0; i < 10; ++i) {
    asked.headers = {{"Authorization", "Bearer " + mint.make(crypto::system_random())}};
    EXPECT_EQ(code_of(stranger->send(asked).value()), "session_expired");
  }
  EXPECT_EQ(metric(R"(autocusto_limited_total{what="failed_token",scope="address"})"), 7)
      << "the others were looked up";
  EXPECT_EQ(code_of(device->post("/v1/known", nothing_held())), "ok");
  ASSERT_EQ(code_of(device->open_session()), "ok") << "a new token is known at once";
  EXPECT_EQ(code_of(device->post("/v1/known", nothing_held())), "ok");
}

INSTANTIATE_TEST_SUITE_P(both, server_strangers,
                         ::testing::Values(engine::sqlite, engine::postgres), engine_name);

}  // namespace
}  // namespace autocusto::test
