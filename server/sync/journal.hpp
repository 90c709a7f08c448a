#pragma once
// The signed journal of acts that must not be lost with the database (see journal_entry.hpp).
//
// One line is {"object":{…},"signature":"<hex>"}: the entry, with `server` and a number, signed by
// the server's key with purpose `journal`. The process that did an act appends it after the commit
// and before the answer, so an answered act stands in both; the same act again appends nothing.
// `apply` does what the database lacks: rows of `journaled` say what it has done, so applying is
// idempotent, and several processes, each with a journal of its own, may apply theirs in any order:
// of what disables and enables one user, and of the policies of re-enrollment, the later counts.
//
// Lines that are not this server's, or that a crash cut short, are skipped and counted. Where the
// lines lie is said by whoever makes the object. Any thread.

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "server/store/database.hpp"
#include "server/store/journal_entry.hpp"
#include "server/sync/sync_keys.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::sync {

/// The file behind a journal.
class journal_file {
 public:
  virtual ~journal_file() = default;
  /// Every line that ends, without its end.
  virtual std::vector<std::string> lines() = 0;
  /// Adds a line and its end; on disk when it returns. Errors: unavailable.
  virtual result<void> append(const std::string& line) = 0;
};

class journal {
 public:
  /// Reads the file. Everything must outlive it.
  journal(journal_file& file, const sync_keys& keys, random_source& random);

  /// Appends an entry that is not there yet. Errors: those of the file.
  [[nodiscard]] result<void> note(const store::journal_entry& entry);
  /// Does what the database lacks; how many acts that were. `now` is when views are closed. Throws
  /// what the store throws.
  std::size_t apply(store::database& database, unix_millis now);

  /// Lines that were skipped when the file was read.
  [[nodiscard]] std::size_t skipped() const { return skipped_; }

 private:
  journal_file& file_;
  const sync_keys& keys_;
  random_source& random_;
  std::mutex mutex_;
  std::vector<store::journal_entry> entries_;
  std::unordered_set<act_id> known_;
  std::size_t skipped_ = 0;
};

}  // namespace autocusto::sync
