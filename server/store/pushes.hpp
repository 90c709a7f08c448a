#pragma once
// Pushes and their stored answers.

#include <optional>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store::pushes {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  std::optional<push_row> push(const push_id& id);
  std::vector<push_row> pushes_after(std::optional<push_id> after, std::int64_t limit);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  void add_push(const push_row& push);
};

}  // namespace autocusto::store::pushes
