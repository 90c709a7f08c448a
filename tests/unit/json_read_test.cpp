#include <functional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "shared/base/ids.hpp"
#include "shared/json/read.hpp"

namespace autocusto::json {
namespace {

constexpr auto* k_uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

nlohmann::json sample() {
  return {{"text", "abc"},
          {"number", 7},
          {"yes", true},
          {"none", nullptr},
          {"user", k_uuid},
          {"hashes", {std::string(64, 'a'), std::string(64, 'b')}},
          {"names", {"x", "yy"}},
          {"inner", {{"text", "in"}}},
          {"items", {{{"n", 1}}, {{"n", 2}}}}};
}

TEST(reader, gives_typed_members) {
  const auto value = sample();
  reader in(value);
  EXPECT_EQ(in.string("text", 3), "abc");
  EXPECT_EQ(in.optional_string("text", 3), "abc");
  EXPECT_EQ(in.optional_string("none", 3), std::nullopt);
  EXPECT_EQ(in.optional_string("missing", 3), std::nullopt);
  EXPECT_EQ(in.integer("number", 7, 7), 7);
  EXPECT_EQ(in.optional_integer("number", 0, 9), 7);
  EXPECT_EQ(in.optional_integer("missing", 0, 9), std::nullopt);
  EXPECT_TRUE(in.boolean("yes"));
  EXPECT_TRUE(in.boolean_or("missing", true));
  EXPECT_TRUE(in.boolean_or("yes", false));
  EXPECT_EQ(in.id<user_id>("user").text(), k_uuid);
  EXPECT_EQ(in.optional_id<user_id>("none"), std::nullopt);
  EXPECT_EQ(in.optional_id<user_id>("user")->text(), k_uuid);
  EXPECT_EQ(in.ids<version_id>("hashes", 2).at(1).text(), std::string(64, 'b'));
  EXPECT_EQ(in.strings("names", 2, 2), (std::vector<std::string>{"x", "yy"}));
  EXPECT_EQ(in.object("inner").string("text", 9), "in");
  std::vector<std::int64_t> numbers;
  in.objects("items", 2, [&](reader& item) { numbers.push_back(item.integer("n", 0, 9)); });
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(&in.value("inner"), &value.at("inner"));
  EXPECT_TRUE(in.has("text"));
  EXPECT_FALSE(in.has("none"));
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(in.finish(), std::nullopt);
}

TEST(reader, names_the_field_that_is_wrong) {
  struct fault {
    std::function<void(reader&)> read;
    std::string_view field, what;
    std::optional<std::int64_t> limit;
  };
  const fault table[] = {
      {[](reader& r) { (void)r.string("gone", 9); }, "gone", "is missing", {}},
      {[](reader& r) { (void)r.string("number", 9); }, "number", "must be a text", {}},
      {[](reader& r) { (void)r.string("text", 2); }, "text", "is longer than 2 bytes", 2},
      {[](reader& r) { (void)r.optional_string("yes", 2); }, "yes", "must be a text", {}},
      {[](reader& r) { (void)r.integer("text", 0, 9); }, "text", "must be an integer", {}},
      {[](reader& r) { (void)r.integer("number", 8, 9); }, "number", "must be at least 8", 8},
      {[](reader& r) { (void)r.integer("number", 0, 6); }, "number", "must be at most 6", 6},
      {[](reader& r) { (void)r.boolean("number"); }, "number", "must be true or false", {}},
      {[](reader& r) { (void)r.boolean_or("text", true); }, "text", "must be true or false", {}},
      {[](reader& r) { (void)r.id<user_id>("text"); }, "text", "is not an identifier", {}},
      {[](reader& r) { (void)r.ids<version_id>("text", 9); }, "text", "must be a list", {}},
      {[](reader& r) { (void)r.ids<version_id>("hashes", 1); }, "hashes", "more than 1 entries", 1},
      {[](reader& r) { (void)r.ids<version_id>("names", 9); }, "names[0]", "not an identifier", {}},
      {[](reader& r) { (void)r.ids<version_id>("items", 9); }, "items[0]", "must be a text", {}},
      {[](reader& r) { (void)r.strings("names", 9, 1); }, "names[1]", "longer than 1 bytes", 1},
      {[](reader& r) { (void)r.object("text"); }, "text", "must be a JSON object", {}},
      {[](reader& r) { (void)r.object("gone").string("x", 9); }, "gone", "is missing", {}},
      {[](reader& r) { (void)r.object("inner").string("x", 9); }, "inner.x", "is missing", {}},
      {[](reader& r) { r.objects("items", 9, [](reader& i) { (void)i.integer("n", 0, 1); }); },
       "items[1].n", "must be at most 1", 1},
      {[](reader& r) { r.objects("names", 9, [](reader&) {}); }, "names[0]", "a JSON object", {}},
      {[](reader& r) { (void)r.value("gone"); }, "gone", "is missing", {}},
      {[](reader& r) { r.refuse("text", "is not a time"); }, "text", "is not a time", {}},
  };
  const auto value = sample();
  for (const auto& f : table) {
    reader in(value);
    f.read(in);
    const auto e = in.finish();
    ASSERT_TRUE(e) << f.field << " " << f.what;
    EXPECT_EQ(e->code, errc::malformed);
    EXPECT_EQ(e->field, f.field);
    EXPECT_NE(e->message.find("The field " + std::string(f.field)), std::string::npos)
        << e->message;
    EXPECT_NE(e->message.find(f.what), std::string::npos) << e->message;
    EXPECT_EQ(e->limit, f.limit);
  }
}

TEST(reader, keeps_the_first_error_only_and_stops_lists_at_it) {
  const auto value = sample();
  reader in(value);
  (void)in.string("gone", 9);
  (void)in.integer("text", 0, 9);
  int calls = 0;
  in.objects("items", 9, [&](reader&) { ++calls; });
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(in.finish()->field, "gone");
}

TEST(reader, uses_the_given_path_and_code) {
  const auto value = sample();
  reader in(value, "header", errc::protocol_error);
  (void)in.object("inner").integer("text", 0, 9);
  EXPECT_EQ(in.finish()->code, errc::protocol_error);
  EXPECT_EQ(in.finish()->field, "header.inner.text");
}

TEST(reader, wants_an_object) {
  for (const nlohmann::json& value :
       {nlohmann::json(), nlohmann::json(1), nlohmann::json::array()}) {
    reader in(value);
    EXPECT_EQ(in.string("text", 9), "");
    in.strict();
    EXPECT_EQ(in.finish()->message, "The message must be a JSON object.");
  }
}

TEST(reader, ignores_unknown_members_unless_strict) {
  const nlohmann::json value = {{"known", 1}, {"11144477735", 2}};
  reader lenient(value);
  (void)lenient.integer("known", 0, 9);
  EXPECT_FALSE(lenient.finish());

  reader strict(value);
  (void)strict.integer("known", 0, 9);
  strict.strict();
  ASSERT_TRUE(strict.finish());
  EXPECT_EQ(strict.finish()->message.find("1114447"), std::string::npos);

  const nlohmann::json all_known = {{"known", 1}};
  reader complete(all_known);
  (void)complete.integer("known", 0, 9);
  (void)complete.has("optional");
  complete.strict();
  EXPECT_FALSE(complete.finish());
}

TEST(reader, takes_no_number_that_wraps_around) {
  const nlohmann::json value = {{"n", std::uint64_t{1} << 63}};
  reader in(value);
  (void)in.integer("n", INT64_MIN, INT64_MAX);
  EXPECT_TRUE(in.finish());
}

}  // namespace
}  // namespace autocusto::json
