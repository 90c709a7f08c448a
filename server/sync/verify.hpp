#pragma once
// Checks everything that a store holds against the rules that made it.
//
//  records   numbers dense from 1, the last number right
//  versions  id = SHA-256 of the header, payload the one that the header names, key and record as
//            the record's, header and row telling the same; parents known, of the same record and
//            older; generation = 1 + greatest of the parents'. Restored versions may lack parents
//            that no laptop has brought back yet: those are listed apart
//  feeds     numbers dense from 1, item hashes and chain right, head = last item
//  views     heads, pin and drafts are what the feed items give when they are applied one after
//            another; active as computed; closed exactly by a `removed` item
//  conflicts one open with these heads if and only if an open view has several heads
//  pushes    signed by the device, receipt signed by the server, lines for exactly the versions and
//            discards of the push, accepted versions present
//  audit log each line has the link that it gives, the head is the last one's; so lines that were
//            changed, added or removed are found, unless the chain was made anew over them
//
// Reads one snapshot in pieces: memory is some ten bytes per feed item of the largest feed, and
// does not grow with versions' sizes. Findings name database keys, numbers and positions, never
// identifiers or anything about a patient.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/transaction.hpp"
#include "shared/crypto/sign.hpp"

namespace autocusto::sync {

struct finding {
  std::string what;   ///< a stable name, such as `payload_hash`
  std::string where;  ///< such as `version 17 (record 4, number 2)`
};

struct verify_counts {
  std::int64_t records = 0, versions = 0, users = 0, feed_items = 0, views = 0, open_conflicts = 0,
               pushes = 0, audit_lines = 0;
};

struct verify_report {
  verify_counts counts;
  std::vector<finding> findings;  ///< at most `max_findings`
  std::int64_t total_findings = 0;
  /// No damage: versions that came back after a restore, whose parents are still on laptops that
  /// have not; at most `max_findings` of them, and how many there are.
  std::vector<std::string> awaiting_parents;
  std::int64_t total_awaiting_parents = 0;

  [[nodiscard]] bool clean() const { return total_findings == 0; }
};

struct verify_options {
  std::vector<crypto::public_key> server_keys;  ///< of the receipts; any of them
  std::string_view tenant_key;                  ///< to check record ids; empty: not checked
  std::size_t max_findings = 1000;
  /// Called now and then with what is being walked and how far it is, for progress bars.
  std::function<void(std::string_view what, std::int64_t done)> progress;
};

/// Walks everything inside the given snapshot. Throws what the store throws.
[[nodiscard]] verify_report verify(store::snapshot& snapshot, const verify_options& options);

}  // namespace autocusto::sync
