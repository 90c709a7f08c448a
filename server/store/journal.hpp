#pragma once
// Which acts of the signed journal this database has done (journal_entry.hpp).

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/journal_entry.hpp"
#include "server/store/transaction.hpp"

namespace autocusto::store::journal {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  std::vector<act_id> journaled(std::span<const act_id> ids);  ///< those done here
  std::optional<std::string> journaled_object(const act_id& id);
  /// When the newest act of that kind about that subject happened.
  std::optional<unix_millis> newest_journaled(std::string_view subject, journaled_act what);
  /// Those of the incarnations whose removal was journaled, whether or not their views are here.
  std::vector<incarnation_id> removed_incarnations(std::span<const incarnation_id> incarnations);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// False if that act is there already; then nothing is done.
  bool add_journaled(const journaled_row& row);
};

}  // namespace autocusto::store::journal
