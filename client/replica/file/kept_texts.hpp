#pragma once
// Small texts about records that others keep here, which end with their records. Private to
// client/replica. Inside one transaction, one thread.

#include <optional>
#include <string>
#include <vector>

#include "client/replica/file/replica_file.hpp"
#include "client/replica/types.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::replica {

struct text_entry {
  std::string name;
  std::optional<record_id> record;
  kept_text what;
};
[[nodiscard]] std::vector<text_entry> texts_in(replica_file& file);
void put_texts(replica_file& file, const std::vector<text_entry>& list);

/// Forgets what was kept about that record, in the transaction that destroys its key.
void forget_texts_of(replica_file& file, const record_id& record);

}  // namespace autocusto::replica
