// Problem documents (RFC 9457).
#include <string>

#include "shared/wire/messages.hpp"
#include "shared/wire/parse.hpp"
#include "shared/wire/write.hpp"

namespace autocusto::wire {
namespace {

/// What an answer without a readable document means: something between us and the server made it.
errc code_of_status(int status) {
  if (status == 401) return errc::unauthorized;
  if (status == 404) return errc::not_found;
  if (status == 408) return errc::timeout;
  if (status == 413) return errc::body_too_large;
  if (status == 429) return errc::busy;
  if (status == 502 || status == 503 || status == 504) return errc::unavailable;
  return errc::internal;
}

}  // namespace

problem decode_problem(int status, std::string_view json) {
  problem p;
  const auto read = [&p](json::reader& in) {
    p.code_text = in.string("code", 100);
    p.what.message = in.optional_string("detail", detail::k_text).value_or("");
    p.what.field = in.optional_string("field", detail::k_text).value_or("");
    p.what.limit = in.optional_integer("limit", -detail::k_number, detail::k_number);
    p.what.retry_after = in.optional_integer("retry_after", 0, detail::k_number);
    p.request_id = in.optional_string("request_id", 100).value_or("");
    p.last_push = in.optional_id<push_id>("last_push");
  };
  const auto broken = detail::read_message(json, read);
  if (broken) {
    p = {};
    p.what.code = code_of_status(status);
  } else {
    p.what.code = code_from_name(p.code_text).value_or(errc::internal);
  }
  if (p.what.message.empty()) {
    p.what.message = "The server answered with status " + std::to_string(status) +
                     " and no explanation; try again later.";
  }
  return p;
}

std::string encode_problem(const problem& p, std::string_view title) {
  std::string out;
  detail::object_writer to(out);
  to.text("code", code_name(p.what.code));
  to.text("detail", p.what.message);
  if (!p.what.field.empty()) to.text("field", p.what.field);
  to.id_if("last_push", p.last_push);
  if (p.what.limit) to.number("limit", *p.what.limit);
  to.text("request_id", p.request_id);
  if (p.what.retry_after) to.number("retry_after", *p.what.retry_after);
  to.number("status", http_status(p.what.code));
  to.text("title", title);
  to.text("type", "about:blank");
  to.close();
  return out;
}

}  // namespace autocusto::wire
