// Processes over the page's interface: kinds, the list of a patient, checks, paper, what is due.
#include "client/print/issue.hpp"
#include "client/print/template_folder.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "tests/integration/web_page_fixture.hpp"
#include "tests/support/reference_samples.hpp"
#include "tests/support/small_forms.hpp"

namespace autocusto::web {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string k_process = k_cpf + "/G35";

json medicine(const std::string& name) {
  json row = {{"nome", name}, {"via", "Oral"}, {"unidade", "comprimido"}};
  for (int month = 1; month <= 6; ++month) {
    row["qtd_" + std::to_string(month)] = "30";
    row["pos_" + std::to_string(month)] = "Tomar 1 à noite";
  }
  return row;
}

const json k_fields = {{"clinica", "2345678"},
                       {"anamnese", "Linha um.\nLinha dois."},
                       {"tratou", "nao"},
                       {"preenchido_por", "medico"},
                       {"meses", "6"},
                       {"prescricao", json::array({medicine("Remédio A"), medicine("Remédio B")})}};

struct web_process : page_test {
  void SetUp() override {
    make_replica();
    open_page();
    ASSERT_EQ(unlock().status, 200);
    save("clinic", "2345678",
         {{"nome_clinica", "Clínica"},
          {"logradouro", "Rua"},
          {"logradouro_num", "1"},
          {"bairro", "Centro"},
          {"cidade", "Belém"},
          {"cep", "66000-000"},
          {"telefone_clinica", "9132123456"}});
    save("doctor", "12345/PA", {{"nome_medico", "Ana"}, {"cns_medico", "700000000000005"}});
    save("patient", k_cpf,
         {{"nome_paciente", "João"},
          {"nome_mae", "Maria"},
          {"end_paciente", "Rua"},
          {"cidade_paciente", "Belém"},
          {"peso", "70"},
          {"altura", "170"},
          {"etnia", "etnia_parda"},
          {"telefone1_paciente", "91912345678"}});
  }
  void save(const std::string& kind, const std::string& key, const json& fields) const {
    const auto answer =
        post("/api/record/save", {{"kind", kind}, {"key", key}, {"fields", fields}});
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  [[nodiscard]] json answer(const std::string& path, const json& body) const {
    const auto got = post(path, body);
    EXPECT_EQ(got.status, 200) << path << got.body;
    return json::parse(got.body);
  }
  [[nodiscard]] reply print(const std::string& start, const json& more = json::object()) const {
    json body = {{"key", k_process}, {"start", start}};
    body.update(more);
    return post("/api/process/print", body);
  }
  static std::vector<std::string> fields_of(const json& problems) {
    std::vector<std::string> out;
    for (const auto& one : problems) out.push_back(one.at("field"));
    return out;
  }
};

TEST_F(web_process, all_kinds_are_listed_with_what_their_forms_need) {
  const auto kinds = json::parse(get("/api/kinds").body).at("kinds");
  std::map<std::string, json> by_name;
  for (const auto& each : kinds) by_name[each.at("kind")] = each;
  ASSERT_EQ(by_name.size(), 5U);
  std::map<std::string, json> fields;
  for (const auto& each : by_name.at("process").at("fields")) fields[each.at("name")] = each;
  EXPECT_EQ(fields.at("prescricao").at("max_rows"), 6);
  EXPECT_EQ(fields.at("prescricao").at("columns").at(1).at("name"), "nome");
  EXPECT_EQ(fields.at("prescricao").at("columns").at(6).at("rule"), "digits");
  EXPECT_EQ(fields.at("anamnese").at("lines"), true);
  EXPECT_EQ(fields.at("condicionais").at("pattern"), "opt_");
  EXPECT_EQ(fields.at("condicionais").at("max_entries"), 100);
  EXPECT_EQ(fields.at("tratamentos_previos").at("required_value"), "sim");
  EXPECT_EQ(fields.at("tratou").at("since"), 1);
}

TEST_F(web_process, rows_are_saved_and_shown_as_they_are) {
  save("process", k_process, k_fields);
  const auto shown = answer("/api/record/show", {{"kind", "process"}, {"key", k_process}});
  EXPECT_EQ(shown.at("fields").at("prescricao"), k_fields.at("prescricao"));
  EXPECT_EQ(shown.at("fields").at("anamnese"), "Linha um.\nLinha dois.");
  const auto listed = answer("/api/process/list", {{"patient", "111.444.777-35"}}).at("items");
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].at("cid"), "G35");
  EXPECT_EQ(listed[0].at("diagnosis"), "Esclerose múltipla");
  EXPECT_EQ(listed[0].at("due"), nullptr) << "it was never printed";
  EXPECT_THAT(answer("/api/process/list", {{"patient", "52998224725"}}).at("items"), IsEmpty());
}

TEST_F(web_process, a_print_is_a_pdf_and_keeps_an_emission) {
  save("process", k_process, k_fields);
  const auto paper = print("2027-01-31");
  ASSERT_EQ(paper.status, 200) << paper.body;
  EXPECT_THAT(paper.body, StartsWith("%PDF-"));
  EXPECT_EQ(paper.header("Content-Type"), "application/pdf");
  EXPECT_EQ(paper.header("Cache-Control"), "no-store");
  EXPECT_EQ(paper.header("X-AutoCusto-Created"), "true");
  EXPECT_EQ(paper.header("X-AutoCusto-Pages"), "7");
  const auto mark = paper.header("X-AutoCusto-Emission");
  EXPECT_EQ(mark.size(), 16U) << "a mark only: the key would name the patient";

  const auto again = print("2027-01-31");
  EXPECT_EQ(again.header("X-AutoCusto-Created"), "false");
  EXPECT_EQ(again.body, paper.body);
  const auto kept = answer("/api/emission/list", {{"process", k_process}}).at("items");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].at("mark"), mark);
  EXPECT_EQ(kept[0].at("start"), "2027-01-31");
  EXPECT_EQ(kept[0].at("rows").size(), 2U);
  EXPECT_EQ(post("/api/emission/reprint", {{"emission", mark}}).body, paper.body);
  EXPECT_EQ(post("/api/emission/reprint", {{"emission", kept[0].at("key")}}).body, paper.body);
  EXPECT_EQ(post("/api/emission/reprint", {{"emission", "0000000000000000"}}).status, 404);
}

TEST_F(web_process, a_renewal_repeats_what_was_printed_last) {
  save("process", k_process, k_fields);
  ASSERT_EQ(print("2027-01-31", {{"months", 3}, {"dates", "mensal"}}).status, 200);
  ASSERT_EQ(post("/api/process/renew", {{"key", k_process}, {"start", "2027-04-30"}}).status, 200);
  const auto kept = answer("/api/emission/list", {{"process", k_process}}).at("items");
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0].at("start"), "2027-04-30") << "the newest first";
  EXPECT_EQ(kept[0].at("months"), "3");
  EXPECT_EQ(kept[0].at("dates"), "mensal");
}

TEST_F(web_process, what_is_due_is_listed_by_date) {
  save("process", k_process, k_fields);
  const auto due = [&](const std::string& today) {
    return answer("/api/process/due", {{"today", today}, {"within", 30}});
  };
  EXPECT_EQ(due("2027-01-31").at("never"), 1);
  ASSERT_EQ(print("2027-01-31", {{"months", 3}}).status, 200);
  EXPECT_THAT(due("2027-03-30").at("items"), IsEmpty());
  const auto soon = due("2027-03-31").at("items");
  ASSERT_EQ(soon.size(), 1U);
  EXPECT_EQ(soon[0].at("due"), "2027-04-30");
  EXPECT_EQ(soon[0].at("name"), "João");
  EXPECT_EQ(soon[0].at("overdue"), false);
  EXPECT_EQ(due("2027-05-01").at("items")[0].at("overdue"), true);
}

TEST_F(web_process, everything_that_keeps_it_from_printing_is_told_at_once) {
  auto fields = k_fields;
  fields["anamnese"] = "";
  fields["prescricao"][1].erase("pos_2");
  save("process", k_process, fields);
  const auto refused = print("2027-01-31");
  EXPECT_EQ(refused.status, 422);
  const auto problems = json::parse(refused.body).at("problems");
  EXPECT_THAT(fields_of(problems), ElementsAre("anamnese", "prescricao.2.pos_2"));
  EXPECT_EQ(problems[0].at("box"), "11");
  EXPECT_EQ(problems[0].at("code"), "missing");
  EXPECT_THAT(refused.body, HasSubstr("Campo 11"));
  EXPECT_THAT(answer("/api/emission/list", {{"process", k_process}}).at("items"), IsEmpty());
  const json order = {{"key", k_process}, {"start", "2027-01-31"}};
  EXPECT_EQ(answer("/api/process/check", order).at("problems"), problems);
}

TEST_F(web_process, what_is_typed_is_checked_before_it_is_saved) {
  json order = {{"key", k_process}, {"start", "2027-01-31"}, {"fields", k_fields}};
  EXPECT_THAT(answer("/api/process/check", order).at("problems"), IsEmpty())
      << "the process is not saved yet";
  order["fields"]["anamnese"] = std::string(1400, 'W');
  EXPECT_THAT(fields_of(answer("/api/process/check", order).at("problems")),
              ElementsAre("anamnese"));
  const auto room = answer("/api/process/room", {{"box", "11"}, {"text", std::string(1400, 'W')}});
  EXPECT_GT(room.at("over"), 0);
  EXPECT_EQ(answer("/api/process/room", {{"box", "11"}, {"text", "curto"}}).at("over"), 0);
  EXPECT_EQ(post("/api/record/show", {{"kind", "process"}, {"key", k_process}}).status, 404);
}

TEST_F(web_process, wrong_input_is_refused) {
  save("process", k_process, k_fields);
  EXPECT_EQ(print("2027-02-30").status, 422);
  EXPECT_EQ(print("2027-01-31", {{"months", 7}}).status, 422);
  EXPECT_EQ(print("2027-01-31", {{"dates", "x"}}).status, 422);
  EXPECT_EQ(print("2027-01-31", {{"documents", "x"}}).status, 422);
  EXPECT_EQ(print("2027-01-31", {{"allow", {"x"}}}).status, 422);
  EXPECT_EQ(print("2027-01-31", {{"doctor", "99999/PA"}}).status, 404);
  EXPECT_EQ(post("/api/process/room", {{"box", "3"}, {"text", ""}}).status, 422);
  EXPECT_EQ(
      post("/api/process/print", {{"key", "52998224725/G35"}, {"start", "2027-01-31"}}).status,
      404);
}

TEST_F(web_process, one_of_several_profiles_is_chosen) {
  save("process", k_process, k_fields);
  EXPECT_EQ(json::parse(get("/api/doctors").body).at("used"), "12345/PA");
  save("doctor", "777/SP", {{"nome_medico", "Ana em SP"}, {"cns_medico", "700000000000005"}});
  EXPECT_EQ(json::parse(print("2027-01-31").body).at("code"), "ambiguous");
  EXPECT_EQ(post("/api/doctors/use", {{"key", "999/SP"}}).status, 404);
  EXPECT_EQ(answer("/api/doctors/use", {{"key", "777/SP"}}).at("used"), "777/SP");
  EXPECT_EQ(print("2027-01-31").status, 200);
  const auto all = json::parse(get("/api/doctors").body);
  EXPECT_EQ(all.at("items").size(), 2U);
  EXPECT_EQ(all.at("used"), "777/SP");
}

TEST_F(web_process, nothing_of_it_is_there_while_the_page_is_locked) {
  save("process", k_process, k_fields);
  ASSERT_EQ(post("/api/lock", json::object()).status, 200);
  for (const auto* path :
       {"/api/process/list", "/api/process/due", "/api/process/check", "/api/process/room",
        "/api/process/print", "/api/process/renew", "/api/emission/list", "/api/emission/reprint",
        "/api/doctors/use", "/api/reference/medicines", "/api/reference/diseases"}) {
    const auto answer = post(path, {{"key", k_process}, {"start", "2027-01-31"}});
    EXPECT_EQ(answer.status, 401) << path;
    EXPECT_THAT(answer.body, Not(HasSubstr("%PDF"))) << path;
    EXPECT_EQ(get(path).status, 405) << path << ": a key never stands in an address";
  }
  EXPECT_EQ(get("/api/doctors").status, 401);
  secret = "wrong";
  EXPECT_EQ(print("2027-01-31").status, 401);
}

TEST_F(web_process, the_reference_catalogue_is_searched) {
  const auto found = answer("/api/reference/medicines", {{"term", ""}, {"cid", "g35"}});
  ASSERT_FALSE(found.at("medicines").empty());
  EXPECT_EQ(found.at("medicines")[0].at("for_cid"), true);
  const auto named = answer("/api/reference/diseases", {{"term", "esclerose mult"}});
  EXPECT_EQ(named.at("diseases")[0].at("cid"), "G35");
}

TEST_F(web_process, a_catalogue_that_a_sync_brings_is_used_at_once) {
  save("process", k_process, k_fields);
  ASSERT_TRUE(
      answer("/api/reference/medicines", {{"term", "remedio novo"}}).at("medicines").empty());
  {
    const auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE(other);
    auto of = test::small_catalogue();
    of.diseases[0].nome = "Outro nome da doença";
    of.medicines[3].name = of.medicines[3].print_name = "Remédio Novo";
    const auto text = reference::write_catalogue(of);
    ASSERT_TRUE(
        (*other)->sync().keep_catalogue({reference::catalogue_hash(text), of.revision, text}));
  }
  EXPECT_EQ(answer("/api/reference/medicines", {{"term", "remedio novo"}}).at("medicines").size(),
            1U);
  EXPECT_EQ(answer("/api/process/list", {{"patient", k_cpf}}).at("items")[0].at("diagnosis"),
            "Outro nome da doença");
  EXPECT_EQ(print("2027-01-31").status, 200);
}

TEST_F(web_process, prints_again_with_the_form_of_the_clinic) {
  save("process", k_process, k_fields);
  test::small_form form;
  form.fields = {{"Nome", {50, 700, 500, 730}}};
  printing::template_folder folder(home());
  const auto kept = folder.add("termo.pdf", test::small_form_pdf(form),
                               R"({"fields": [{"field": "Nome", "value": "nome_paciente"}]})",
                               pdf::document_kind::clinic_template);
  ASSERT_TRUE(kept);
  std::string key;
  std::string paper;
  {
    const auto other =
        replica::replica_store::open(home(), test::k_passphrase, test::quick_environment(clock));
    ASSERT_TRUE(other);
    printing::order order;
    order.what.process = k_process;
    order.how.start = *pdf::date_from_iso("2027-01-31");
    order.how.templates.push_back(folder.load(kept->id).value());
    order.form = kept->id;
    auto drawn =
        printing::draw((*other)->read(), order, *printing::starting_reference(), "", nullptr);
    ASSERT_TRUE(drawn);
    auto editor = (*other)->edit();
    key = printing::record((*other)->read(), editor, std::span(&*drawn, 1))->front().emission;
    paper = drawn->pdf;
  }
  EXPECT_EQ(post("/api/emission/reprint", {{"emission", key}}).body, paper);
  save("emission", key, {{"situacao", "cancelada"}});
  EXPECT_EQ(post("/api/emission/reprint", {{"emission", key}}).status, 422);
  EXPECT_EQ(post("/api/emission/reprint", {{"emission", key}, {"cancelled_too", true}}).body,
            paper);
  ASSERT_TRUE(folder.remove(kept->id));
  const auto gone = post("/api/emission/reprint", {{"emission", key}, {"cancelled_too", true}});
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body, Not(HasSubstr("autocusto ")));
}

/// The page has buttons, no options and no commands.
TEST_F(web_process, sentences_of_a_print_name_no_command) {
  save("process", k_process, k_fields);
  std::vector<std::string> told;
  told.push_back(print("2027-01-31", {{"clinic", "7654321"}}).body);
  told.push_back(print("2027-01-31", {{"doctor", "1/SP"}}).body);
  save("doctor", "999/AP", {{"nome_medico", "Ana"}, {"cns_medico", "700000000000005"}});
  told.push_back(print("2027-01-31").body);
  told.push_back(post("/api/emission/reprint", {{"emission", "0000000000000000"}}).body);
  for (const auto& body : told) {
    EXPECT_THAT(body, HasSubstr("detail"));
    EXPECT_THAT(body, Not(HasSubstr("--"))) << body;
    EXPECT_THAT(body, Not(HasSubstr("`autocusto"))) << body;
  }
}

TEST_F(web_process, searches_leave_emissions_out) {
  save("process", k_process, k_fields);
  ASSERT_EQ(print("2027-01-31").status, 200);
  std::vector<std::string> kinds;
  const auto found = answer("/api/search", {{"term", k_cpf}});
  for (const auto& each : found.at("items")) {
    kinds.push_back(each.at("kind"));
  }
  EXPECT_THAT(kinds, ::testing::UnorderedElementsAre("patient", "process"));
}

}  // namespace
}  // namespace autocusto::web
