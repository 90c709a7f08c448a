#pragma once
// A form as data: where lines, labels and values stand. Read once from schema/forms/*.json.
//
// How the files are written, and how to change a form: docs/printing.md. A form is made of elements
// in the order in which they are drawn; `#m` and `#k` of repeated ones are already filled in. Never
// changes once it is read; any thread. A form that is wrong throws std::invalid_argument when it is
// first asked for; a test asks for all.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/ink.hpp"

namespace autocusto::pdf {

enum class align { left, centre, right };

struct condition {
  std::string name;                  ///< empty: always
  std::optional<std::string> value;  ///< nothing: any value that is not empty
};

struct element {
  enum class kind {
    text,     ///< `text`, in which {name} stands for a value
    line,     ///< from (x, y) to (x + width, y + height)
    outline,  ///< a rectangle
    fill,     ///< a grey rectangle
    check,    ///< a small square, crossed where `when` holds
    need,     ///< draws nothing: `value` is compulsory
    flow,     ///< the part of the page into which a list or a long text goes
  };
  kind what{};
  rectangle at;
  std::string text;
  std::string value;      ///< the value by itself, where `text` is nothing but {value}
  std::string box;        ///< number on the form
  std::string label;      ///< what people call the box
  bool required = false;  ///< the values in it must not be empty
  condition only_if;      ///< drawn, and required, only then
  condition when;         ///< check
  double size = 10;
  double min_size = 7;
  int lines = 1;
  bool bold = false;
  align side = align::left;
  double stroke = 0.7;
  double grey = 0.85;
};

/// A form that is drawn several times beside each other on one page.
struct form_copy {
  double dx = 0;
  std::string label;  ///< the value `via`
};

struct form {
  std::string name;
  double width = 0;
  double height = 0;
  std::vector<form_copy> copies;  ///< at least one
  std::vector<element> elements;
  /// The one element of kind flow; nothing where the form has none.
  [[nodiscard]] const element* flow() const;
};

/// Throws std::invalid_argument for an unknown name.
[[nodiscard]] const form& find_form(std::string_view name);
[[nodiscard]] std::span<const form> all_forms();

/// For tests of forms that are wrong.
[[nodiscard]] form read_form(std::string_view name, std::string_view text);

}  // namespace autocusto::pdf
