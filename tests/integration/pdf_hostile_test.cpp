// Templates that are damaged, protected, huge or made to keep a program busy: refused with a
// sentence, soon.
#include <chrono>
#include <random>

#include <gtest/gtest.h>
#include <zlib.h>

#include "client/pdf/template.hpp"
#include "tests/support/small_forms.hpp"

namespace autocusto::pdf {
namespace {

using test::small_form;
using test::small_form_pdf;
using object = QPDFObjectHandle;

constexpr const char* k_any_map = R"({"same_names": true, "fields": []})";

small_form one_field() {
  small_form out;
  out.fields = {{"nome_paciente", {100, 700, 400, 718}}};
  return out;
}

std::string answer(const std::string& pdf) {
  const auto begin = std::chrono::steady_clock::now();
  auto out = form_template::load(pdf, k_any_map);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  return out ? "taken" : out.error().message;
}

std::string packed(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  EXPECT_EQ(compress2(reinterpret_cast<Bytef*>(out.data()), &size,
                      reinterpret_cast<const Bytef*>(text.data()), text.size(), 9),
            Z_OK);
  out.resize(size);
  return out;
}

std::string ascii85(const std::string& data) {
  std::string out;
  for (std::size_t at = 0; at < data.size(); at += 4) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      group = group << 8 | (at + i < data.size() ? static_cast<unsigned char>(data[at + i]) : 0U);
    }
    std::string letters(5, '!');
    for (std::size_t i = 5; i-- > 0; group /= 85) letters[i] = static_cast<char>('!' + group % 85);
    out += letters;
  }
  return out;
}

/// Objects by hand, with a right table of places.
class raw_pdf {
 public:
  void add(const std::string& body) {
    places_.push_back(text_.size());
    text_ += std::to_string(places_.size()) + " 0 obj\n" + body + "\nendobj\n";
  }
  void add_stream(const std::string& dict, const std::string& data) {
    add("<< " + dict + " /Length " + std::to_string(data.size()) + " >>\nstream\n" + data +
        "\nendstream");
  }
  [[nodiscard]] std::string done() const {
    std::string out =
        text_ + "xref\n0 " + std::to_string(places_.size() + 1) + "\n0000000000 65535 f \n";
    for (const auto place : places_) {
      const auto number = std::to_string(place);
      out += std::string(10 - number.size(), '0') + number + " 00000 n \n";
    }
    return out + "trailer << /Size " + std::to_string(places_.size() + 1) +
           " /Root 1 0 R >>\nstartxref\n" + std::to_string(text_.size()) + "\n%%EOF\n";
  }

 private:
  std::string text_ = "%PDF-1.5\n";
  std::vector<std::size_t> places_;
};

TEST(PdfHostile, WhatIsNoPdf) {
  EXPECT_EQ(answer(""), "The template is not a PDF; choose another file.");
  EXPECT_EQ(answer("GIF89a"), "The template is not a PDF; choose another file.");
  EXPECT_EQ(answer("%PDF-1.7\n"), "The template is damaged and cannot be read; save it anew.");
  EXPECT_EQ(answer(std::string(6 * 1024 * 1024, 'x')),
            "The template is larger than 5 MiB; save it smaller.");
}

TEST(PdfHostile, ProtectedXfaAndWithoutForm) {
  auto form = one_field();
  EXPECT_EQ(answer(small_form_pdf(form)), "taken");
  form.password = "segredo";
  EXPECT_EQ(answer(small_form_pdf(form)), "The template is encrypted; save it without protection.");
  // With an empty password qpdf unpacks objects before it can be asked whether it decrypts.
  raw_pdf open;
  open.add("<< /Type /Catalog /Pages 2 0 R /En#63rypt 1 0 R >>");
  EXPECT_EQ(answer(open.done()), "The template is encrypted; save it without protection.");
  small_form bare;
  EXPECT_EQ(answer(small_form_pdf(bare)),
            "The template has no form fields; add them with an editor of PDF forms.");
  bare.also = [](QPDF& pdf) {
    pdf.getRoot().getKey("/AcroForm").replaceKey("/XFA", object::newStream(&pdf, "<xdp/>"));
  };
  EXPECT_EQ(answer(small_form_pdf(bare)),
            "The template is an XFA form, which only one program can read; save it as a PDF with "
            "AcroForm fields.");
}

TEST(PdfHostile, TooManyPagesOddSizesAndScales) {
  auto form = one_field();
  form.pages = 20;
  EXPECT_EQ(answer(small_form_pdf(form)), "taken");
  form.pages = 21;
  EXPECT_EQ(answer(small_form_pdf(form)), "The template has more than 20 pages; split it.");
  form.pages = 1;
  form.media = {0, 0, 100'000, 100};
  EXPECT_EQ(answer(small_form_pdf(form)),
            "The template has a page of an unusual size; save it as A4.");
  form = one_field();
  form.rotate = 45;
  EXPECT_EQ(answer(small_form_pdf(form)),
            "The template has a page of an unusual size; save it as A4.");
  form = one_field();
  for (int i = 0; i < 2'100; ++i) form.fields.push_back({"f" + std::to_string(i), {0, 0, 10, 10}});
  EXPECT_EQ(answer(small_form_pdf(form)), "The template has too many fields; split it.");
}

TEST(PdfHostile, LongNamesAndButtonsOfManyStates) {
  auto form = one_field();
  form.fields[0].name = std::string(300, 'x');
  EXPECT_EQ(answer(small_form_pdf(form)), "taken");
  form.fields[0].name = std::string(301, 'x');
  EXPECT_EQ(answer(small_form_pdf(form)),
            "The template has a field with a name of more than 300 bytes; rename it.");
  // A name that stands above itself.
  raw_pdf pdf;
  pdf.add("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>");
  pdf.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
  pdf.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [4 0 R] >>");
  pdf.add("<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [0 0 10 10] /Parent 4 0 R /T (" +
          std::string(200, 'x') + ") >>");
  EXPECT_EQ(answer(pdf.done()),
            "The template has a field with a name of more than 300 bytes; rename it.");
  raw_pdf button;
  std::string states;
  for (int i = 0; i < 50; ++i) states += " /s" + std::to_string(i) + " 1 0 R";
  button.add("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>");
  button.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
  button.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [4 0 R] >>");
  button.add("<< /Type /Annot /Subtype /Widget /FT /Btn /T (b) /Rect [0 0 10 10] /AP << /N <<" +
             states + " >> >> >>");
  EXPECT_EQ(answer(button.done()),
            "The template has a button with too many states; save it simpler.");
}

TEST(PdfHostile, DamagedTablesAreRepairedAndSaidSo) {
  auto pdf = small_form_pdf(one_field());
  const auto at = pdf.rfind("startxref");
  pdf.replace(at, std::string::npos, "startxref\n7\n%%EOF\n");
  auto form = form_template::load(pdf, k_any_map);
  ASSERT_TRUE(form);
  EXPECT_TRUE((*form)->repaired());
}

TEST(PdfHostile, CyclesInPagesFieldsAndResourcesEnd) {
  raw_pdf pages;
  pages.add("<< /Type /Catalog /Pages 2 0 R >>");
  pages.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
  pages.add("<< /Type /Pages /Count 1 /Kids [2 0 R] /Parent 2 0 R >>");
  EXPECT_EQ(answer(pages.done()), "The template is damaged and cannot be read; save it anew.");

  auto fields = one_field();
  fields.also = [](QPDF& pdf) {
    auto widget = pdf.getRoot().getKey("/AcroForm").getKey("/Fields").getArrayItem(0);
    widget.replaceKey("/Parent", widget);
  };
  EXPECT_EQ(answer(small_form_pdf(fields)),
            "The template has a field with a name of more than 300 bytes; rename it.");

  auto resources = one_field();
  resources.also = [](QPDF& pdf) {
    auto first = object::newStream(&pdf, "q Q");
    first.replaceDict(object::parse("<< /Type /XObject /Subtype /Form /BBox [0 0 1 1] >>"));
    first.getDict().replaceKey(
        "/Resources",
        object::newDictionary({{"/XObject", object::newDictionary({{"/A", first}})}}));
    auto page = pdf.getAllPages().at(0);
    page.getKey("/Resources").replaceKey("/XObject", object::newDictionary({{"/A", first}}));
  };
  EXPECT_EQ(answer(small_form_pdf(resources)), "taken");
}

TEST(PdfHostile, APageThatIsNamedAMillionTimesIsCountedNotMade) {
  raw_pdf pages;
  std::string kids;
  while (kids.size() < 5'000'000) kids += "3 0 R ";
  pages.add("<< /Type /Catalog /Pages 2 0 R >>");
  pages.add("<< /Type /Pages /Count 1 /Kids [" + kids + "] >>");
  pages.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>");
  EXPECT_EQ(answer(pages.done()), "The template is damaged and cannot be read; save it anew.");
}

TEST(PdfHostile, LongChainsOfObjectsEnd) {
  for (const int length : {2'900, 40'000}) {
    raw_pdf chain;
    chain.add("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>");
    chain.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
    chain.add(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font 5 0 R >> /Annots "
        "[4 0 R] >>");
    chain.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (rg) /Rect [50 700 400 720] >>");
    for (int i = 0; i < length; ++i) chain.add("<< /X " + std::to_string(6 + i) + " 0 R >>");
    EXPECT_EQ(answer(chain.done()),
              length < 3'000 ? "taken" : "The template is too complicated; save it simpler.");
  }
}

TEST(PdfHostile, DeepNestingEnds) {
  raw_pdf deep;
  deep.add("<< /Type /Catalog /Pages 2 0 R /X " + std::string(200'000, '[') +
           std::string(200'000, ']') + " >>");
  deep.add("<< /Type /Pages /Count 0 /Kids [] >>");
  EXPECT_NE(answer(deep.done()), "taken");
}

TEST(PdfHostile, WhatUnpacksToTooMuchIsNotUnpacked) {
  const std::string zeros(70 * 1024 * 1024, '\0');
  const std::string once = packed(zeros);
  raw_pdf bomb;
  bomb.add("<< /Type /Catalog /Pages 2 0 R >>");
  bomb.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
  bomb.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>");
  bomb.add_stream("/Filter /FlateDecode", once);
  EXPECT_EQ(answer(bomb.done()), "The template unpacks to more than 64 MiB; save it smaller.");

  const auto with_contents = [](const std::string& dict, const std::string& data) {
    raw_pdf out;
    out.add("<< /Type /Catalog /Pages 2 0 R >>");
    out.add("<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
    out.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>");
    out.add_stream(dict, data);
    return answer(out.done());
  };
  std::string hex;
  for (const char c : once) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    hex += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  EXPECT_EQ(with_contents("/Filter [/ASCIIHexDecode /FlateDecode]", hex + ">"),
            "The template unpacks to more than 64 MiB; save it smaller.");
  EXPECT_EQ(with_contents("/Filter [/ASCII85Decode /FlateDecode]", ascii85(once) + "~>"),
            "The template unpacks to more than 64 MiB; save it smaller.");
  const char* unusual =
      "The template uses an unusual compression; save it anew with another program.";
  for (const char* filters : {"[/FlateDecode /FlateDecode]", "/LZWDecode", "/L#5aWDecode",
                              "[/A85 /LZW]", "/RunLengthDecode", "[/RL /Fl]", "[/AHx /AHx /Fl]",
                              "7 0 R", "[7 0 R]", "%\n/LZWDecode", "null", "[/Fl"}) {
    EXPECT_EQ(with_contents("/Filter " + std::string(filters), packed("q Q")), unusual) << filters;
  }
  EXPECT_EQ(with_contents("/F#69lter/Fl#61teDecode /Filter[/Fl/Fl]", packed("q Q")), unusual);
  for (const char* filters : {"/FlateDecode", "[ /FlateDecode ]", "/Fl"}) {
    EXPECT_EQ(with_contents("/Filter" + std::string(filters), packed("q Q")),
              "The template has no form fields; add them with an editor of PDF forms.")
        << filters;
  }
  EXPECT_NE(with_contents("/Filter /DCTDecode", "x"), unusual);
  EXPECT_NE(with_contents("/Filter [/FlateDecode /DCTDecode]", packed("x")), unusual);
}

TEST(PdfHostile, StreamsThatBecomeNothingEnd) {
  // Starts of streams within a stream, and behind them blocks of no bytes: each start would be read
  // to the end.
  std::string many = "%PDF-1.5\n";
  const std::string start = "stream\n\x78\x9c";
  for (int i = 0; i < 4'000; ++i) {
    many += start + std::string("\0\x09\0\xf6\xff", 5);
  }
  many += "the last.";
  while (many.size() < 5 * 1024 * 1024 - 16) many += std::string("\0\0\0\xff\xff", 5);
  EXPECT_EQ(answer(many), "The template unpacks to more than 64 MiB; save it smaller.");
}

TEST(PdfHostile, ManyFalseStreamsEnd) {
  std::string many = "%PDF-1.5\n";
  while (many.size() < 5 * 1024 * 1024 - 16) many += "stream\n\x78\x9c";
  EXPECT_NE(answer(many), "taken");
}

TEST(PdfHostile, DamagedBytesNeverDoMoreThanBeRefused) {
  const auto whole = small_form_pdf(one_field());
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 dice(seed);
    std::string pdf = whole;
    for (unsigned i = 0; i < 1 + seed % 20; ++i)
      pdf[dice() % pdf.size()] = static_cast<char>(dice() % 256);
    if (seed % 3 == 0) pdf.resize(dice() % pdf.size());
    const auto out = answer(pdf);
    EXPECT_FALSE(out.empty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace autocusto::pdf
