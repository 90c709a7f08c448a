#pragma once
// Ink on a PDF surface of Cairo, with tags, and without a clock.
//
// Drawing with the shared faces is for one thread at a time: an object holds a lock from its making
// to its end, so make it when everything is ready to be drawn. Text that is not drawable, and every
// error of Cairo, throws std::runtime_error at `finish`; nothing disappears silently.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/pdf/dates.hpp"
#include "client/pdf/ink.hpp"

namespace autocusto::pdf {

class cairo_ink final : public ink {
 public:
  /// The metadata hold `created` and nothing else of the contents.
  explicit cairo_ink(date created);
  ~cairo_ink() override;

  void page(double width, double height, std::optional<background> beneath) override;
  void line(double x1, double y1, double x2, double y2, double width) override;
  void outline(const rectangle& at, double width) override;
  void fill(const rectangle& at, double grey) override;
  void text(std::span<const text_line> lines) override;
  void watermark(std::string_view word) override;

  /// Ends the document. Once.
  [[nodiscard]] std::string finish();
  /// What lies beneath each page.
  [[nodiscard]] const std::vector<std::optional<background>>& beneath() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace autocusto::pdf
