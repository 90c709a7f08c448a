#include "client/web/laptop_catalogue.hpp"

#include <utility>

#include "client/print/catalogue_in_use.hpp"

namespace autocusto::web {

usable_catalogue laptop_catalogue::of(const replica::reader& reader) {
  const auto hash = reader.catalogue_hash();
  if (made_.index == nullptr || hash != hash_) {
    auto index =
        std::make_shared<const reference::catalogue_index>(printing::catalogue_of(reader).value);
    made_ = {index, printing::make_reference(index)};
    hash_ = hash;
  }
  return made_;
}

}  // namespace autocusto::web
