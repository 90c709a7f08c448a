#pragma once
// At most so many running requests of one kind for each device, decided before anything else is
// taken: one push, a few requests of any kind, a few long bodies that are being read.
//
// One more is not kept waiting: it would hold a worker and, on PostgreSQL, a connection. Its sender
// asks again in a moment; a push then finds the receipt if it was the same push. One process counts
// for itself. Memory is that of what runs. Any thread.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace autocusto::limits {

class running_requests {
 public:
  /// The right to run one; given back by `release`, or when the last copy goes. Must not outlive
  /// the registry.
  class lease {
   public:
    lease(running_requests& of, std::string device) : of_(of), device_(std::move(device)) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() { release(); }
    /// Idempotent; one thread at a time.
    void release() {
      if (std::exchange(held_, false)) of_.end(device_);
    }

   private:
    friend class running_requests;
    running_requests& of_;
    std::string device_;
    bool held_ = false;  ///< false while it is being made: what throws then takes nothing
  };

  /// `most` 0: any number.
  explicit running_requests(std::int64_t most) : most_(most) {}

  /// Null when the device has as many running as it may.
  [[nodiscard]] std::shared_ptr<lease> begin(const std::string& device) {
    auto made = std::make_shared<lease>(*this, device);
    const std::lock_guard lock(mutex_);
    auto& running = devices_[device];
    if (most_ > 0 && running >= most_) {
      ++refused_;
      return nullptr;
    }
    ++running;
    made->held_ = true;
    return made;
  }
  [[nodiscard]] bool full(const std::string& device) const {
    const std::lock_guard lock(mutex_);
    const auto at = devices_.find(device);
    return most_ > 0 && at != devices_.end() && at->second >= most_;
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  void count_refusal() { ++refused_; }
  [[nodiscard]] std::size_t devices() const {
    const std::lock_guard lock(mutex_);
    return devices_.size();
  }

 private:
  void end(const std::string& device) {
    const std::lock_guard lock(mutex_);
    const auto at = devices_.find(device);
    if (at != devices_.end() && --at->second <= 0) devices_.erase(at);
  }

  const std::int64_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> devices_;
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace autocusto::limits
