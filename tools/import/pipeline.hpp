#pragma once
// Encoding and writing beside the reading: threads behind the one that reads and judges.
//
// Chunks go in by `put`, are encoded on one thread and handed in order to `write`, which runs on as
// many threads as there are lanes. What it is given with each batch waits until all earlier batches
// are written: whatever has to be in one order comes behind that. A failure on any thread stops the
// whole: `put` and `finish` throw it. A few chunks are in flight, so memory stays flat. One thread
// puts.

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/intake/intake.hpp"
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
  using write_step = std::function<void(const intake::batch&, const intake::turn&)>;

  pipeline(encode_step encode, write_step write, int lanes);
  ~pipeline();
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  void put(chunk&& what);
  /// Waits until everything is written.
  void finish();

 private:
  struct numbered {
    std::uint64_t number = 0;
    intake::batch what;
  };

  void write_all(const write_step& write);
  void wait_for_turn(std::uint64_t number);
  void guarded(const std::function<void()>& work);
  void stop();
  void throw_failure();

  channel<chunk> to_encode_;
  channel<numbered> to_write_;
  std::mutex mutex_;
  std::condition_variable written_;
  std::uint64_t next_ = 0;  ///< the first batch that is not written
  std::exception_ptr failure_;
  std::thread encoder_;
  std::vector<std::thread> writers_;
};

}  // namespace autocusto::import
