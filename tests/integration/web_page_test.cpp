// The page's server over real sockets, on a replica of its own: who gets in, what it answers, when
// it locks. The sync is left out; the browser tests have it.
#include <chrono>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/web/page_server.hpp"
#include "client/web/running_page.hpp"
#include "shared/crypto/random.hpp"
#include "tests/integration/http_support.hpp"
#include "tests/support/replica_support.hpp"

namespace autocusto::web {
namespace {

using namespace std::chrono_literals;
using http::testing::eventually;
using http::testing::raw_peer;
using http::testing::reply;
using nlohmann::json;
using ::testing::HasSubstr;

const std::string k_cpf = "11144477735";

/// A page on a laptop's folder, and a program that talks to it as a browser does.
class page_test : public ::testing::Test {
 protected:
  void open_page(std::optional<std::chrono::milliseconds> idle = std::nullopt) {
    page_options options;
    options.home = home();
    options.version = "test";
    options.device_name = "teste";
    options.translate = [](const error& e, std::string_view, bool portuguese) {
      return (portuguese ? "pt: " : "en: ") + e.message;
    };
    options.sync = false;
    options.idle = idle;
    page = page_server::start(std::move(options), test::quick_environment(clock)).value();
    port = page->port();
    enter(page->start_link());
  }
  [[nodiscard]] std::string home() const { return folder / "laptop"; }

  void make_replica() {
    auto made =
        replica::replica_store::create(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE(made);
    const auto device = crypto::system_random().make<device_id>();
    ASSERT_TRUE((*made)->enroll(server.identity_for(device), server.tenant_key()));
  }

  void enter(const std::string& link) {
    const auto token = link.substr(link.find('=') + 1);
    const auto began = post("/api/start", {{"token", token}});
    ASSERT_EQ(began.status, 200) << began.body;
    cookie = began.header("Set-Cookie");
    cookie = cookie.substr(0, cookie.find(';'));
    csrf = json::parse(get("/api/session").body).at("csrf");
  }

  reply ask(const std::string& method, const std::string& path, const std::string& body,
            const std::string& more = {}) const {
    raw_peer peer(port, false);
    std::string head = method + " " + path +
                       " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                       "\r\nCookie: " + cookie + "\r\nX-AutoCusto: " + csrf + "\r\n" + more;
    if (method == "POST") {
      head += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n";
    }
    peer.send(head + "\r\n" + body);
    return peer.read_reply().value();
  }
  reply get(const std::string& path, const std::string& more = {}) const {
    return ask("GET", path, {}, more);
  }
  reply post(const std::string& path, const json& body, const std::string& more = {}) const {
    return ask("POST", path, body.dump(), more);
  }
  reply unlock(std::string_view passphrase = test::k_passphrase) const {
    return post("/api/unlock", {{"passphrase", passphrase}});
  }
  reply save_patient(const json& fields, const json& more = json::object()) const {
    json body = {{"kind", "patient"}, {"key", k_cpf}, {"fields", fields}};
    body.update(more);
    return post("/api/record/save", body);
  }
  [[nodiscard]] std::string state() const {
    return json::parse(get("/api/session").body).at("state");
  }

  test::temporary_folder folder;
  test::hand_clock clock;
  test::small_server server;
  std::unique_ptr<page_server> page;
  std::uint16_t port = 0;
  std::string cookie;
  std::string csrf;
};

const json k_good = {
    {"nome_paciente", "João <b>da</b> Silva"}, {"nome_mae", "M"}, {"end_paciente", "R"}};

TEST_F(page_test, shows_nothing_without_cookie_header_and_passphrase) {
  make_replica();
  open_page();
  const char* paths[] = {"/api/recent", "/api/status", "/api/conflicts", "/api/refused"};
  for (const auto* path : paths) {
    EXPECT_EQ(get(path).status, 401) << path;
    EXPECT_THAT(get(path).body, HasSubstr("session_expired")) << path;
  }
  ASSERT_EQ(unlock().status, 200);
  for (const auto* path : paths) EXPECT_EQ(get(path).status, 200) << path;
  const auto good_cookie = std::exchange(cookie, "autocusto=x");
  for (const auto* path : paths) EXPECT_THAT(get(path).body, HasSubstr("unauthorized")) << path;
  cookie = good_cookie;
  csrf = "x";
  for (const auto* path : paths) EXPECT_EQ(get(path).status, 403) << path;
}

TEST_F(page_test, refuses_forged_hosts_and_origins) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(post("/api/search", {{"term", ""}}, "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(post("/api/search", {{"term", ""}}, "Sec-Fetch-Site: cross-site\r\n").status, 403);
  raw_peer peer(port, false);
  peer.send("GET /api/recent HTTP/1.1\r\nHost: evil.example\r\nCookie: " + cookie +
            "\r\nX-AutoCusto: " + csrf + "\r\n\r\n");
  EXPECT_EQ(peer.read_reply()->status, 403);
  raw_peer events(port, false);
  events.send("GET /api/events HTTP/1.1\r\nHost: evil.example\r\nCookie: " + cookie + "\r\n\r\n");
  EXPECT_EQ(events.read_reply()->status, 403);
}

TEST_F(page_test, sends_what_keeps_browsers_tight) {
  make_replica();
  open_page();
  const auto answer = get("/api/session");
  EXPECT_THAT(answer.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.header("X-Frame-Options"), "DENY");
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "");
}

TEST_F(page_test, slows_wrong_passphrases_down) {
  make_replica();
  open_page();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(unlock("errada").body, HasSubstr("wrong_passphrase"));
  const auto refused = unlock();
  EXPECT_EQ(refused.status, 503) << "even the right one has to wait";
  EXPECT_EQ(json::parse(refused.body).at("limit"), 1);
  EXPECT_TRUE(eventually([&] { return unlock().status == 200; }));
}

TEST_F(page_test, saves_shows_and_refuses_with_every_field) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  const auto bad =
      save_patient({{"nome_paciente", ""}, {"peso", "900"}, {"nome_mae", "M"}}, {{"new", true}});
  EXPECT_EQ(bad.status, 422);
  std::vector<std::string> fields;
  const auto told = json::parse(bad.body);
  for (const auto& each : told.at("problems")) fields.push_back(each.at("field"));
  EXPECT_THAT(fields, ::testing::ElementsAre("nome_paciente", "peso", "end_paciente"));
  EXPECT_THAT(bad.body, HasSubstr("pt: "));

  const auto made = json::parse(save_patient(k_good, {{"new", true}}).body);
  EXPECT_TRUE(made.at("created"));
  EXPECT_EQ(json::parse(save_patient(k_good, {{"new", true}}).body).at("code"), "already_exists");
  const auto found = json::parse(post("/api/search", {{"term", "joao"}}).body);
  EXPECT_EQ(found.at("count"), 1);
  EXPECT_EQ(found.at("items")[0].at("name"), "João <b>da</b> Silva");

  const auto changed =
      json::parse(save_patient({{"peso", "71"}}, {{"expect", made.at("version_id")}}).body);
  EXPECT_EQ(changed.at("number"), 2);
  const auto late = save_patient({{"peso", "72"}}, {{"expect", made.at("version_id")}});
  EXPECT_EQ(json::parse(late.body).at("code"), "view_moved");
  const auto shown =
      json::parse(post("/api/record/show", {{"kind", "patient"}, {"key", "111.444.777-35"}}).body);
  EXPECT_EQ(shown.at("fields").at("peso"), "71");
  EXPECT_EQ(shown.at("history").size(), 2U);
  EXPECT_EQ(json::parse(get("/api/recent").body).at("items").size(), 1U);
}

TEST_F(page_test, drafts_are_saved_published_and_discarded) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  const json named = {{"kind", "patient"}, {"key", k_cpf}};
  ASSERT_EQ(save_patient({{"nome_paciente", "X"}}, {{"new", true}, {"draft", true}}).status, 200);
  EXPECT_EQ(post("/api/record/publish", named).status, 422) << "required fields are missing";
  ASSERT_EQ(save_patient(k_good, {{"draft", true}}).status, 200);
  EXPECT_EQ(json::parse(post("/api/record/publish", named).body).at("number"), 3);
  ASSERT_EQ(save_patient({{"rg", "1"}}, {{"draft", true}}).status, 200);
  EXPECT_EQ(post("/api/record/discard-draft", named).status, 200);
  EXPECT_EQ(json::parse(post("/api/record/show", named).body).at("drafts").size(), 0U);
}

TEST_F(page_test, locks_by_itself_but_not_while_somebody_is_there) {
  make_replica();
  open_page(900ms);
  ASSERT_EQ(unlock().status, 200);
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < end) {
    ASSERT_EQ(post("/api/present", json::object()).status, 200);
    // What the page asks by itself keeps nothing open.
    ASSERT_EQ(get("/api/state").status, 200);
  }
  EXPECT_TRUE(eventually(
      [&] { return get("/api/recent", "X-AutoCusto-Background: 1\r\n").status == 401; }));
  EXPECT_EQ(state(), "locked");
}

TEST_F(page_test, events_tell_of_changes_and_of_the_lock) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  const auto first = get("/api/events");
  EXPECT_EQ(first.header("Content-Type"), "text/event-stream");
  EXPECT_THAT(first.body, HasSubstr("\"state\":\"open\""));
  const auto id = first.body.substr(first.body.find("id: ") + 4);
  raw_peer waiting(port, false);
  waiting.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
               "\r\nCookie: " + cookie + "\r\nLast-Event-ID: " + id.substr(0, id.find('\n')) +
               "\r\n\r\n");
  ASSERT_EQ(save_patient(k_good, {{"new", true}}).status, 200);
  const auto told = waiting.read_reply();
  ASSERT_TRUE(told);
  EXPECT_THAT(told->body, HasSubstr("\"pending\":1"));
  EXPECT_THAT(told->body, ::testing::Not(HasSubstr("Silva")));
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  EXPECT_THAT(get("/api/events").body, HasSubstr("\"state\":\"locked\""));
}

TEST_F(page_test, sees_what_other_processes_do) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  auto other =
      replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
  replica::edit edit;
  edit.kind = "patient";
  edit.key = k_cpf;
  for (const auto& [name, value] : k_good.items()) edit.fields[name] = value.get<std::string>();
  ASSERT_TRUE((*other)->save(edit));
  EXPECT_TRUE(eventually([&] {
    return json::parse(post("/api/search", {{"term", "silva"}}).body).at("count") == 1;
  }));
}

TEST_F(page_test, a_second_session_needs_the_passphrase_too) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  const auto link = link_of_running_page(home());
  ASSERT_TRUE(link);
  enter(*link);
  EXPECT_EQ(state(), "locked");
  EXPECT_EQ(get("/api/recent").status, 401);
  EXPECT_THAT(unlock("errada").body, HasSubstr("wrong_passphrase"));
  EXPECT_EQ(unlock().status, 200);
  EXPECT_EQ(get("/api/recent").status, 200);
}

TEST_F(page_test, quits_and_leaves_no_trace_of_itself) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(post("/api/quit", json::object()).status, 200);
  page->wait();
  EXPECT_FALSE(link_of_running_page(home()));
  EXPECT_FALSE(std::filesystem::exists(home() + "/page.run"));
}

TEST_F(page_test, wipes_only_when_told_so) {
  make_replica();
  open_page();
  EXPECT_EQ(post("/api/wipe", {{"sure", false}}).status, 400);
  EXPECT_EQ(state(), "locked");
  EXPECT_EQ(post("/api/wipe", {{"sure", true}}).status, 200);
  EXPECT_EQ(state(), "not_enrolled");
  EXPECT_FALSE(replica::replica_store::exists(home()));
}

TEST_F(page_test, changes_the_passphrase) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(post("/api/passphrase", {{"old", "errada"}, {"new", "outra senha"}}).status, 400);
  EXPECT_EQ(post("/api/passphrase", {{"old", test::k_passphrase}, {"new", "curta"}}).status, 400);
  EXPECT_EQ(post("/api/passphrase", {{"old", test::k_passphrase}, {"new", "outra senha"}}).status,
            200);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  EXPECT_EQ(unlock().status, 400);
  EXPECT_EQ(unlock("outra senha").status, 200);
}

TEST_F(page_test, keeps_the_idle_time_that_was_chosen) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(json::parse(get("/api/status").body).at("idle_minutes"), 10);
  EXPECT_EQ(post("/api/settings", {{"idle_minutes", 0}}).status, 422);
  EXPECT_EQ(post("/api/settings", {{"idle_minutes", 5}}).status, 200);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(json::parse(get("/api/status").body).at("idle_minutes"), 5);
}

TEST_F(page_test, keeps_what_was_typed_through_lock_and_restart) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), nullptr);
  const json typed = {{"kind", "patient"}, {"fields", {{"rg", "12"}}}};
  EXPECT_EQ(post("/api/unsaved", {{"edit", typed}}).status, 200);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  EXPECT_EQ(get("/api/unsaved").status, 401);
  page.reset();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), typed);
  EXPECT_EQ(post("/api/unsaved", json::object()).status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), nullptr);
}

TEST_F(page_test, what_was_typed_ends_with_its_record_and_with_the_access) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  ASSERT_EQ(save_patient(k_good).status, 200);
  ASSERT_EQ(post("/api/record/show", {{"kind", "patient"}, {"key", k_cpf}}).status, 200);
  const json typed = {
      {"kind", "patient"}, {"key", k_cpf}, {"fresh", false}, {"fields", {{"rg", "12"}}}};
  ASSERT_EQ(post("/api/unsaved", {{"edit", typed}}).status, 200);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), typed);
  EXPECT_EQ(json::parse(get("/api/recent").body).at("items").size(), 1U);

  const json elsewhere = {
      {"kind", "patient"}, {"key", "52998224725"}, {"fresh", false}, {"fields", {{"rg", "1"}}}};
  ASSERT_EQ(post("/api/unsaved", {{"edit", elsewhere}}).status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), nullptr) << "no such record here";
  json fresh = elsewhere;
  fresh["fresh"] = true;
  ASSERT_EQ(post("/api/unsaved", {{"edit", fresh}}).status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), fresh) << "it is to be one";

  ASSERT_EQ(post("/api/unsaved", {{"edit", typed}}).status, 200);
  {
    auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE((*other)->close());
  }
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), nullptr);
  EXPECT_EQ(post("/api/unsaved", {{"edit", typed}}).status, 403);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  auto other =
      replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
  ASSERT_TRUE((*other)->erase_everything(true));
  EXPECT_TRUE((*other)->kept_texts("page_unsaved").empty());
  EXPECT_FALSE((*other)->setting("page_unsaved"));
}

TEST_F(page_test, forgets_the_texts_of_earlier_programs) {
  make_replica();
  {
    auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE((*other)->set_setting("page_unsaved", R"({"key":"11144477735"})"));
  }
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edit"), nullptr);
  auto other =
      replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
  EXPECT_FALSE((*other)->setting("page_unsaved"));
}

TEST_F(page_test, speaks_the_language_that_is_asked_for) {
  make_replica();
  open_page();
  EXPECT_THAT(get("/api/recent").body, HasSubstr("pt: "));
  EXPECT_THAT(get("/api/recent", "Accept-Language: en\r\n").body, HasSubstr("en: "));
}

}  // namespace
}  // namespace autocusto::web
