// Rates of pushes for each whom they are counted for: the document of the refusal, and its count.
#include <functional>

#include <nlohmann/json.hpp>

#include "server/app/config.hpp"
#include "tests/integration/server_world.hpp"

namespace autocusto::test {
namespace {

using limit_of = std::int64_t limits::by_scope::*;

struct rate_scope {
  const char* name;
  limit_of limit;
  const char* second;  ///< whose device shares the limit with one of a@example.org
};

const rate_scope k_of_device{"device", &limits::by_scope::device, nullptr};
const rate_scope k_of_user{"user", &limits::by_scope::user, "a@example.org"};
const rate_scope k_of_address{"address", &limits::by_scope::address, "b@example.org"};

class server_rates : public server_test {
 protected:
  void start(const std::function<void(limits::usage_settings&)>& change) {
    auto settings = app::load_config(world.folder()).value();
    settings.limits = limits::no_limits();
    change(settings.limits);
    ASSERT_TRUE(app::save_config(world.folder(), settings));
    world.start();
  }

  double refusals(const std::string& what, const std::string& scope) {
    const auto text = world.metrics();
    const auto line = "\nautocusto_limited_total{what=\"" + what + "\",scope=\"" + scope + "\"} ";
    const auto at = text.find(line);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }

  /// A problem document that says when to come back, twice.
  static void expect_limit(const http::response& answer, const std::string& why) {
    EXPECT_EQ(answer.status, 429) << why;
    EXPECT_EQ(code_of(answer), "too_many_requests") << why;
    EXPECT_EQ(http::find_header(answer.headers, "content-type"), "application/problem+json") << why;
    const auto document = nlohmann::json::parse(answer.body);
    const auto seconds = document.value("retry_after", 0);
    EXPECT_GT(seconds, 0) << why;
    EXPECT_EQ(http::find_header(answer.headers, "retry-after"), std::to_string(seconds)) << why;
  }

  static http::response push_one(wire_device& by, std::size_t salt) {
    return by.push({by.version(testing::a_patient().salt(salt))});
  }
  /// It is refused as a whole.
  static http::response push_nonsense(wire_device& by) { return by.post("/v1/push", "{}"); }

  /// The scope allows two requests in all; each further one is answered with 429.
  void expect_two(const rate_scope& scope, const std::string& what,
                  const std::function<http::response(wire_device&)>& ask) {
    auto one = world.device("a@example.org");
    auto two = scope.second == nullptr ? nullptr : world.device(scope.second);
    EXPECT_NE(ask(*one).status, 429) << what << scope.name;
    EXPECT_NE(ask(two ? *two : *one).status, 429) << what << scope.name;
    expect_limit(ask(*one), what + scope.name);
    if (two) expect_limit(ask(*two), what + scope.name);
    EXPECT_EQ(refusals(what, scope.name), two ? 2 : 1) << what << scope.name;
    if (scope.limit != &limits::by_scope::address) {
      auto other = world.device("c@example.org");
      EXPECT_NE(ask(*other).status, 429) << "others are served";
    }
    world.clock.advance(k_minute);
    ASSERT_EQ(code_of(one->open_session()), "ok");
    EXPECT_NE(ask(*one).status, 429) << what << scope.name;
    world.stop();
  }
};

TEST_P(server_rates, pushes_of_a_minute_for_device_user_and_address) {
  for (const auto& scope : {k_of_device, k_of_user, k_of_address}) {
    start([&](limits::usage_settings& of) { of.pushes_per_minute.*scope.limit = 2; });
    std::size_t salt = 0;
    expect_two(scope, "push", [&](wire_device& by) { return push_one(by, ++salt); });
  }
}

TEST_P(server_rates, refused_pushes_of_a_minute_for_device_user_and_address) {
  for (const auto& scope : {k_of_device, k_of_user, k_of_address}) {
    start([&](limits::usage_settings& of) { of.refused_per_minute.*scope.limit = 2; });
    expect_two(scope, "refused_push", push_nonsense);
  }
}

TEST_P(server_rates, megabytes_of_a_day_for_device_and_user) {
  for (const auto& scope : {k_of_device, k_of_user}) {
    start([&](limits::usage_settings& of) { of.megabytes_per_day.*scope.limit = 1; });
    auto one = world.device("a@example.org");
    auto two = world.device("a@example.org");
    std::vector<domain::version> many;
    for (std::size_t i = 0; i < 900; ++i) {
      many.push_back(
          one->version(testing::a_patient().salt(i).with("rg", std::string(400, 'x').c_str())));
    }
    ASSERT_EQ(code_of(one->push(many)), "ok");
    const bool shared = scope.second != nullptr;
    expect_limit(shared ? push_one(*two, 1) : push_one(*one, 1), scope.name);
    EXPECT_EQ(refusals("megabyte", scope.name), 1);
    if (!shared) {
      EXPECT_NE(push_one(*two, 2).status, 429) << "others are served";
    }
    world.stop();
  }
}

TEST_P(server_rates, requests_of_a_minute_for_device_and_user) {
  for (const auto& scope : {k_of_device, k_of_user}) {
    // A request counts one and a little for its answer.
    start([&](limits::usage_settings& of) { of.request_work_per_minute.*scope.limit = 3; });
    expect_two(scope, "request_work", [](wire_device& by) { return by.changes({}); });
  }
}

TEST_P(server_rates, large_bodies_and_answers_count_more) {
  start([](limits::usage_settings& of) { of.request_work_per_minute.device = 10; });
  auto asks = world.device("a@example.org");
  nlohmann::json known{{"versions", nlohmann::json::array()}};
  for (int i = 0; i < 2'000; ++i) {
    known["versions"].push_back(crypto::system_random().make<version_id>().text());
  }
  ASSERT_EQ(code_of(asks->post("/v1/known", known.dump())), "ok");
  expect_limit(asks->changes({}), "2,000 ids are 130 KiB, over 30 units");

  auto reads = world.device("b@example.org");
  std::vector<domain::version> many{reads->version(testing::a_patient())};
  while (many.size() < 900) {
    many.push_back(reads->version(testing::a_patient().salt(many.size()).after({&many.back()})));
  }
  ASSERT_EQ(code_of(reads->push(many)), "ok") << "pushes have limits of their own";
  const auto everything = [&] {
    return reads->get("/v1/changes?own=1", {{std::string(wire::k_keeps_unknown), "1"}});
  };
  ASSERT_EQ(code_of(everything()), "ok");
  expect_limit(everything(), "the page has over 320 KiB");
}

INSTANTIATE_TEST_SUITE_P(both, server_rates, ::testing::Values(engine::sqlite, engine::postgres),
                         engine_name);

}  // namespace
}  // namespace autocusto::test
