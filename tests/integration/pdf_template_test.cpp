// Templates of clinics: values stand in the rectangles of their fields, and nothing else of the
// form is left.
#include <algorithm>
#include <chrono>
#include <map>

#include <gtest/gtest.h>

#include "client/pdf/print.hpp"
#include "client/pdf/qpdf_headers.hpp"
#include "client/pdf/template.hpp"
#include "tests/support/print_samples.hpp"
#include "tests/support/process.hpp"
#include "tests/support/small_forms.hpp"

namespace autocusto::pdf {
namespace {

using test::sample_request;
using test::small_field;
using test::small_form;
using test::small_form_pdf;
using test::words_of_pdf;
using object = QPDFObjectHandle;

constexpr const char* k_map = R"({"same_names": true, "fields": [
  {"field": "Nome", "value": "nome_paciente", "box": "3", "label": "Nome", "required": true},
  {"field": "Incapaz", "when": {"0": "incapaz=nao", "1": "incapaz=sim"}},
  {"field": "med#m", "value": "med_#m"}, {"field": "dose#m_#k", "value": "pos_#m_#k", "lines": 2}]})";

small_form usual_form() {
  small_form out;
  out.fields = {{"Nome", {100, 700, 400, 718}},
                {"anamnese", {100, 600, 400, 680}, "/Tx", 1 << 12},
                {"Incapaz", {100, 560, 110, 570}, "/Btn", 1 << 15, "0"},
                {"Incapaz", {150, 560, 160, 570}, "/Btn", 1 << 15, "1"},
                {"med1", {100, 500, 400, 520}, "/Ch"},
                {"dose1_3", {100, 470, 400, 495}, "/Tx", 0, "", "SOBRA"},
                {"Enviar", {10, 10, 60, 30}, "/Btn", 1 << 16, "", "BOTAO"},
                {"sobra", {300, 10, 400, 30}, "/Tx", 0, "", "TESTE"}};
  return out;
}

std::shared_ptr<const form_template> loaded(const std::string& pdf, const char* map = k_map) {
  auto out = form_template::load(pdf, map);
  EXPECT_TRUE(out) << out.error().message;
  return out ? *out : nullptr;
}

std::string refusal(const std::string& pdf, const char* map = k_map) {
  const auto begin = std::chrono::steady_clock::now();
  auto out = form_template::load(pdf, map);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  return out ? "taken" : out.error().message;
}

print_result printed(const std::shared_ptr<const form_template>& form, document_kind replaces) {
  auto request = sample_request(1, 6);
  request.documents = {replaces == document_kind::lme, false, false, false};
  request.templates.push_back({replaces, form});
  auto out = print({&request, 1});
  for (const auto& problem : out.reports[0].problems)
    ADD_FAILURE() << sentence(problem, language::en);
  return out;
}

/// The words that begin within a rectangle given in the form's own coordinates.
std::string text_at(const std::vector<test::read_word>& words, const object::Rectangle& at,
                    double height = 842) {
  std::string out;
  for (const auto& word : words) {
    const double x = (word.x1 + word.x2) / 2;
    const double y = height - (word.y1 + word.y2) / 2;
    if (x < at.llx || x > at.urx || y < at.lly || y > at.ury) continue;
    EXPECT_GE(word.x1, at.llx - 0.6);
    EXPECT_LE(word.x2, at.urx + 0.6);
    out += (out.empty() ? "" : " ") + word.text;
  }
  return out;
}

TEST(PdfTemplate, ValuesStandInTheirRectanglesAboveTheBackground) {
  const auto form = usual_form();
  const auto words = words_of_pdf(printed(loaded(small_form_pdf(form)), document_kind::lme).pdf);
  EXPECT_EQ(text_at(words, {40, 790, 200, 820}), "Fundo");
  EXPECT_EQ(text_at(words, form.fields[0].at), "João da Conceição Ávila");
  EXPECT_EQ(text_at(words, form.fields[1].at), sample_request(1, 6).process.fields["anamnese"]);
  EXPECT_EQ(text_at(words, form.fields[2].at), "");
  EXPECT_EQ(text_at(words, form.fields[3].at), "X");
  EXPECT_EQ(text_at(words, form.fields[4].at), "Adalimumabe 40 mg injetável");
  EXPECT_EQ(text_at(words, form.fields[5].at), "Aplicar 1 seringa a cada 14 dias, mês 3");
}

TEST(PdfTemplate, NothingElseOfTheFormIsLeft) {
  auto form = usual_form();
  form.also = [](QPDF& pdf) {
    auto root = pdf.getRoot();
    const auto script = object::parse("<< /S /JavaScript /JS (app.alert('SCRIPT')) >>");
    root.replaceKey("/OpenAction", script);
    root.replaceKey("/AA", object::parse("<< /WC << /S /JavaScript /JS (SCRIPT) >> >>"));
    root.replaceKey(
        "/Names",
        object::parse("<< /JavaScript << /Names [(a) << /S /JavaScript /JS (SCRIPT) >>] >> >>"));
    auto metadata = object::newStream(&pdf, "<x>METADADOS</x>");
    root.replaceKey("/Metadata", metadata);
    auto page = QPDFPageDocumentHelper(pdf).getAllPages().at(0).getObjectHandle();
    page.replaceKey("/AA", object::parse("<< /O << /S /JavaScript /JS (SCRIPT) >> >>"));
    page.replaceKey("/Metadata", metadata);
    auto inner = object::newStream(&pdf, "q Q");
    inner.replaceDict(
        object::parse("<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] /F (/etc/passwd) >>"));
    inner.getDict().replaceKey("/Metadata", metadata);
    page.getKey("/Resources").replaceKey("/XObject", object::newDictionary({{"/A", inner}}));
    pdf.getTrailer().replaceKey("/Info",
                                pdf.makeIndirectObject(object::parse("<< /Author (AUTOR) >>")));
  };
  const auto pdf = printed(loaded(small_form_pdf(form)), document_kind::lme).pdf;
  QPDF read;
  read.processMemoryFile("test", pdf.data(), pdf.size());
  std::string all = read.getTrailer().unparseResolved();
  for (auto& each : read.getAllObjects()) {
    all += each.isStream() ? each.getDict().unparseResolved() : each.unparseResolved();
    if (each.isStream()) {
      const auto data = each.getStreamData(qpdf_dl_generalized);
      all.append(reinterpret_cast<const char*>(data->getBuffer()), data->getSize());
    }
  }
  EXPECT_NE(all.find("Fundo"), std::string::npos);
  for (const char* gone :
       {"SCRIPT", "/JS", "JavaScript", "OpenAction", "/AA", "AcroForm", "/Widget", "/Annots",
        "/Names", "METADADOS", "/Metadata", "AUTOR", "passwd", "SOBRA", "TESTE", "BOTAO"}) {
    EXPECT_EQ(all.find(gone), std::string::npos) << gone << " (L9: left-over values of a template)";
  }
}

TEST(PdfTemplate, TellsWhatItDoesNotKnow) {
  const auto form = loaded(small_form_pdf(usual_form()));
  EXPECT_EQ(form->unknown_fields(), std::vector<std::string>{"sobra"});
  EXPECT_EQ(form->absent_fields().size(), 6U + 36U - 2U);
  EXPECT_EQ(form->medicine_lines(), 1U);
  EXPECT_FALSE(form->repaired());
}

TEST(PdfTemplate, BoxesAreCompulsoryAndTooLongTextsRefused) {
  const auto form = loaded(small_form_pdf(usual_form()));
  auto request = sample_request(2, 1);
  request.documents.prescriptions = false;
  request.templates.push_back({document_kind::lme, form});
  request.patient.fields["nome_paciente"] = "";
  request.process.fields["anamnese"] = std::string(3000, 'n');
  std::vector<std::string> told;
  for (const auto& each : check(request))
    told.push_back(each.field + " " + std::string(problem_name(each.code)));
  EXPECT_EQ(told, (std::vector<std::string>{"prescricao too_many_rows", "nome_paciente missing",
                                            "anamnese too_long"}));
}

/// Where a point of the upright page stands in the form's own coordinates, for a media box of
/// [-20 30 575 872].
std::pair<double, double> own(int rotate, double u, double v) {
  switch (rotate) {
    case 90:
      return {575 - v, 30 + u};
    case 180:
      return {575 - u, 872 - v};
    case 270:
      return {v - 20, 872 - u};
    default:
      return {u - 20, v + 30};
  }
}

TEST(PdfTemplate, TurnedAndMovedPagesAreUpright) {
  // Where the background's text begins, at (50, 800) of the form's own coordinates.
  const std::map<int, std::pair<double, double>> background{
      {0, {70, 770}}, {90, {770, 525}}, {180, {525, 72}}, {270, {72, 70}}};
  for (const int rotate : {0, 90, 180, 270}) {
    const auto [x1, y1] = own(rotate, 100, 400);
    const auto [x2, y2] = own(rotate, 400, 420);
    small_form form;
    form.rotate = rotate;
    form.media = {-20, 30, 575, 872};
    form.fields = {
        {"Nome", {std::min(x1, x2), std::min(y1, y2), std::max(x1, x2), std::max(y1, y2)}}};
    const auto words =
        words_of_pdf(printed(loaded(small_form_pdf(form)), document_kind::clinic_template).pdf);
    const double height = rotate == 90 || rotate == 270 ? 595 : 842;
    EXPECT_EQ(text_at(words, {100, 400, 400, 420}, height), "João da Conceição Ávila") << rotate;
    const double u = background.at(rotate).first;
    const double v = background.at(rotate).second;
    const bool there = std::any_of(words.begin(), words.end(), [&](const auto& word) {
      return word.text == "Fundo" && u > word.x1 - 6 && u < word.x2 + 6 &&
             height - v > word.y1 - 6 && height - v < word.y2 + 6;
    });
    EXPECT_TRUE(there) << rotate;
  }
}

TEST(PdfTemplate, SheetsOfMedicinesFollowTheLinesOfTheTemplate) {
  small_form form;
  form.fields = {
      {"item_1_nome", {50, 700, 400, 720}},       {"item_1_quantidade", {50, 670, 400, 690}},
      {"item_1_posologia", {50, 640, 400, 660}},  {"item_2_nome", {50, 600, 400, 620}},
      {"item_2_quantidade", {50, 570, 400, 590}}, {"data_receita", {50, 500, 200, 520}}};
  auto request = sample_request(3, 2);
  for (auto& row : request.rows) row.controle = "C1";
  request.documents.lme = false;
  request.templates.push_back({document_kind::controlled, loaded(small_form_pdf(form))});
  const auto result = print({&request, 1});
  ASSERT_EQ(result.reports[0].documents.size(), 2U);
  EXPECT_EQ(result.reports[0].documents[0].pages, 2);
  auto words = words_of_pdf(result.pdf);
  std::erase_if(words, [](const auto& word) { return word.page != 4; });
  EXPECT_EQ(text_at(words, form.fields[0].at), "Ácido fólico 5 mg");
  EXPECT_EQ(text_at(words, form.fields[1].at), "23 (vinte e três) comprimidos");
  EXPECT_EQ(text_at(words, form.fields[3].at), "");
  EXPECT_EQ(text_at(words, form.fields[5].at), "02/03/2027");
}

TEST(PdfTemplate, FurtherDocumentsComeLastWithConditionalValues) {
  small_form form;
  form.pages = 2;
  form.fields = {{"opt_edss", {50, 700, 400, 720}},
                 {"opt_marcado", {50, 600, 60, 610}, "/Btn", 0, "Sim", "", 1}};
  auto request = sample_request(1, 1);
  request.conditional = {{"opt_edss", "3,5"}, {"opt_marcado", "true"}, {"crm", "999"}};
  request.templates.push_back(
      {document_kind::clinic_template,
       loaded(small_form_pdf(form), R"({"same_names": true, "fields": []})")});
  const auto result = print({&request, 1});
  ASSERT_EQ(result.reports[0].documents.size(), 3U);
  EXPECT_EQ(result.pages, 4);
  auto words = words_of_pdf(result.pdf);
  auto last = words;
  std::erase_if(words, [](const auto& word) { return word.page != 3; });
  std::erase_if(last, [](const auto& word) { return word.page != 4; });
  EXPECT_EQ(text_at(words, form.fields[0].at), "3,5");
  EXPECT_EQ(text_at(last, form.fields[1].at), "X");
  EXPECT_EQ(print({&request, 1}).pdf, result.pdf) << "the same bytes";
}

TEST(PdfTemplate, ReadyMapsAreReadable) {
  for (const char* name : {"ministerio", "autocusto"}) {
    ASSERT_FALSE(ready_map(name).empty());
    EXPECT_NE(loaded(small_form_pdf(usual_form()), std::string(ready_map(name)).c_str()), nullptr);
  }
  EXPECT_TRUE(ready_map("nenhum").empty());
  small_form legacy;
  legacy.fields = {{"nome_paciente", {50, 700, 400, 720}},
                   {"med1_posologia_mes2", {50, 670, 400, 690}},
                   {"qtd_med1_mes2", {50, 640, 100, 660}},
                   {"clinica_nome", {50, 600, 400, 620}}};
  const auto form = loaded(small_form_pdf(legacy), std::string(ready_map("autocusto")).c_str());
  EXPECT_TRUE(form->unknown_fields().empty());
  const auto words = words_of_pdf(printed(form, document_kind::clinic_template).pdf);
  EXPECT_EQ(text_at(words, legacy.fields[1].at), "Aplicar 1 seringa a cada 14 dias, mês 2");
  EXPECT_EQ(text_at(words, legacy.fields[2].at), "3");
  EXPECT_EQ(text_at(words, legacy.fields[3].at), "Clínica de Reumatologia Ver-o-Peso")
      << "L8: by either name";
}

TEST(PdfTemplate, WrongMapsAreRefusedWithTheirPlace) {
  const auto pdf = small_form_pdf(usual_form());
  EXPECT_EQ(refusal(pdf, "{"), "The map of the template cannot be read; correct it.");
  EXPECT_NE(refusal(pdf, R"({"fields": [{"field": "a"}]})").find("fields[0].value"),
            std::string::npos);
  EXPECT_NE(
      refusal(pdf, R"({"fields": [{"field": "a", "value": "b", "colour": 1}]})").find("wrong"),
      std::string::npos);
  EXPECT_NE(refusal(pdf, R"({"fields": [{"field": "a", "when": {"0": 1}}]})").find("when"),
            std::string::npos);
}

}  // namespace
}  // namespace autocusto::pdf
