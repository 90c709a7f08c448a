// Text into boxes: what is drawn, where lines end, when it shrinks, and how much is too much.
#include <algorithm>
#include <random>

#include <ft2build.h>
#include <gtest/gtest.h>
#include FT_FREETYPE_H

#include "client/pdf/font.hpp"
#include "client/pdf/layout.hpp"
#include "shared/json/text.hpp"

namespace autocusto::pdf {
namespace {

std::string joined(const std::vector<std::string_view>& lines) {
  std::string out;
  for (const auto line : lines) out += (out.empty() ? "" : "|") + std::string(line);
  return out;
}

/// In a face where each letter of "n" is as wide as a figure: 0.556 em, so 5.56 pt at 10 pt.
std::string wrapped(std::string_view text, double letters) {
  return joined(wrap_text(text, face::regular, 10, letters * 5.57));
}

TEST(PdfLayout, WhereLinesEnd) {
  EXPECT_EQ(wrapped("", 5), "");
  EXPECT_EQ(wrapped("nnnn nnnn", 20), "nnnn nnnn");
  EXPECT_EQ(wrapped("nnnn nnnn", 8), "nnnn|nnnn");
  EXPECT_EQ(wrapped("nnnn nnnn", 4), "nnnn|nnnn");
  EXPECT_EQ(wrapped("nnnnnnnnnn", 4), "nnnn|nnnn|nn") << "a word that is too long";
  EXPECT_EQ(wrapped("nn/nnnn", 5), "nn/|nnnn") << "behind a slash";
  EXPECT_EQ(wrapped("nn-nn,nnn", 6), "nn-nn,|nnn");
  EXPECT_EQ(wrapped("n 2,5 nnn", 3), "n|2,5|nnn") << "never within a number that fits";
  EXPECT_EQ(wrapped("nn\nnn", 20), "nn|nn");
  EXPECT_EQ(wrapped("nn\n\nnn", 20), "nn||nn");
  EXPECT_EQ(wrapped("nn nnnnnnn n", 4), "nn|nnnn|nnn|n");
  EXPECT_EQ(wrapped("nnn", 0), "n|n|n") << "a box without width still ends";
}

TEST(PdfLayout, WhatIsDrawn) {
  EXPECT_EQ(drawable_text("  Joa\xCC\x83o  da\tSilva "), "João da Silva") << "NFC";
  EXPECT_EQ(drawable_text("a\r\nb\n"), "a\nb");
  EXPECT_EQ(drawable_text("a \n b"), "a\nb");
  EXPECT_EQ(drawable_text("10\u00A0mg"), "10 mg");
  EXPECT_EQ(drawable_text("hi\u00ADfen\u200B\uFEFF"), "hifen") << "without a shape";
  EXPECT_EQ(drawable_text(""), "");
  EXPECT_EQ(drawable_text("\n \n"), "");
  EXPECT_FALSE(drawable_text("\xC3("));
  EXPECT_FALSE(drawable_text("\xED\xA0\x80"));
}

TEST(PdfLayout, CharactersWithoutGlyphAreNamed) {
  EXPECT_EQ(missing_glyphs("João 😀 的 😀"), (std::vector<std::string>{"U+1F600", "U+7684"}));
  EXPECT_TRUE(missing_glyphs("Łucja Žižková Ñandú ĳ ſ ß Ă ≥ µ ° º ª – — “ ” € ½").empty());
}

TEST(PdfLayout, EveryLatinLetterStaysWithinItsLine) {
  std::size_t letters = 0;
  double top = 0;
  double bottom = 0;
  auto* from = freetype_face(face::regular);
  for (char32_t point = 0x21; point < 0x250; ++point) {
    const auto found = find_glyph(face::regular, point);
    if (!found || point == 0xAD) continue;
    ++letters;
    ASSERT_EQ(FT_Load_Glyph(from, found->index, FT_LOAD_NO_SCALE), 0);
    const auto& box = from->glyph->metrics;
    top = std::max(top, static_cast<double>(box.horiBearingY) / from->units_per_EM);
    bottom =
        std::max(bottom, static_cast<double>(box.height - box.horiBearingY) / from->units_per_EM);
  }
  EXPECT_GE(letters, 500U);
  EXPECT_LE(top, k_ascent + 0.01);
  EXPECT_LE(bottom, k_leading - k_ascent + 0.06) << "letters of two lines do not touch";
}

TEST(PdfLayout, ShrinksBeforeItGivesUp) {
  const text_box box{100, 13, 10, 7, 1};
  EXPECT_EQ(fit_text("nnnn", box).size, 10);
  EXPECT_EQ(fit_text(std::string(20, 'n'), box).size, 8.5);
  EXPECT_EQ(fit_text(std::string(25, 'n'), box).size, 7);
  EXPECT_EQ(fit_text(std::string(25, 'n'), box).over, 0U);
  EXPECT_EQ(fit_text(std::string(26, 'n'), box).over, 1U);
  EXPECT_EQ(fit_text(std::string(100, 'n'), box).over, 75U);
  EXPECT_EQ(fit_text("", box).over, 0U);
  EXPECT_EQ(fit_text("n", {100, 5, 10, 7, 1}).over, 1U) << "too low for any line";
}

TEST(PdfLayout, TwoLinesWhereTheyAreAllowed) {
  const text_box box{100, 16, 10, 6.5, 2};
  EXPECT_EQ(fit_text("nnnn", box).lines.size(), 1U);
  const auto two = fit_text("nnnnnnnnnnnnnnnnnnnn nnnnnnnnnnnnnnnnnnnn", box);
  EXPECT_EQ(two.over, 0U);
  EXPECT_EQ(two.lines.size(), 2U);
  EXPECT_LE(two.size, 7);
}

std::string random_text(std::mt19937& dice) {
  const std::string_view letters[] = {"a", "W", "i", " ", " ",  "ã", "é",
                                      "/", "-", ",", "7", "\n", "Ç"};
  std::string out;
  const auto size = dice() % 300;
  for (unsigned i = 0; i < size; ++i) out += letters[dice() % std::size(letters)];
  return *drawable_text(out);
}

std::string without_blanks(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out),
               [](char c) { return c != ' ' && c != '\n'; });
  return out;
}

TEST(PdfLayout, NoLineIsWiderThanItsBoxAndNothingIsLost) {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    std::mt19937 dice(seed);
    const std::string text = random_text(dice);
    const double width = 20 + static_cast<double>(dice() % 200);
    std::string all;
    for (const auto line : wrap_text(text, face::regular, 9, width)) {
      EXPECT_LE(text_width(face::regular, 9, line), width + 1e-6) << "seed " << seed;
      all += line;
    }
    EXPECT_EQ(without_blanks(all), without_blanks(text)) << "seed " << seed;
  }
}

TEST(PdfLayout, AsManyCharactersFewerFit) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 dice(seed);
    std::string text = random_text(dice);
    const text_box box{40 + static_cast<double>(dice() % 100),
                       20 + static_cast<double>(dice() % 30), 10, 7, 5};
    const auto first = fit_text(text, box);
    if (first.over == 0) continue;
    ASSERT_LE(first.over, json::code_points(text)) << "seed " << seed;
    for (std::size_t i = 0; i < first.over; ++i) {
      while ((static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
      text.pop_back();
    }
    EXPECT_EQ(fit_text(*drawable_text(text), box).over, 0U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace autocusto::pdf
