#pragma once
// At most one running push for each device, decided before anything else is taken.
//
// A second one is not kept waiting: it would hold a worker and, on PostgreSQL, a connection, until
// the device's row is free. Its sender asks again in a moment, and then finds the receipt if it was
// the same push. One process counts for itself. Any thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>

namespace autocusto::limits {

class running_pushes {
 public:
  /// The right to run one; given back by `release`, or when the last copy goes. Must not outlive
  /// the registry.
  class lease {
   public:
    lease(running_pushes& of, std::string device) : of_(of), device_(std::move(device)) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() { release(); }
    /// Idempotent; one thread at a time.
    void release() {
      if (!device_.empty()) of_.end(device_);
      device_.clear();
    }

   private:
    running_pushes& of_;
    std::string device_;
  };

  /// Null when the device has one running.
  [[nodiscard]] std::shared_ptr<lease> begin(const std::string& device) {
    const std::lock_guard lock(mutex_);
    if (!devices_.insert(device).second) {
      ++refused_;
      return nullptr;
    }
    return std::make_shared<lease>(*this, device);
  }
  [[nodiscard]] bool running(const std::string& device) const {
    const std::lock_guard lock(mutex_);
    return devices_.contains(device);
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  void count_refusal() { ++refused_; }

 private:
  void end(const std::string& device) {
    const std::lock_guard lock(mutex_);
    devices_.erase(device);
  }

  mutable std::mutex mutex_;
  std::unordered_set<std::string> devices_;
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace autocusto::limits
