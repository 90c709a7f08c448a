#pragma once
// What forms are drawn with: lines, rectangles, text, pages. Behind it stands Cairo, or a list.
//
// Units are points (1/72 inch) from the top left corner of the page; y grows downwards. Whoever
// draws has made sure that texts are drawable (font.hpp) and fit. One thread.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace autocusto::pdf {

class form_template;

enum class face { regular, bold };

/// A page of a template that lies beneath what is drawn; the template outlives the ink.
struct background {
  const form_template* from = nullptr;
  std::size_t page = 0;  ///< from 0
};

struct rectangle {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// One line of text on its baseline.
struct text_line {
  double x = 0;
  double baseline = 0;
  double size = 0;
  face weight = face::regular;
  std::string text;
};

class ink {
 public:
  ink() = default;
  ink(const ink&) = delete;
  ink& operator=(const ink&) = delete;
  virtual ~ink() = default;

  /// Ends the page before, if any.
  virtual void page(double width, double height, std::optional<background> beneath) = 0;
  virtual void line(double x1, double y1, double x2, double y2, double width) = 0;
  virtual void outline(const rectangle& at, double width) = 0;
  /// `grey`: 0 black to 1 white.
  virtual void fill(const rectangle& at, double grey) = 0;
  /// The lines of one paragraph, which readers read in one go.
  virtual void text(std::span<const text_line> lines) = 0;
  /// Large and pale across the page, beneath what is drawn later.
  virtual void watermark(std::string_view word) = 0;
};

/// Keeps what is drawn, so that a document is known to be without problems before a page is made.
class recorded_ink final : public ink {
 public:
  void page(double width, double height, std::optional<background> beneath) override;
  void line(double x1, double y1, double x2, double y2, double width) override;
  void outline(const rectangle& at, double width) override;
  void fill(const rectangle& at, double grey) override;
  void text(std::span<const text_line> lines) override;
  void watermark(std::string_view word) override;

  [[nodiscard]] int pages() const { return pages_; }
  /// Draws all of it again, in the same order.
  void replay(ink& on) const;

 private:
  struct page_op {
    double width, height;
    std::optional<background> beneath;
  };
  struct line_op {
    double x1, y1, x2, y2, width;
  };
  struct outline_op {
    rectangle at;
    double width;
  };
  struct fill_op {
    rectangle at;
    double grey;
  };
  struct text_op {
    std::vector<text_line> lines;
  };
  struct watermark_op {
    std::string word;
  };
  std::vector<std::variant<page_op, line_op, outline_op, fill_op, text_op, watermark_op>> ops_;
  int pages_ = 0;
};

}  // namespace autocusto::pdf
