#pragma once
// The reference catalogue that the page goes by, ready to be asked: the one that a sync has
// fetched, else the starting one of the program. Private to client/web.
//
// An index is made once for a revision and shared by all calls; it stays while somebody uses it,
// also when a sync brings another. The owner guards it: unlocked_replica's mutex.

#include <memory>
#include <optional>

#include "client/print/reference.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/base/ids.hpp"
#include "shared/reference/index.hpp"

namespace autocusto::web {

struct usable_catalogue {
  std::shared_ptr<const reference::catalogue_index> index;
  std::shared_ptr<const printing::reference_source> facts;
};

class laptop_catalogue {
 public:
  /// What is in the replica now; the index of before where that has not changed.
  [[nodiscard]] usable_catalogue of(const replica::reader& reader);

 private:
  std::optional<hash256> hash_;  ///< none: the starting one
  usable_catalogue made_;
};

}  // namespace autocusto::web
