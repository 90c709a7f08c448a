// What was typed and not saved: one slot for each form, through lock and restart, and not beyond
// its record.
#include "client/web/unlocked_replica.hpp"
#include "tests/integration/web_page_fixture.hpp"

namespace autocusto::web {
namespace {

const std::string k_other_cpf = "52998224725";

class unsaved : public page_test {
 protected:
  [[nodiscard]] json typed() const { return json::parse(get("/api/unsaved").body).at("edits"); }
  [[nodiscard]] std::vector<std::string> slots() const {
    std::vector<std::string> out;
    for (const auto& each : typed()) out.push_back(each.at("slot"));
    return out;
  }
  [[nodiscard]] int keep(const std::string& slot, const json& edit) const {
    return post("/api/unsaved", {{"slot", slot}, {"edit", edit}}).status;
  }
  [[nodiscard]] int forget(const std::string& slot) const {
    return post("/api/unsaved", {{"slot", slot}}).status;
  }
  [[nodiscard]] static json fresh(const std::string& text) {
    return {{"kind", "patient"}, {"fresh", true}, {"fields", {{"rg", text}}}};
  }
  void lock_and_unlock() {
    ASSERT_EQ(post("/api/lock", json::object()).status, 200);
    ASSERT_EQ(unlock().status, 200);
  }
};

TEST_F(unsaved, each_form_has_a_slot_of_its_own_through_lock_and_restart) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(typed(), json::array());
  EXPECT_EQ(keep("first tab", fresh("1")), 200);
  EXPECT_EQ(keep("second tab", fresh("2")), 200);
  EXPECT_EQ(keep("first tab", fresh("12")), 200);
  EXPECT_EQ(slots(), (std::vector<std::string>{"first tab", "second tab"})) << "the newest first";
  const auto all = typed();
  EXPECT_EQ(all[0].at("fields").at("rg"), "12");
  EXPECT_EQ(all[1].at("fields").at("rg"), "2");
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  EXPECT_EQ(get("/api/unsaved").status, 401);
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(typed(), all);
  page.reset();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  EXPECT_EQ(typed(), all);
  EXPECT_EQ(forget("first tab"), 200);
  EXPECT_EQ(slots(), std::vector<std::string>{"second tab"});
  EXPECT_EQ(forget("first tab"), 200) << "twice is fine";
  lock_and_unlock();
  EXPECT_EQ(slots(), std::vector<std::string>{"second tab"});
  EXPECT_EQ(forget("second tab"), 200);
  lock_and_unlock();
  EXPECT_EQ(typed(), json::array());
}

TEST_F(unsaved, is_limited_in_number_and_size_and_the_oldest_gives_way) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  for (std::size_t i = 0; i <= k_most_unsaved; ++i) {
    EXPECT_EQ(keep(std::to_string(i), fresh("1")), 200);
  }
  EXPECT_EQ(slots().size(), k_most_unsaved);
  EXPECT_EQ(slots().front(), std::to_string(k_most_unsaved));
  EXPECT_EQ(slots().back(), "1");
  const std::string large(60'000, 'x');
  for (const auto* slot : {"a", "b", "c", "d", "e"}) EXPECT_EQ(keep(slot, fresh(large)), 200);
  EXPECT_EQ(slots(), (std::vector<std::string>{"e", "d", "c", "b"}));
  EXPECT_EQ(keep("f", fresh(std::string(70'000, 'x'))), 413);
  EXPECT_EQ(keep(std::string(200, 's'), fresh("1")), 422);
  EXPECT_EQ(slots().size(), 4U);
}

TEST_F(unsaved, ends_with_its_record_and_with_the_access) {
  make_replica();
  open_page();
  ASSERT_EQ(unlock().status, 200);
  ASSERT_EQ(save_patient(k_good).status, 200);
  ASSERT_EQ(post("/api/record/show", {{"kind", "patient"}, {"key", k_cpf}}).status, 200);
  const json here = {
      {"kind", "patient"}, {"key", k_cpf}, {"fresh", false}, {"fields", {{"rg", "12"}}}};
  ASSERT_EQ(keep("here", here), 200);
  ASSERT_EQ(keep("new", fresh("1")), 200);
  lock_and_unlock();
  EXPECT_EQ(slots(), (std::vector<std::string>{"new", "here"}));
  EXPECT_EQ(json::parse(get("/api/recent").body).at("items").size(), 1U);

  const json elsewhere = {
      {"kind", "patient"}, {"key", k_other_cpf}, {"fresh", false}, {"fields", {{"rg", "1"}}}};
  ASSERT_EQ(keep("elsewhere", elsewhere), 200);
  EXPECT_EQ(slots(), (std::vector<std::string>{"new", "here"})) << "no such record here";
  {
    auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE((*other)->sync().close());
  }
  EXPECT_EQ(typed(), json::array());
  EXPECT_EQ(keep("here", here), 403);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  auto other =
      replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
  ASSERT_TRUE((*other)->sync().erase_everything(true));
  EXPECT_TRUE((*other)->read().kept_texts("page_unsaved").empty());
  EXPECT_FALSE((*other)->identity().setting("page_unsaved"));
}

TEST_F(unsaved, what_the_program_before_kept_is_offered_once) {
  make_replica();
  {
    auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
    const replica::kept_text one{{}, {}, R"({"kind":"patient","fresh":true,"fields":{"rg":"9"}})"};
    ASSERT_TRUE((*other)->edit().keep_texts("page_unsaved", std::span(&one, 1)));
  }
  open_page();
  ASSERT_EQ(unlock().status, 200);
  ASSERT_EQ(typed().size(), 1U);
  EXPECT_EQ(typed()[0].at("fields").at("rg"), "9");
  EXPECT_EQ(keep("a tab", fresh("1")), 200);
  EXPECT_EQ(typed().size(), 2U);
  EXPECT_EQ(forget(""), 200);
  EXPECT_EQ(slots(), std::vector<std::string>{"a tab"});
}

}  // namespace
}  // namespace autocusto::web
