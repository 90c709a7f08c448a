#include "client/pdf/print.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include <cairo.h>

#include "client/pdf/cairo_ink.hpp"
#include "client/pdf/compose.hpp"
#include "client/pdf/finish.hpp"
#include "client/pdf/font.hpp"
#include "client/pdf/form.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::pdf {

std::string_view renderer_name() {
  static const std::string name = std::string("cairo ") + cairo_version_string();
  return name;
}

print_result print(std::span<const print_request> requests) {
  print_result out;
  std::optional<cairo_ink> ink;
  for (const auto& request : requests) {
    composition pages;
    compose(request, pages);
    auto& report = out.reports.emplace_back();
    report.problems = std::move(pages.problems);
    if (!report.problems.empty() || pages.documents.empty()) continue;
    if (!ink) ink.emplace(request.start);
    pages.pages.replay(*ink);
    report.documents = std::move(pages.documents);
    for (auto& document : report.documents) document.first_page += out.pages;
    out.pages += pages.pages.pages();
  }
  if (!ink) return out;
  const std::string drawn = ink->finish();
  out.pdf = finished_pdf(drawn, ink->beneath());
  out.sha256 = crypto::sha256(out.pdf).text();
  return out;
}

std::vector<problem> check(const print_request& request) {
  composition pages;
  compose(request, pages);
  return std::move(pages.problems);
}

room room_in_box(std::string_view form_name, std::string_view box, std::string_view text) {
  const auto& elements = find_form(form_name).elements;
  const auto at = std::find_if(elements.begin(), elements.end(), [&](const element& each) {
    return each.what == element::kind::text && each.box == box && !each.value.empty();
  });
  if (at == elements.end()) throw std::invalid_argument("there is no such box");
  room out;
  const auto drawable = drawable_text(text);
  out.valid = drawable.has_value();
  if (!drawable) return out;
  out.missing_glyphs = missing_glyphs(*drawable);
  std::string given = *drawable;
  if (at->lines <= 2) std::replace(given.begin(), given.end(), '\n', ' ');
  const auto placed = fit_text(given, {at->at.width, at->at.height, at->size, at->min_size,
                                       at->lines, at->bold ? face::bold : face::regular});
  out.over = placed.over;
  out.size = placed.size;
  return out;
}

}  // namespace autocusto::pdf
