#pragma once
// The reference catalogue that this laptop goes by: the one that a sync has fetched, else the
// starting one of the program. One thread.

#include <optional>

#include "client/replica/read/reader.hpp"
#include "client/replica/types.hpp"
#include "shared/reference/catalogue.hpp"

namespace autocusto::printing {

struct catalogue_in_use {
  reference::catalogue value;
  std::optional<replica::kept_catalogue> kept;  ///< none: the starting one
};

[[nodiscard]] catalogue_in_use catalogue_of(const replica::reader& reader);

}  // namespace autocusto::printing
