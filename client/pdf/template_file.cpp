#include "client/pdf/template_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "client/pdf/qpdf_headers.hpp"
#include "client/pdf/qpdf_memory.hpp"

namespace autocusto::pdf {
namespace {

using object = QPDFObjectHandle;

constexpr int k_field_depth = 32;
constexpr std::size_t k_name_bytes = 300;  // of a field's full name
constexpr std::size_t k_button_states = 20;
constexpr std::size_t k_page_nodes = 500;  // of the tree of pages
constexpr double k_max_side = 2'000;

/// Carries the error for the user; thrown inside this file only.
struct unusable {
  error why;
};

[[noreturn]] void refuse(std::string sentence) {
  throw unusable{fail(errc::malformed, std::move(sentence))};
}

/// The key of a field or of the nearest field above it that has it.
object inherited(object field, const std::string& key) {
  for (int depth = 0; depth < k_field_depth && field.isDictionary(); ++depth) {
    auto value = field.getKey(key);
    if (!value.isNull()) return value;
    field = field.getKey("/Parent");
  }
  return object::newNull();
}

std::string full_name(object field) {
  std::string out;
  for (int depth = 0; depth < k_field_depth && field.isDictionary(); ++depth) {
    auto part = field.getKey("/T");
    if (part.isString()) {
      if (out.size() + part.getStringValue().size() > k_name_bytes) {
        refuse("The template has a field with a name of more than 300 bytes; rename it.");
      }
      out = part.getUTF8Value() + (out.empty() ? "" : "." + out);
    }
    field = field.getKey("/Parent");
  }
  return out;
}

/// From the page's own coordinates to upright ones.
class upright {
 public:
  explicit upright(QPDFPageObjectHelper page) {
    auto box = page.getMediaBox().getArrayAsRectangle();
    x0_ = std::min(box.llx, box.urx);
    x1_ = std::max(box.llx, box.urx);
    y0_ = std::min(box.lly, box.ury);
    y1_ = std::max(box.lly, box.ury);
    auto turn = page.getAttribute("/Rotate", false);
    rotate_ = turn.isInteger() ? static_cast<int>(((turn.getIntValue() % 360) + 360) % 360) : 0;
    const bool sane =
        x1_ - x0_ >= 72 && y1_ - y0_ >= 72 && x1_ - x0_ <= k_max_side && y1_ - y0_ <= k_max_side;
    if (!sane || rotate_ % 90 != 0)
      refuse("The template has a page of an unusual size; save it as A4.");
    auto unit = page.getObjectHandle().getKey("/UserUnit");
    if (unit.isNumber() && std::fabs(unit.getNumericValue() - 1) > 1e-9) {
      refuse("The template has a page of an unusual scale; save it as A4.");
    }
  }

  [[nodiscard]] template_page size() const {
    const bool lying = rotate_ == 90 || rotate_ == 270;
    const double width = x1_ - x0_;
    const double height = y1_ - y0_;
    return lying ? template_page{height, width} : template_page{width, height};
  }
  /// a b c d e f of PDF, for the page's contents.
  [[nodiscard]] std::array<double, 6> matrix() const {
    switch (rotate_) {
      case 90:
        return {0, -1, 1, 0, -y0_, x1_};
      case 180:
        return {-1, 0, 0, -1, x1_, y1_};
      case 270:
        return {0, 1, -1, 0, y1_, -x0_};
      default:
        return {1, 0, 0, 1, -x0_, -y0_};
    }
  }
  /// Nothing wider than the page comes out.
  [[nodiscard]] rectangle place(const object::Rectangle& from) const {
    const auto m = matrix();
    const auto page = size();
    const auto limited = [](double value, double most) { return std::clamp(value, 0.0, most); };
    const double u1 = m[0] * from.llx + m[2] * from.lly + m[4];
    const double u2 = m[0] * from.urx + m[2] * from.ury + m[4];
    const double v1 = m[1] * from.llx + m[3] * from.lly + m[5];
    const double v2 = m[1] * from.urx + m[3] * from.ury + m[5];
    const double left = limited(std::min(u1, u2), page.width);
    const double right = limited(std::max(u1, u2), page.width);
    const double bottom = limited(std::min(v1, v2), page.height);
    const double top = limited(std::max(v1, v2), page.height);
    return {left, page.height - top, right - left, top - bottom};
  }

 private:
  double x0_ = 0, x1_ = 0, y0_ = 0, y1_ = 0;
  int rotate_ = 0;
};

/// The state of a button that is not `/Off`, by the dictionary of its looks: one that many buttons
/// share is read once.
using button_states = std::map<QPDFObjGen, std::string>;

std::string state_of(object looks, button_states& known) {
  const auto id = looks.getObjGen();
  if (const auto at = known.find(id); looks.isIndirect() && at != known.end()) return at->second;
  const auto keys = looks.getKeys();
  if (keys.size() > k_button_states) {
    refuse("The template has a button with too many states; save it simpler.");
  }
  std::string state;
  for (const auto& key : keys) {
    if (key != "/Off") state = key.substr(1);
  }
  if (looks.isIndirect()) known.emplace(id, state);
  return state;
}

void read_button(object widget, std::int64_t flags, button_states& known, file_field& out) {
  out.button = true;
  out.push_button = (flags & (1 << 16)) != 0;
  auto appearances = widget.getKey("/AP");
  auto normal = appearances.isDictionary() ? appearances.getKey("/N") : object::newNull();
  if (!normal.isDictionary()) return;
  out.state = state_of(normal, known);
}

std::optional<file_field> read_widget(object widget, std::size_t page, const upright& frame,
                                      button_states& known) {
  auto subtype = widget.isDictionary() ? widget.getKey("/Subtype") : object::newNull();
  if (!subtype.isName() || subtype.getName() != "/Widget") return std::nullopt;
  auto rect = widget.getKey("/Rect");
  auto type = inherited(widget, "/FT");
  if (!rect.isRectangle() || !type.isName()) return std::nullopt;
  file_field out;
  out.name = full_name(widget);
  out.page = page;
  out.at = frame.place(rect.getArrayAsRectangle());
  auto flags_value = inherited(widget, "/Ff");
  const std::int64_t flags = flags_value.isInteger() ? flags_value.getIntValue() : 0;
  if (type.getName() == "/Btn") {
    read_button(widget, flags, known, out);
  } else {
    out.multiline = type.getName() == "/Tx" && (flags & (1 << 12)) != 0;
    auto side = inherited(widget, "/Q");
    const auto quadding = side.isInteger() ? side.getIntValue() : 0;
    out.side = quadding == 1 ? align::centre : quadding == 2 ? align::right : align::left;
  }
  return out;
}

// Of streams: files outside, data about data, optional contents. Of dictionaries: actions, scripts,
// files.
constexpr std::array k_unwanted_in_streams = std::to_array<const char*>(
    {"/F", "/FFilter", "/FDecodeParms", "/Metadata", "/PieceInfo", "/OPI", "/Ref", "/OC", "/AF",
     "/StructParent", "/StructParents", "/LastModified"});
constexpr std::array k_unwanted =
    std::to_array<const char*>({"/Metadata", "/PieceInfo", "/AA", "/AF", "/JS", "/EF"});
// Dictionaries whose keys are free names, such as those of fonts.
constexpr std::array k_of_names =
    std::to_array<std::string_view>({"/Font", "/XObject", "/ExtGState", "/ColorSpace", "/Pattern",
                                     "/Shading", "/Properties", "/CharProcs", "/Colorants"});

/// Takes everything off that a page's contents are not drawn with.
void strip(const object& root) {
  struct step {
    object here;
    bool names;
  };
  std::set<std::pair<int, int>> seen;
  std::vector<step> open{{root, false}};
  std::size_t steps = 0;
  while (!open.empty()) {
    // qpdf follows references one within another when it copies: as deep as there are objects.
    if (++steps > template_limits::objects || seen.size() > template_limits::copied_objects) {
      refuse("The template is too complicated; save it simpler.");
    }
    auto [here, names] = open.back();
    open.pop_back();
    if (here.isIndirect() && !seen.emplace(here.getObjectID(), here.getGeneration()).second)
      continue;
    if (here.isArray()) {
      for (int i = 0; i < here.getArrayNItems(); ++i) open.push_back({here.getArrayItem(i), false});
      continue;
    }
    if (!here.isDictionary() && !here.isStream()) continue;
    auto dict = here.isStream() ? here.getDict() : here;
    if (here.isStream()) {
      for (const auto* key : k_unwanted_in_streams) dict.removeKey(key);
    } else if (!names) {
      for (const auto* key : k_unwanted) dict.removeKey(key);
    }
    for (const auto& key : dict.getKeys()) {
      const bool free = std::find(k_of_names.begin(), k_of_names.end(), key) != k_of_names.end();
      open.push_back({dict.getKey(key), free && !names});
    }
  }
}

/// Bounds what a page's contents become; the guard has seen the same streams already.
class counting_pipeline : public Pipeline {
 public:
  counting_pipeline() : Pipeline("count", nullptr) {}
  void write(unsigned char const*, size_t size) override {
    sum_ += size;
    if (sum_ > template_limits::inflated) throw std::runtime_error("too large");
  }
  void finish() override {}

 private:
  std::size_t sum_ = 0;
};

void add_bare_page(QPDF& to, QPDF& from, QPDFPageObjectHelper page, const upright& frame) {
  counting_pipeline count;
  page.pipeContents(&count);
  auto contents = page.getFormXObjectForPage(false);
  strip(contents);
  auto copied = &to == &from ? contents : to.copyForeignObject(contents);
  const auto m = frame.matrix();
  std::string drawing = "q";
  for (const double part : m) drawing += " " + QUtil::double_to_string(part, 4);
  drawing += " cm /Fx0 Do Q";
  auto dict = object::newDictionary();
  dict.replaceKey("/Type", object::newName("/Page"));
  const auto size = frame.size();
  dict.replaceKey("/MediaBox", object::newFromRectangle({0, 0, size.width, size.height}));
  auto resources = object::newDictionary();
  auto forms = object::newDictionary();
  forms.replaceKey("/Fx0", copied);
  resources.replaceKey("/XObject", forms);
  dict.replaceKey("/Resources", resources);
  dict.replaceKey("/Contents", object::newStream(&to, drawing));
  QPDFPageDocumentHelper(to).addPage(QPDFPageObjectHelper(to.makeIndirectObject(dict)), false);
}

/// Counts pages by its own walk, since qpdf makes one object for each time that a page is named.
void require_few_pages(QPDF& pdf) {
  std::vector<object> open{pdf.getRoot().getKey("/Pages")};
  std::size_t nodes = 0;
  std::size_t pages = 0;
  while (!open.empty()) {
    auto node = open.back();
    open.pop_back();
    if (++nodes > k_page_nodes) refuse("The template is damaged and cannot be read; save it anew.");
    auto kids = node.isDictionary() ? node.getKey("/Kids") : object::newNull();
    if (!kids.isArray()) {
      ++pages;
      continue;
    }
    const int count = std::min(kids.getArrayNItems(), static_cast<int>(k_page_nodes) + 1);
    for (int i = 0; i < count; ++i) open.push_back(kids.getArrayItem(i));
  }
  if (pages > template_limits::pages) {
    throw unusable{fail(errc::too_large, "The template has more than 20 pages; split it.", {},
                        static_cast<std::int64_t>(template_limits::pages))};
  }
}

void require_form(QPDF& pdf, const std::vector<file_field>& fields) {
  if (!fields.empty()) return;
  auto form = pdf.getRoot().getKey("/AcroForm");
  if (form.isDictionary() && form.hasKey("/XFA")) {
    refuse(
        "The template is an XFA form, which only one program can read; save it as a PDF with "
        "AcroForm fields.");
  }
  refuse("The template has no form fields; add them with an editor of PDF forms.");
}

template_file read(std::string_view bytes) {
  QPDF pdf;
  open_quietly(pdf, bytes);
  if (pdf.isEncrypted()) refuse("The template is encrypted; save it without protection.");
  template_file out;
  require_few_pages(pdf);
  QPDF bare;
  bare.emptyPDF();
  button_states known;
  const auto pages = QPDFPageDocumentHelper(pdf).getAllPages();
  if (pages.empty()) refuse("The template has no pages; choose another file.");
  for (std::size_t number = 0; number < pages.size(); ++number) {
    QPDFPageObjectHelper page = pages[number];
    const upright frame(page);
    out.pages.push_back(frame.size());
    auto widgets = page.getObjectHandle().getKey("/Annots");
    const int count = widgets.isArray() ? widgets.getArrayNItems() : 0;
    for (int i = 0; i < count; ++i) {
      if (out.fields.size() > template_limits::fields)
        refuse("The template has too many fields; split it.");
      if (auto field = read_widget(widgets.getArrayItem(i), number, frame, known)) {
        out.fields.push_back(*std::move(field));
      }
    }
    add_bare_page(bare, pdf, page, frame);
  }
  require_form(pdf, out.fields);
  out.bare_pages = written(bare);
  out.repaired = pdf.anyWarnings();
  return out;
}

}  // namespace

result<template_file> read_template_file(std::string_view pdf) {
  try {
    return read(pdf);
  } catch (const unusable& refusal) {
    return refusal.why;
  } catch (const QPDFExc& broken) {
    if (broken.getErrorCode() == qpdf_e_password) {
      return fail(errc::malformed, "The template is encrypted; save it without protection.");
    }
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    // qpdf throws runtime_error and logic_error for what it cannot read.
  }
  return fail(errc::malformed, "The template is damaged and cannot be read; save it anew.");
}

}  // namespace autocusto::pdf
