// What a form asks while somebody types: numbers that are there, and edits that came meanwhile.
#include "tests/integration/web_page_fixture.hpp"

namespace autocusto::web {
namespace {

struct web_editing : page_test {
  void SetUp() override {
    make_replica();
    open_page();
    ASSERT_EQ(unlock().status, 200);
    auto fields = k_good;
    fields.update({{"peso", "71"}, {"altura", "170"}});
    from = json::parse(save_patient(fields, {{"new", true}}).body).at("version_id");
  }
  [[nodiscard]] json meanwhile(const json& typed) const {
    const auto answer =
        post("/api/record/meanwhile",
             {{"kind", "patient"}, {"key", k_cpf}, {"from", from}, {"fields", typed}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }
  std::string from;
};

TEST_F(web_editing, a_number_is_looked_up_however_it_is_typed) {
  const auto ask = [&](const std::string& key) {
    return post("/api/record/lookup", {{"kind", "patient"}, {"key", key}});
  };
  const auto found = json::parse(ask("111.444.777-35").body);
  EXPECT_EQ(found.at("key"), k_cpf);
  EXPECT_EQ(found.at("item").at("name"), k_good.at("nome_paciente"));
  EXPECT_TRUE(json::parse(ask("52998224725").body).at("item").is_null());
  EXPECT_EQ(json::parse(ask("111.444").body).at("code"), "invalid_key");
  EXPECT_EQ(json::parse(get("/api/recent").body).at("items").size(), 0U) << "nothing was opened";
}

TEST_F(web_editing, what_both_sides_changed_is_for_a_person_and_the_rest_is_joined) {
  ASSERT_EQ(save_patient({{"peso", "72"}, {"rg", "9"}}).status, 200);
  const auto now = meanwhile({{"peso", "69"}, {"cidade_paciente", "Santos"}});
  EXPECT_EQ(now.at("both"), json({{{"field", "peso"}, {"theirs", "72"}, {"mine", "69"}}}));
  EXPECT_EQ(now.at("fields").at("peso"), "69");
  EXPECT_EQ(now.at("fields").at("rg"), "9");
  EXPECT_EQ(now.at("fields").at("cidade_paciente"), "Santos");
  EXPECT_EQ(now.at("theirs").at("cidade_paciente"), "");
  EXPECT_NE(now.at("version").at("version_id"), from);
}

TEST_F(web_editing, fields_that_make_sense_together_are_asked_together) {
  ASSERT_EQ(save_patient({{"altura", "171"}}).status, 200);
  const auto both = meanwhile({{"peso", "69"}}).at("both");
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both.at(0), json({{"field", "altura"}, {"theirs", "171"}, {"mine", "170"}}));
  EXPECT_EQ(both.at(1), json({{"field", "peso"}, {"theirs", "71"}, {"mine", "69"}}));
}

TEST_F(web_editing, the_same_on_both_sides_is_no_question) {
  ASSERT_EQ(save_patient({{"peso", "72"}}).status, 200);
  EXPECT_EQ(meanwhile({{"peso", "72"}}).at("both"), json::array());
}

}  // namespace
}  // namespace autocusto::web
