#pragma once
// Internal to shared/http: the text of heads that are sent. Functions only; any thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "shared/http/message.hpp"

namespace autocusto::http {

struct response_frame {
  bool keep_alive = true;
  bool tls = true;  ///< adds Strict-Transport-Security
  std::string_view request_id;
};

/// Status line and headers, with the empty line. Control characters in header values become spaces,
/// so that no value can end its line.
[[nodiscard]] std::string render_head(const response& answer, const response_frame& frame);

/// Request line and headers, with the empty line and a Content-Length of `body_size` where there is
/// a body or the method calls for one.
[[nodiscard]] std::string render_request(std::string_view method, std::string_view target,
                                         std::string_view host, const header_list& headers,
                                         std::size_t body_size);

}  // namespace autocusto::http
