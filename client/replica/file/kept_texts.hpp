#pragma once
// Small texts about records that others keep here, which end with their records. Private to
// client/replica. Inside one transaction, one thread.

#include "client/replica/file/ledger.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::replica {

/// Forgets what was kept about that record, in the transaction that destroys its key.
void forget_texts_of(ledger& file, const record_id& record);

}  // namespace autocusto::replica
