// The forms that are compiled in, and forms that are wrong.
#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "client/pdf/font.hpp"
#include "client/pdf/form.hpp"
#include "client/pdf/form_texts.hpp"

namespace autocusto::pdf {
namespace {

TEST(PdfForm, AllFormsAreReadable) {
  std::set<std::string> names;
  for (const auto& each : all_forms()) {
    names.insert(each.name);
    for (const auto& element : each.elements) {
      EXPECT_TRUE(missing_glyphs(*drawable_text(element.text)).empty())
          << each.name << element.text;
    }
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"exames", "lme", "receita", "receita-especial", "relatorio"}));
  EXPECT_THROW((void)find_form("nenhum"), std::invalid_argument);
}

TEST(PdfForm, TheLmeHasTheBoxesOf2024) {
  std::set<std::string> boxes;
  std::size_t medicines = 0;
  std::size_t quantities = 0;
  for (const auto& each : find_form("lme").elements) {
    if (!each.box.empty()) boxes.insert(each.box);
    medicines += each.box == "7";
    quantities += each.box == "8";
  }
  // 17 and 23 are signatures.
  EXPECT_EQ(boxes, (std::set<std::string>{"1",  "2",  "3.1", "3.2", "4",  "5",  "6",  "7",
                                          "8",  "9",  "10",  "11",  "12", "13", "14", "15",
                                          "16", "18", "19",  "20",  "21", "22"}));
  EXPECT_EQ(medicines, 6U);
  EXPECT_EQ(quantities, 36U);
}

TEST(PdfForm, PrescriptionsHaveTwoCopiesAndAFlow) {
  for (const char* name : {"receita", "receita-especial"}) {
    EXPECT_EQ(find_form(name).copies.size(), 2U);
    EXPECT_NE(find_form(name).flow(), nullptr);
  }
}

TEST(PdfForm, WhatIsWrongIsRefused) {
  const auto refused = [](const std::string& elements, const char* why) {
    const std::string text = R"({"width": 5950, "height": 8420, "elements": [)" + elements + "]}";
    EXPECT_THROW((void)read_form("test", text), std::invalid_argument) << why;
  };
  EXPECT_NO_THROW((void)read_form("test", R"({"width": 5950, "height": 8420, "elements": []})"));
  EXPECT_THROW((void)read_form("test", "{"), std::invalid_argument);
  EXPECT_THROW((void)read_form("test", R"({"width": 5950, "elements": []})"),
               std::invalid_argument);
  refused(R"({"text": "a", "at": [0, 0, 10]})", "three numbers");
  refused(R"({"text": "a", "at": [0, 0, 10, "x"]})", "a text for a number");
  refused(R"({"text": "a"})", "no place");
  refused(R"({"is": "circle", "at": [0, 0, 10, 10]})", "an unknown kind");
  refused(R"({"text": "a", "at": [5900, 0, 100, 10]})", "outside the page");
  refused(R"({"text": "a", "at": [0, 0, 10, 10], "colour": 1})", "an unknown member");
  refused(
      R"({"repeat": "m", "count": 9, "dy": 2000, "elements": [{"text": "a", "at": [0, 0, 10, 10]}]})",
      "a repetition that leaves the page");
}

TEST(PdfForm, RepetitionsFillNumbersIn) {
  const auto form = read_form("test", R"({"width": 5950, "height": 8420, "elements": [
    {"repeat": "m", "count": 2, "dy": 200, "elements": [{"repeat": "k", "count": 2, "dx": 100, "elements": [
      {"value": "qtd_#m_#k", "at": [10, 20, 30, 40]}]}]}]})");
  ASSERT_EQ(form.elements.size(), 4U);
  EXPECT_EQ(form.elements[3].value, "qtd_2_2");
  EXPECT_EQ(form.elements[3].text, "{qtd_2_2}");
  EXPECT_DOUBLE_EQ(form.elements[3].at.x, 11);
  EXPECT_DOUBLE_EQ(form.elements[3].at.y, 22);
}

}  // namespace
}  // namespace autocusto::pdf
