#pragma once
// The audit log and the chain over its lines (shared/wire/audit_chain.hpp).
//
// The log's head is the last lock of every transaction that writes a line: so keys are in the order
// of the chain.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"
#include "shared/wire/audit_chain.hpp"

namespace autocusto::store::audit {

class reads : public repository {
 public:
  reads(snapshot& at) : repository(at) {}

  /// In order of writing, keys > after.
  std::vector<audit_row> audit(std::optional<pk> user, std::optional<pk> record, unix_millis since,
                               pk after, std::int64_t limit);
  std::optional<audit_row> audit_by_act(const act_id& act);
  audit_head_row audit_head();
  /// The link of that line of the log; nothing where the log is shorter.
  std::optional<hash256> audit_link(std::int64_t seq);
  /// Lines behind that key with the ids that their links cover, in order; `seq` counts on from
  /// `after_seq`.
  std::vector<std::pair<pk, wire::audit_line>> audit_lines(std::int64_t after_seq, pk after,
                                                           std::int64_t limit);
};

class writes : public reads {
 public:
  writes(transaction& tx) : reads(tx) {}

  /// Appends a line and its link. Locks the log's head until the end, after all other locks.
  void add_audit(const audit_row& row);
  /// Chains at most so many lines that have no link yet (of a release before the chain); how many
  /// those were.
  std::int64_t chain_audit(std::int64_t limit);
};

}  // namespace autocusto::store::audit
