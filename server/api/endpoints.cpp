#include "server/api/endpoints.hpp"

#include "server/api/enroll_page.hpp"
#include "server/api/handlers.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::api {
namespace {

/// Codes, names, keys, challenges and signatures: some hundred bytes.
constexpr std::size_t k_small_body = std::size_t{16} * 1024;
/// A push of the full 8 MiB of versions: quoting them as JSON texts can double them, and the ids
/// and proofs around 1,000 versions need about 0.5 MiB.
constexpr std::size_t k_push_body = 2 * limits::batch_bytes + std::size_t{1024} * 1024;

/// 10,000 ids of 64 digits.
constexpr std::size_t k_known_body = std::size_t{1024} * 1024;

http::response ready(context& in, const http::request& asked) {
  const std::string why_not = in.not_ready();
  if (why_not.empty()) return http::json_response(R"({"ready":true})");
  return problem(fail(errc::unavailable, "The server takes no requests: " + why_not + "."), asked);
}

}  // namespace

std::vector<route> core_routes(context& in) {
  std::vector<route> table;
  const auto codes = std::make_shared<const auth::code_mint>(in.keys);
  table.push_back(
      {"POST", "/v1/enroll", access::anyone, k_small_body,
       open_handler([&in, codes](const auto& r) { return detail::enroll(in, *codes, r); }), false,
       [&in, codes](const auto& r) { return detail::enroll_here(in, *codes, r); }});
  // What a browser asks for when somebody clicks an enrollment link.
  table.push_back({"GET", "/enroll", access::anyone, 0,
                   open_handler([](const auto&) { return enroll_page(); })});
  table.push_back({"POST", "/v1/session", access::anyone, k_small_body,
                   open_handler([&in](const auto& r) { return detail::session(in, r); }), false,
                   [&in](const auto& r) { return detail::session_here(in, r); }});
  table.push_back({"POST", "/v1/push", access::full, k_push_body,
                   session_handler([&in](const auto& r, const auto& caller) {
                     return detail::push(in, r, caller);
                   }),
                   true});
  table.push_back({"POST", "/v1/surrender", access::surrender, k_push_body,
                   session_handler([&in](const auto& r, const auto& caller) {
                     return detail::surrender(in, r, caller);
                   }),
                   true});
  table.push_back({"POST", "/v1/receipt", access::surrender, k_small_body,
                   session_handler([&in](const auto& r, const auto& caller) {
                     return detail::receipt(in, r, caller);
                   })});
  // Also without access: before it erases, a device asks whether the server has everything.
  table.push_back({"POST", "/v1/known", access::surrender, k_known_body,
                   session_handler([&in](const auto& r, const auto& caller) {
                     return detail::known(in, r, caller);
                   })});
  table.push_back(
      {"GET", "/v1/changes", access::full, 0,
       deferred_session_handler([&in](const auto& r, const auto& caller, const auto& answer) {
         detail::changes(in, r, caller, answer);
       })});
  table.push_back(
      {"GET", "/v1/catalogue", access::full, 0,
       session_handler([&in](const auto& r, const auto&) { return detail::catalogue(in, r); })});
  table.push_back({"GET", "/healthz", access::anyone, 0, open_handler([](const auto&) {
                     return http::json_response(R"({"status":"ok"})");
                   })});
  table.push_back({"GET", "/readyz", access::anyone, 0,
                   open_handler([&in](const auto& r) { return ready(in, r); })});
  return table;
}

}  // namespace autocusto::api
