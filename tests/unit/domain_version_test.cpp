// The bytes of versions: exact form, round trips, and every refusal with the member it names.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/domain/version.hpp"
#include "shared/json/canonical.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::domain {
namespace {

using nlohmann::json;
using testing::a_clinic;
using testing::a_patient;
using ::testing::HasSubstr;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("nothing to replace: " + from);
  return text.replace(at, from.size(), to);
}

/// A version with a parent, so that all members have something in them.
version an_edit() {
  const auto root = a_patient().make();
  return a_patient().after({&root}).with("rg", "a\"b\\c\n\u001f\u007f é😀").salt(7).make();
}

TEST(Version, TheHeaderIsCanonicalJson) {
  const auto v = an_edit();
  EXPECT_EQ(json::parse(v.raw.header).dump(), v.raw.header) << "sorted keys, no blanks";
  EXPECT_TRUE(json::parse(v.raw.header).contains("payload_hash"));
  ASSERT_TRUE(autocusto::json::parse_canonical(v.raw.header));
  ASSERT_TRUE(autocusto::json::parse_canonical(v.raw.payload));
  EXPECT_EQ(v.header.payload_hash, crypto::sha256(v.raw.payload));
  EXPECT_EQ(v.id.raw(), crypto::sha256(v.raw.header).raw());
}

TEST(Version, ComesBackAsItWas) {
  const auto clinic = a_clinic().draft().make();
  for (const auto& v : {an_edit(), a_patient().make(), clinic}) {
    const auto back = decode_version(v.raw);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->id, v.id);
    EXPECT_EQ(back->header, v.header);
    EXPECT_EQ(back->payload, v.payload);
    EXPECT_EQ(back->raw, v.raw);
  }
}

TEST(Version, MakingOneSortsTheParents) {
  auto b = a_patient();
  b.header().generation = 2;
  b.header().parents = {testing::nth<version_id>(2), testing::nth<version_id>(1)};
  const auto v = b.make();
  EXPECT_EQ(v.header.parents.front(), testing::nth<version_id>(1));
  EXPECT_TRUE(decode_version(v.raw));
}

TEST(Version, TextThatJsonCannotHoldIsABug) {
  EXPECT_THROW(static_cast<void>(a_patient().with("rg", "\xFF").make()), std::logic_error);
  auto b = a_patient();
  b.payload().summary = std::string("a\0b", 3);
  EXPECT_THROW(static_cast<void>(b.make()), std::logic_error);
  EXPECT_THROW(static_cast<void>(a_patient().at("\xFF").make()), std::logic_error);
}

struct refusal {
  const char* from;
  const char* to;
  errc code;
  const char* member;
};

void expect_refused(const refusal& r, const error& e) {
  EXPECT_EQ(code_name(e.code), code_name(r.code)) << r.to << ": " << e.message;
  EXPECT_THAT(e.field + " " + e.message, HasSubstr(r.member)) << r.to;
}

TEST(Header, RefusesWrongForm) {
  const std::string good = an_edit().raw.header;
  ASSERT_TRUE(decode_header(good));
  const refusal rows[] = {
      {"\"v\":1", "\"v\":2", errc::malformed, "v"},
      {"\"v\":1", "\"v\":\"1\"", errc::malformed, "v"},
      {",\"v\":1", "", errc::malformed, "v"},
      {"\"v\":1}", "\"v\":1,\"w\":0}", errc::malformed, "no meaning"},
      {"\"kind\":\"patient\"", "\"kind\":\"Pr\"", errc::malformed, "record.kind"},
      {"\"kind\":\"patient\"", "\"kind\":\"patient\",\"no\":1", errc::malformed, "no meaning"},
      {"\"status\":\"active\"", "\"status\":\"archived\"", errc::malformed, "status"},
      {"\"status\":\"active\"", "\"status\":\"drafty\"", errc::malformed, "status"},
      {"\"generation\":2", "\"generation\":0", errc::malformed, "generation"},
      {"\"generation\":2", "\"generation\":1", errc::malformed, "generation"},
      {"\"generation\":2", "\"generation\":-2", errc::malformed, "generation"},
      {"\"generation\":2", "\"generation\":02", errc::malformed, ""},
      {"\"generation\":2", "\"generation\":2.0", errc::malformed, ""},
      {"\"generation\":2", "\"generation\":9007199254740993", errc::malformed, ""},
      {"\"generation\":2", "\"generation\":true", errc::malformed, "generation"},
      {"10:00:00.123Z", "10:00:00Z", errc::malformed, "created_at"},
      {"10:00:00.123Z", "10:00:00.123+00:00", errc::malformed, "created_at"},
      {"10:00:00.123Z", "24:00:00.123Z", errc::malformed, "created_at"},
      {"2026-11-22T", "2026-02-30T", errc::malformed, "created_at"},
      {"2026-11-22T", "2026-11-22t", errc::malformed, "created_at"},
      {"{\"author\":\"0", "{\"author\":\"A", errc::malformed, "author"},
      {"{\"author\":\"0", "{\"author\":\"00", errc::malformed, "author"},
      {"\"parents\":[", "\"parents\":[null,", errc::malformed, "parents"},
      {"\"parents\":[", "\"parents\":[[],", errc::malformed, "parents"},
      {"{\"author\"", "{ \"author\"", errc::not_canonical, ""},
      {"\"kind\":\"patient\"", "\"kind\":\"p\\u0061tient\"", errc::not_canonical, ""},
      {"\"v\":1}", "\"v\":1} ", errc::not_canonical, ""},
      {"\"v\":1}", "\"v\":1}}", errc::malformed, ""},
      {"\"v\":1}", "\"v\":1,\"v\":1}", errc::malformed, ""},
  };
  for (const auto& r : rows) {
    const auto refused = decode_header(replaced(good, r.from, r.to));
    ASSERT_FALSE(refused) << r.to;
    expect_refused(r, refused.error());
  }
  for (const char* text : {"", "null", "[]", "{}", "1", "\"\"", "{\"author\"", "\xFF"}) {
    EXPECT_EQ(decode_header(text).error().code, errc::malformed) << text;
  }
}

TEST(Header, KeysInAnotherOrderAreNotCanonical) {
  auto header = json::parse(an_edit().raw.header);
  const std::string v = ",\"v\":1}";
  auto text = header.dump();
  text = "{\"v\":1," + text.substr(1, text.size() - 1 - v.size()) + "}";
  EXPECT_EQ(decode_header(text).error().code, errc::not_canonical);
}

TEST(Header, ParentsAreSortedUniqueAndAtMostSixteen) {
  const auto with_parents = [](const std::vector<std::size_t>& numbers) {
    auto header = a_patient().make().header;
    for (const auto n : numbers) header.parents.push_back(testing::nth<version_id>(n));
    header.generation = numbers.empty() ? 1 : 2;
    return decode_header(encode_header(header));
  };
  std::vector<std::size_t> many;
  for (std::size_t n = 1; n <= limits::parents; ++n) many.push_back(n);
  EXPECT_TRUE(with_parents(many));
  many.push_back(17);
  const auto refused = with_parents(many);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::too_many_parents);
  EXPECT_EQ(refused.error().field, "parents");
  EXPECT_EQ(refused.error().limit, 16);
  EXPECT_EQ(with_parents({2, 1}).error().field, "parents");
  EXPECT_EQ(with_parents({1, 1}).error().field, "parents");
  EXPECT_TRUE(with_parents({}));
}

TEST(Header, OnlyARootHasGenerationOne) {
  auto header = a_patient().make().header;
  header.generation = 2;
  EXPECT_EQ(decode_header(encode_header(header)).error().field, "generation");
  header.generation = 1;
  header.parents = {testing::nth<version_id>(1)};
  EXPECT_EQ(decode_header(encode_header(header)).error().field, "generation");
  header.generation = limits::json_integer;
  EXPECT_TRUE(decode_header(encode_header(header)));
}

TEST(Payload, RefusesWrongForm) {
  const std::string good = a_patient().make().raw.payload;
  ASSERT_TRUE(decode_payload(good, "patient"));
  const refusal rows[] = {
      {"\"altura\":\"\",", "", errc::malformed, "altura"},
      {"\"altura\":\"\"", "\"altura\":null", errc::malformed, "altura"},
      {"\"altura\":\"\"", "\"altura\":170", errc::malformed, "altura"},
      {"\"altura\":\"\"", "\"altura\":false", errc::malformed, "altura"},
      {"\"incapaz\":false", "\"incapaz\":\"false\"", errc::malformed, "incapaz"},
      {"\"incapaz\":false", "\"incapaz\":0", errc::malformed, "incapaz"},
      {"\"altura\":\"\"", "\"altura\":\"\",\"apelido\":\"\"", errc::malformed, "fields"},
      {"\"altura\":\"\"", "\"altura\":\"\",\"altura\":\"\"", errc::malformed, ""},
      {"\"altura\":\"\"", "\"altura\":\"\\u0000\"", errc::malformed, ""},
      {"\"altura\":\"\"", "\"altura\":\"\\ud800\"", errc::malformed, ""},
      {"\"altura\":\"\"", "\"altura\":\"\xC3\"", errc::malformed, ""},
      {"\"altura\":\"\"", "\"altura\":\"\t\"", errc::malformed, ""},
      {"\"altura\":\"\"", "\"altura\":\"\\u0009\"", errc::not_canonical, ""},
      {"\"altura\":\"\"", "\"altura\":\"\\u001F\"", errc::not_canonical, ""},
      {"\"altura\":\"\"", "\"altura\":\"\\/\"", errc::not_canonical, ""},
      {"\"altura\":\"\"", "\"altura\":\"\\u00e9\"", errc::not_canonical, ""},
      {"\"altura\":\"\"", "\"altura\": \"\"", errc::not_canonical, ""},
      {"\"key\":\"11144477735\"", "\"key\":\"\"", errc::malformed, "key"},
      {"\"key\":\"11144477735\"", "\"key\":\"1\\n\"", errc::malformed, "key"},
      {"\"key\":\"11144477735\"", "\"key\":\"1\x7F\"", errc::malformed, "key"},
      {"\"key\":\"11144477735\"", "\"key\":\"1\xC2\x85\"", errc::malformed, "key"},
      {"\"key\":\"11144477735\"", "\"key\":11144477735", errc::malformed, "key"},
      {"\"key\":\"11144477735\",", "", errc::malformed, "key"},
      {"\"salt\":\"00", "\"salt\":\"", errc::malformed, "salt"},
      {"\"salt\":\"00", "\"salt\":\"0000", errc::malformed, "salt"},
      {"\"salt\":\"00", "\"salt\":\"0A", errc::malformed, "salt"},
      {"\"summary\":\"Teste\"", "\"summary\":null", errc::malformed, "summary"},
      {"\"summary\":\"Teste\"", "\"summary\":\"Teste\",\"x\":1", errc::malformed, "no meaning"},
      {"{\"fields\":{", "{\"fields\":[{", errc::malformed, ""},
  };
  for (const auto& r : rows) {
    const auto refused = decode_payload(replaced(good, r.from, r.to), "patient");
    ASSERT_FALSE(refused) << r.to;
    expect_refused(r, refused.error());
  }
  EXPECT_EQ(decode_payload(good, "clinic").error().code, errc::malformed);
  EXPECT_EQ(decode_payload(good, "process").error().code, errc::malformed);
  for (const char* text : {"", "null", "[]", "{}", "\xFF"}) {
    EXPECT_EQ(decode_payload(text, "patient").error().code, errc::malformed) << text;
  }
}

TEST(Payload, AKeyHasAtMost64Bytes) {
  auto payload = a_patient().make().payload;
  payload.key = std::string(64, '1');
  EXPECT_TRUE(decode_payload(encode_payload("patient", payload), "patient"));
  payload.key += '1';
  const auto refused = decode_payload(encode_payload("patient", payload), "patient");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::malformed);
  EXPECT_EQ(refused.error().limit, 64);
  payload.key = "12345678900#57";
  EXPECT_TRUE(decode_payload(encode_payload("patient", payload), "patient"));
}

TEST(Version, TheWholeHas64KiB) {
  auto b = a_patient();
  const auto small = b.make();
  const auto room = limits::version_bytes - small.raw.header.size() - small.raw.payload.size();
  b.with("rg", std::string(room, 'x').c_str());
  const auto full = b.make();
  ASSERT_EQ(full.raw.header.size() + full.raw.payload.size(), limits::version_bytes);
  EXPECT_TRUE(decode_version(full.raw));
  const auto over = decode_version(b.with("rg", std::string(room + 1, 'x').c_str()).make().raw);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, errc::too_large);
  EXPECT_EQ(over.error().limit, 64 * 1024);
  const std::string huge(limits::version_bytes + 1, ' ');
  EXPECT_EQ(decode_header(huge).error().code, errc::too_large);
  EXPECT_EQ(decode_payload(huge, "patient").error().code, errc::too_large);
}

TEST(Version, ThePayloadIsTheOneThatTheHeaderNames) {
  auto raw = a_patient().make().raw;
  raw.payload = a_patient().with("peso", "70").make().raw.payload;
  EXPECT_EQ(decode_version(raw).error().code, errc::hash_mismatch);
}

TEST(RecordId, DependsOnKeyKindAndTenant) {
  const auto id = make_record_id("t", "patient", "11144477735");
  EXPECT_EQ(id, make_record_id("t", "patient", "11144477735"));
  EXPECT_NE(id, make_record_id("t", "clinic", "11144477735"));
  EXPECT_NE(id, make_record_id("t", "patient", "52998224725"));
  EXPECT_NE(id, make_record_id("u", "patient", "11144477735"));
}

TEST(Fields, DiffIsInFormOrder) {
  const auto from = a_patient().payload().fields;
  auto to = from;
  EXPECT_TRUE(diff_fields("patient", from, to).empty());
  to["altura"] = std::string("170");
  to["incapaz"] = true;
  const std::vector<field_change> expected{{"incapaz", false, true},
                                           {"altura", std::string(), std::string("170")}};
  EXPECT_EQ(diff_fields("patient", from, to), expected);
  EXPECT_EQ(value_text(expected[0].to), "true");
  EXPECT_EQ(value_text(expected[0].from), "false");
  EXPECT_EQ(value_text(expected[1].to), "170");
}

TEST(Fields, EmptyOnesAreAllOfAKind) {
  const auto fields = empty_fields("patient");
  EXPECT_EQ(fields.size(), 21U);
  EXPECT_EQ(fields.at("incapaz"), field_value(false));
  EXPECT_EQ(fields.at("peso"), field_value(std::string()));
  EXPECT_TRUE(empty_fields("protocol").empty());
}

TEST(Status, HasNames) {
  EXPECT_EQ(status_name(version_status::active), "active");
  EXPECT_EQ(status_name(version_status::draft), "draft");
}

}  // namespace
}  // namespace autocusto::domain
