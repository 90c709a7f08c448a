#pragma once
// Which field of a template shows which value: read from JSON (docs/printing.md).
//
// Private to this folder; pure.

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/pdf/form.hpp"
#include "shared/base/error.hpp"

namespace autocusto::pdf {

struct mapped_field {
  element look;  ///< value, box, label, sizes; its place is what to leave free at left and top
  /// For buttons: what is true when the button with that export value is set.
  std::vector<std::pair<std::string, condition>> buttons;
};

struct template_map {
  std::map<std::string, mapped_field, std::less<>> fields;
  std::vector<element> needs;
  bool same_names = false;  ///< fields that are named as values show these
};

/// Error: invalid_field with a sentence that names the place in the map.
[[nodiscard]] result<template_map> read_template_map(std::string_view json);

/// Whether values of that name exist.
[[nodiscard]] bool is_value_name(std::string_view name);

}  // namespace autocusto::pdf
