#pragma once
// A lock file: only one process writes a database file, and who waits can be told which one does.
//
// The lock is flock(2) on a small file beside the database, with the holder's process id written in
// it. It goes away with the process, however that ends. The file itself stays (removing it would
// let two processes lock two different files of one name). Not for network file systems.

#include <chrono>
#include <optional>
#include <string>

#include "shared/base/error.hpp"

namespace autocusto::sqlite {

class lock_file {
 public:
  /// Takes the lock, waiting up to `wait` for another process (or another lock_file of this one).
  /// Error replica_busy: a sentence that names the process that holds it. Throws std::system_error
  /// when the file cannot be made, or is not one's own.
  [[nodiscard]] static result<lock_file> acquire(const std::string& path,
                                                 std::chrono::milliseconds wait);
  /// The process id that the last holder wrote; nothing if nobody did.
  [[nodiscard]] static std::optional<int> holder(const std::string& path);

  lock_file(lock_file&& other) noexcept;
  lock_file& operator=(lock_file&& other) noexcept;
  ~lock_file();

 private:
  explicit lock_file(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace autocusto::sqlite
