#pragma once
// How many transactions were written here: the same number inside the database, sealed, and in a
// small file beside it.
//
// The newest transactions stand in SQLite's log (`replica.sqlite-wal`) alone. Whoever removes that
// file, or puts an older database in its place, leaves a file that is sound in itself: nothing in
// it says that something is missing. The number beside it does. It is written after the transaction
// is on disk, and not flushed, so after a power loss it may be too small and is never too great.
//
// A number in clear: how often something was written on this laptop. Any thread; the replica's lock
// must be held to write.

#include <cstdint>
#include <string>

namespace autocusto::replica {

[[nodiscard]] std::string commit_count_path(const std::string& home);
/// How many of the transactions that are counted beside the file are not in it. 0 when the file has
/// no count (`inside` 0). `beside` must have been read before `inside`: else what is written
/// between the two counts as lost.
[[nodiscard]] constexpr std::int64_t commits_lost(std::int64_t inside, std::int64_t beside) {
  return inside > 0 && beside > inside ? beside - inside : 0;
}

/// 0 when there is none, or it cannot be read.
[[nodiscard]] std::int64_t commits_beside(const std::string& home);
/// Writes it; a disk that is full or failing is no reason to fail, the transaction is on it.
void note_commits_beside(const std::string& home, std::int64_t count) noexcept;

}  // namespace autocusto::replica
