#pragma once
// Reads a template's PDF: its fields with their rectangles, and its bare pages.
//
// Private to this folder. The only place that reads a foreign PDF; it works on bytes that
// template_guard.hpp has let pass. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "client/pdf/template.hpp"

namespace autocusto::pdf {

/// One widget. Places are from the top left corner of the upright page.
struct file_field {
  std::string name;  ///< the whole name, parts joined by a point
  std::size_t page = 0;
  rectangle at;
  bool button = false;       ///< a box to be crossed
  bool push_button = false;  ///< does something; never drawn
  std::string state;         ///< a button's export value
  bool multiline = false;
  align side = align::left;
};

struct template_file {
  std::vector<template_page> pages;
  std::vector<file_field> fields;
  std::string bare_pages;
  bool repaired = false;
};

/// Errors: malformed, too_large.
[[nodiscard]] result<template_file> read_template_file(std::string_view pdf);

}  // namespace autocusto::pdf
