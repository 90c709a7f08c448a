// The published vectors of docs/vectors, and the byte-exact example of docs/data-model.md.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/base/bytes.hpp"
#include "shared/domain/merge.hpp"
#include "shared/domain/record_kind.hpp"
#include "shared/domain/structured.hpp"
#include "shared/domain/version.hpp"

namespace autocusto::domain {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string document(const std::string& path) {
  std::ifstream file(SYNC_SOURCE_DIR "/docs/" + path);
  if (!file) throw std::runtime_error("cannot read docs/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string hex(const json& value) {
  return from_hex(value.get<std::string>()).value();
}

version decoded(const json& value) {
  const auto v = decode_version({value.at("header"), value.at("payload")});
  if (!v) throw std::runtime_error(v.error().message);
  return *v;
}

TEST(Vectors, RecordIds) {
  const auto file = json::parse(document("vectors/record_id.json"));
  ASSERT_GE(file.at("vectors").size(), 6U);
  for (const auto& v : file.at("vectors")) {
    EXPECT_EQ(make_record_id(hex(v.at("tenant_key")), v.at("kind").get<std::string>(),
                             v.at("key").get<std::string>())
                  .text(),
              v.at("record_id"));
  }
}

TEST(Vectors, Versions) {
  const auto file = json::parse(document("vectors/version.json"));
  ASSERT_GE(file.at("vectors").size(), 3U);
  for (const auto& vector : file.at("vectors")) {
    const auto v = decoded(vector);
    EXPECT_EQ(v.id.text(), vector.at("version_id"));
    EXPECT_EQ(v.header.payload_hash.text(), vector.at("payload_hash"));
    EXPECT_EQ(v.header.record.id,
              make_record_id(hex(file.at("tenant_key")), v.header.record.kind, v.payload.key));
    const auto again = make_version(v.header, v.payload);
    EXPECT_EQ(again.raw, v.raw) << vector.at("name");
    EXPECT_EQ(again.id, v.id);
  }
}

TEST(Vectors, Merges) {
  const auto file = json::parse(document("vectors/merge.json"));
  ASSERT_GE(file.at("vectors").size(), 2U);
  for (const auto& vector : file.at("vectors")) {
    const auto base = decoded(vector.at("base"));
    const auto a = decoded(vector.at("heads").at(0));
    const auto b = decoded(vector.at("heads").at(1));
    const auto result = merge_fields(a.header.record.kind, {&a.payload.fields, &b.payload.fields},
                                     &base.payload.fields, true, merge_options{});
    if (const auto* refused = std::get_if<merge_refusal>(&result)) {
      ASSERT_TRUE(vector.contains("refused")) << vector.at("name");
      EXPECT_EQ(obstacle_name(refused->why), vector.at("refused").at("why"));
      EXPECT_EQ(refused->groups, vector.at("refused").at("groups").get<std::vector<std::string>>());
      continue;
    }
    ASSERT_TRUE(vector.contains("merge")) << vector.at("name");
    const auto m = make_merge({&b, &a}, std::get<field_map>(result), hex(file.at("server_secret")));
    EXPECT_EQ(m.raw.header, vector.at("merge").at("header"));
    EXPECT_EQ(m.raw.payload, vector.at("merge").at("payload"));
    EXPECT_EQ(m.id.text(), vector.at("merge").at("version_id"));
  }
}

TEST(Vectors, TheDocumentShowsTheFirstVersion) {
  const auto file = json::parse(document("vectors/version.json"));
  const auto text = document("data-model.md");
  for (const char* member : {"header", "payload", "payload_hash", "version_id"}) {
    EXPECT_THAT(text, HasSubstr(file.at("vectors").at(0).at(member).get<std::string>())) << member;
  }
}

structured parts_of(const json& value) {
  if (value.is_array()) return from_rows(value.get<row_list>());
  return from_map(value.get<text_map>());
}

/// `digits`, `too_long`, `required`, as the page calls them.
std::string kind_of(const error& e) {
  if (e.message.find(" is required") != std::string::npos) return "required";
  if (e.message.find(" is longer than ") != std::string::npos) return "too_long";
  return e.message.find(" digits") != std::string::npos ? "digits" : e.message;
}

/// The page runs `cells` and `same` too (client/web/page/src/logic/rows.test.ts).
TEST(Vectors, RowsAndMaps) {
  const auto file = json::parse(document("vectors/rows.json"));
  const auto& rows = *find_record_kind("process")->find("prescricao");
  ASSERT_GE(file.at("cells").size(), 8U);
  for (const auto& vector : file.at("cells")) {
    json wrong = json::object();
    for (const auto& e : structured_problems(rows, parts_of(vector.at("rows")))) {
      wrong[e.field] = kind_of(e);
    }
    EXPECT_EQ(wrong, vector.at("wrong")) << vector.at("rows");
  }
  ASSERT_GE(file.at("same").size(), 8U);
  for (const auto& vector : file.at("same")) {
    EXPECT_EQ(parts_of(vector.at("a")) == parts_of(vector.at("b")), vector.at("same").get<bool>())
        << vector;
  }
}

TEST(Vectors, Revisions) {
  const auto file = json::parse(document("vectors/rows.json"));
  ASSERT_GE(file.at("revisions").size(), 5U);
  for (const auto& vector : file.at("revisions")) {
    field_map fields;
    for (const auto& [name, value] : vector.at("fields").items()) {
      fields[name] = value.get<std::string>();
    }
    const std::string kind = vector.at("kind");
    EXPECT_EQ(is_within(vector.at("server").get<kind_revisions>(), kind, fields),
              vector.at("within").get<bool>())
        << vector;
  }
}

}  // namespace
}  // namespace autocusto::domain
