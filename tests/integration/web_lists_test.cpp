// Lists over the page's interface: finding by more than names, filters, export, places of tabs, and
// the summaries that stand in for a reason.
#include "tests/integration/web_page_fixture.hpp"

namespace autocusto::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string k_other = "52998224725";

struct web_lists : page_test {
  void SetUp() override {
    make_replica();
    open_page();
    ASSERT_EQ(unlock().status, 200);
    save(k_cpf, {{"nome_paciente", "João da Silva"},
                 {"nome_mae", "Antônia Pereira"},
                 {"end_paciente", "R"},
                 {"cidade_paciente", "Belém"},
                 {"telefone1_paciente", "(91) 91234-5678"},
                 {"data_nascimento", "1970-05-01"}});
    clock.advance(60'000);
    save(k_other, {{"nome_paciente", "Zélia Souza"}, {"nome_mae", "M"}, {"end_paciente", "=R"}});
  }
  void save(const std::string& key, const json& fields, const json& more = json::object()) const {
    json body = {{"kind", "patient"}, {"key", key}, {"fields", fields}};
    body.update(more);
    const auto answer = post("/api/record/save", body);
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  [[nodiscard]] json ask_json(const std::string& path, const json& body) const {
    const auto answer = post(path, body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body);
  }
  [[nodiscard]] std::vector<std::string> keys(const std::string& path, const json& body) const {
    std::vector<std::string> out;
    const auto answer = ask_json(path, body);
    for (const auto& item : answer.at("items")) out.push_back(item.at("key"));
    return out;
  }
  [[nodiscard]] std::vector<std::string> found(const std::string& term) const {
    return keys("/api/search", {{"term", term}});
  }
  [[nodiscard]] std::string newest_summary(const std::string& key) const {
    return ask_json("/api/record/show", {{"kind", "patient"}, {"key", key}})
        .at("version")
        .at("summary");
  }
};

TEST_F(web_lists, finds_by_mother_city_telephone_and_with_one_wrong_letter) {
  for (const char* term : {"silva joao", "pereira antonia", "joao belem", "91234"}) {
    EXPECT_THAT(found(term), ElementsAre(k_cpf)) << term;
  }
  EXPECT_THAT(found("joao souza"), IsEmpty());
  const auto nearly = ask_json("/api/search", {{"term", "zelia sousa"}});
  EXPECT_EQ(nearly.at("nearly"), true);
  EXPECT_EQ(nearly.at("items").at(0).at("key"), k_other);
  const auto exact = ask_json("/api/search", {{"term", "silva"}});
  EXPECT_EQ(exact.at("nearly"), false);
  const auto& item = exact.at("items").at(0);
  EXPECT_EQ(item.at("mother"), "Antônia Pereira");
  EXPECT_EQ(item.at("city"), "Belém");
  EXPECT_EQ(item.at("born"), "1970-05-01");
}

TEST_F(web_lists, an_edit_is_found_at_once_by_what_it_says) {
  save(k_other, {{"cidade_paciente", "Soure"}});
  EXPECT_THAT(found("soure"), ElementsAre(k_other));
}

TEST_F(web_lists, lists_are_filtered_sorted_and_paged) {
  EXPECT_THAT(keys("/api/records/list", json::object()), ElementsAre(k_cpf, k_other));
  EXPECT_THAT(keys("/api/records/list", {{"sort", "changed"}}), ElementsAre(k_other, k_cpf));
  EXPECT_THAT(keys("/api/records/list", {{"offset", 1}, {"limit", 1}}), ElementsAre(k_other));
  EXPECT_EQ(ask_json("/api/records/list", {{"offset", 1}, {"limit", 1}}).at("count"), 2);
  EXPECT_THAT(keys("/api/records/list", {{"draft", true}}), IsEmpty());
  EXPECT_THAT(keys("/api/records/list", {{"conflict", true}}), IsEmpty());
  EXPECT_THAT(keys("/api/records/list", {{"kind", "clinic"}}), IsEmpty());
  save(k_cpf, {{"rg", "1"}}, {{"draft", true}});
  EXPECT_THAT(keys("/api/records/list", {{"draft", true}}), ElementsAre(k_cpf))
      << "a draft beside a version in use is not forgotten";
  const auto counts = json::parse(get("/api/recent").body).at("counts");
  EXPECT_EQ(counts, json({{"patients", 2}, {"drafts", 1}, {"conflicts", 0}, {"unsent", 2}}));
  EXPECT_EQ(post("/api/records/list", {{"sort", "size"}}).status, 422);
}

TEST_F(web_lists, an_export_wants_a_word_and_is_noted) {
  EXPECT_NE(post("/api/records/export", {{"sure", false}}).status, 200);
  EXPECT_THAT(json::parse(get("/api/status").body).at("exports"), IsEmpty());
  save(k_other, {{"nome_paciente", "=Zélia \"Z\""}});
  const auto file = post("/api/records/export", {{"sure", true}, {"kind", "patient"}});
  ASSERT_EQ(file.status, 200);
  EXPECT_THAT(file.body, HasSubstr("\"João da Silva\",\"Antônia Pereira\",\"Belém\""));
  EXPECT_THAT(file.body, HasSubstr("\"'=Zélia \"\"Z\"\"\"")) << "no formula for a spreadsheet";
  const auto noted = json::parse(get("/api/status").body).at("exports");
  ASSERT_EQ(noted.size(), 1U);
  EXPECT_EQ(noted.at(0).at("records"), 2);
}

TEST_F(web_lists, without_a_reason_the_summary_says_what_changed) {
  save(k_cpf, {{"peso", "71"}, {"cidade_paciente", "Soure"}});
  EXPECT_EQ(newest_summary(k_cpf), "Peso 71; Cidade");
  save(k_cpf, {{"peso", "74"}});
  EXPECT_EQ(newest_summary(k_cpf), "Peso 71 → 74");
  save(k_cpf, {{"peso", "75"}}, {{"summary", "Retorno"}});
  EXPECT_EQ(newest_summary(k_cpf), "Retorno");
  save(k_cpf, {{"altura", "1,80"}});
  EXPECT_EQ(newest_summary(k_cpf), "Altura 180");
}

TEST_F(web_lists, a_place_is_kept_for_its_tab_until_the_lock) {
  const json at = {{"screen", "record"}, {"kind", "patient"}, {"key", k_cpf}};
  EXPECT_EQ(ask_json("/api/place", {{"tab", "one"}, {"place", at}}).at("place"), at);
  EXPECT_EQ(ask_json("/api/place", {{"tab", "one"}}).at("place"), at);
  EXPECT_TRUE(ask_json("/api/place", {{"tab", "two"}}).at("place").is_null());
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  EXPECT_EQ(post("/api/place", {{"tab", "one"}}).status, 401);
  ASSERT_EQ(unlock().status, 200);
  EXPECT_TRUE(ask_json("/api/place", {{"tab", "one"}}).at("place").is_null());
}

}  // namespace
}  // namespace autocusto::web
