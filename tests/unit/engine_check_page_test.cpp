// Pages that are checked before they touch the replica: each way in which one may not fit.
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "client/engine/check_page.hpp"
#include "tests/support/domain_builders.hpp"

namespace autocusto::engine {
namespace {

using autocusto::testing::nth;

/// A page of two items: a patient and an edit.
struct two_items {
  domain::version first = autocusto::testing::a_patient().make();
  domain::version second =
      autocusto::testing::a_patient().after({&first}).with("peso", "70").make();
  wire::page page;

  two_items() {
    for (const auto* v : {&first, &second}) {
      wire::item item;
      item.seq = static_cast<std::int64_t>(page.items.size()) + 1;
      item.kind = wire::item_kind::version;
      item.incarnation = nth<incarnation_id>(1);
      item.record = v->header.record.id;
      item.version = v->id;
      page.items.push_back(item);
      wire::page_version bytes_of;
      bytes_of.header = v->raw.header;
      bytes_of.payload = v->raw.payload;
      bytes_of.proof = std::string(32, 'p');
      bytes_of.incarnation = item.incarnation;
      page.versions.push_back(bytes_of);
    }
    wire::page_view view;
    view.record = first.header.record;
    view.incarnation = nth<incarnation_id>(1);
    view.heads = {second.id};
    view.active = second.id;
    page.views.push_back(view);
    link();
  }
  /// Makes the chain fit again.
  void link() {
    page.next = {};
    for (const auto& item : page.items) {
      page.next.chain = wire::next_chain(page.next.chain, wire::item_hash(item));
      page.next.seq = item.seq;
    }
  }
};

TEST(CheckPage, ReadsWhatTheReplicaNeeds) {
  const two_items it;
  const auto checked = check_page(it.page, {});
  ASSERT_TRUE(checked) << checked.error().message;
  ASSERT_EQ(checked->versions.size(), 2U);
  EXPECT_EQ(checked->versions[1].id, it.second.id);
  EXPECT_EQ(checked->versions[1].header, it.second.header);
  EXPECT_EQ(checked->versions[1].key, "11144477735");
  EXPECT_EQ(checked->versions[1].name, "João da Silva");
}

TEST(CheckPage, TakesAnEmptyPage) {
  wire::page page;
  page.next = {.seq = 7, .chain = nth<hash256>(7)};
  EXPECT_TRUE(check_page(page, page.next));
}

TEST(CheckPage, TakesAnErasedPayloadAndHiddenItems) {
  two_items it;
  it.page.versions[0].payload.reset();
  it.page.items[0].hash_only = wire::item_hash(it.page.items[0]);
  const auto checked = check_page(it.page, {});
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->versions[0].key, "");
}

struct spoiled_page {
  std::string what;
  std::function<void(two_items&)> spoil;
};

void PrintTo(const spoiled_page& p, std::ostream* out) {
  *out << p.what;
}

class SpoiledPage : public ::testing::TestWithParam<spoiled_page> {};

TEST_P(SpoiledPage, IsRefused) {
  two_items it;
  GetParam().spoil(it);
  const auto checked = check_page(it.page, {});
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, errc::protocol_error);
}

const spoiled_page k_spoiled[] = {
    {"an item is missing", [](two_items& it) { it.page.items.erase(it.page.items.begin()); }},
    {"an item comes twice",
     [](two_items& it) {
       it.page.items[1].seq = 1;
       it.link();
     }},
    {"items in another order",
     [](two_items& it) { std::swap(it.page.items[0], it.page.items[1]); }},
    {"an item is another one", [](two_items& it) { it.page.items[1].version = it.first.id; }},
    {"an item's kind is another one",
     [](two_items& it) { it.page.items[1].kind = wire::item_kind::assigned; }},
    {"a hidden item's hash is another one",
     [](two_items& it) { it.page.items[1].hash_only = nth<hash256>(3); }},
    {"an item without a version",
     [](two_items& it) {
       it.page.items[1].version.reset();
       it.link();
     }},
    {"the cursor's chain is another one",
     [](two_items& it) { it.page.next.chain = nth<hash256>(3); }},
    {"the cursor is ahead", [](two_items& it) { it.page.next.seq = 3; }},
    {"a header is changed",
     [](two_items& it) { it.page.versions[0].header.replace(2, 6, "autor_"); }},
    {"a header is not canonical", [](two_items& it) { it.page.versions[0].header += ' '; }},
    {"a payload is changed",
     [](two_items& it) {
       auto& payload = *it.page.versions[1].payload;
       payload.replace(payload.find("\"70\""), 4, "\"71\"");
     }},
    {"a payload is another version's",
     [](two_items& it) { it.page.versions[1].payload = it.page.versions[0].payload; }},
    {"a proof is missing", [](two_items& it) { it.page.versions[1].proof.clear(); }},
    {"the active version is no head", [](two_items& it) { it.page.views[0].active = it.first.id; }},
    {"heads without an active version", [](two_items& it) { it.page.views[0].active.reset(); }},
    {"an active version without heads", [](two_items& it) { it.page.views[0].heads.clear(); }},
    {"too many heads",
     [](two_items& it) {
       for (std::size_t n = 0; n < 16; ++n) {
         it.page.views[0].heads.push_back(nth<version_id>(n));
       }
     }},
    {"no name of a kind", [](two_items& it) { it.page.views[0].record.kind = "Receita"; }},
};
INSTANTIATE_TEST_SUITE_P(Table, SpoiledPage, ::testing::ValuesIn(k_spoiled));

TEST(CheckPage, TakesKindsThatThisProgramDoesNotKnow) {
  two_items it;
  it.page.views[0].record.kind = "receita";
  EXPECT_TRUE(check_page(it.page, {.seq = 0, .chain = {}}));
}

TEST(CheckPage, GoesOnFromItsCursorOnly) {
  const two_items it;
  EXPECT_FALSE(check_page(it.page, {.seq = 1, .chain = {}}));
  EXPECT_FALSE(check_page(it.page, {.seq = 0, .chain = nth<hash256>(1)}));
}

}  // namespace
}  // namespace autocusto::engine
