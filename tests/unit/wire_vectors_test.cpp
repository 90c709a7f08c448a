// The published test vectors (docs/vectors/wire.json, made by an implementation of its own) against
// our codecs, signatures, hashes, cursors and links.
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/crypto/sign.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::wire {
namespace {

const nlohmann::json& vectors() {
  static const nlohmann::json loaded = [] {
    std::ifstream in(std::string(SYNC_VECTORS) + "/wire.json");
    return nlohmann::json::parse(in);
  }();
  return loaded;
}

std::string text(const nlohmann::json& v, const char* name) {
  return v.at(name).get<std::string>();
}

/// Decoding a canonical object and encoding it again gives the same bytes.
std::string again(const std::string& purpose, const std::string& object) {
  if (purpose == "session") return encode_object(decode_session_object(object).value());
  if (purpose == "push") return encode_object(decode_push_object(object).value());
  if (purpose == "receipt") return encode_object(decode_receipt_object(object).value());
  if (purpose == "trust") return encode_object(decode_trust(object).value());
  if (purpose == "order") return encode_object(decode_order(object).value());
  if (purpose == "greeting") return encode_object(decode_greeting(object).value());
  if (purpose == "enroll") return encode_object(decode_enroll_object(object).value());
  if (purpose == "again") return encode_object(decode_again_object(object).value());
  if (purpose == "challenge") return encode_object(decode_challenge_proof(object).value());
  if (purpose == "opened") return encode_object(decode_session_proof(object).value());
  if (purpose == "erasure") return encode_object(decode_erasure_object(object).value());
  return encode_object(decode_act_object(object).value());
}

TEST(wire_vectors, signed_objects_are_canonical_and_their_signatures_match) {
  ASSERT_FALSE(vectors().at("signatures").empty());
  for (const auto& v : vectors().at("signatures")) {
    SCOPED_TRACE(text(v, "purpose"));
    const auto object = text(v, "canonical");
    EXPECT_EQ(again(text(v, "purpose"), object), object);
    const auto key = crypto::signing_key::from_seed(*from_hex(text(v, "seed")));
    ASSERT_TRUE(key);
    EXPECT_EQ(key->public_half().text(), text(v, "public_key"));
    const auto message = crypto::purpose_message(text(v, "purpose"), object);
    EXPECT_EQ(crypto::sign(*key, message).text(), text(v, "signature"));
    const auto other = crypto::purpose_message("journal", object);
    EXPECT_NE(crypto::sign(*key, other).text(), text(v, "signature"));
  }
}

TEST(wire_vectors, messages_survive_decoding_and_encoding) {
  const auto& m = vectors().at("messages");
  const auto at = [&m](const char* name) { return m.at(name).get<std::string>(); };
  EXPECT_EQ(encode(decode_enroll_request(at("enroll_request")).value()), at("enroll_request"));
  EXPECT_EQ(encode(decode_enroll_answer(at("enroll_answer")).value()), at("enroll_answer"));
  EXPECT_EQ(encode(decode_challenge_request(at("challenge_request")).value()),
            at("challenge_request"));
  EXPECT_EQ(encode(decode_challenge_answer(at("challenge_answer")).value()),
            at("challenge_answer"));
  EXPECT_EQ(encode(decode_signed(at("session_request")).value()), at("session_request"));
  EXPECT_EQ(encode(decode_session_answer(at("session_answer")).value()), at("session_answer"));
  EXPECT_EQ(encode(decode_push_request(at("push_request")).value()), at("push_request"));
  EXPECT_EQ(encode_push_answer(decode_push_answer(at("push_answer")).value()), at("push_answer"));
  EXPECT_EQ(encode(decode_page(at("page")).value()), at("page"));
  EXPECT_EQ(encode(decode_signed(at("act_request")).value()), at("act_request"));
  const auto gone = at("session_answer_without_access");
  EXPECT_EQ(encode(decode_session_answer(gone).value()), gone);
  const auto word = decode_erasure_request(at("erasure_request")).value();
  EXPECT_EQ(encode_erasure_request(word.value()), at("erasure_request"));
  EXPECT_FALSE(decode_erasure_request(at("push_request")).value()) << "that is a push";
  EXPECT_EQ(encode(decode_erasure_answer(at("erasure_answer")).value()), at("erasure_answer"));
  for (const auto* name : {"enroll_request_proved", "enroll_request_again"}) {
    EXPECT_EQ(encode(decode_enroll_request(at(name)).value()), at(name));
  }
  EXPECT_EQ(encode(decode_greeting_request(at("greeting_request")).value()),
            at("greeting_request"));
  EXPECT_EQ(encode(decode_greeting_answer(at("greeting_answer")).value()), at("greeting_answer"));
  EXPECT_EQ(encode(decode_challenge_request(at("challenge_request_nonce")).value()),
            at("challenge_request_nonce"));
  EXPECT_EQ(encode(decode_challenge_answer(at("challenge_answer_signed")).value()),
            at("challenge_answer_signed"));
  const auto proved = decode_session_answer(at("session_answer_signed")).value();
  EXPECT_EQ(encode(proved), at("session_answer_signed"));
  // What the server signed is what the answer says.
  const auto asked = decode_session_object(decode_signed(at("session_request"))->object).value();
  const auto channel = decode_session_proof(proved.signed_by_server->object)->channel;
  EXPECT_EQ(encode_object(proof_of(proved, asked, channel)), proved.signed_by_server->object);
  EXPECT_EQ(m.size(), 20U) << "a vector that no test reads";
}

TEST(wire_vectors, messages_in_another_form_give_the_same_object) {
  // A sender may order and space its JSON as it likes; what is signed is the canonical form.
  const auto canonical = vectors().at("messages").at("act_request").get<std::string>();
  const auto spaced = nlohmann::json::parse(canonical).dump(2);
  EXPECT_EQ(encode(decode_signed(spaced).value()), canonical);
}

TEST(wire_vectors, items_and_chain) {
  hash256 chain;
  const auto page = decode_page(text(vectors().at("messages"), "page")).value();
  const auto& steps = vectors().at("feed");
  ASSERT_EQ(page.items.size(), steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto hash = item_hash(page.items[i]);
    EXPECT_EQ(hash.text(), text(steps[i], "hash"));
    EXPECT_EQ(hash, crypto::sha256(text(steps[i], "canonical")));
    chain = next_chain(chain, hash);
    EXPECT_EQ(chain.text(), text(steps[i], "chain"));
  }
  EXPECT_EQ(page.next.chain, chain);
}

TEST(wire_vectors, proof) {
  const auto& v = vectors().at("proof");
  const auto proof = make_proof(
      *from_hex(text(v, "server_secret")), *user_id::parse(text(v, "user")),
      *incarnation_id::parse(text(v, "incarnation")), *version_id::parse(text(v, "version")));
  EXPECT_EQ(to_hex(proof), text(v, "proof"));
}

TEST(wire_vectors, record_and_version_ids) {
  const auto& r = vectors().at("record_id");
  const auto mac =
      crypto::hmac_sha256(*from_hex(text(r, "tenant_key")), text(r, "kind") + ":" + text(r, "key"));
  EXPECT_EQ(mac.text().substr(0, 32), text(r, "id"));
  for (const auto& v : vectors().at("versions")) {
    EXPECT_EQ(crypto::sha256(text(v, "header")).text(), text(v, "id"));
  }
}

TEST(wire_vectors, cursors) {
  for (const auto& v : vectors().at("cursors").at("valid")) {
    const auto c = parse_cursor(text(v, "text"));
    ASSERT_TRUE(c) << text(v, "text");
    EXPECT_EQ(c->seq, v.at("seq").get<std::int64_t>());
    EXPECT_EQ(c->chain.text(), text(v, "chain"));
    EXPECT_EQ(cursor_text(*c), text(v, "text"));
  }
  for (const auto& v : vectors().at("cursors").at("invalid")) {
    EXPECT_FALSE(parse_cursor(v.get<std::string>())) << v;
  }
}

TEST(wire_vectors, links) {
  for (const auto& v : vectors().at("links").at("valid")) {
    const auto link = decode_enrollment_link(text(v, "text"));
    ASSERT_TRUE(link) << text(v, "text");
    EXPECT_EQ(link->host, text(v, "host"));
    EXPECT_EQ(link->port, v.at("port").get<int>());
    EXPECT_EQ(link->code, text(v, "code"));
    EXPECT_EQ(link->pin_is_ca, v.at("ca").get<bool>());
    EXPECT_EQ(to_hex(link->pin), text(v, "pin"));
    EXPECT_EQ(to_hex(link->key_pin), text(v, "key"));
    EXPECT_EQ(encode(*link), text(v, "text"));
  }
  for (const auto& v : vectors().at("links").at("invalid")) {
    const auto link = decode_enrollment_link(v.get<std::string>());
    ASSERT_FALSE(link) << v;
    EXPECT_EQ(link.error().code, errc::usage);
  }
  const auto standard =
      decode_enrollment_link("https://sync.example.org/enroll#c.ca:" + std::string(64, '0'));
  ASSERT_TRUE(standard);
  EXPECT_EQ(standard->port, 443);
}

}  // namespace
}  // namespace autocusto::wire
