#pragma once
// Draws one page of a form with its values, and notes what does not fit or is not there.
//
// Nothing is drawn outside the rectangle of its element. A problem of a value is noted once,
// however many sheets and copies show it; what is too long, once for each kind of document. One
// thread; refers to the ink and the list it was given.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/pdf/form.hpp"
#include "client/pdf/layout.hpp"
#include "client/pdf/report.hpp"
#include "client/pdf/values.hpp"

namespace autocusto::pdf {

/// Part of what flows into a page: a paragraph of one look.
struct flow_piece {
  std::string text;  ///< drawable, not empty
  bool bold = false;
  double indent = 0;
  double gap = 0;  ///< above it, in pt
};
/// Pieces that stay on one sheet if a sheet holds them.
using flow_block = std::vector<flow_piece>;

/// A line that has its place within the flow's rectangle.
struct flow_line {
  double x = 0;
  double baseline = 0;
  double size = 0;
  bool bold = false;
  bool begins = false;  ///< the first line of a block
  std::string text;
};
using flow_sheet = std::vector<flow_line>;

/// Spreads blocks over as few sheets as the smallest size allows; over one at the largest size that
/// makes one. At least one sheet, which may be empty.
[[nodiscard]] std::vector<flow_sheet> spread(std::span<const flow_block> blocks,
                                             const element& flow);

class form_painter {
 public:
  form_painter(ink& on, std::vector<problem>& problems, document_kind document, bool draft)
      : on_(on), problems_(problems), document_(document), draft_(draft) {}

  ~form_painter() { flush(); }
  form_painter(const form_painter&) = delete;
  form_painter& operator=(const form_painter&) = delete;

  /// One page. Sets `via` and `via_numero` for each copy.
  void page(const form& drawn, value_table& table, const flow_sheet& flow);

  /// A value in a box; also for templates.
  void boxed(const element& box, const value_table& table, double dx);
  void checked(const element& box, bool crossed, double dx);
  /// Notes the problems of a value that is drawn elsewhere (in a flow). True when it can be drawn.
  bool inspect(std::string_view field, const drawable_value& value, const element& box);
  /// Ends the paragraph: a label and the values behind it are read in one go.
  void flush();
  void note(problem_code code, const element& box, std::string_view field, std::string detail = {},
            std::size_t over = 0);

 private:
  std::optional<std::string> filled(const element& box, const value_table& table);
  void require(const element& box, const value_table& table);
  void draw_flow(const element& flow, const flow_sheet& lines, double dx);

  ink& on_;
  std::vector<problem>& problems_;
  document_kind document_;
  bool draft_;
  bool coarse_ = false;
  std::vector<text_line> paragraph_;
};

[[nodiscard]] bool holds(const condition& what, const value_table& table);

}  // namespace autocusto::pdf
