#pragma once
// Looks at the bytes of a PDF before a library reads them, so that reading them takes bounded work.
//
// Private to this folder; pure.

#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::pdf {

/// Size, and how much all compressed streams become, also where one is packed within another.
/// Errors: too_large, malformed.
[[nodiscard]] result<void> check_template_bytes(std::string_view pdf);

}  // namespace autocusto::pdf
