// Templates that clinics supply, as bytes: taken or refused with a sentence, within the limits.
// What is taken can be drawn: one page of ink for each of its pages, and nothing outside a page.
#include "client/pdf/template.hpp"
#include "tests/fuzz/demand.hpp"

using namespace autocusto;
using namespace autocusto::pdf;

namespace {

class page_counter final : public ink {
 public:
  void page(double width, double height, std::optional<background> beneath) override {
    fuzz::demand(beneath.has_value() && width > 0 && height > 0,
                 "a page of a template has a background");
    page_ = {0, 0, width, height};
    ++pages_;
  }
  void line(double, double, double, double, double) override {}
  void outline(const rectangle&, double) override {}
  void fill(const rectangle&, double) override {}
  void text(std::span<const text_line> lines) override {
    for (const auto& line : lines) {
      fuzz::demand(line.x >= -1 && line.x <= page_.width + 1 && line.baseline <= page_.height + 1,
                   "a text stands outside the page");
    }
  }
  void watermark(std::string_view) override {}
  [[nodiscard]] std::size_t pages() const { return pages_; }

 private:
  rectangle page_;
  std::size_t pages_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto form =
      form_template::load(fuzz::text_of(data, size), R"({"same_names": true, "fields": []})");
  if (!form) {
    fuzz::demand(form.error().message.ends_with('.'), "a refusal is a sentence");
    return 0;
  }
  fuzz::demand((*form)->pages().size() <= template_limits::pages,
               "it has more pages than are allowed");
  print_request request;
  request.patient.fields = {{"nome_paciente", "Maria"},
                            {"anamnese", "Um texto longo, de muitas palavras."}};
  const value_table table(request);
  page_counter counted;
  std::vector<problem> problems;
  form_painter paint(counted, problems, document_kind::clinic_template, false);
  (*form)->draw(counted, paint, table, false);
  fuzz::demand(counted.pages() == (*form)->pages().size(), "each page is drawn once");
  return 0;
}
