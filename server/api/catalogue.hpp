#pragma once
// The reference catalogue as the server tells it. Free functions; any thread.

#include <optional>

#include "server/api/context.hpp"
#include "server/store/catalogues.hpp"
#include "shared/base/ids.hpp"
#include "shared/wire/catalogue.hpp"

namespace autocusto::api {

/// The hash of the newest revision; nothing while none is published.
[[nodiscard]] std::optional<hash256> newest_catalogue(context& in);

/// A revision with the server's signature; `row` has its content.
[[nodiscard]] wire::catalogue_answer signed_catalogue(const context& in, store::catalogue_row row);

}  // namespace autocusto::api
