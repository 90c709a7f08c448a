// What stands on paper: every PDF is read back by pdftotext, text and place.
#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "client/pdf/form.hpp"
#include "client/pdf/print.hpp"
#include "tests/support/print_samples.hpp"
#include "tests/support/process.hpp"

namespace autocusto::pdf {
namespace {

using test::read_word;
using test::sample_request;
using test::words_of_pdf;

constexpr double k_slack = 0.6;  // pt; pdftotext rounds

bool inside(const read_word& word, const rectangle& at) {
  return word.x1 >= at.x - k_slack && word.x2 <= at.x + at.width + k_slack &&
         word.y1 >= at.y - k_slack && word.y2 <= at.y + at.height + k_slack;
}

bool centred_in(const read_word& word, const rectangle& at) {
  const double x = (word.x1 + word.x2) / 2;
  const double y = (word.y1 + word.y2) / 2;
  return x > at.x && x < at.x + at.width && y > at.y && y < at.y + at.height;
}

/// The text within a rectangle of a page, line by line.
std::string text_in(const std::vector<read_word>& words, int page, const rectangle& at) {
  std::vector<read_word> found;
  for (const auto& word : words) {
    if (word.page != page || !centred_in(word, at)) continue;
    EXPECT_TRUE(inside(word, at)) << word.text << " reaches out of its box";
    found.push_back(word);
  }
  std::stable_sort(found.begin(), found.end(), [](const read_word& a, const read_word& b) {
    const double line = std::min(a.y2 - a.y1, b.y2 - b.y1) / 2;
    return a.y1 + line < b.y1 || (!(b.y1 + line < a.y1) && a.x1 < b.x1);
  });
  std::string out;
  for (const auto& word : found) out += (out.empty() ? "" : " ") + word.text;
  return out;
}

std::string without_blanks(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }),
             text.end());
  return text;
}

print_result printed(const print_request& request) {
  auto out = print({&request, 1});
  for (const auto& problem : out.reports.at(0).problems) {
    ADD_FAILURE() << sentence(problem, language::en);
  }
  return out;
}

rectangle moved(const element& from, double dx) {
  return {from.at.x + dx, from.at.y, from.at.width, from.at.height};
}

/// What has to stand in the boxes of the LME for a request made by sample_request.
std::map<std::string, std::string> expected_boxes(const print_request& from) {
  const auto& patient = from.patient.fields;
  const auto& process = from.process.fields;
  std::map<std::string, std::string> out{
      {"cnes", from.clinic.key},
      {"nome_clinica", from.clinic.fields.at("nome_clinica")},
      {"nome_paciente", patient.at("nome_paciente")},
      {"nome_social", patient.at("nome_social")},
      {"nome_mae", patient.at("nome_mae")},
      {"peso", "70,5"},
      {"altura", "170"},
      {"cid", from.process.key},
      {"diagnostico", from.diagnosis},
      {"anamnese", process.at("anamnese")},
      {"tratamentos_previos", process.at("tratamentos_previos")},
      {"nome_responsavel", patient.at("nome_responsavel")},
      {"nome_medico", from.doctor.fields.at("nome_medico")},
      {"cns_medico", from.doctor.fields.at("cns_medico")},
      {"data", "31/01/2027"},
      {"preenchido_nome", process.at("preenchido_nome")},
      {"preenchido_cpf", "529.982.247-25"},
      {"escolha_etnia", patient.at("escolha_etnia")},
      {"telefone1_paciente", patient.at("telefone1_paciente")},
      {"telefone2_paciente", patient.at("telefone2_paciente")},
      {"documento", "111.444.777-35"},
      {"email_paciente", patient.at("email_paciente")},
  };
  for (std::size_t m = 0; m < from.rows.size(); ++m) {
    const auto& row = from.rows[m];
    const auto number = std::to_string(m + 1);
    out["med_" + number] = row.nome + (row.apresentacao.empty() ? "" : " " + row.apresentacao);
    for (int k = 1; k <= from.months; ++k) {
      out["qtd_" + number + "_" + std::to_string(k)] = row.qtd[static_cast<std::size_t>(k - 1)];
    }
  }
  return out;
}

void expect_lme(const print_request& request, const std::vector<read_word>& words) {
  auto expected = expected_boxes(request);
  const auto& lme = find_form("lme");
  for (const auto& each : lme.elements) {
    if (each.what != element::kind::text || each.value.empty()) continue;
    const auto text = text_in(words, 1, each.at);
    EXPECT_EQ(without_blanks(text), without_blanks(expected[each.value]))
        << "box " << each.box << " " << each.value;
    expected.erase(each.value);
  }
  EXPECT_TRUE(expected.empty()) << expected.begin()->first << " has no box";
  for (const auto& word : words) {
    if (word.page != 1) continue;
    const bool placed =
        std::any_of(lme.elements.begin(), lme.elements.end(), [&](const element& each) {
          const bool drawn = each.what == element::kind::text || each.what == element::kind::check;
          const double rim = each.what == element::kind::check ? 3 : 0;
          return drawn && inside(word, {each.at.x - rim, each.at.y - rim, each.at.width + 2 * rim,
                                        each.at.height + 2 * rim});
        });
    EXPECT_TRUE(placed) << word.text << " stands in no box";
  }
}

/// Which squares are crossed.
std::vector<std::string> crosses(const std::vector<read_word>& words) {
  std::vector<std::string> out;
  for (const auto& each : find_form("lme").elements) {
    if (each.what != element::kind::check) continue;
    const bool crossed = std::any_of(words.begin(), words.end(), [&](const read_word& word) {
      return word.page == 1 && word.text == "X" && centred_in(word, each.at);
    });
    if (crossed) out.push_back(each.when.name + "=" + each.when.value.value_or(""));
  }
  return out;
}

TEST(PdfReadBack, EveryBoxOfTheLme) {
  for (const std::size_t rows : {1U, 6U}) {
    for (const int months : {1, 6}) {
      const auto request = sample_request(rows, months);
      const auto words = words_of_pdf(printed(request).pdf);
      expect_lme(request, words);
      EXPECT_EQ(crosses(words),
                (std::vector<std::string>{"tratou=sim", "incapaz=sim", "preenchido_por=outro",
                                          "etnia=etnia_indigena", "documento_tipo=cpf"}));
    }
  }
}

TEST(PdfReadBack, CrossesFollowTheAnswersAndNothingIsPreset) {
  auto request = sample_request(1, 1);
  request.process.fields["tratou"] = "nao";
  request.patient.fields["incapaz"] = "false";
  request.process.fields["preenchido_por"] = "medico";
  request.patient.fields["etnia"] = "etnia_parda";
  request.patient.key = "";
  request.patient.fields["cns_paciente"] = "700000000000005";
  request.documents.prescriptions = false;
  const auto words = words_of_pdf(printed(request).pdf);
  EXPECT_EQ(crosses(words),
            (std::vector<std::string>{"tratou=nao", "incapaz=nao", "preenchido_por=medico",
                                      "etnia=etnia_parda", "documento_tipo=cns"}));
  request.draft = true;
  request.process.fields = {};
  request.patient = {};
  EXPECT_TRUE(crosses(words_of_pdf(printed(request).pdf)).empty());
}

TEST(PdfReadBack, TheLongestNamesAndEveryLatinLetter) {
  auto request = sample_request(6, 6);
  std::string letters;
  for (char32_t point = 0xC0; point < 0x250; ++point) {
    if (point == 0xD7 || point == 0xF7) continue;
    letters += static_cast<char>(0xC0 | (point >> 6));
    letters += static_cast<char>(0x80 | (point & 0x3F));
  }
  letters += "ẽỹẼỸĩũẘẙệ";
  request.process.fields["anamnese"] = letters;
  request.patient.fields["nome_paciente"] =
      "Łucja Žižková Ñandú Ỹvoty Þórðardóttir Strauß Œuvre Șerban ĲSSEL Ğül";
  request.patient.fields["nome_mae"] =
      "MARIA APARECIDA DA CONCEICAO DOS SANTOS ALBUQUERQUE DE VASCONCELOS CAVALCANTI WANDERLEY "
      "JUNQUEIRA";
  request.clinic.fields["nome_clinica"] =
      "HOSPITAL UNIVERSITÁRIO JOÃO DE BARROS BARRETO - COMPLEXO HOSPITALAR DA UNIVERSIDADE FEDERAL "
      "DO PARÁ, "
      "AMBULATÓRIO DE DOENÇAS RARAS";
  request.rows[2].nome =
      "IMUNOGLOBULINA HUMANA NORMAL PARA ADMINISTRAÇÃO INTRAVENOSA COM BAIXO TEOR DE IGA, SOLUÇÃO "
      "INJETÁVEL";
  request.rows[2].apresentacao = "5,0 G (FRASCO-AMPOLA)";
  for (auto& row : request.rows) {
    for (auto& quantity : row.qtd) quantity = "9999";
  }
  const auto result = printed(request);
  expect_lme(request, words_of_pdf(result.pdf));
}

/// The list of one prescription as it has to read.
std::string expected_list(const print_request& request, std::size_t month,
                          const std::vector<std::string>& quantities) {
  std::string out;
  int number = 0;
  for (std::size_t m = 0; m < request.rows.size(); ++m) {
    const auto& row = request.rows[m];
    if (row.qtd[month].empty()) continue;
    ++number;
    out += (number == 1 ? "" : " ") + std::to_string(number) + ". " + row.nome + " " +
           row.apresentacao + " Via: " + row.via + " Quantidade: " + quantities.at(m) +
           " Posologia: " + row.pos[month];
  }
  return out;
}

TEST(PdfReadBack, EveryLineOfThePrescriptionsInBothCopies) {
  const auto request = sample_request(6, 6);
  const auto words = words_of_pdf(printed(request).pdf);
  const auto& form = find_form("receita");
  const std::vector<std::string> first{
      "2 (duas) seringas preenchidas",    "12 (doze) comprimidos",
      "22 (vinte e dois) comprimidos",    "32 (trinta e dois) comprimidos",
      "42 (quarenta e dois) comprimidos", "52 (cinquenta e dois) frascos-ampola"};
  const std::vector<std::string> last{
      "7 (sete) seringas preenchidas",    "17 (dezessete) comprimidos",
      "27 (vinte e sete) comprimidos",    "37 (trinta e sete) comprimidos",
      "47 (quarenta e sete) comprimidos", "57 (cinquenta e sete) frascos-ampola"};
  for (const auto& copy : form.copies) {
    const auto flow = moved(*form.flow(), copy.dx);
    EXPECT_EQ(text_in(words, 2, flow), expected_list(request, 0, first));
    EXPECT_EQ(text_in(words, 7, flow), expected_list(request, 5, last));
    const rectangle half{copy.dx, 0, 421, 595};
    const auto page = text_in(words, 2, half);
    for (const char* part :
         {"Clínica de Reumatologia Ver-o-Peso", "João da Conceição Ávila", "Ana Beatriz Sá Peçanha",
          "CRM 12345/PA", "Data: 31/01/2027", "Rua das Flores, 12, Belém - PA, CEP 66010-020"}) {
      EXPECT_NE(page.find(part), std::string::npos) << part << " is not in " << page;
    }
    EXPECT_NE(page.find(copy.label), std::string::npos);
  }
}

TEST(PdfReadBack, DatesByThePolicyAndBlankOnesForTheHand) {
  auto request = sample_request(1, 3);
  const auto date_on = [&](int page) {
    const auto words = words_of_pdf(printed(request).pdf);
    return text_in(words, page, {0, 475, 180, 25});
  };
  request.dates = date_policy::monthly;
  EXPECT_EQ(date_on(3), "Data: 28/02/2027");
  request.dates = date_policy::every_30_days;
  EXPECT_EQ(date_on(3), "Data: 02/03/2027");
  request.dates = date_policy::blank;
  EXPECT_EQ(date_on(3), "Data: ____/____/________");
  request.process.fields["data_2"] = "01/01/2020";
  EXPECT_EQ(date_on(3), "Data: ____/____/________") << "L2: dates of an old print do not come back";
}

TEST(PdfReadBack, L1TheDosesOfAMedicineStayWithIt) {
  auto request = sample_request(3, 2);
  request.rows.erase(request.rows.begin() + 1);
  request.rows[0].qtd[1] = request.rows[0].pos[1] = "";  // and a month without the first
  const auto words = words_of_pdf(printed(request).pdf);
  expect_lme(request, words);
  const auto flow = moved(*find_form("receita").flow(), 0);
  EXPECT_EQ(text_in(words, 2, flow),
            expected_list(request, 0,
                          {"2 (duas) seringas preenchidas", "22 (vinte e dois) comprimidos"}));
  EXPECT_EQ(text_in(words, 3, flow),
            expected_list(request, 1, {"", "23 (vinte e três) comprimidos"}));
}

TEST(PdfReadBack, L6SixMedicinesStandOnBothPapers) {
  const auto request = sample_request(6, 1);
  const auto words = words_of_pdf(printed(request).pdf);
  const auto flow = text_in(words, 2, moved(*find_form("receita").flow(), 0));
  for (const auto& row : request.rows)
    EXPECT_NE(flow.find(row.nome), std::string::npos) << row.nome;
}

TEST(PdfReadBack, L7LongDosesStayLegibleAndGoOnOnAnotherSheet) {
  auto request = sample_request(6, 1);
  std::string dose;
  while (dose.size() < 580) dose += "Tomar dois comprimidos ";
  for (auto& row : request.rows) row.pos[0] = dose + "fim";
  const auto result = printed(request);
  ASSERT_GT(result.reports[0].documents.at(1).pages, 1);
  const auto words = words_of_pdf(result.pdf);
  const auto flow = moved(*find_form("receita").flow(), 0);
  std::string all;
  for (int page = 2; page <= result.pages; ++page) {
    all += text_in(words, page, flow) + " ";
    EXPECT_NE(
        text_in(words, page, {0, 0, 421, 130}).find("Folha " + std::to_string(page - 1) + " de "),
        std::string::npos);
  }
  for (const auto& row : request.rows) {
    EXPECT_NE(all.find(row.nome), std::string::npos);
    EXPECT_NE(all.find("Via: " + row.via), std::string::npos);
  }
  std::size_t ends = 0;
  for (auto at = all.find("fim"); at != std::string::npos; at = all.find("fim", at + 1)) ++ends;
  EXPECT_EQ(ends, 6U);
  for (const auto& word : words) {
    if (word.page > 1 && centred_in(word, flow)) {
      EXPECT_GT(word.y2 - word.y1, 8.5) << "smaller than 8.5 pt";
    }
  }
}

TEST(PdfReadBack, ControlledMedicinesHaveAPaperOfTheirOwn) {
  auto request = sample_request(6, 1);
  for (const std::size_t row : {1U, 2U, 3U, 4U}) request.rows[row].controle = "C1";
  const auto result = printed(request);
  const auto& documents = result.reports[0].documents;
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(documents[2].kind, document_kind::controlled);
  EXPECT_EQ(documents[2].pages, 2) << "at most three substances on a sheet";
  const auto words = words_of_pdf(result.pdf);
  const auto& form = find_form("receita-especial");
  for (const auto& copy : form.copies) {
    const auto flow = moved(*form.flow(), copy.dx);
    EXPECT_EQ(text_in(words, 3, flow)
                  .find("1. Metotrexato 2,5 mg Via: Oral Quantidade: 12 (doze) comprimidos"),
              0U);
    EXPECT_EQ(text_in(words, 4, flow),
              "1. Leflunomida 20 mg Via: Oral Quantidade: 42 (quarenta e dois) comprimidos "
              "Posologia: Tomar 1 "
              "comprimido pela manhã, mês 1");
    const auto page = text_in(words, 3, {copy.dx, 0, 421, 595});
    for (const char* part :
         {"CRM: 12345 UF: PA", "CPF: 111.444.777-35", "IDENTIFICAÇÃO DO COMPRADOR",
          "IDENTIFICAÇÃO DO FORNECEDOR", "Folha 1 de 2"}) {
      EXPECT_NE(page.find(part), std::string::npos) << part;
    }
  }
  const auto plain = text_in(words, 2, moved(*find_form("receita").flow(), 0));
  EXPECT_EQ(plain.find("Metotrexato"), std::string::npos);
  EXPECT_NE(plain.find("2. Infliximabe"), std::string::npos);
}

TEST(PdfReadBack, LettersGoOnOverPages) {
  auto request = sample_request(1, 1);
  request.documents = {false, false, true, true};
  std::string text;
  for (int line = 1; line <= 120; ++line)
    text += "Linha " + std::to_string(line) + " do relatório.\n";
  request.process.fields["relatorio"] = text;
  const auto result = printed(request);
  ASSERT_EQ(result.reports[0].documents.size(), 2U);
  const int pages = result.reports[0].documents[0].pages;
  EXPECT_GT(pages, 1);
  const auto words = words_of_pdf(result.pdf);
  const auto flow = moved(*find_form("relatorio").flow(), 0);
  std::string all;
  for (int page = 1; page <= pages; ++page) all += text_in(words, page, flow) + " ";
  for (int line = 1; line <= 120; ++line) {
    EXPECT_NE(all.find("Linha " + std::to_string(line) + " do relatório."), std::string::npos)
        << line;
  }
  EXPECT_EQ(text_in(words, pages + 1, moved(*find_form("exames").flow(), 0)),
            "Hemograma completo VHS e PCR");
}

TEST(PdfReadBack, ADraftSaysSoOnEachPage) {
  auto request = sample_request(1, 1);
  request.draft = true;
  const auto read = test::run({"pdftotext", "-raw", "-", "-"},
                              {{}, printed(request).pdf, std::chrono::seconds(60)});
  std::string letters = without_blanks(read.out);
  std::size_t found = 0;
  for (auto at = letters.find("RASCUNHO"); at != std::string::npos;
       at = letters.find("RASCUNHO", at + 1))
    ++found;
  EXPECT_EQ(found, 2U);
  request.draft = false;
  EXPECT_EQ(test::run({"pdftotext", "-raw", "-", "-"},
                      {{}, printed(request).pdf, std::chrono::seconds(60)})
                .out.find("RASCUNHO"),
            std::string::npos);
}

TEST(PdfBytes, Hash) {
  std::printf("sha256 of the sample %s\n", printed(sample_request(6, 6)).sha256.c_str());
}

TEST(PdfBytes, AreTheSameTwiceAndInAnotherProcess) {
  const auto request = sample_request(6, 6);
  const auto first = printed(request);
  const std::vector<print_request> others(3, sample_request(2, 3));
  (void)print(others);
  const auto second = printed(request);
  EXPECT_EQ(first.pdf, second.pdf);
  EXPECT_EQ(first.sha256.size(), 64U);
  const auto child = test::run({"/proc/self/exe", "--gtest_filter=PdfBytes.Hash"});
  EXPECT_NE(child.out.find("sha256 of the sample " + first.sha256), std::string::npos)
      << child.out << child.err;
  auto later = request;
  later.start = *date_from_iso("2027-02-01");
  EXPECT_NE(printed(later).pdf, first.pdf);
}

TEST(PdfBytes, AreTaggedAndTellNothingOfThePatientInTheirMetadata) {
  const auto pdf = printed(sample_request(1, 1)).pdf;
  const auto info = test::run({"pdfinfo", "-"}, {{}, pdf, std::chrono::seconds(60)});
  EXPECT_EQ(info.exit, 0) << info.err;
  EXPECT_NE(info.out.find("Tagged:          yes"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("2027"), std::string::npos);
  for (const char* secret : {"João", "Ávila", "111", "Ana", "Metotrexato", "M05"}) {
    EXPECT_EQ(info.out.find(secret), std::string::npos) << secret;
  }
}

}  // namespace
}  // namespace autocusto::pdf
