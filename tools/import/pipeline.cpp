#include "tools/import/pipeline.hpp"

#include "shared/base/error.hpp"

namespace autocusto::import {
namespace {

constexpr std::size_t k_in_flight = 1;

}  // namespace

pipeline::pipeline(encode_step encode, write_step write)
    : to_encode_(k_in_flight), to_write_(k_in_flight) {
  encoder_ = std::thread([this, encode = std::move(encode)] {
    guarded([&] {
      while (auto next = to_encode_.take()) {
        if (!to_write_.put(encode(*next))) return;
      }
    });
    to_write_.close();
  });
  writer_ = std::thread([this, write = std::move(write)] {
    guarded([&] {
      while (auto next = to_write_.take()) write(*next);
    });
  });
}

pipeline::~pipeline() {
  stop();
}

void pipeline::guarded(const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
    to_encode_.close();
    to_write_.close();
  }
}

void pipeline::stop() {
  to_encode_.close();
  if (encoder_.joinable()) encoder_.join();
  if (writer_.joinable()) writer_.join();
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
