// Codecs: what decoders refuse and with which member, what they ignore, and that no mutation of a
// message makes a decoder do anything but answer.
#include <functional>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "shared/base/limits.hpp"
#include "shared/json/canonical.hpp"
#include "shared/wire/catalogue.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire {
namespace {

template <class Id>
Id id_of(std::uint8_t n) {
  Id id;
  id.data().fill(n);
  return id;
}

push_object some_push() {
  push_object m;
  m.server = id_of<server_id>(1);
  m.device = id_of<device_id>(2);
  m.actor = id_of<user_id>(3);
  m.id = id_of<push_id>(4);
  m.versions = {id_of<version_id>(5), id_of<version_id>(6)};
  return m;
}

page some_page() {
  page m;
  item i;
  i.seq = 1;
  i.incarnation = id_of<incarnation_id>(1);
  i.record = id_of<record_id>(2);
  i.version = id_of<version_id>(3);
  m.items.push_back(i);
  page_version v;
  v.header = "{\"a\":\"\\u0007\"}";
  v.payload = "{\"b\":1}";
  v.proof = std::string(32, 'p');
  v.incarnation = i.incarnation;
  m.versions.push_back(v);
  page_view view;
  view.record = {.kind = "patient", .id = i.record};
  view.incarnation = i.incarnation;
  view.heads = {*i.version};
  view.active = i.version;
  view.conflict = page_view::open_conflict{.id = 1, .base = i.version, .opened_at = "t"};
  m.views.push_back(view);
  m.people.emplace_back(id_of<user_id>(4), "ana@example.org");
  m.devices.emplace_back(id_of<device_id>(5), "Notebook \"A\"");
  m.next = {.seq = 1, .chain = id_of<hash256>(9)};
  return m;
}

push_receipt some_receipt() {
  push_receipt m;
  m.results.resize(3);
  m.results[1].outcome = push_outcome::refused;
  m.results[1].code = "too_large";
  m.results[1].message = "It is too large.";
  m.results[1].field = "payload";
  m.results[1].limit = 65536;
  m.results[2].outcome = push_outcome::discarded;
  m.results[0].proof = std::string(32, '\0');
  m.results[0].incarnation = id_of<incarnation_id>(7);
  return m;
}

struct codec {
  std::string name;
  std::string text;
  /// The member of the first error, `ok`, or the error's code when it has no member.
  std::function<std::string(std::string_view)> decode;
};

template <class Decode>
std::function<std::string(std::string_view)> outcome_of(Decode decode) {
  return [decode](std::string_view text) -> std::string {
    const auto m = decode(text);
    if (m) return "ok";
    EXPECT_FALSE(m.error().message.empty());
    return m.error().field.empty() ? std::string(code_name(m.error().code)) : m.error().field;
  };
}

std::vector<codec> codecs() {
  const signed_object signed_some{encode_object(some_push()), std::string(64, 's')};
  enroll_answer enrolled;
  enrolled.tenant_key = std::string(32, 't');
  enrolled.trust_object = signed_some;
  session_answer session;
  session.trust_object = signed_some;
  session.last_push = id_of<push_id>(1);
  session.catalogue = id_of<hash256>(1);
  push_request push;
  push.object = signed_some;
  push.versions.resize(1);
  push.versions[0].proof = std::string(32, 'p');
  push.versions[0].incarnation = id_of<incarnation_id>(1);
  act_object act;
  act.act = "user.add";
  act.args = "{\"email\":\"a\"}";
  act.expect_heads.emplace();
  trust trusted;
  trusted.roots = {std::string(32, 'r')};
  trusted.keys = {std::string(32, 'k')};
  return {
      {"signed", encode(signed_some), outcome_of(decode_signed)},
      {"trust", encode_object(trusted), outcome_of(decode_trust)},
      {"enroll", encode(enroll_request{"c", "d", std::string(32, 'k'), std::nullopt}),
       outcome_of(decode_enroll_request)},
      {"enroll_again", encode(enroll_request{{}, "d", std::string(32, 'k'), signed_some}),
       outcome_of(decode_enroll_request)},
      {"again_object", encode_object(again_object{{}, {}, std::string(32, 'k'), "YWJj"}),
       outcome_of(decode_again_object)},
      {"enrolled", encode(enrolled), outcome_of(decode_enroll_answer)},
      {"greeting_request", encode(greeting_request{std::string(32, 'n')}),
       outcome_of(decode_greeting_request)},
      {"greeting_answer", encode(greeting_answer{"YQ", signed_some, signed_some, "t"}),
       outcome_of(decode_greeting_answer)},
      {"greeting", encode_object(greeting{{}, std::string(32, 'n'), "YQ", std::string(32, 'c')}),
       outcome_of(decode_greeting)},
      {"enroll_object", encode_object(enroll_object{{}, "YQ", std::string(32, 'k')}),
       outcome_of(decode_enroll_object)},
      {"challenge_proof",
       encode_object(challenge_proof{{}, {}, std::string(32, 'n'), "YQ", std::string(32, 'c')}),
       outcome_of(decode_challenge_proof)},
      {"challenge", encode(challenge_request{}), outcome_of(decode_challenge_request)},
      {"challenged", encode(challenge_answer{}), outcome_of(decode_challenge_answer)},
      {"session_object", encode_object(session_request{}), outcome_of(decode_session_object)},
      {"session", encode(session), outcome_of(decode_session_answer)},
      {"push_object", encode_object(some_push()), outcome_of(decode_push_object)},
      {"push", encode(push), outcome_of(decode_push_request)},
      {"receipt", encode_object(some_receipt()), outcome_of(decode_receipt_object)},
      {"push_answer", encode_push_answer(signed_some), outcome_of(decode_push_answer)},
      {"receipt_request", encode(receipt_request{id_of<push_id>(1)}),
       outcome_of(decode_receipt_request)},
      {"page", encode(some_page()), outcome_of(decode_page)},
      {"catalogue_object", encode_object(catalogue_object{{}, 1, {}}),
       outcome_of(decode_catalogue_object)},
      {"catalogue", encode(catalogue_answer{"{\"v\":1}", signed_some}),
       outcome_of(decode_catalogue_answer)},
      {"no_catalogue", encode(catalogue_answer{}), outcome_of(decode_catalogue_answer)},
      {"act", encode_object(act), outcome_of(decode_act_object)},
  };
}

TEST(wire_codec, every_message_is_written_canonically_and_read_back) {
  for (const auto& c : codecs()) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(c.decode(c.text), "ok");
    const auto tree = json::parse_canonical(c.text, {.depth = 16});
    ASSERT_TRUE(tree) << tree.error().message;
    EXPECT_EQ(json::canonical(*tree), c.text);
  }
}

TEST(wire_codec, unknown_members_are_ignored) {
  for (const auto& c : codecs()) {
    auto tree = nlohmann::json::parse(c.text);
    tree["zzz_new"] = {1, "two"};
    EXPECT_EQ(c.decode(tree.dump()), "ok") << c.name;
  }
}

TEST(wire_codec, a_missing_or_wrong_member_is_named) {
  const std::set<std::string> optional{"prev_push", "last_push", "wipe", "expect_heads",
                                       "catalogue"};
  for (const auto& c : codecs()) {
    const auto tree = nlohmann::json::parse(c.text);
    for (const auto& [name, value] : tree.items()) {
      SCOPED_TRACE(c.name + "." + name);
      auto missing = tree;
      missing.erase(name);
      const auto without = c.decode(missing.dump());
      if (c.name == "enroll_again" && name == "again") {
        EXPECT_EQ(without, "code") << "one of the two has to be there";
        continue;
      }
      const bool of_before = c.name == "again_object" && name == "challenge";
      const bool may_miss =
          of_before || (optional.contains(name) && !(c.name == "session" && name == "prev_push"));
      EXPECT_EQ(without, may_miss ? "ok" : name);
      auto wrong = tree;
      wrong[name] = 3.5;
      EXPECT_NE(c.decode(wrong.dump()), "ok");
      wrong[name] = value.is_boolean() ? nlohmann::json("x") : nlohmann::json(true);
      EXPECT_EQ(c.decode(wrong.dump()), name);
    }
  }
}

TEST(wire_codec, texts_that_are_no_object_are_malformed) {
  for (const auto& c : codecs()) {
    for (const auto* text : {"", "[]", "1", "null", "{", "{}x", "\"a\""}) {
      EXPECT_EQ(c.decode(text), "malformed") << c.name << " " << text;
    }
  }
}

TEST(wire_codec, a_push_over_the_limit_says_so) {
  auto m = some_push();
  m.versions.assign(limits::batch_versions, id_of<version_id>(1));
  m.discards = m.versions;
  EXPECT_TRUE(decode_push_object(encode_object(m)));
  m.versions.push_back({});
  const auto over = decode_push_object(encode_object(m));
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, errc::too_many_versions);
  EXPECT_EQ(over.error().limit, 1000);
  m.versions.clear();
  m.discards.push_back({});
  EXPECT_EQ(decode_push_object(encode_object(m)).error().code, errc::too_many_versions);
  push_request r;
  r.object = {encode_object(some_push()), std::string(64, 's')};
  r.versions.resize(limits::batch_versions);
  EXPECT_TRUE(decode_push_request(encode(r)));
  r.versions.resize(limits::batch_versions + 1);
  EXPECT_EQ(decode_push_request(encode(r)).error().code, errc::too_many_versions);
}

TEST(wire_codec, errors_name_the_element) {
  auto tree = nlohmann::json::parse(encode(some_page()));
  tree["views"][0]["heads"][0] = "XYZ";
  EXPECT_EQ(decode_page(tree.dump()).error().field, "views[0].heads[0]");
  tree = nlohmann::json::parse(encode(some_page()));
  tree["items"][0]["version_id"] = nullptr;
  EXPECT_EQ(decode_page(tree.dump()).error().field, "items[0].version_id");
  tree = nlohmann::json::parse(encode(some_page()));
  tree["items"][0]["kind"] = "removed";
  EXPECT_EQ(decode_page(tree.dump()).error().field, "items[0].version_id");
  tree = nlohmann::json::parse(encode(some_page()));
  tree["versions"][0]["proof"] = "00";
  EXPECT_EQ(decode_page(tree.dump()).error().field, "versions[0].proof");
}

TEST(wire_codec, problems) {
  problem p;
  p.what = fail(errc::prev_push_old, "The folder was copied.", "prev_push", 7);
  p.request_id = "0123";
  p.last_push = id_of<push_id>(9);
  const auto back = decode_problem(409, encode_problem(p, "Conflict"));
  EXPECT_EQ(back.what, p.what);
  EXPECT_EQ(back.code_text, "prev_push_old");
  EXPECT_EQ(back.request_id, "0123");
  EXPECT_EQ(back.last_push, p.last_push);

  p.what = fail(errc::too_many_requests, "Later.");
  p.what.retry_after = 90;
  const auto limited = decode_problem(429, encode_problem(p, "Too Many Requests"));
  EXPECT_EQ(limited.what, p.what);
  EXPECT_EQ(limited.what.retry_after, 90);

  const auto newer = decode_problem(418, R"({"code":"teapot","detail":"No coffee."})");
  EXPECT_EQ(newer.what.code, errc::internal);
  EXPECT_EQ(newer.code_text, "teapot");
  EXPECT_EQ(newer.what.message, "No coffee.");

  const std::pair<int, errc> foreign[] = {
      {401, errc::unauthorized}, {404, errc::not_found},   {413, errc::body_too_large},
      {429, errc::busy},         {500, errc::internal},    {502, errc::unavailable},
      {503, errc::unavailable},  {504, errc::unavailable}, {408, errc::timeout}};
  for (const auto& [status, code] : foreign) {
    const auto read = decode_problem(status, "<html>gateway</html>");
    EXPECT_EQ(read.what.code, code) << status;
    EXPECT_FALSE(read.what.message.empty());
  }
}

TEST(wire_codec, no_mutation_breaks_a_decoder) {
  const auto all = codecs();
  const bool held = rc::check("decoders answer whatever they get", [&all] {
    const auto& c = all[*rc::gen::inRange<std::size_t>(0, all.size())];
    std::string text = c.text;
    const int changes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < changes; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          text[at] = static_cast<char>(*rc::gen::inRange(0, 256));
          break;
        case 1:
          text.erase(at, *rc::gen::inRange<std::size_t>(1, 9));
          break;
        case 2:
          text.insert(at, text.substr(at / 2, *rc::gen::inRange<std::size_t>(1, 40)));
          break;
        case 3:
          text.resize(at + 1);
          break;
      }
    }
    RC_ASSERT(!c.decode(text).empty());
  });
  EXPECT_TRUE(held);
}

TEST(wire_codec, any_text_travels_in_any_member) {
  const bool held = rc::check("texts survive", [] {
    const auto points = *rc::gen::container<std::vector<int>>(rc::gen::oneOf(
        rc::gen::inRange(1, 0x80), rc::gen::inRange(0x80, 0x800), rc::gen::just(0x2028)));
    std::string text;
    for (const int p : points) {
      if (p < 0x80) {
        text.push_back(static_cast<char>(p));
      } else if (p < 0x800) {
        text.push_back(static_cast<char>(0xC0 | (p >> 6)));
        text.push_back(static_cast<char>(0x80 | (p & 0x3F)));
      } else {
        text += "\xE2\x80\xA8";
      }
    }
    auto m = some_page();
    m.versions[0].payload = text;
    m.devices[0].second = text;
    const auto back = decode_page(encode(m));
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->versions[0].payload == text);
    RC_ASSERT(back->devices[0].second == text);
    RC_ASSERT(json::parse_canonical(encode(m), {.depth = 16}).has_value());
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace autocusto::wire
