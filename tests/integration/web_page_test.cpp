// The page's server over real sockets: what it answers, and when it locks. Who gets in stands in
// web_doors_test.cpp.
#include <chrono>
#include <optional>

#include "shared/sqlite/database.hpp"
#include "shared/wire/messages.hpp"
#include "tests/integration/web_page_fixture.hpp"

namespace autocusto::web {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST_F(page_test, refuses_a_weak_passphrase_at_the_first_unlock_and_offers_words) {
  open_page();
  wire::enrollment_link link;
  link.host = "localhost";
  link.port = 1;  // nobody is there
  link.code = "Zm9v";
  link.pin = link.key_pin = std::string(32, 'p');
  const auto enroll = [&](std::string_view passphrase) {
    return post(
        "/api/enroll",
        {{"link", wire::encode(link)}, {"device_name", "teste"}, {"passphrase", passphrase}});
  };
  for (const char* weak : {"", "curta", "12345678", "maria2020"}) {
    const auto refused = enroll(weak);
    EXPECT_EQ(refused.status, 400) << weak;
    EXPECT_THAT(refused.body, HasSubstr("passphrase")) << weak;
    EXPECT_FALSE(replica::replica_store::exists(home())) << weak;
    EXPECT_EQ(state(), "not_enrolled") << weak;
  }
  EXPECT_THAT(enroll("maria2020").body, HasSubstr("words that do not belong together"));
  EXPECT_THAT(enroll("outra senha com tatu e farol").body, HasSubstr("unreachable"))
      << "a good one goes on to the server";
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
  const auto first = json::parse(get("/api/events").body);
  EXPECT_EQ(first.at("state").at("state"), "open");
  const auto seen = std::to_string(first.at("event").get<std::uint64_t>());
  raw_peer waiting(port, false);
  waiting.send("GET /api/events?seen=" + seen + " HTTP/1.1\r\nHost: 127.0.0.1:" +
               std::to_string(port) + "\r\nAuthorization: Bearer " + secret + "\r\n\r\n");
  ASSERT_EQ(save_patient(k_good, {{"new", true}}).status, 200);
  const auto told = waiting.read_reply();
  ASSERT_TRUE(told);
  EXPECT_EQ(json::parse(told->body).at("state").at("pending"), 1);
  EXPECT_THAT(told->body, ::testing::Not(HasSubstr("Silva")));
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  EXPECT_EQ(json::parse(get("/api/events").body).at("state").at("state"), "locked");
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
  ASSERT_TRUE((*other)->edit().save(edit));
  EXPECT_TRUE(eventually([&] {
    return json::parse(post("/api/search", {{"term", "silva"}}).body).at("count") == 1;
  }));
}

TEST_F(page_test, changes_the_passphrase) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(
      post("/api/passphrase", {{"old", "errada"}, {"new", "outra senha com tatu e farol"}}).status,
      400);
  EXPECT_EQ(post("/api/passphrase", {{"old", test::k_passphrase}, {"new", "curta"}}).status, 400);
  EXPECT_EQ(post("/api/passphrase",
                 {{"old", test::k_passphrase}, {"new", "outra senha com tatu e farol"}})
                .status,
            200);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  EXPECT_EQ(unlock().status, 400);
  EXPECT_EQ(unlock("outra senha com tatu e farol").status, 200);
}

TEST_F(page_test, tells_of_a_wrong_clock) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  auto told = json::parse(get("/api/status").body);
  EXPECT_EQ(told.at("damaged"), 0);
  EXPECT_EQ(told.at("clock_ahead_seconds"), nullptr);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  {
    const auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock))
            .value();
    ASSERT_TRUE(other->identity().set_setting("clock_ahead", "-900"));
  }
  ASSERT_EQ(unlock().status, 200);
  told = json::parse(get("/api/status").body);
  EXPECT_EQ(told.at("clock_ahead_seconds"), -900);
}

TEST_F(page_test, tells_how_many_records_are_damaged) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  ASSERT_EQ(save_patient(k_good, {{"new", true}}).status, 200);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  sqlite::database(home() + "/replica.sqlite", {.mode = sqlite::open_mode::read_write})
      .execute("UPDATE holding SET state = x'00';");
  ASSERT_EQ(unlock().status, 200);
  const auto answer = get("/api/status");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto told = json::parse(answer.body);
  EXPECT_EQ(told.at("damaged"), 1);
  EXPECT_EQ(told.at("records"), 0);
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

TEST_F(page_test, forgets_the_texts_of_earlier_programs) {
  make_replica();
  {
    auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE((*other)->identity().set_setting("page_unsaved", R"({"key":"11144477735"})"));
  }
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(json::parse(get("/api/unsaved").body).at("edits"), json::array());
  auto other =
      replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
  EXPECT_FALSE((*other)->identity().setting("page_unsaved"));
}

TEST_F(page_test, speaks_the_language_that_is_asked_for) {
  make_replica();
  open_page();
  EXPECT_THAT(get("/api/recent").body, HasSubstr("pt: "));
  EXPECT_THAT(get("/api/recent", "Accept-Language: en\r\n").body, HasSubstr("en: "));
}

}  // namespace
}  // namespace autocusto::web
