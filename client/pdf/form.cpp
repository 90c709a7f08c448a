#include "client/pdf/form.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "client/pdf/form_texts.hpp"
#include "shared/json/canonical.hpp"
#include "shared/json/read.hpp"

namespace autocusto::pdf {
namespace {

constexpr std::int64_t k_page = 20'000;  // tenths of a point; a page of PDF has at most 14,400 pt
constexpr std::size_t k_max_elements = 2'000;
constexpr std::size_t k_max_text = 1'000;

[[noreturn]] void wrong_form(std::string_view name, const std::string& what) {
  throw std::invalid_argument("The form " + std::string(name) + " is wrong: " + what);
}

double tenths(std::int64_t value) {
  return static_cast<double>(value) / 10;
}

/// What the repetitions around an element add to it.
struct surroundings {
  double dx = 0;
  double dy = 0;
  std::vector<std::pair<std::string, std::string>> names;  // "#m" -> "2"

  [[nodiscard]] std::string fill(std::string text) const {
    for (const auto& [name, number] : names) {
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at)) {
        text.replace(at, name.size(), number);
      }
    }
    return text;
  }
};

class form_reader {
 public:
  explicit form_reader(form& out) : out_(out) {}

  void elements(json::reader& in, const surroundings& around) {
    in.objects("elements", k_max_elements, [&](json::reader& child) {
      if (child.has("repeat")) {
        repeat(child, around);
      } else {
        element_of(child, around);
      }
    });
  }

 private:
  void repeat(json::reader& in, const surroundings& around) {
    const std::string name = "#" + in.string("repeat", 8);
    const auto count = in.integer("count", 1, 20);
    const auto dx = in.optional_integer("dx", -k_page, k_page).value_or(0);
    const auto dy = in.optional_integer("dy", -k_page, k_page).value_or(0);
    for (std::int64_t number = 1; number <= count && !in.failed(); ++number) {
      surroundings inner = around;
      inner.dx += tenths(dx * (number - 1));
      inner.dy += tenths(dy * (number - 1));
      inner.names.emplace_back(name, std::to_string(number));
      elements(in, inner);
    }
    in.strict();
  }

  rectangle place(json::reader& in, std::string_view name, const surroundings& around) {
    const auto& list = in.value(name);
    rectangle at;
    const std::array<double*, 4> parts{&at.x, &at.y, &at.width, &at.height};
    if (!list.is_array() || list.size() != parts.size()) {
      in.refuse(name, "is not a list of four numbers");
      return at;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!list[i].is_number_integer()) {
        in.refuse(name, "holds something that is not a whole number");
        return at;
      }
      *parts[i] = tenths(list[i].get<std::int64_t>());
    }
    at.x += around.dx;
    at.y += around.dy;
    return at;
  }

  static condition condition_of(const std::string& text) {
    const auto sign = text.find('=');
    if (sign == std::string::npos) return {text, std::nullopt};
    return {text.substr(0, sign), text.substr(sign + 1)};
  }

  void element_of(json::reader& in, const surroundings& around) {
    constexpr std::array<std::pair<std::string_view, element::kind>, 7> kinds{{
        {"text", element::kind::text},
        {"line", element::kind::line},
        {"rect", element::kind::outline},
        {"fill", element::kind::fill},
        {"check", element::kind::check},
        {"need", element::kind::need},
        {"flow", element::kind::flow},
    }};
    element out;
    const std::string kind = in.optional_string("is", 16).value_or("text");
    const auto* found = std::find_if(kinds.begin(), kinds.end(),
                                     [&](const auto& known) { return known.first == kind; });
    if (found == kinds.end()) wrong_form(out_.name, "it has an element of no known kind");
    out.what = found->second;
    if (out.what != element::kind::need) out.at = place(in, "at", around);
    const auto text = [&](std::string_view name) {
      return around.fill(in.optional_string(name, k_max_text).value_or(""));
    };
    out.value = text("value");
    out.text = out.what == element::kind::text && !out.value.empty() ? "{" + out.value + "}"
                                                                     : text("text");
    out.box = text("box");
    out.label = text("label");
    out.only_if = condition_of(text("if"));
    out.when = condition_of(text("when"));
    out.required = in.boolean_or("required", out.what == element::kind::need);
    look_of(in, out);
    in.strict();
    out_.elements.push_back(std::move(out));
    if (out_.elements.size() > k_max_elements) wrong_form(out_.name, "it has too many elements");
  }

  static void look_of(json::reader& in, element& out) {
    const auto number = [&](std::string_view name, double otherwise) {
      const auto given = in.optional_integer(name, 0, 1'000);
      return given ? tenths(*given) : otherwise;
    };
    out.size = number("size", out.size);
    out.min_size = std::min(number("min", out.min_size), out.size);
    out.stroke = number("stroke", out.stroke);
    out.grey = number("grey", out.grey);
    out.lines = static_cast<int>(in.optional_integer("lines", 1, 200).value_or(1));
    out.bold = in.boolean_or("bold", false);
    const std::string side = in.optional_string("align", 8).value_or("left");
    out.side = side == "centre" ? align::centre : side == "right" ? align::right : align::left;
  }

  form& out_;
};

std::vector<form> load_forms() {
  std::vector<form> out;
  for (const auto& [name, text] : form_texts()) out.push_back(read_form(name, text));
  return out;
}

}  // namespace

const element* form::flow() const {
  const auto at = std::find_if(elements.begin(), elements.end(), [](const element& each) {
    return each.what == element::kind::flow;
  });
  return at == elements.end() ? nullptr : &*at;
}

form read_form(std::string_view name, std::string_view text) {
  form out;
  out.name = name;
  auto value = json::parse(text);
  if (!value) wrong_form(name, value.error().message);
  json::reader in(*value);
  out.width = tenths(in.integer("width", 100, k_page));
  out.height = tenths(in.integer("height", 100, k_page));
  if (in.has("copies")) {
    in.objects("copies", 4, [&](json::reader& copy) {
      out.copies.push_back({tenths(copy.integer("dx", 0, k_page)), copy.string("label", 100)});
      copy.strict();
    });
  }
  if (out.copies.empty()) out.copies.push_back({});
  form_reader(out).elements(in, {});
  in.strict();
  if (auto problem = in.finish()) wrong_form(name, problem->message);
  for (const auto& each : out.elements) {
    for (const auto& copy : out.copies) {
      const double left = std::min(each.at.x, each.at.x + each.at.width) + copy.dx;
      const double right = std::max(each.at.x, each.at.x + each.at.width) + copy.dx;
      const double bottom = each.at.y + each.at.height;
      if (left < 0 || right > out.width || each.at.y < 0 || bottom > out.height) {
        wrong_form(name, "an element stands outside the page: " + each.text);
      }
    }
  }
  return out;
}

std::span<const form> all_forms() {
  static const std::vector<form> forms = load_forms();
  return forms;
}

const form& find_form(std::string_view name) {
  for (const auto& each : all_forms()) {
    if (each.name == name) return each;
  }
  throw std::invalid_argument("there is no form " + std::string(name));
}

}  // namespace autocusto::pdf
