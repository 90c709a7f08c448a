// Somebody between a laptop and its server, with a certificate that TLS takes and another TLS key:
// what it is told, for both kinds of pin.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/transport/remote.hpp"
#include "server/auth/keys.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/http/server.hpp"
#include "shared/http/x509.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/sign.hpp"
#include "tests/integration/server_world.hpp"
#include "tests/support/sync_laptop.hpp"

namespace autocusto::test {
namespace {

/// A TLS server that hands everything on to another one and keeps what it saw.
class relay {
 public:
  using tamper = std::function<void(const http::request&, http::response&)>;

  relay(http::certificate_pair leaf, const wire::enrollment_link& link, std::uint16_t behind)
      : link_(link), behind_(behind) {
    http::server_options options;
    options.certificate_chain = leaf.certificate;
    options.private_key = leaf.private_key;
    std::vector<http::endpoint> all;
    for (const auto* path :
         {"/v1/enroll", "/v1/session", "/v1/push", "/v1/known", "/v1/surrender"}) {
      all.push_back(line("POST", path));
    }
    all.push_back(line("GET", "/v1/changes"));
    all.push_back(line("GET", "/v1/admin/users"));
    server_ = http::server::start(std::move(options), std::move(all)).value();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  void show(const http::certificate_pair& leaf) {
    server_->set_certificate(leaf.certificate, leaf.private_key).value();
  }

  tamper change;

  /// Whether anything that came through holds this text.
  [[nodiscard]] bool saw(std::string_view text) const {
    const std::lock_guard lock(mutex_);
    return seen_.find(text) != std::string::npos;
  }
  [[nodiscard]] int requests(std::string_view path) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(std::string(path));
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  http::endpoint line(const char* method, const char* path) {
    http::endpoint to;
    to.method = method;
    to.path = path;
    to.body_limit = std::size_t{32} * 1024 * 1024;
    to.handler = http::blocking_handler([this](const http::request& asked) { return pass(asked); });
    return to;
  }

  http::response pass(const http::request& asked) {
    http::client_request on;
    on.method = asked.method;
    on.path_with_query = asked.target_path;
    if (asked.target_path == "/v1/changes") {
      on.path_with_query += "?cursor=0." + std::string(64, '0');
    }
    on.body = asked.body;
    {
      const std::lock_guard lock(mutex_);
      ++counts_[asked.target_path];
      seen_ += asked.body;
      for (const auto& [name, value] : asked.headers) seen_ += name + ": " + value + "\n";
    }
    for (const auto* name : {"authorization", "content-type"}) {
      if (const auto value = http::find_header(asked.headers, name)) {
        on.headers.push_back({name, std::string(*value)});
      }
    }
    http::client_options options;
    options.host = link_.host;
    options.port = behind_;
    options.ca_pin = hash256::from_raw(link_.pin);
    auto answer = http::client(options).send(on).value();
    http::response back;
    back.status = answer.status;
    back.body = answer.body;
    back.content_type = answer.content_type;
    if (const auto head = http::find_header(answer.headers, wire::k_audit_head_header)) {
      back.headers.push_back({std::string(wire::k_audit_head_header), std::string(*head)});
    }
    back.close = true;  // so that the next request makes a connection of its own
    if (change) change(asked, back);
    return back;
  }

  const wire::enrollment_link link_;
  const std::uint16_t behind_;
  mutable std::mutex mutex_;
  std::string seen_;
  std::map<std::string, int> counts_;
  std::unique_ptr<http::server> server_;
};

enum class pin_kind { ca, key };

class in_between : public ::testing::TestWithParam<pin_kind> {
 protected:
  void SetUp() override {
    world.start();
    keys = std::make_unique<auth::server_keys>(auth::load_keys(world.folder()).value());
    roots_ = folder / "roots.pem";
    std::ofstream(roots_) << keys->ca->certificate;
    // With `key:` TLS goes by the system's roots: those of this file.
    ::setenv("SSL_CERT_FILE", roots_.c_str(), 1);
  }
  void TearDown() override { ::unsetenv("SSL_CERT_FILE"); }

  /// Taken by TLS, and not the server's.
  http::certificate_pair false_leaf() {
    return http::issue_leaf(*keys->ca, {"localhost"}, 10, world.clock.now() - 60 * k_minute)
        .value();
  }
  wire::enrollment_link invite(std::uint16_t port) {
    auto link = wire::decode_enrollment_link(world.invite("ana@example.org")).value();
    link.port = port;
    if (GetParam() == pin_kind::key) {
      link.pin_is_ca = false;
      link.pin = std::exchange(link.key_pin, {});
    }
    return link;
  }
  std::unique_ptr<relay> between(const http::certificate_pair& leaf) {
    const auto real = wire::decode_enrollment_link(world.admin_link).value();
    return std::make_unique<relay>(leaf, real, port());
  }
  [[nodiscard]] std::uint16_t port() const { return world.node->address().port; }
  transport::enrollment enrolled() {
    return transport::enroll(invite(port()), {"laptop", &key}).value();
  }
  static void expect_refused(const auto& answer) {
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().what.code, errc::untrusted_server) << answer.error().what.message;
  }

  server_world world{engine::sqlite};
  temporary_folder folder;
  std::unique_ptr<auth::server_keys> keys;
  crypto::signing_key key = crypto::signing_key::generate(crypto::system_random());

 private:
  std::string roots_;
};

TEST_P(in_between, gets_no_code) {
  const auto thief = between(false_leaf());
  auto link = invite(thief->port());
  const auto refused = transport::enroll(link, {"laptop", &key});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::untrusted_server);
  EXPECT_NE(refused.error().message.find("stands between"), std::string::npos);
  EXPECT_EQ(thief->requests("/v1/enroll"), 1) << "a nonce and nothing else";
  EXPECT_FALSE(thief->saw(link.code));
  EXPECT_FALSE(thief->saw(key.public_half().text()));
  link.port = port();
  EXPECT_TRUE(transport::enroll(link, {"laptop", &key})) << "the code is good";
}

TEST_P(in_between, gets_no_code_with_a_key_of_its_own) {
  if (GetParam() != pin_kind::ca) return;
  const auto leaf = false_leaf();
  const auto mine = crypto::signing_key::generate(crypto::system_random());
  const auto thief = between(leaf);
  // All that a link without the server's key would have to go by.
  thief->change = [&](const http::request& asked, http::response& back) {
    const auto wanted = wire::decode_greeting_request(asked.body);
    if (!wanted) return;
    auto answer = wire::decode_greeting_answer(back.body).value();
    auto trust = wire::decode_trust(answer.trust_object.object).value();
    trust.keys = {std::string(mine.public_half().raw())};
    answer.trust_object = wire::sign_canonical(mine, "trust", wire::encode_object(trust));
    wire::greeting said{trust.server, wanted->nonce, answer.challenge,
                        std::string(http::spki_sha256(leaf.certificate).value().raw())};
    answer.signed_by_server = wire::sign_canonical(mine, "greeting", wire::encode_object(said));
    back.body = wire::encode(answer);
  };
  auto link = invite(thief->port());
  const auto refused = transport::enroll(link, {"laptop", &key});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::untrusted_server) << refused.error().message;
  EXPECT_NE(refused.error().message.find("by the key of the link"), std::string::npos);
  EXPECT_FALSE(thief->saw(link.code));
  link.key_pin.clear();
  EXPECT_EQ(transport::enroll(link, {"laptop", &key}).error().code, errc::usage)
      << "a link that was cut off";
  EXPECT_FALSE(thief->saw(link.code));
}

TEST_P(in_between, gets_no_device_of_a_folder) {
  auto who = enrolled();
  const auto next = crypto::signing_key::generate(crypto::system_random());
  transport::new_device wanted{"copy", &next};
  wanted.replaces = transport::new_device::replaced{who.server, who.device, &key};
  const auto thief = between(false_leaf());
  who.address.port = thief->port();
  const auto refused = transport::enroll_again(who.address, wanted);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::untrusted_server);
  EXPECT_FALSE(thief->saw(who.device.text()));
  who.address.port = port();
  EXPECT_TRUE(transport::enroll_again(who.address, wanted));
}

TEST_P(in_between, gets_neither_a_signature_nor_a_token) {
  auto who = enrolled();
  const auto thief = between(false_leaf());
  who.address.port = thief->port();
  transport::remote server(who.address);
  const auto refused = server.sign_in(who.device, key, std::nullopt);
  expect_refused(refused);
  EXPECT_NE(refused.error().what.message.find("stands between"), std::string::npos);
  EXPECT_EQ(thief->requests("/v1/session"), 1) << "the first step alone";
  EXPECT_FALSE(thief->saw("signature"));
  EXPECT_FALSE(server.has_session());
}

TEST_P(in_between, that_takes_small_requests_alone_is_asked_in_parts) {
  auto who = enrolled();
  const auto line = between(keys->leaf);
  std::size_t limit = 20'000;
  line->change = [&limit](const http::request& asked, http::response& back) {
    if (asked.target_path != "/v1/known" || asked.body.size() <= limit) return;
    back.status = 413;
    back.body = "<html>too large";
    back.content_type = "text/html";
  };
  who.address.port = line->port();
  transport::remote server(who.address);
  ASSERT_TRUE(server.sign_in(who.device, key, std::nullopt));
  std::vector<version_id> held;
  for (int i = 0; i < 1000; ++i) {
    held.push_back(*version_id::from_raw(crypto::sha256(std::to_string(i)).raw()));
  }
  const auto told = server.missing(held);
  ASSERT_TRUE(told) << told.error().what.message;
  auto missing = *told;
  std::sort(missing.begin(), missing.end());
  std::sort(held.begin(), held.end());
  EXPECT_EQ(missing, held) << "each of them once";
  EXPECT_EQ(line->requests("/v1/known"), 2 + 4) << "1,000 and 500 do not pass, 250 do";
  limit = 100;
  const auto refused = server.missing(held);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.code, errc::body_too_large);
}

TEST_P(in_between, that_comes_in_later_gets_no_token_and_nothing_else) {
  auto who = enrolled();
  // First the server's own TLS key: whoever has that is the server to TLS.
  const auto thief = between(keys->leaf);
  who.address.port = thief->port();
  transport::remote server(who.address);
  ASSERT_TRUE(server.sign_in(who.device, key, std::nullopt));
  server.sign_in_as(who.device, key, std::nullopt);
  const std::string page = "/v1/changes?cursor=0." + std::string(64, '0');
  ASSERT_TRUE(server.call("GET", page));
  ASSERT_TRUE(thief->saw("authorization: Bearer"));
  // Then another one, on the next connection.
  const auto before = thief->requests("/v1/changes");
  thief->show(false_leaf());
  expect_refused(server.call("GET", page));
  EXPECT_EQ(thief->requests("/v1/changes"), before) << "no request with the token";
  EXPECT_FALSE(server.has_session());
  // A renewed certificate of the server is not taken for that: one more session, and on it goes.
  thief->show(keys->leaf);
  EXPECT_TRUE(server.call("GET", page));
}

TEST_P(in_between, cannot_change_what_a_session_says) {
  const auto says = [](const char* member, const nlohmann::json& value) {
    return [member, value](const http::request& asked, http::response& back) {
      if (asked.target_path != "/v1/session" || back.status != 200) return;
      auto answer = nlohmann::json::parse(back.body);
      if (!answer.contains("token")) return;
      answer[member] = value;
      back.body = answer.dump();
    };
  };
  auto who = enrolled();
  const auto thief = between(keys->leaf);
  who.address.port = thief->port();
  const std::pair<const char*, nlohmann::json> lies[] = {
      {"prev_push", "unknown"},
      {"last_push", "00000006-0000-4000-8000-000000000006"},
      {"scope", "surrender"},
      {"wipe", true},
      {"expires_in", 1},
      {"role", "admin"},
      {"server_time", "2031-11-22T10:00:00.123Z"},
      {"token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
      {"user", "00000002-0000-4000-8000-000000000002"}};
  for (const auto& [member, value] : lies) {
    thief->change = says(member, value);
    transport::remote server(who.address);
    expect_refused(server.sign_in(who.device, key, std::nullopt));
    EXPECT_FALSE(server.has_session()) << member;
    EXPECT_EQ(server.last_learned().server_time, who.address.server_time.value_or(0)) << member;
  }
  thief->change = {};
  transport::remote server(who.address);
  EXPECT_TRUE(server.sign_in(who.device, key, std::nullopt)) << "unchanged it passes";
}

TEST_P(in_between, shows_an_administrator_no_head_of_its_own) {
  auto link = wire::decode_enrollment_link(world.admin_link).value();
  link.port = port();
  auto who = transport::enroll(link, {"desk", &key}).value();
  // The server's own TLS key: all but what the server signs can be changed.
  const auto thief = between(keys->leaf);
  who.address.port = thief->port();
  const auto ask = [&](const relay::tamper& change) {
    thief->change = [change](const http::request& asked, http::response& back) {
      if (asked.target_path == "/v1/admin/users") change(asked, back);
    };
    transport::remote server(who.address);
    server.sign_in_as(who.device, key, std::nullopt);
    auto answer = server.call("GET", "/v1/admin/users");
    EXPECT_EQ(server.last_audit_head().has_value(), answer.has_value());
    return answer;
  };
  ASSERT_TRUE(ask([](const auto&, auto&) {})) << "unchanged it passes";
  const auto forged = crypto::signing_key::generate(crypto::system_random());
  expect_refused(ask([&forged](const auto&, http::response& back) {
    auto& value = back.headers.at(0).value;
    auto sent = wire::decode_signed(from_base64url(value).value()).value();
    sent.signature = crypto::sign(forged, crypto::purpose_message("audit", sent.object)).raw();
    value = to_base64url(wire::encode(sent));
  }));
  expect_refused(ask([](const auto&, http::response& back) {
    auto& value = back.headers.at(0).value;
    auto sent = wire::decode_signed(from_base64url(value).value()).value();
    auto head = wire::decode_audit_head(sent.object).value();
    --head.seq;
    sent.object = wire::encode_object(head);
    value = to_base64url(wire::encode(sent));
  }));
}

TEST_P(in_between, starts_no_recovery) {
  // A laptop with work that the server has, and a relay that says that it has none of it.
  sync_laptop mine(folder / "home", wire::encode(invite(port())), port());
  mine.save(nth_cpf(1), "Ana");
  expect_ok(mine.sync());
  mine.save(nth_cpf(2), "Bia");
  const auto thief = between(false_leaf());
  thief->change = [](const http::request& asked, http::response& back) {
    if (back.status != 200) return;
    auto answer = nlohmann::json::parse(back.body);
    if (asked.target_path == "/v1/session" && answer.contains("prev_push")) {
      answer["prev_push"] = "unknown";
      back.body = answer.dump();
    }
    if (asked.target_path == "/v1/known") {
      back.body = R"({"missing":)" + nlohmann::json::parse(asked.body)["versions"].dump() + "}";
    }
  };
  auto address = autocusto::engine::address_of(mine.replica->identity()).value();
  address.port = thief->port();
  transport::remote server(address);
  auto port = mine.replica->sync();
  autocusto::engine::sync_runner runner(port, server, crypto::system_random());
  const auto run = runner.run({});
  ASSERT_TRUE(run.how.why);
  EXPECT_EQ(run.how.why->code, errc::untrusted_server);
  EXPECT_EQ(thief->requests("/v1/known") + thief->requests("/v1/push"), 0);
  EXPECT_FALSE(thief->saw("header"));
  EXPECT_EQ(mine.replica->read().status().pending, 1U);
  expect_ok(mine.sync());
}

TEST_P(in_between, a_server_of_before_is_refused_not_believed) {
  auto who = enrolled();
  const auto old = between(keys->leaf);
  old->change = [](const http::request& asked, http::response& back) {
    auto answer = nlohmann::json::parse(back.body);
    if (asked.target_path == "/v1/enroll" && answer.contains("signed")) {
      const auto problem =
          http::problem_response(fail(errc::malformed, "The member code is missing.", "code"), "1");
      back.status = problem.status;
      back.body = problem.body;
      back.content_type = problem.content_type;
      return;
    }
    if (answer.erase("signed") > 0) back.body = answer.dump();
  };
  const auto other = crypto::signing_key::generate(crypto::system_random());
  const auto link = invite(old->port());
  const auto refused = transport::enroll(link, {"laptop", &other});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::untrusted_server);
  EXPECT_NE(refused.error().message.find("update the server"), std::string::npos);
  EXPECT_FALSE(old->saw(link.code));

  who.address.port = old->port();
  const auto session = transport::remote(who.address).sign_in(who.device, key, std::nullopt);
  expect_refused(session);
  EXPECT_NE(session.error().what.message.find("update the server"), std::string::npos);
  EXPECT_FALSE(old->saw("signature"));
}

INSTANTIATE_TEST_SUITE_P(pins, in_between, ::testing::Values(pin_kind::ca, pin_kind::key),
                         [](const auto& each) {
                           return each.param == pin_kind::ca ? "ca" : "key";
                         });

}  // namespace
}  // namespace autocusto::test
