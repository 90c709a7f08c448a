#include "server/admin/routes.hpp"

#include "server/admin/handlers.hpp"
#include "server/admin/signed_head.hpp"
#include "shared/reference/catalogue.hpp"

namespace autocusto::admin {
namespace {

using api::access;
using api::route;

/// Questions and acts are ids, e-mails and a signature; an act may name 16 heads.
constexpr std::size_t k_body = std::size_t{16} * 1024;

/// A catalogue's text.
constexpr std::size_t k_catalogue_body = reference::k_catalogue_bytes;

using session_call = http::response (*)(api::context&, const http::request&,
                                        const store::session_owner&);

route post(api::context& in, std::string path, session_call call) {
  return {"POST", "/v1/admin/" + std::move(path), access::admin, k_body,
          api::session_handler([&in, call](const auto& asked, const auto& caller) {
            return detail::with_head(in, asked, call(in, asked, caller));
          })};
}

route get(api::context& in, std::string path, http::response (*call)(api::context&)) {
  return {"GET", "/v1/admin/" + std::move(path), access::admin, 0,
          api::session_handler([&in, call](const auto& asked, const auto&) {
            return detail::with_head(in, asked, call(in));
          })};
}

route history(api::context& in, std::string path, std::string_view what) {
  return {"POST", "/v1/admin/" + std::move(path), access::admin, k_body,
          api::session_handler([&in, what](const auto& asked, const auto& caller) {
            return detail::with_head(in, asked, detail::history(in, asked, caller, what));
          })};
}

}  // namespace

std::vector<api::route> routes(api::context& in) {
  std::vector<route> table;
  table.push_back(get(in, "users", detail::users));
  table.push_back(get(in, "enrollments", detail::enrollments));
  table.push_back(get(in, "devices", detail::devices));
  table.push_back({"GET", "/v1/admin/devices/{id}", access::admin, 0,
                   api::session_handler([&in](const auto& asked, const auto&) {
                     return detail::with_head(in, asked, detail::device(in, asked));
                   })});
  table.push_back(get(in, "policy", detail::policy));
  table.push_back(get(in, "stats", detail::stats));
  table.push_back(post(in, "records/list", detail::records));
  table.push_back(history(in, "records/versions", "record.versions"));
  table.push_back(history(in, "records/graph", "record.graph"));
  table.push_back(post(in, "records/show", detail::show));
  table.push_back(post(in, "records/dependents", detail::dependents));
  table.push_back(post(in, "records/compare", detail::compare));
  table.push_back(post(in, "records/why", detail::explain_access));
  table.push_back(post(in, "conflicts/list", detail::conflicts));
  table.push_back(post(in, "conflicts/show", detail::conflict));
  table.push_back(post(in, "quarantine/list", detail::quarantine));
  table.push_back(post(in, "quarantine/show", detail::quarantined));
  table.push_back(post(in, "quarantine/export", detail::export_quarantine));
  table.push_back(post(in, "audit/list", detail::audit));
  table.push_back(get(in, "catalogue", detail::catalogues));
  table.push_back({"GET", "/v1/admin/catalogue/{revision}", access::admin, 0,
                   api::session_handler([&in](const auto& asked, const auto&) {
                     return detail::with_head(in, asked, detail::catalogue(in, asked));
                   })});
  table.push_back(post(in, "catalogue", detail::send_catalogue));
  table.back().body_limit = k_catalogue_body;
  table.push_back(post(in, "catalogue/uses", detail::catalogue_uses));
  table.push_back(post(in, "act", detail::act));
  return table;
}

}  // namespace autocusto::admin
