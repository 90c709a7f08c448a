#pragma once
// Quarantine: versions that a push brought and that entered no view.

#include <optional>
#include <span>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store {

struct quarantine_usage {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
};

namespace quarantine {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  quarantine_usage quarantine_used(pk device);
  /// Of all devices of the user.
  quarantine_usage quarantine_used_by(pk user);
  /// Newest first; bytes left out (empty) in the list.
  std::vector<quarantine_row> quarantine_list();
  std::optional<quarantine_row> quarantine(pk key);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  void add_quarantine(std::span<const quarantine_row> rows);
  void remove_quarantine(pk key);
};

}  // namespace quarantine

}  // namespace autocusto::store
