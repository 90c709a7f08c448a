#pragma once
// The notices of records that the server has removed from this user: kind, initials, number of
// edits in the server's quarantine, and time. Private to client/replica. Nothing else of such a
// record is kept, and a notice is deleted when the user has seen it. Inside one transaction, one
// thread.

#include <cstdint>
#include <string>
#include <vector>

#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/replica_file.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::replica {

/// Beyond so many the oldest is forgotten.
inline constexpr std::size_t k_most_taken = 100;

struct taken_record {
  std::string kind;
  std::string initials;
  std::int64_t edits = 0;
  unix_millis at = 0;
};

/// The oldest first.
[[nodiscard]] std::vector<taken_record> taken_records(replica_file& file);
/// Call it before the record is hidden. Notes nothing of a record that showed nothing.
void note_taken(replica_file& file, record_copy& held);
void forget_taken(replica_file& file);

/// "J. S." of "João da Silva": the first letters of the first and the last word.
[[nodiscard]] std::string initials_of(std::string_view name);

}  // namespace autocusto::replica
