#pragma once
// Encoding and writing beside the reading: two threads behind the one that reads and judges.
//
// Chunks go in by `put`, are encoded on one thread and handed to `write` on another, in order. A
// failure on either stops the whole: `put` and `finish` throw it. A few chunks are in flight, so
// memory stays flat. One thread puts.

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/intake/batch.hpp"
#include "tools/import/channel.hpp"
#include "tools/import/encode.hpp"

namespace autocusto::import {

/// Records with the rows they refer to, and rows to keep.
struct chunk {
  std::vector<std::unique_ptr<bundle>> rows;
  std::vector<planned_record> records;
  std::vector<store::import_kept_row> kept;
};

class pipeline {
 public:
  using encode_step = std::function<intake::batch(const chunk&)>;
  using write_step = std::function<void(const intake::batch&)>;

  pipeline(encode_step encode, write_step write);
  ~pipeline();
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  void put(chunk&& what);
  /// Waits until everything is written.
  void finish();

 private:
  void guarded(const std::function<void()>& work);
  void stop();
  void throw_failure();

  channel<chunk> to_encode_;
  channel<intake::batch> to_write_;
  std::mutex mutex_;
  std::exception_ptr failure_;
  std::thread encoder_;
  std::thread writer_;
};

}  // namespace autocusto::import
