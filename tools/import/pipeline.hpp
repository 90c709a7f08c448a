#pragma once
// A pipeline of threads: one reads and judges, one encodes, several write.
//
// The reader gives chunks to `put`. One thread encodes them, in order. `write` then runs on
// `parallelism` threads, one batch each; with a batch it gets a function that waits until all
// earlier batches are written, for what has to be written in the order of the source. A failure on
// any thread stops all of them, and `put` and `finish` throw it. Only a few chunks are in flight,
// so memory is bounded. One thread calls `put` and `finish`.

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
  using write_step = std::function<void(const intake::batch&, const intake::commit_order&)>;

  pipeline(encode_step encode, write_step write, int parallelism);
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
  void wait_for_earlier(std::uint64_t number);
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
