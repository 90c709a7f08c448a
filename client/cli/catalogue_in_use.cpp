#include "client/cli/catalogue_in_use.hpp"

#include <utility>

#include "client/replica/read/reader.hpp"
#include "shared/reference/starting.hpp"

namespace autocusto::cli {

catalogue_in_use catalogue_of(const replica::replica_store& replica) {
  auto kept = replica.read().catalogue();
  if (kept) {
    if (auto value = reference::read_catalogue(kept->text)) return {*std::move(value), kept};
  }
  return {reference::starting_catalogue(), std::nullopt};
}

}  // namespace autocusto::cli
