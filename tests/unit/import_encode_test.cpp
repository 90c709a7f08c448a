// From planned records to versions: ids, bytes and parents follow from the source's rows and the
// server's secrets alone.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/import/encode.hpp"

namespace autocusto::import {
namespace {

constexpr std::int64_t k_second = 1'000'000;  // microseconds
const std::string k_tenant(32, 't');
const std::string k_secret(32, 's');

user_id user(std::uint8_t n) {
  user_id out;
  out.data().fill(n);
  return out;
}

const user_map k_users{{7, {70, user(7)}}, {8, {80, user(8)}}};

/// A patient's values: all empty but that text.
const field_values& values_with(const std::string& name) {
  static std::map<std::string, field_values> made;
  auto& out = made[name];
  out.texts.assign(patient_kind().fields.size(), "");
  out.flags.assign(out.texts.size(), false);
  for (std::size_t i = 0; i < out.texts.size(); ++i) {
    if (patient_kind().fields[i]->name == "nome_paciente") out.texts[i] = name;
  }
  return out;
}

/// A master's two versions, the second by account 7, and what accounts 7 and 8 see of them.
planned_record small_record() {
  planned_record out;
  out.kind = &patient_kind();
  out.key = "11144477735";
  planned_version first;
  first.origin = out.kind->master_origin;
  first.id = 3;
  first.number = 1;
  first.values = &values_with("Ana");
  first.summary = "Primeira";
  planned_version second = first;
  second.id = 4;
  second.author = 7;
  second.created = 2 * k_second;
  second.parent = 0;
  out.versions = {first, second};
  out.views = {{7, {{0, false}, {1, true}}}, {8, {{0, true}}}};
  return out;
}

intake::record_entry encoded(const planned_record& record, const known_versions& known = {},
                             const std::string& secret = k_secret,
                             const std::string& source = "fonte") {
  return encoder({k_tenant, secret}, source, 1000, k_users).encode(record, known);
}

TEST(import_encode, rows_become_versions_with_authors_times_and_parents) {
  const auto out = encoded(small_record());
  ASSERT_EQ(out.versions.size(), 2U);
  const auto& first = out.versions[0];
  const auto& second = out.versions[1];
  EXPECT_EQ(first.author, 0) << "the system user";
  EXPECT_EQ(first.value.header.author, system_user());
  EXPECT_EQ(first.value.header.created_at, "1970-01-01T00:00:01.000Z") << "the default time";
  EXPECT_EQ(second.author, 70);
  EXPECT_EQ(second.value.header.author, user(7));
  EXPECT_EQ(second.value.header.created_at, "1970-01-01T00:00:02.000Z");
  EXPECT_EQ(second.value.header.parents, std::vector{first.value.id});
  EXPECT_EQ(second.value.header.generation, 2);
  for (const auto& v : out.versions) {
    const auto read = domain::decode_version(v.value.raw);
    ASSERT_TRUE(read) << "what is written can be read: " << read.error().message;
    EXPECT_EQ(read->id, v.value.id);
    EXPECT_EQ(read->payload.key, "11144477735");
    EXPECT_EQ(read->payload.summary, "Primeira");
  }
  ASSERT_EQ(out.views.size(), 2U);
  EXPECT_EQ(out.views[0].user, 70);
  EXPECT_EQ(out.views[0].visible.size(), 2U);
  EXPECT_TRUE(out.views[0].visible[1].assigned && !out.views[0].visible[0].assigned);
  EXPECT_NE(out.views[0].incarnation, out.views[1].incarnation);
}

struct change {
  std::string name;
  std::function<void(planned_record&)> make;
  bool same_bytes;   ///< of the second version
  bool same_digest;  ///< by which a later run knows the row
};

TEST(import_encode, bytes_change_with_the_row_and_with_nothing_else) {
  const auto before = encoded(small_record()).versions[1];
  const std::vector<change> cases{
      {"nothing", [](auto&) {}, true, true},
      {"what others see", [](auto& r) { r.views.pop_back(); }, true, true},
      {"a field", [](auto& r) { r.versions[1].values = &values_with("Bia"); }, false, false},
      {"the summary", [](auto& r) { r.versions[1].summary = "Outra"; }, false, false},
      {"the time", [](auto& r) { r.versions[1].created = 3 * k_second; }, false, false},
      {"the author", [](auto& r) { r.versions[1].author = 8; }, false, false},
      {"a draft", [](auto& r) { r.versions[1].draft = true; }, false, false},
      {"archived", [](auto& r) { r.versions[1].archived = true; }, false, false},
      {"the row's id", [](auto& r) { r.versions[1].id = 5; }, false, true},
      {"its parent's row", [](auto& r) { r.versions[0].values = &values_with("Eva"); }, false,
       true},
  };
  for (const auto& c : cases) {
    auto record = small_record();
    c.make(record);
    const auto after = encoded(record).versions[1];
    EXPECT_EQ(after.value.id == before.value.id, c.same_bytes) << c.name;
    EXPECT_EQ(after.digest == before.digest, c.same_digest) << c.name;
  }
  EXPECT_NE(encoded(small_record(), {}, std::string(32, 'x')).versions[1].value.id, before.value.id)
      << "salts are the server's";
  EXPECT_NE(encoded(small_record(), {}, k_secret, "outra").versions[1].value.id, before.value.id)
      << "and the source's";
}

TEST(import_encode, a_known_row_is_named_and_a_changed_one_continued) {
  const auto record = small_record();
  const auto made = encoded(record).versions[0];
  const auto& kind = *record.kind;
  store::imported_version before;
  before.row.version = 33;
  before.row.digest = made.digest;
  before.id = made.value.id;
  before.record = encoded(record).id;
  before.generation = 4;
  const auto key = known_key(kind.master_origin, 3);

  const auto same = encoded(record, {{key, before}}).versions;
  EXPECT_EQ(same[0].known, 33);
  EXPECT_EQ(same[0].value.id, made.value.id);
  EXPECT_TRUE(same[0].value.raw.header.empty()) << "its bytes are not made again";
  EXPECT_EQ(same[1].value.header.generation, 5) << "on the known one's";

  auto other = before;
  other.row.digest = made.digest + 1;
  const auto changed = encoded(record, {{key, other}}).versions[0];
  EXPECT_EQ(changed.known, 0);
  EXPECT_EQ(changed.value.header.parents, std::vector{made.value.id});
  EXPECT_EQ(changed.value.header.generation, 5);

  auto elsewhere = before;
  elsewhere.record.data().fill(9);
  EXPECT_EQ(encoded(record, {{key, elsewhere}}).versions[0].known, 0) << "of another record";
}

TEST(import_encode, accounts_have_ids_of_their_own) {
  const encoder a({k_tenant, k_secret}, "fonte", 0, k_users);
  const encoder b({k_tenant, k_secret}, "outra", 0, k_users);
  EXPECT_EQ(a.account_id(7), a.account_id(7));
  EXPECT_NE(a.account_id(7), a.account_id(8));
  EXPECT_NE(a.account_id(7), b.account_id(7));
  EXPECT_NE(known_key(store::import_origin::patient_version, 3),
            known_key(store::import_origin::clinic_version, 3));
}

}  // namespace
}  // namespace autocusto::import
