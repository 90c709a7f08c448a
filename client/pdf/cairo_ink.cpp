#include "client/pdf/cairo_ink.hpp"

#include <array>
#include <mutex>
#include <stdexcept>
#include <utility>

#include <cairo-ft.h>
#include <cairo-pdf.h>

#include "client/pdf/font.hpp"

namespace autocusto::pdf {
namespace {

std::mutex& drawing_lock() {
  static std::mutex lock;
  return lock;
}

cairo_font_face_t* cairo_face(face which) {
  // Made once and never destroyed: Cairo's cache refers to the face (see font.hpp).
  static const std::array<cairo_font_face_t*, 2> faces{
      cairo_ft_font_face_create_for_ft_face(freetype_face(face::regular), 0),
      cairo_ft_font_face_create_for_ft_face(freetype_face(face::bold), 0)};
  return faces[which == face::bold ? 1 : 0];
}

cairo_status_t append(void* out, const unsigned char* data, unsigned size) {
  try {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
    return CAIRO_STATUS_SUCCESS;
  } catch (const std::bad_alloc&) {
    return CAIRO_STATUS_NO_MEMORY;
  }
}

void require_success(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) {
    throw std::runtime_error(std::string("the PDF cannot be drawn: ") +
                             cairo_status_to_string(status));
  }
}

}  // namespace

struct cairo_ink::state {
  std::unique_lock<std::mutex> lock{drawing_lock()};
  std::string bytes;
  cairo_surface_t* surface = nullptr;
  cairo_t* cairo = nullptr;
  std::vector<std::optional<background>> beneath;
  std::vector<cairo_glyph_t> glyphs;
  std::vector<cairo_text_cluster_t> clusters;

  ~state() {
    if (cairo != nullptr) cairo_destroy(cairo);
    if (surface != nullptr) cairo_surface_destroy(surface);
  }

  void show(const text_line& line) {
    glyphs.clear();
    clusters.clear();
    double x = line.x;
    std::string_view left = line.text;
    while (!left.empty()) {
      const auto before = left.size();
      const auto found = find_glyph(line.weight, take_code_point(left));
      if (!found)
        throw std::runtime_error("a text that is to be drawn holds a character without glyph");
      glyphs.push_back({found->index, x, line.baseline});
      clusters.push_back({static_cast<int>(before - left.size()), 1});
      x += found->advance * line.size;
    }
    cairo_set_font_face(cairo, cairo_face(line.weight));
    cairo_set_font_size(cairo, line.size);
    cairo_show_text_glyphs(cairo, line.text.data(), static_cast<int>(line.text.size()),
                           glyphs.data(), static_cast<int>(glyphs.size()), clusters.data(),
                           static_cast<int>(clusters.size()), cairo_text_cluster_flags_t{});
  }
};

cairo_ink::cairo_ink(date created) : state_(std::make_unique<state>()) {
  auto& s = *state_;
  s.surface = cairo_pdf_surface_create_for_stream(append, &s.bytes, 595, 842);
  cairo_pdf_surface_restrict_to_version(s.surface, CAIRO_PDF_VERSION_1_5);
  cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_TITLE,
                                 "Documentos para medicamentos");
  cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_CREATOR, "AutoCusto Sync");
  const std::string day = iso_text(created);
  cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_CREATE_DATE, day.c_str());
  cairo_pdf_surface_set_metadata(s.surface, CAIRO_PDF_METADATA_MOD_DATE, day.c_str());
  s.cairo = cairo_create(s.surface);
  auto* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(s.cairo, options);
  cairo_font_options_destroy(options);
  require_success(cairo_status(s.cairo));
}

cairo_ink::~cairo_ink() = default;

void cairo_ink::page(double width, double height, std::optional<background> beneath) {
  auto& s = *state_;
  if (!s.beneath.empty()) cairo_show_page(s.cairo);
  cairo_pdf_surface_set_size(s.surface, width, height);
  // Behind the size: Cairo forgets what was recorded of a page when its size is set.
  if (s.beneath.empty()) cairo_tag_begin(s.cairo, "Document", nullptr);
  s.beneath.push_back(beneath);
}

void cairo_ink::line(double x1, double y1, double x2, double y2, double width) {
  cairo_set_line_width(state_->cairo, width);
  cairo_move_to(state_->cairo, x1, y1);
  cairo_line_to(state_->cairo, x2, y2);
  cairo_stroke(state_->cairo);
}

void cairo_ink::outline(const rectangle& at, double width) {
  cairo_set_line_width(state_->cairo, width);
  cairo_rectangle(state_->cairo, at.x, at.y, at.width, at.height);
  cairo_stroke(state_->cairo);
}

void cairo_ink::fill(const rectangle& at, double grey) {
  cairo_set_source_rgb(state_->cairo, grey, grey, grey);
  cairo_rectangle(state_->cairo, at.x, at.y, at.width, at.height);
  cairo_fill(state_->cairo);
  cairo_set_source_rgb(state_->cairo, 0, 0, 0);
}

void cairo_ink::text(std::span<const text_line> lines) {
  if (lines.empty()) return;
  cairo_tag_begin(state_->cairo, "P", nullptr);
  for (const auto& line : lines) state_->show(line);
  cairo_tag_end(state_->cairo, "P");
}

void cairo_ink::watermark(std::string_view word) {
  auto& s = *state_;
  double width = 0;
  double height = 0;
  {
    double x1 = 0;
    double y1 = 0;
    cairo_clip_extents(s.cairo, &x1, &y1, &width, &height);
  }
  constexpr double size = 110;
  const double length = text_width(face::bold, size, word);
  cairo_save(s.cairo);
  cairo_set_source_rgb(s.cairo, 0.85, 0.85, 0.85);
  cairo_translate(s.cairo, width / 2, height / 2);
  cairo_rotate(s.cairo, -0.7);
  s.show({-length / 2, 0.35 * size, size, face::bold, std::string(word)});
  cairo_restore(s.cairo);
}

std::string cairo_ink::finish() {
  auto& s = *state_;
  if (!s.beneath.empty()) {
    cairo_tag_end(s.cairo, "Document");
    cairo_show_page(s.cairo);
  }
  require_success(cairo_status(s.cairo));
  cairo_surface_finish(s.surface);
  require_success(cairo_surface_status(s.surface));
  cairo_destroy(
      std::exchange(s.cairo, nullptr));  // what Cairo keeps of all pages is not needed any more
  cairo_surface_destroy(std::exchange(s.surface, nullptr));
  return std::move(s.bytes);
}

const std::vector<std::optional<background>>& cairo_ink::beneath() const {
  return state_->beneath;
}

}  // namespace autocusto::pdf
