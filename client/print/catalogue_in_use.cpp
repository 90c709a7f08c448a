#include "client/print/catalogue_in_use.hpp"

#include <utility>

#include "shared/reference/starting.hpp"

namespace autocusto::printing {

catalogue_in_use catalogue_of(const replica::reader& reader) {
  auto kept = reader.catalogue();
  if (kept) {
    if (auto value = reference::read_catalogue(kept->text)) return {*std::move(value), kept};
  }
  return {reference::starting_catalogue(), std::nullopt};
}

}  // namespace autocusto::printing
