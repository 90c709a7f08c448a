#pragma once
// A PDF with an AcroForm that a clinic supplies: its pages become backgrounds, its rectangles are
// filled.
//
// What a template may do is gone when it is loaded: only the contents of its pages and what they
// are drawn with are kept. Fields, widgets, scripts, actions, attachments, names, XFA and metadata
// are not. Loading is bounded: size, pages, fields, depth, and how much its compressed streams
// become. A template never changes once it is loaded; any thread may draw with it.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/draw.hpp"
#include "shared/base/error.hpp"

namespace autocusto::pdf {

struct template_limits {
  static constexpr std::size_t bytes = 5 * 1024 * 1024;
  static constexpr std::size_t pages = 20;
  static constexpr std::size_t fields = 2'000;
  static constexpr std::size_t inflated = 64 * 1024 * 1024;  ///< of all its streams together
  static constexpr std::size_t objects = 50'000;             ///< parts of what a page is drawn with
  static constexpr std::size_t copied_objects = 3'000;       ///< of them, objects of their own
};

struct template_page {
  double width = 0;
  double height = 0;
};

class form_template {
 public:
  /// `map` says which field shows which value: JSON as in docs/printing.md, or the text of a ready
  /// map. Errors, each with a sentence: too_large, malformed, invalid_field (the map).
  [[nodiscard]] static result<std::shared_ptr<const form_template>> load(std::string_view pdf,
                                                                         std::string_view map);

  /// Draws all pages with their values.
  void draw(ink& on, form_painter& paint, const value_table& table, bool draft) const;

  [[nodiscard]] const std::vector<template_page>& pages() const { return pages_; }
  /// Names of fields of the file that the map does not know; they stay empty.
  [[nodiscard]] const std::vector<std::string>& unknown_fields() const { return unknown_; }
  /// Names of the map that the file does not have.
  [[nodiscard]] const std::vector<std::string>& absent_fields() const { return absent_; }
  /// Whether the file was damaged and could be read all the same.
  [[nodiscard]] bool repaired() const { return repaired_; }
  /// How many medicines it has lines for: `med_1`, … and `item_1_nome`, ….
  [[nodiscard]] std::size_t medicine_lines() const;
  [[nodiscard]] std::size_t item_lines() const;

  /// A PDF of the bare pages, upright, for finish.cpp.
  [[nodiscard]] const std::string& bare_pages() const { return bare_; }

 private:
  struct placed_element {
    std::size_t page;
    element what;
  };
  form_template() = default;
  [[nodiscard]] bool shows(const std::string& value) const;

  std::vector<template_page> pages_;
  std::vector<placed_element> elements_;
  std::vector<element> needs_;
  std::vector<std::string> unknown_;
  std::vector<std::string> absent_;
  std::string bare_;
  bool repaired_ = false;
};

/// The text of a ready map: `ministerio`, `autocusto`; empty for an unknown name.
[[nodiscard]] std::string_view ready_map(std::string_view name);

}  // namespace autocusto::pdf
