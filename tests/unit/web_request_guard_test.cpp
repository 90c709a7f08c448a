// Who may ask the page's server, the slow-down of wrong passphrases, and the search index.
#include <set>

#include <gtest/gtest.h>

#include "client/web/request_guard.hpp"
#include "client/web/search_index.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::web {
namespace {

constexpr std::int64_t k_now = 1'000'000;

class request_guard_test : public ::testing::Test {
 protected:
  request_guard_test() {
    guard.set_host("127.0.0.1:4711");
    secret = guard.redeem(guard.new_token(k_now), k_now).value();
    session = guard.check(asked(), access::linked)->session;
  }

  /// A request as the page itself sends it.
  [[nodiscard]] http::request asked() const {
    http::request out;
    out.method = "POST";
    out.headers = {{"host", "127.0.0.1:4711"},
                   {"authorization", "Bearer " + secret},
                   {"origin", "http://127.0.0.1:4711"},
                   {"sec-fetch-site", "same-origin"}};
    return out;
  }
  static http::request with(http::request from, const std::string& name, const std::string& value) {
    std::erase_if(from.headers, [&](const http::header& h) { return h.name == name; });
    if (!value.empty()) from.headers.push_back({name, value});
    return from;
  }
  errc refusal(const http::request& what, access needed) const {
    const auto checked = guard.check(what, needed);
    return checked ? errc::internal : checked.error().code;
  }

  request_guard guard{crypto::system_random()};
  std::string secret;
  std::string session;
};

TEST_F(request_guard_test, lets_the_page_in_and_nobody_else) {
  EXPECT_TRUE(guard.check(asked(), access::linked));
  struct forged {
    const char* header;
    std::string value;
    errc code;
  };
  const forged table[] = {
      {"host", "evil.example:4711", errc::forbidden},
      {"host", "127.0.0.1:4712", errc::forbidden},
      {"host", "127.0.0.1", errc::forbidden},
      {"host", "127.0.0.1.evil.example:4711", errc::forbidden},
      {"host", "localhost:4711", errc::forbidden},
      {"host", "[::1]:4711", errc::forbidden},
      {"host", "", errc::forbidden},
      {"origin", "http://evil.example", errc::forbidden},
      {"origin", "null", errc::forbidden},
      {"origin", "https://127.0.0.1:4711", errc::forbidden},
      {"origin", "http://127.0.0.1:9999", errc::forbidden},
      {"origin", "http://localhost:4711", errc::forbidden},
      {"sec-fetch-site", "cross-site", errc::forbidden},
      {"sec-fetch-site", "same-site", errc::forbidden},
      {"authorization", "", errc::unauthorized},
      {"authorization", "Bearer guess", errc::unauthorized},
      {"authorization", "Bearer " + std::string(43, 'A'), errc::unauthorized},
      {"authorization", "Bearer " + secret + "A", errc::unauthorized},
      {"authorization", "Basic " + secret, errc::unauthorized},
      {"authorization", secret, errc::unauthorized},
  };
  for (const auto& each : table) {
    const auto forged_request = with(asked(), each.header, each.value);
    EXPECT_EQ(refusal(forged_request, access::linked), each.code)
        << each.header << ": " << each.value;
  }
}

TEST_F(request_guard_test, a_cookie_is_worth_nothing) {
  const auto bare = with(asked(), "authorization", "");
  for (const auto& cookie : {"autocusto_4711=" + secret, "session=" + secret, secret}) {
    EXPECT_EQ(refusal(with(bare, "cookie", cookie), access::linked), errc::unauthorized);
  }
}

TEST_F(request_guard_test, a_program_without_a_browser_sends_no_origin) {
  auto plain = with(with(asked(), "origin", ""), "sec-fetch-site", "");
  EXPECT_TRUE(guard.check(plain, access::linked));
}

TEST_F(request_guard_test, the_page_itself_needs_the_right_host_only) {
  http::request page;
  page.method = "GET";
  page.headers = {{"host", "127.0.0.1:4711"}, {"sec-fetch-site", "cross-site"}};
  EXPECT_TRUE(guard.check(page, access::anybody));
  EXPECT_EQ(refusal(with(page, "host", "rebound.example:4711"), access::anybody), errc::forbidden);
}

TEST_F(request_guard_test, a_token_begins_one_session_for_a_short_time) {
  const auto token = guard.new_token(k_now);
  EXPECT_TRUE(guard.is_good(token, k_now));
  EXPECT_TRUE(guard.redeem(token, k_now));
  EXPECT_FALSE(guard.is_good(token, k_now));
  EXPECT_EQ(guard.redeem(token, k_now).error().code, errc::unauthorized);
  EXPECT_EQ(guard.redeem("guess", k_now).error().code, errc::unauthorized);
  EXPECT_EQ(guard.redeem("", k_now).error().code, errc::unauthorized);
  const auto slow = guard.new_token(k_now);
  EXPECT_TRUE(guard.redeem(slow, k_now + k_token_life - 1));
  const auto late = guard.new_token(k_now);
  EXPECT_FALSE(guard.is_good(late, k_now + k_token_life));
  EXPECT_EQ(guard.redeem(late, k_now + k_token_life).error().code, errc::unauthorized);
}

TEST_F(request_guard_test, old_tokens_end) {
  const auto first = guard.new_token(k_now);
  for (int i = 0; i < 16; ++i) static_cast<void>(guard.new_token(k_now));
  EXPECT_FALSE(guard.redeem(first, k_now));
}

TEST_F(request_guard_test, each_session_is_opened_by_its_own_passphrase) {
  EXPECT_EQ(refusal(asked(), access::open), errc::session_expired);
  guard.open_session(session);
  EXPECT_TRUE(guard.check(asked(), access::open));
  const auto other = guard.redeem(guard.new_token(k_now), k_now).value();
  auto theirs = with(asked(), "authorization", "Bearer " + other);
  EXPECT_FALSE(guard.check(theirs, access::linked)->open);
  guard.lock_all();
  EXPECT_EQ(refusal(asked(), access::open), errc::session_expired);
  guard.end_session(session);
  EXPECT_EQ(refusal(asked(), access::linked), errc::unauthorized);
}

TEST_F(request_guard_test, an_open_session_opens_another_unless_the_page_was_locked_meanwhile) {
  const auto token = guard.new_tab_token(k_now);
  const auto other = guard.redeem(token, k_now).value();
  EXPECT_TRUE(guard.check(with(asked(), "authorization", "Bearer " + other), access::open));
  const auto late = guard.new_tab_token(k_now);
  guard.lock_all();
  const auto third = guard.redeem(late, k_now).value();
  EXPECT_EQ(refusal(with(asked(), "authorization", "Bearer " + third), access::open),
            errc::session_expired);
  EXPECT_FALSE(guard.redeem(guard.new_tab_token(k_now), k_now + k_tab_token_life));
}

TEST_F(request_guard_test, nothing_is_answered_before_the_port_is_known) {
  const request_guard early(crypto::system_random());
  http::request page;
  page.method = "GET";
  page.headers = {{"host", "127.0.0.1:0"}};
  EXPECT_FALSE(early.check(page, access::anybody));
}

TEST(speakable_words, have_eight_letters_and_differ) {
  std::set<std::string> words;
  for (int i = 0; i < 200; ++i) words.insert(speakable_word(crypto::system_random()));
  EXPECT_GT(words.size(), 195U);
  for (const auto& word : words) {
    EXPECT_EQ(word.size(), 8U);
    EXPECT_EQ(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz"), std::string::npos) << word;
  }
}

TEST(slow_down_test, doubles_up_to_a_minute_and_ends_with_the_right_one) {
  slow_down tries;
  std::int64_t now = 1'000'000;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(tries.wait(now), 0);
    tries.wrong(now);
  }
  EXPECT_EQ(tries.wait(now), 0);
  for (const std::int64_t expected : {1'000, 2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000}) {
    tries.wrong(now);
    EXPECT_EQ(tries.wait(now), expected);
    EXPECT_EQ(tries.wait(now + expected - 1), 1);
    now += expected;
    EXPECT_EQ(tries.wait(now), 0);
  }
  tries.right();
  tries.wrong(now);
  EXPECT_EQ(tries.wait(now), 0);
}

replica::list_item item(const std::string& kind, const std::string& key, const std::string& name) {
  replica::list_item out;
  out.kind = kind;
  out.key = key;
  out.name = name;
  return out;
}

std::vector<std::string> keys(const found_records& found) {
  std::vector<std::string> out;
  for (const auto& each : found.items) out.push_back(each.key);
  return out;
}

TEST(search_index_test, finds_names_without_accents_and_keys_in_any_punctuation) {
  search_index index;
  index.fill({item("patient", "11144477735", "João da Silva"),
              item("patient", "52998224725", "Ána"), item("clinic", "1234567", "Clínica São João"),
              item("patient", "39053344705", "Ana-Lúcia  D\u2019Ávila")});
  using list = std::vector<std::string>;
  EXPECT_EQ(keys(index.search("", "joao", 10)), (list{"1234567", "11144477735"}));
  EXPECT_EQ(keys(index.search("patient", "JOÃO", 10)), (list{"11144477735"}));
  EXPECT_EQ(keys(index.search("", "529.982.247-25", 10)), (list{"52998224725"}));
  EXPECT_EQ(keys(index.search("", "3456", 10)), (list{"1234567"}));
  EXPECT_EQ(keys(index.search("", "%", 10)), list{});
  for (const char* term :
       {"ana lucia", "davila ", "d'avila", "avila\u00A0 ana", "390.533.447\u201105"}) {
    EXPECT_EQ(keys(index.search("", term, 10)), (list{"39053344705"})) << term;
  }
  EXPECT_EQ(index.search("", "", 2).count, 4U);
  EXPECT_EQ(index.search("", "", 2).items.size(), 2U);
}

TEST(search_index_test, keeps_how_many_records_could_not_be_listed) {
  search_index index;
  EXPECT_EQ(index.damaged(), 0U);
  index.fill({}, 2);
  EXPECT_EQ(index.damaged(), 2U);
  index.fill({});
  EXPECT_EQ(index.damaged(), 0U);
}

TEST(search_index_test, replaces_one_record) {
  search_index index;
  index.fill({item("patient", "1", "B"), item("clinic", "1", "A")});
  index.put(item("patient", "1", "Zé"));
  index.put(item("patient", "2", "C"));
  EXPECT_EQ(index.size(), 3U);
  EXPECT_EQ(keys(index.search("patient", "", 9)), (std::vector<std::string>{"2", "1"}));
  EXPECT_EQ(index.find("patient", "1")->name, "Zé");
  EXPECT_EQ(index.find("clinic", "1")->name, "A");
  index.clear();
  EXPECT_EQ(index.size(), 0U);
}

}  // namespace
}  // namespace autocusto::web
