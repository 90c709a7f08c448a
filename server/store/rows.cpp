#include "server/store/rows.hpp"

#include <stdexcept>

namespace autocusto::store {

std::string_view feed_kind_name(feed_kind kind) {
  switch (kind) {
    case feed_kind::version:
      return "version";
    case feed_kind::assigned:
      return "assigned";
    case feed_kind::discarded:
      return "discarded";
    case feed_kind::removed:
      return "removed";
  }
  throw std::logic_error("a feed kind without a name");
}

}  // namespace autocusto::store
