// Pushing, pulling, long polls and operations, over TLS, on both databases.

#include <algorithm>
#include <future>
#include <set>

#include <nlohmann/json.hpp>

#include "server/api/enroll_page.hpp"
#include "server/auth/keys.hpp"
#include "server/store/credentials.hpp"
#include "server/store/people.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/http/x509.hpp"
#include "tests/integration/server_world.hpp"

namespace autocusto::test {
namespace {

using std::chrono::steady_clock;

wire::page page_of(const http::response& answer) {
  return wire::decode_page(answer.body).value();
}

double metric(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + " ");
  if (at == std::string::npos) return -1;
  return std::stod(text.substr(at + name.size() + 2));
}

/// Until `done`, or ten seconds.
bool eventually(const std::function<bool()>& done) {
  const auto deadline = steady_clock::now() + std::chrono::seconds(100);
  while (steady_clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::yield();
  }
  return false;
}

class server_sync : public server_test {
 protected:
  void SetUp() override { world.start(); }

  bool someone_waits() {
    return eventually([this] { return metric(world.metrics(), "autocusto_long_polls") == 1; });
  }
};

TEST_P(server_sync, known_answers_for_the_asking_user_only_and_refuses_what_it_cannot_read) {
  auto one = world.device("a@example.org");
  auto other = world.device("b@example.org");
  const auto version = one->version(testing::a_patient());
  ASSERT_EQ(code_of(one->push({version})), "ok");
  const std::string asked = wire::encode(wire::known_request{{version.id}});
  EXPECT_EQ(one->post("/v1/known", asked).body, R"({"missing":[]})");
  EXPECT_EQ(other->post("/v1/known", asked).body, wire::encode(wire::known_answer{{version.id}}));
  EXPECT_EQ(code_of(one->post("/v1/known", "{}")), "malformed");
  EXPECT_EQ(code_of(one->post("/v1/known", R"({"versions":["zz"]})")), "malformed");
  const std::vector<version_id> many(10'001, version.id);
  EXPECT_EQ(code_of(one->post("/v1/known", wire::encode(wire::known_request{many}))), "malformed");
  EXPECT_EQ(code_of(one->post("/v1/known", std::string(1100 * 1024, ' '))), "body_too_large");
  one->token.clear();
  EXPECT_EQ(code_of(one->post("/v1/known", asked)), "unauthorized");
}

TEST_P(server_sync, a_receipt_is_told_to_the_device_of_its_push_alone) {
  auto one = world.device("a@example.org");
  auto second = world.device("a@example.org");
  const auto id = crypto::system_random().make<push_id>();
  const auto body = one->push_body({one->version(testing::a_patient())}, id);
  const std::string asked = wire::encode(wire::receipt_request{id});
  EXPECT_EQ(code_of(one->post("/v1/receipt", asked)), "not_found") << "there is none yet";
  const auto answer = one->post("/v1/push", body);
  ASSERT_EQ(code_of(answer), "ok");
  EXPECT_EQ(one->post("/v1/receipt", asked).body, answer.body);
  EXPECT_EQ(code_of(second->post("/v1/receipt", asked)), "not_found") << "not even the same user's";
  EXPECT_EQ(code_of(one->post("/v1/receipt", "{}")), "malformed");
  one->token.clear();
  EXPECT_EQ(code_of(one->post("/v1/receipt", asked)), "unauthorized");
}

TEST_P(server_sync, a_push_is_receipted_and_pulled_by_the_users_other_device) {
  auto one = world.device("a@example.org");
  auto two = world.device("a@example.org");
  const auto version = one->version(testing::a_patient());
  const auto answer = one->push({version});
  ASSERT_EQ(code_of(answer), "ok") << answer.body;
  const auto receipt = wire::decode_push_answer(answer.body).value();
  const auto trusted = wire::decode_trust(one->who.trust_object.object).value();
  EXPECT_TRUE(crypto::verify(crypto::public_key::from_raw(trusted.keys[0]).value(),
                             crypto::purpose_message("receipt", receipt.object),
                             crypto::signature::from_raw(receipt.signature).value()));
  const auto page = page_of(two->changes({}));
  ASSERT_EQ(page.items.size(), 1U);
  ASSERT_EQ(page.versions.size(), 1U);
  EXPECT_EQ(page.versions[0].header, version.raw.header);
  EXPECT_EQ(page.versions[0].payload, version.raw.payload);
  EXPECT_EQ(page.next.chain, wire::next_chain({}, wire::item_hash(page.items[0])));
  EXPECT_TRUE(page_of(one->changes({})).versions.empty()) << "its own bytes are not sent back";
  EXPECT_EQ(page_of(one->get("/v1/changes?own=1")).versions.size(), 1U)
      << "unless it asks for them";
  EXPECT_EQ(code_of(one->get("/v1/changes?own=2")), "bad_request");
}

TEST_P(server_sync, a_laptop_of_the_first_releases_gets_no_page_that_it_cannot_read) {
  auto one = world.device("a@example.org");
  ASSERT_EQ(one->session.kinds, domain::known_revisions());
  ASSERT_EQ(code_of(one->push({one->version(testing::a_patient())})), "ok");
  const auto first = page_of(one->get("/v1/changes"));
  EXPECT_EQ(first.items.size(), 1U);
  const testing::version_builder newer[] = {
      testing::version_builder("process", "11144477735/G35"),
      testing::a_patient("52998224725").with("nome_social", "Bia"),
  };
  auto cursor = first.next;
  for (const auto& builder : newer) {
    ASSERT_EQ(code_of(one->push({one->version(builder)})), "ok") << "it pushes as before";
    const auto refused = one->get("/v1/changes?own=1&cursor=" + wire::cursor_text(cursor));
    EXPECT_EQ(code_of(refused), "update_needed") << refused.body;
    EXPECT_EQ(refused.status, 426);
    const auto page = page_of(one->changes(cursor));
    EXPECT_EQ(page.items.size(), 1U);
    cursor = page.next;
  }
}

TEST_P(server_sync, an_unknown_kind_is_refused_with_a_code) {
  auto one = world.device("a@example.org");
  auto version = one->version(testing::a_patient());
  version.header.record.kind = "protocol";
  version.header.record.id = domain::make_record_id(one->who.tenant_key, "protocol", "7");
  version.payload.key = "7";
  version = domain::make_version(version.header, version.payload);
  const auto results = wire_device::results(one->push({version}));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].code, "malformed");
  EXPECT_EQ(results[0].field, "record.kind");
}

TEST_P(server_sync, other_peoples_versions_are_not_seen) {
  auto one = world.device("a@example.org");
  auto two = world.device("b@example.org");
  ASSERT_EQ(code_of(one->push({one->version(testing::a_patient())})), "ok");
  const auto page = page_of(two->changes({}));
  EXPECT_TRUE(page.items.empty());
  EXPECT_TRUE(page.versions.empty());
  EXPECT_TRUE(page.people.empty());
}

TEST_P(server_sync, a_push_sent_twice_gets_the_stored_receipt) {
  auto device = world.device("a@example.org");
  const auto id = crypto::system_random().make<push_id>();
  const auto body = device->push_body({device->version(testing::a_patient())}, id);
  const auto first = device->post("/v1/push", body);
  const auto second = device->post("/v1/push", body);
  ASSERT_EQ(code_of(first), "ok");
  EXPECT_EQ(first.body, second.body);
  const auto other = device->push_body({device->version(testing::a_clinic())}, id);
  EXPECT_EQ(code_of(device->post("/v1/push", other)), "push_id_reused");
}

TEST_P(server_sync, a_push_after_a_forgotten_one_names_the_last_push) {
  auto device = world.device("a@example.org");
  ASSERT_EQ(code_of(device->push({device->version(testing::a_patient())})), "ok");
  const auto last = device->last_push;
  device->last_push.reset();
  const auto answer = device->push({device->version(testing::a_clinic())});
  EXPECT_EQ(code_of(answer), "prev_push_old");
  EXPECT_EQ(wire::decode_problem(answer.status, answer.body).last_push, last);
  device->last_push = crypto::system_random().make<push_id>();
  const auto unknown = device->push({device->version(testing::a_clinic())});
  EXPECT_EQ(code_of(unknown), "prev_push_unknown");
  EXPECT_EQ(wire::decode_problem(unknown.status, unknown.body).last_push, last);
}

TEST_P(server_sync, errors_are_problem_documents_with_a_code_and_a_limit) {
  auto device = world.device("a@example.org");
  for (const char* query : {"?limit=0", "?limit=1001", "?wait=61", "?wait=-1", "?limit=1x"}) {
    const auto answer = device->get(std::string("/v1/changes") + query);
    const auto problem = wire::decode_problem(answer.status, answer.body);
    EXPECT_EQ(problem.code_text, "bad_request") << query;
    EXPECT_TRUE(problem.what.limit.has_value()) << query;
    EXPECT_EQ(problem.request_id.size(), 16U);
    EXPECT_EQ(answer.content_type, "application/problem+json");
  }
  EXPECT_EQ(code_of(device->get("/v1/changes?cursor=abc")), "bad_request");
  EXPECT_EQ(code_of(device->get("/v1/nothing")), "not_found");
  EXPECT_EQ(code_of(device->get("/v1/push")), "method_not_allowed");
  EXPECT_EQ(code_of(device->post("/v1/enroll", "{")), "malformed");
  EXPECT_EQ(code_of(device->post("/v1/enroll", std::string(20'000, ' '))), "body_too_large");
  const wire::cursor nowhere{7, crypto::sha256("elsewhere")};
  EXPECT_EQ(code_of(device->changes(nowhere)), "cursor_unknown");
}

TEST_P(server_sync, a_push_of_the_full_size_is_taken_and_a_larger_one_is_not) {
  auto device = world.device("a@example.org");
  auto builder = testing::a_patient();
  builder.with("end_paciente", "Rua das Flores, 12");
  const auto version = device->version(builder);
  const auto id = crypto::system_random().make<push_id>();
  auto body = device->push_body({version}, id);
  const std::size_t most = 17 * 1024 * 1024;
  EXPECT_EQ(code_of(device->post("/v1/push", body + std::string(most, ' '))), "body_too_large");
  EXPECT_EQ(code_of(device->post("/v1/push", body)), "ok");
}

TEST_P(server_sync, a_long_poll_is_woken_by_a_push_at_once) {
  auto one = world.device("a@example.org");
  auto two = world.device("a@example.org");
  auto waiting = std::async(std::launch::async, [&two] { return two->changes({}, 60); });
  ASSERT_TRUE(someone_waits());
  const auto pushed = steady_clock::now();
  ASSERT_EQ(code_of(one->push({one->version(testing::a_patient())})), "ok");
  const auto page = page_of(waiting.get());
  EXPECT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.versions.size(), 1U);
  EXPECT_LT(steady_clock::now() - pushed, std::chrono::seconds(3)) << "the poll behind is 5 s";
  EXPECT_EQ(metric(world.metrics(), "autocusto_feed_delivery_seconds_count"), 1);
}

TEST_P(server_sync, a_long_poll_ends_empty_after_its_time) {
  auto device = world.device("a@example.org");
  const auto begun = steady_clock::now();
  const auto page = page_of(device->changes({}, 1));
  EXPECT_TRUE(page.items.empty());
  EXPECT_EQ(page.next, wire::cursor{});
  EXPECT_GE(steady_clock::now() - begun, std::chrono::milliseconds(900));
}

TEST_P(server_sync, a_long_poll_of_a_revoked_device_gets_nothing) {
  auto one = world.device("a@example.org");
  auto two = world.device("a@example.org");
  auto waiting = std::async(std::launch::async, [&two] { return two->changes({}, 60); });
  ASSERT_TRUE(someone_waits());
  const auto row = world.row(*two);
  world.node->database().write([&](store::people::writes people) {
    people.revoke_device(row.key, world.clock.now(), false);
  });
  ASSERT_EQ(code_of(one->push({one->version(testing::a_patient())})), "ok");
  EXPECT_EQ(code_of(waiting.get()), "device_revoked");
}

TEST_P(server_sync, stopping_answers_long_polls_and_ends) {
  auto device = world.device("a@example.org");
  auto waiting = std::async(std::launch::async, [&device] { return device->changes({}, 60); });
  ASSERT_TRUE(someone_waits());
  const auto begun = steady_clock::now();
  world.node->request_stop();
  EXPECT_NE(world.metrics().find("\nautocusto_ready 0\n"), std::string::npos);
  EXPECT_EQ(code_of(waiting.get()), "ok");
  world.stop();
  EXPECT_LT(steady_clock::now() - begun, std::chrono::seconds(8));
}

TEST_P(server_sync, tells_how_long_the_oldest_unsent_edit_of_a_device_has_waited) {
  auto one = world.device("a@example.org");
  auto two = world.device("b@example.org");
  const auto name = [](const wire_device& of) {
    return "autocusto_device_unsent_seconds{device=\"" + of.who.device.text() + "\"}";
  };
  EXPECT_EQ(code_of(one->get("/v1/changes?unsent=86400")), "ok");
  EXPECT_EQ(code_of(two->get("/v1/changes")), "ok");
  EXPECT_EQ(metric(world.metrics(), name(*one)), 86400);
  EXPECT_EQ(metric(world.metrics(), name(*two)), -1);
  EXPECT_EQ(code_of(one->get("/v1/changes")), "ok");
  EXPECT_EQ(metric(world.metrics(), name(*one)), -1) << "nothing waits any more";
  for (const char* wrong : {"-1", "x", "3162240001", ""}) {
    const auto answer = one->get(std::string("/v1/changes?unsent=") + wrong);
    EXPECT_EQ(code_of(answer), "bad_request") << wrong;
    EXPECT_NE(answer.body.find("unsent must be a number from 0 to 3162240000"), std::string::npos);
  }
}

TEST_P(server_sync, a_clicked_link_shows_what_to_do_with_it) {
  auto device = world.device("a@example.org");
  device->token.clear();
  const auto page = device->get("/enroll");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  // The programs' own client leaves a page's body unread.
  const auto text = api::enroll_page().body;
  EXPECT_NE(text.find("lang=\"pt-BR\""), std::string::npos);
  EXPECT_NE(text.find("Copie o link inteiro"), std::string::npos);
  EXPECT_EQ(text.find("<script"), std::string::npos);
  const auto policy = http::find_header(page.headers, "content-security-policy");
  ASSERT_TRUE(policy);
  EXPECT_TRUE(policy->starts_with("default-src 'none'; style-src 'unsafe-inline'"));
  EXPECT_EQ(http::find_header(page.headers, "cache-control"), "no-store");
  EXPECT_EQ(http::find_header(page.headers, "referrer-policy"), "no-referrer");
}

TEST_P(server_sync, every_header_of_an_answer_stands_there_once) {
  auto device = world.device("a@example.org");
  const auto expect_once = [&](const std::string& path) {
    const auto answer = device->get(path);
    std::set<std::string> names;
    for (const auto& [name, value] : answer.headers) {
      std::string lower(name);
      std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
      });
      EXPECT_TRUE(names.insert(lower).second) << name << " of " << path;
    }
    EXPECT_EQ(http::find_header(answer.headers, "cache-control"), "no-store") << path;
    EXPECT_EQ(http::find_header(answer.headers, "x-content-type-options"), "nosniff") << path;
  };
  const std::string changes = "/v1/changes?cursor=0." + std::string(64, '0');
  for (const auto& path : {std::string("/enroll"), changes, std::string("/v1/nowhere"),
                           std::string("/v1/changes?cursor=x")}) {
    expect_once(path);
  }
  for (const char* token : {"", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    device->token = token;
    expect_once(changes);
  }
}

TEST_P(server_sync, health_readiness_and_metrics_tell_what_happens) {
  auto device = world.device("a@example.org");
  EXPECT_EQ(device->get("/healthz").status, 200);
  EXPECT_EQ(device->get("/readyz").body, R"({"ready":true})");
  const auto root = device->version(testing::a_patient());
  ASSERT_EQ(code_of(device->push({root})), "ok");
  auto bad = testing::a_patient().salt(2).after({&root});
  bad.header().generation = 9;
  ASSERT_EQ(code_of(device->push({device->version(bad)})), "ok");
  ASSERT_EQ(code_of(device->changes({})), "ok");
  const std::string text = world.metrics();
  EXPECT_EQ(metric(text, "autocusto_ready"), 1);
  EXPECT_EQ(metric(text, "autocusto_pushes_total{result=\"receipt\"}"), 2);
  EXPECT_EQ(metric(text, "autocusto_versions_pushed_total{result=\"accepted\"}"), 1);
  EXPECT_EQ(metric(text, "autocusto_versions_pushed_total{result=\"refused\"}"), 1);
  EXPECT_NE(text.find("autocusto_versions_refused_total{code="), std::string::npos);
  EXPECT_EQ(metric(text, "autocusto_versions"), 1);
  EXPECT_EQ(metric(text, "autocusto_conflicts_open"), 0);
  EXPECT_EQ(metric(text, "autocusto_pulls_total"), 1);
  EXPECT_EQ(metric(text, "autocusto_sessions_total{scope=\"full\"}"), 1);
  EXPECT_NE(text.find(R"(autocusto_http_request_seconds_bucket{method="POST",route="/v1/push")"),
            std::string::npos);
  EXPECT_GT(metric(text, "autocusto_database_transactions_total"), 0);
}

TEST_P(server_sync, a_change_of_another_users_feed_wakes_nobody_else) {
  auto one = world.device("a@example.org");
  auto two = world.device("b@example.org");
  auto waiting = std::async(std::launch::async, [&two] { return two->changes({}, 2); });
  ASSERT_TRUE(someone_waits());
  ASSERT_EQ(code_of(one->push({one->version(testing::a_patient())})), "ok");
  EXPECT_TRUE(page_of(waiting.get()).items.empty());
  EXPECT_EQ(metric(world.metrics(), "autocusto_feed_delivery_seconds_count"), 0);
}

TEST_P(server_sync, housekeeping_renews_the_certificate_of_a_running_server) {
  const auto before = auth::load_keys(world.folder()).value();
  world.node->housekeeping();
  EXPECT_EQ(auth::load_keys(world.folder())->leaf.certificate, before.leaf.certificate);
  world.clock.advance(200LL * 24 * k_hour);
  world.node->housekeeping();
  const auto after = auth::load_keys(world.folder()).value();
  EXPECT_NE(after.leaf.certificate, before.leaf.certificate);
  EXPECT_EQ(after.ca->certificate, before.ca->certificate);
  http::client_options options;
  options.host = "localhost";
  options.port = world.node->address().port;
  options.ca_pin = http::spki_sha256(before.ca->certificate).value();
  http::client_request request;
  request.path_with_query = "/readyz";
  EXPECT_EQ(http::client(options).send(request).error().code, errc::untrusted_server)
      << "by the real time of day the new certificate has not begun yet";
  options.trust_time = world.clock.now();
  EXPECT_EQ(http::client(options).send(request)->status, 200);
  world.stop();
  EXPECT_NE(world.log.str().find(R"("renewed":true)"), std::string::npos) << world.log.str();
}

TEST_P(server_sync, housekeeping_forgets_sessions_that_have_ended) {
  auto device = world.device("a@example.org");
  const auto hash = crypto::sha256(device->token);
  const auto known = [&] {
    bool there = false;
    world.node->database().read([&](store::credentials::reads credentials) {
      there = credentials.session(hash.raw()).has_value();
    });
    return there;
  };
  world.node->housekeeping();
  EXPECT_TRUE(known());
  world.clock.advance(2 * k_hour);
  world.node->housekeeping();
  EXPECT_FALSE(known());
}

INSTANTIATE_TEST_SUITE_P(both, server_sync, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

TEST(server_processes, a_push_through_one_wakes_a_long_poll_of_another) {
  server_world first(engine::postgres);
  first.start();
  temporary_folder folder;
  run_options passphrase;
  passphrase.env["AUTOCUSTO_PASSPHRASE"] = "a long enough passphrase with girassol";
  const auto exported =
      server_command({"keys", "export", folder / "keys", "--data", first.folder()}, passphrase);
  ASSERT_EQ(exported.exit, 0) << exported.err;
  const auto joined = server_command(
      {"init", "--data", folder / "second", "--database", first.database_url(), "--name",
       "localhost:1", "--listen", "127.0.0.1:0", "--join", folder / "keys", "--json"},
      passphrase);
  ASSERT_EQ(joined.exit, 0) << joined.out << joined.err;
  app::node_options options;
  options.folder = folder / "second";
  options.log = &first.log;
  std::ostringstream log;
  options.log = &log;
  const auto second = app::node::start(options).value();

  auto one = first.device("a@example.org");
  auto two = first.device("a@example.org");
  wire_device there(first.admin_link, second->address().port);
  there.key = two->key.clone();
  there.who = two->who;
  ASSERT_EQ(code_of(there.open_session()), "ok");
  auto waiting = std::async(std::launch::async, [&there] { return there.changes({}, 60); });
  auto poller = std::async(std::launch::async, [&two] { return two->changes({}, 60); });
  ASSERT_TRUE(eventually([&] { return metric(first.metrics(), "autocusto_long_polls") == 1; }));
  const auto pushed = steady_clock::now();
  ASSERT_EQ(code_of(one->push({one->version(testing::a_patient())})), "ok");
  EXPECT_EQ(page_of(waiting.get()).items.size(), 1U);
  EXPECT_EQ(page_of(poller.get()).items.size(), 1U);
  EXPECT_LT(steady_clock::now() - pushed, std::chrono::seconds(3));
}

}  // namespace
}  // namespace autocusto::test
