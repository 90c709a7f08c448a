#include "tools/import/pipeline.hpp"

#include "shared/base/error.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_in_flight = 1;

}  // namespace

pipeline::pipeline(encode_step encode, write_step write, int parallelism)
    : to_encode_(k_in_flight), to_write_(k_in_flight) {
  encoder_ = std::thread([this, encode = std::move(encode)] {
    guarded([&] {
      std::uint64_t number = 0;
      while (auto next = to_encode_.take()) {
        numbered made{number++, encode(*next)};
        next.reset();
        if (!to_write_.put(std::move(made))) return;
      }
    });
    to_write_.close();
  });
  for (int writer = 0; writer < parallelism; ++writer) {
    writers_.emplace_back([this, write] { guarded([&] { write_all(write); }); });
  }
}

pipeline::~pipeline() {
  stop();
}

void pipeline::write_all(const write_step& write) {
  while (const auto next = to_write_.take()) {
    write(next->what, [&] { wait_for_earlier(next->number); });
    // Not every batch waits for the earlier ones.
    wait_for_earlier(next->number);
    const std::lock_guard lock(mutex_);
    ++next_;
    written_.notify_all();
  }
}

void pipeline::wait_for_earlier(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return failure_ || next_ == number; });
  if (failure_) std::rethrow_exception(failure_);
}

void pipeline::guarded(const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      written_.notify_all();
    }
    to_encode_.close();
    to_write_.close();
  }
}

void pipeline::stop() {
  to_encode_.close();
  if (encoder_.joinable()) encoder_.join();
  for (auto& writer : writers_) {
    if (writer.joinable()) writer.join();
  }
}

void pipeline::throw_failure() {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

void pipeline::put(chunk&& what) {
  if (to_encode_.put(std::move(what))) return;
  throw_failure();
  throw std::logic_error("a pipeline that was finished takes nothing");
}

void pipeline::finish() {
  stop();
  throw_failure();
}

}  // namespace autocusto::import
