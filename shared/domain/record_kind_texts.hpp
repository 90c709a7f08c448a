#pragma once
// The texts of schema/records/*.json as the build embeds them (generated code). They live for ever;
// any thread may read them. Everybody else uses the parsed form in record_kind.hpp.

#include <span>
#include <string_view>

namespace autocusto::domain {

struct embedded_text {
  std::string_view name;  ///< the file's name without `.json`
  std::string_view text;
};

/// In the order of the file names.
[[nodiscard]] std::span<const embedded_text> record_kind_texts();

}  // namespace autocusto::domain
