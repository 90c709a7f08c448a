#pragma once
// The built page, compiled in. Any thread.

#include <span>
#include <string_view>

namespace autocusto::web {

struct asset {
  std::string_view path;  ///< `/`, `/assets/index-1a2b3c.js`
  std::string_view content_type;
  std::string_view gzip;  ///< the contents, compressed
};

/// Empty when the page was left out of the build.
[[nodiscard]] std::span<const asset> assets();

}  // namespace autocusto::web
