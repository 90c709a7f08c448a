// What a print refuses, all at once and by box; and what the old application got wrong.
#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "client/pdf/compose.hpp"
#include "client/pdf/print.hpp"
#include "client/pdf/template_map.hpp"
#include "client/pdf/values.hpp"
#include "tests/support/print_samples.hpp"

namespace autocusto::pdf {
namespace {

using test::sample_request;

/// "11 anamnese missing", one for each problem.
std::vector<std::string> told(const print_request& request) {
  std::vector<std::string> out;
  for (const auto& each : check(request)) {
    out.push_back((each.box.empty() ? "-" : each.box) + " " + each.field + " " +
                  std::string(problem_name(each.code)));
  }
  return out;
}

using list = std::vector<std::string>;

TEST(PdfProblems, ASampleHasNone) {
  for (const std::size_t rows : {1U, 6U}) {
    for (const int months : {1, 6}) {
      auto request = sample_request(rows, months);
      request.documents = {true, true, true, true};
      EXPECT_EQ(told(request), list{}) << rows << " medicines, " << months << " months";
    }
  }
}

TEST(PdfProblems, EveryCompulsoryBoxIsNamedAtOnce) {
  print_request empty;
  empty.start = *date_from_iso("2027-01-31");
  empty.rows.resize(1);
  const auto problems = told(empty);
  for (const char* each :
       {"1 cnes missing", "2 nome_clinica missing", "3.1 nome_paciente missing",
        "4 nome_mae missing", "5 peso missing", "6 altura missing", "7 med_1 missing",
        "8 qtd_1_1 nothing_prescribed", "9 cid missing", "11 anamnese missing", "12 tratou missing",
        "13 incapaz missing", "14 nome_medico missing", "15 cns_medico missing"}) {
    EXPECT_EQ(std::count(problems.begin(), problems.end(), each), 1) << each;
  }
  EXPECT_EQ(problems.size(), 14U);
}

TEST(PdfProblems, ConditionsOfBoxes12And13And18And19) {
  auto request = sample_request(1, 1);
  auto& process = request.process.fields;
  auto& patient = request.patient.fields;
  process["tratamentos_previos"] = "";
  patient["nome_responsavel"] = "";
  process["preenchido_nome"] = "";
  EXPECT_EQ(told(request), (list{"12 tratamentos_previos missing", "13 nome_responsavel missing",
                                 "18 preenchido_nome missing"}));
  process["tratou"] = "nao";
  patient["incapaz"] = "false";
  process["preenchido_por"] = "medico";
  EXPECT_EQ(told(request), list{});
  patient["etnia"] = "";
  EXPECT_EQ(told(request), list{"19 etnia missing"});
  process["preenchido_por"] = "";
  EXPECT_EQ(told(request), list{}) << "boxes 18 to 22 are left to whoever fills them by hand";
}

TEST(PdfProblems, TextsAtAndOverTheLimitOfTheirBox) {
  auto request = sample_request(1, 1);
  const std::string words =
      "paciente com artrite reumatoide soropositiva, sem resposta ao tratamento com ";
  std::string text;
  for (std::size_t next = 0; room_in_box("lme", "11", text + words[next % words.size()]).over == 0;
       ++next) {
    text += words[next % words.size()];
  }
  EXPECT_GT(text.size(), 1'250U) << "an anamnesis is refused sooner than before";
  request.process.fields["anamnese"] = text;
  EXPECT_EQ(told(request), list{});
  text += std::string(40, 'n');
  request.process.fields["anamnese"] = text;
  const auto problems = check(request);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].over, room_in_box("lme", "11", text).over);
  EXPECT_EQ(sentence(problems[0], language::pt), "Campo 11 (Anamnese): passa em " +
                                                     std::to_string(problems[0].over) +
                                                     " caracteres; encurte o texto.");
  EXPECT_EQ(sentence(problems[0], language::en), "Box 11 (Anamnese): is " +
                                                     std::to_string(problems[0].over) +
                                                     " characters too long; shorten the text.");
}

TEST(PdfProblems, CharactersThatNobodyCanDraw) {
  auto request = sample_request(2, 2);
  request.patient.fields["nome_mae"] = "Maria 😀";
  request.rows[1].pos[1] = "1 的 dia";
  request.process.fields["anamnese"] = "\xFF";
  const auto problems = check(request);
  EXPECT_EQ(told(request),
            (list{"4 nome_mae no_glyph", "11 anamnese bad_text", "- pos_2_2 no_glyph"}));
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(
      sentence(problems[0], language::pt),
      "Campo 4 (Nome da mãe do paciente): tem o caractere U+1F600, que não pode ser impresso; "
      "retire-o.");
  EXPECT_EQ(
      sentence(problems[2], language::pt),
      "Posologia do medicamento 2 no mês 2: tem o caractere U+7684, que não pode ser impresso; "
      "retire-o.");
}

TEST(PdfProblems, Quantities) {
  auto request = sample_request(1, 6);
  request.rows[0].qtd[2] = "12345";
  request.rows[0].qtd[3] = "1,5";
  request.rows[0].qtd[4] = " 30 ";
  EXPECT_EQ(told(request), (list{"8 qtd_1_3 bad_quantity", "8 qtd_1_4 bad_quantity"}));
  request = sample_request(1, 2);
  request.rows[0].pos[0] = "";
  request.rows[0].qtd[1] = "";
  EXPECT_EQ(told(request), (list{"- pos_1_1 dose_incomplete", "- pos_1_2 dose_incomplete"}));
  request.documents.prescriptions = false;
  EXPECT_EQ(told(request), list{}) << "the LME shows no doses";
}

TEST(PdfProblems, MedicinesThatNeedANumberedNotification) {
  const struct {
    const char* control;
    paper needed;
  } table[] = {
      {"", paper::plain},
      {"C1", paper::controlled},
      {"c5", paper::controlled},
      {"A2 adendo", paper::controlled},
      {"B1 (adendo)", paper::controlled},
      {"C2", paper::notification},
      {"C3", paper::notification},
      {"A1", paper::notification},
      {"B2", paper::notification},
      {"antimicrobiano", paper::plain},
      {"X9", paper::unknown},
  };
  for (const auto& [control, needed] : table) EXPECT_EQ(paper_for(control), needed) << control;

  auto request = sample_request(2, 6);
  request.rows[1].controle = "C2";
  const auto problems = check(request);
  EXPECT_EQ(told(request), list{"- med_2 needs_notification"}) << "once, not for each month";
  EXPECT_NE(sentence(problems[0], language::pt).find("Notificação de Receita numerada"),
            std::string::npos);
  EXPECT_TRUE(print({&request, 1}).pdf.empty()) << "never substituted by another paper";
  request.documents.prescriptions = false;
  EXPECT_EQ(told(request), list{}) << "its LME can be printed";
  request.documents.prescriptions = true;
  request.rows[1].controle = "?9";
  EXPECT_EQ(told(request), list{"- med_2 unknown_class"});
}

TEST(PdfProblems, RequestsThatMakeNoSense) {
  auto request = sample_request(1, 6);
  request.months = 7;
  EXPECT_EQ(told(request), list{"- months bad_request"});
  request = sample_request(6, 6);
  request.rows.push_back(request.rows[0]);
  EXPECT_EQ(told(request), list{"7 prescricao too_many_rows"});
  request = sample_request(0, 6);
  EXPECT_EQ(told(request), list{"7 prescricao missing"});
  request = sample_request(1, 6);
  request.start = {};
  EXPECT_EQ(told(request), list{"16 start bad_start"});
  request = sample_request(1, 1);
  request.documents.report = true;
  request.process.fields["relatorio"] = "";
  EXPECT_EQ(told(request), list{"- relatorio missing"});
}

TEST(PdfProblems, ADraftMayBeIncomplete) {
  auto request = sample_request(1, 1);
  request.patient.fields["nome_mae"] = "";
  EXPECT_FALSE(check(request).empty());
  request.draft = true;
  EXPECT_TRUE(check(request).empty());
  request.patient.fields["nome_mae"] = std::string(300, 'W');
  EXPECT_EQ(told(request), list{"4 nome_mae too_long"}) << "but nothing leaves its box";
}

TEST(PdfProblems, WeightAndHeightAsTheFormWantsThem) {
  const struct {
    const char* stored;
    const char* weight;
    const char* height;
  } table[] = {
      {"70", "70", "70"},
      {"70,5", "70,5", "70"},
      {"70.5 kg", "70,5", "70.5 kg"},
      {"70 Kg", "70", "70 Kg"},
      {"1,70", "1,70", "170"},
      {"1.7 m", "1.7 m", "170"},
      {"1,70m", "1,70m", "170"},
      {"170 cm", "170 cm", "170"},
      {"170", "170", "170"},
      {"2 m", "2 m", "200"},
      {"cerca de 70", "cerca de 70", "cerca de 70"},
      {"", "", ""},
  };
  for (const auto& [stored, weight, height] : table) {
    EXPECT_EQ(weight_text(stored), weight);
    EXPECT_EQ(height_text(stored), height);
  }
}

TEST(PdfProblems, ImportedKeysAndAnswersThatTheFormLacks) {
  auto request = sample_request(1, 1);
  request.patient.key = "12345678900#57";
  EXPECT_EQ(value_table(request).get("cpf").text, "123.456.789-00");
  request.patient.fields["etnia"] = "etnia_si";
  request.process.fields["preenchido_por"] = "medico";
  EXPECT_EQ(told(request), list{"19 etnia missing"});
}

TEST(PdfProblems, TemplatesKnowEveryValueThatThereIs) {
  auto request = sample_request(6, 6);
  request.conditional["opt_edss"] = "3,5";
  for (const auto& name : value_table(request).names()) EXPECT_TRUE(is_value_name(name)) << name;
  for (const char* other :
       {"", "qtd_1", "qtd_1_x", "med_", "item_1", "item_1_cor", "nome", "x_opt_"}) {
    EXPECT_FALSE(is_value_name(other)) << other;
  }
}

std::string random_value(std::mt19937& dice) {
  constexpr std::array pieces =
      std::to_array<std::string_view>({"a", "Wn ", "ção ", "30", ",", "\n", "{cpf}", "{", "}", "#m",
                                       "😀", "\xFF", "\xC3", "e\u0301", "\u200B", " ", "/", "1"});
  std::string out;
  const auto size = dice() % (dice() % 8 == 0 ? 900 : 12);
  for (unsigned i = 0; i < size; ++i) out += pieces[dice() % pieces.size()];
  return out;
}

TEST(PdfProblems, AnyTextIsPrintedOrRefused) {
  std::size_t whole = 0;
  for (unsigned seed = 1; seed <= 120; ++seed) {
    std::mt19937 dice(seed);
    auto request = sample_request(1 + dice() % 6, static_cast<int>(1 + dice() % 6));
    request.documents = {dice() % 2 == 0, dice() % 2 == 0, dice() % 2 == 0, dice() % 2 == 0};
    request.draft = dice() % 3 == 0;
    for (auto* part : {&request.doctor, &request.clinic, &request.patient, &request.process}) {
      for (auto& [name, text] : part->fields) {
        if (dice() % 40 == 0) text = random_value(dice);
      }
    }
    for (auto& row : request.rows) {
      const auto month = dice() % k_max_months;
      if (dice() % 20 == 0) row.pos[month] = random_value(dice);
      if (dice() % 20 == 0) row.qtd[month] = random_value(dice);
      if (dice() % 20 == 0) row.unidade = random_value(dice);
    }
    const auto printed = print({&request, 1});
    const bool asked = request.documents.lme || request.documents.prescriptions ||
                       request.documents.report || request.documents.exams;
    EXPECT_EQ(printed.pdf.empty(), !asked || !printed.reports.at(0).problems.empty())
        << "seed " << seed;
    EXPECT_EQ(printed.reports[0].problems, check(request)) << "seed " << seed;
    for (const auto& each : printed.reports[0].problems) {
      EXPECT_EQ(sentence(each, language::pt).find('\xFF'), std::string::npos) << "seed " << seed;
    }
    whole += !printed.pdf.empty();
  }
  EXPECT_GT(whole, 20U) << "too few whole requests to show anything";
  EXPECT_LT(whole, 115U);
}

TEST(PdfProblems, BatchesPrintWhatCanBePrinted) {
  std::vector<print_request> three{sample_request(1, 1), sample_request(1, 1),
                                   sample_request(2, 2)};
  three[1].clinic.key = "";
  const auto printed = print(three);
  ASSERT_EQ(printed.reports.size(), 3U);
  EXPECT_TRUE(printed.reports[0].printed());
  EXPECT_FALSE(printed.reports[1].printed());
  EXPECT_EQ(printed.reports[1].problems.at(0).field, "cnes");
  ASSERT_EQ(printed.reports[2].documents.size(), 3U);
  EXPECT_EQ(printed.reports[2].documents[0].first_page, 3);
  EXPECT_EQ(printed.reports[2].documents[2].month, 2);
  EXPECT_EQ(printed.pages, 5);
  three[0].clinic.key = three[2].clinic.key = "";
  EXPECT_TRUE(print(three).pdf.empty());
  EXPECT_EQ(print({}).pages, 0);
}

}  // namespace
}  // namespace autocusto::pdf
