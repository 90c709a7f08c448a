// Who gets into the page, what it is worth to have only a part of the keys, and who may end or
// erase something.
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/integration/web_page_fixture.hpp"

namespace autocusto::web {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::array<const char*, 5> k_patient_paths = {"/api/recent", "/api/status", "/api/conflicts",
                                                    "/api/refused", "/api/unsaved"};

class web_doors : public page_test {
 protected:
  /// A request as any other program or page of this machine could send it.
  [[nodiscard]] reply stranger(const std::string& method, const std::string& path,
                               const std::string& headers, const std::string& body = "{}") const {
    raw_peer peer(port, false);
    std::string head = method + " " + path +
                       " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\n" + headers;
    if (method == "POST") {
      head += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body;
    } else {
      head += "\r\n";
    }
    peer.send(head);
    return peer.read_reply().value();
  }
  [[nodiscard]] std::string wipe_word() const { return page->ticket().wipe_word; }
};

TEST_F(web_doors, nothing_is_shown_without_secret_and_passphrase) {
  make_replica();
  open_page();
  for (const auto* path : k_patient_paths) {
    EXPECT_EQ(get(path).status, 401) << path;
    EXPECT_THAT(get(path).body, HasSubstr("session_expired")) << path;
  }
  ASSERT_EQ(unlock().status, 200);
  for (const auto* path : k_patient_paths) EXPECT_EQ(get(path).status, 200) << path;
  for (const std::string& wrong :
       {std::string("x"), std::string(43, 'A'), secret + "A", secret.substr(1)}) {
    const auto good = std::exchange(secret, wrong);
    for (const auto* path : k_patient_paths) {
      EXPECT_THAT(get(path).body, HasSubstr("unauthorized")) << path;
    }
    secret = good;
  }
}

// Cookies are kept by host, not by port: whatever another user's server on this machine could make
// the browser hand over must be worth nothing, and the page must give the browser nothing of the
// kind.
TEST_F(web_doors, what_a_browser_sends_by_itself_opens_nothing) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  const auto token = page->ticket().link.substr(page->ticket().link.find('=') + 1);
  for (const auto& answer :
       {get("/"), post("/api/start", {{"token", token}}), get("/api/session"), get("/api/recent"),
        get("/api/events"), post("/api/unlock", {{"passphrase", test::k_passphrase}})}) {
    EXPECT_EQ(answer.header("Set-Cookie"), "");
  }
  for (const std::string& ambient :
       {std::string(), "Cookie: autocusto_" + std::to_string(port) + "=" + secret + "\r\n",
        "Cookie: session=" + secret + "; Bearer=" + secret + "\r\n",
        "Authorization: Basic " + secret + "\r\n", "X-AutoCusto: " + secret + "\r\n"}) {
    for (const auto* path : k_patient_paths) {
      EXPECT_EQ(stranger("GET", path, ambient).status, 401) << ambient;
    }
    for (const auto* path : {"/api/session", "/api/state", "/api/events", "/api/kinds"}) {
      const auto answer = stranger("GET", path, ambient);
      EXPECT_EQ(answer.status, 401) << path << " " << ambient;
      EXPECT_THAT(answer.body, Not(HasSubstr("csrf")));
    }
    for (const auto* path : {"/api/record/save", "/api/search", "/api/lock", "/api/quit",
                             "/api/wipe", "/api/unlock", "/api/tab", "/api/enroll"}) {
      EXPECT_EQ(stranger("POST", path, ambient, R"({"sure":true})").status, 401)
          << path << " " << ambient;
    }
  }
  EXPECT_EQ(stranger("POST", "/api/link", {}, R"({"secret":"x"})").status, 404)
      << "nothing on the port gives links away";
  EXPECT_EQ(state(), "open");
}

TEST_F(web_doors, forged_hosts_and_origins_are_refused) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(post("/api/search", {{"term", ""}}, "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(post("/api/search", {{"term", ""}}, "Sec-Fetch-Site: cross-site\r\n").status, 403);
  for (const std::string& host :
       {std::string("evil.example"), "localhost:" + std::to_string(port)}) {
    for (const char* path : {"/api/recent", "/api/events"}) {
      raw_peer peer(port, false);
      peer.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: " + host +
                "\r\nAuthorization: Bearer " + secret + "\r\n\r\n");
      EXPECT_EQ(peer.read_reply()->status, 403) << host << path;
    }
  }
}

TEST_F(web_doors, answers_keep_browsers_tight) {
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

TEST_F(web_doors, wrong_passphrases_are_slowed_down) {
  make_replica();
  open_page();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(unlock("errada").body, HasSubstr("wrong_passphrase"));
  const auto refused = unlock();
  EXPECT_EQ(refused.status, 503) << "even the right one has to wait";
  EXPECT_EQ(json::parse(refused.body).at("limit"), 1);
  EXPECT_TRUE(eventually([&] { return unlock().status == 200; }));
}

TEST_F(web_doors, a_further_start_link_needs_the_passphrase_too) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  enter(page->ticket().link);
  EXPECT_EQ(state(), "locked");
  EXPECT_EQ(get("/api/recent").status, 401);
  EXPECT_THAT(unlock("errada").body, HasSubstr("wrong_passphrase"));
  EXPECT_EQ(unlock().status, 200);
  EXPECT_EQ(get("/api/recent").status, 200);
}

TEST_F(web_doors, an_open_tab_opens_another_one_and_a_locked_one_does_not) {
  make_replica();
  open_page();
  EXPECT_EQ(post("/api/tab", json::object()).status, 401);
  ASSERT_EQ(unlock().status, 200);
  const auto first = secret;
  const std::string token = json::parse(post("/api/tab", json::object()).body).at("token");
  const std::string late = json::parse(post("/api/tab", json::object()).body).at("token");
  enter("=" + token);
  EXPECT_NE(secret, first);
  EXPECT_EQ(get("/api/recent").status, 200);
  EXPECT_EQ(post("/api/start", {{"token", token}}).status, 401) << "good once";
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  enter("=" + late);
  EXPECT_EQ(get("/api/recent").status, 401) << "the page was locked meanwhile";
}

TEST_F(web_doors, only_an_open_session_locks_or_ends_the_page) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  const auto doctor = secret;
  enter(page->ticket().link);
  EXPECT_EQ(post("/api/lock", json::object()).status, 401);
  EXPECT_EQ(post("/api/quit", json::object()).status, 401);
  secret = doctor;
  EXPECT_EQ(get("/api/recent").status, 200) << "the doctor works on";
  EXPECT_EQ(post("/api/quit", json::object()).status, 200);
  page->wait();
  EXPECT_FALSE(ask_running_page(home()).value());
  for (const auto* name : {"page.sock", "page.run", "page.html"}) {
    EXPECT_FALSE(std::filesystem::exists(home() + "/" + name)) << name;
  }
}

TEST_F(web_doors, erasing_needs_the_passphrase_even_in_an_open_session) {
  make_replica();
  open_page();
  EXPECT_EQ(post("/api/wipe", {{"sure", false}}).status, 400);
  EXPECT_EQ(post("/api/wipe", {{"sure", true}}).status, 400) << "a link alone erases nothing";
  EXPECT_THAT(post("/api/wipe", {{"sure", true}, {"passphrase", "errada"}}).body,
              HasSubstr("wrong_passphrase"));
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(post("/api/wipe", {{"sure", true}}).status, 400);
  EXPECT_TRUE(replica::replica_store::exists(home()));
  EXPECT_EQ(post("/api/wipe", {{"sure", true}, {"passphrase", test::k_passphrase}}).status, 200);
  EXPECT_EQ(state(), "not_enrolled");
  EXPECT_FALSE(replica::replica_store::exists(home()));
}

TEST_F(web_doors, the_word_of_the_terminal_stands_for_a_forgotten_passphrase) {
  make_replica();
  open_page();
  for (const auto& word : {std::string("bababaxa"), std::string("x"), wipe_word() + "a"}) {
    const auto answer = post("/api/wipe", {{"sure", true}, {"word", word}});
    EXPECT_THAT(answer.body, HasSubstr("wrong_passphrase"));
    EXPECT_EQ(json::parse(answer.body).at("field"), "word");
  }
  EXPECT_EQ(post("/api/wipe", {{"sure", true}, {"word", wipe_word()}}).status, 503)
      << "guesses are slowed down like those at the passphrase";
  EXPECT_TRUE(replica::replica_store::exists(home()));
  EXPECT_TRUE(eventually([&] {
    return post("/api/wipe", {{"sure", true}, {"word", wipe_word()}}).status == 200;
  }));
  EXPECT_FALSE(replica::replica_store::exists(home()));
}

TEST_F(web_doors, the_start_file_is_private_leads_to_the_page_and_goes_when_it_was_used) {
  make_replica();
  open_page();
  const auto ticket = page->ticket();
  EXPECT_EQ(ticket.start_file, home() + "/page.html");
  struct stat about {};
  ASSERT_EQ(::lstat(ticket.start_file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_EQ(about.st_uid, ::geteuid());
  std::ifstream in(ticket.start_file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string before = "content=\"0; url=";
  const auto from = text.find(before) + before.size();
  const auto link = text.substr(from, text.find('"', from) - from);
  EXPECT_THAT(link,
              ::testing::StartsWith("http://127.0.0.1:" + std::to_string(port) + "/#inicio="));
  EXPECT_NE(link, ticket.link) << "each has its own token";
  enter(link);
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(ticket.start_file); }));
  enter(ticket.link);
}

}  // namespace
}  // namespace autocusto::web
