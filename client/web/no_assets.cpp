#include "client/web/assets.hpp"

namespace autocusto::web {

std::span<const asset> assets() {
  return {};
}

}  // namespace autocusto::web
