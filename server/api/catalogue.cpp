#include "server/api/catalogue.hpp"

#include <utility>

#include "server/api/handlers.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::api {

std::optional<hash256> newest_catalogue(context& in) {
  std::optional<hash256> out;
  in.database.read([&](store::catalogues::reads catalogues) {
    const auto row = catalogues.newest();
    out = row ? std::optional(row->hash) : std::nullopt;
  });
  return out;
}

wire::catalogue_answer signed_catalogue(const context& in, store::catalogue_row row) {
  const wire::catalogue_object object{in.keys.server, row.revision, row.hash};
  wire::catalogue_answer out;
  out.text = std::move(row.content);
  out.signed_by_server =
      wire::sign_canonical(in.keys.signing, "catalogue", wire::encode_object(object));
  return out;
}

namespace detail {

http::response catalogue(context& in, const http::request& asked) {
  std::optional<hash256> have;
  if (const auto at = asked.query.find("have"); at != asked.query.end()) {
    have = hash256::parse(at->second);
    if (!have) {
      return problem(fail(errc::bad_request, "have must be the hash of a catalogue.", "have"),
                     asked);
    }
  }
  std::optional<store::catalogue_row> row;
  in.database.read([&](store::catalogues::reads catalogues) {
    row = catalogues.newest();
    if (row && row->hash != have) row = catalogues.revision(row->revision);
  });
  if (!row || row->hash == have) return http::json_response(wire::encode(wire::catalogue_answer{}));
  return http::json_response(wire::encode(signed_catalogue(in, *std::move(row))));
}

}  // namespace detail

}  // namespace autocusto::api
