#pragma once
// What every part of the simulation stands on: chance from a seed, and time that nobody waits for.
//
// `seeded_random` is the only source of chance: the same seed gives the same run. `virtual_time`
// holds what is to happen and when; it runs one thing after the other on one thread. `skewed_clock`
// is what one machine believes the time to be. One thread, but that clocks may be read from any.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "shared/base/clock.hpp"

namespace autocusto::simulation {

class seeded_random final : public random_source {
 public:
  explicit seeded_random(std::uint64_t seed) : state_(seed) {}
  /// The generator of one purpose in a run. Streams that follow each other give the same numbers,
  /// moved by one: so a run takes a stream that its seed scatters (`stream_of`), not the seed
  /// itself.
  [[nodiscard]] static seeded_random of(std::uint64_t stream, std::uint64_t purpose,
                                        std::uint64_t index = 0) {
    seeded_random d(stream * 0x9E3779B97F4A7C15U + purpose * 0xD1B54A32D192ED03U + index);
    d.next();
    return d;
  }

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// From 0 to n - 1; 0 for n = 0.
  std::uint64_t below(std::uint64_t n) { return n == 0 ? 0 : next() % n; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  bool percent(std::uint64_t chance) { return below(100) < chance; }
  void fill(std::span<std::uint8_t> out) override {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (i % 8 == 0) word = next();
      out[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
    }
  }

 private:
  std::uint64_t state_;
};

/// Seeds are counted up; their streams have nothing to do with each other.
[[nodiscard]] inline std::uint64_t stream_of(std::uint64_t seed) {
  return seeded_random(seed).next();
}

class virtual_time {
 public:
  using action = std::function<void()>;

  [[nodiscard]] unix_millis now() const { return now_.load(std::memory_order_relaxed); }
  void at(unix_millis when, action what) {
    queue_.emplace(std::pair(std::max(when, now()), ++count_), std::move(what));
  }
  void after(unix_millis delay, action what) { at(now() + delay, std::move(what)); }
  /// The next thing; false when there is none until then.
  bool step(unix_millis until) {
    if (queue_.empty() || queue_.begin()->first.first > until) return false;
    auto first = queue_.extract(queue_.begin());
    now_ = first.key().first;
    first.mapped()();
    return true;
  }
  void run_until(unix_millis until) {
    while (step(until)) {
    }
    now_ = std::max(now(), until);
  }
  /// Runs on until `done` says so, or that time comes; whether it was done.
  bool run_until(const std::function<bool()>& done, unix_millis until) {
    while (!done()) {
      if (!step(until)) return done();
    }
    return true;
  }
  [[nodiscard]] std::uint64_t steps() const { return count_; }

 private:
  std::atomic<unix_millis> now_{1'795'000'000'000};
  std::uint64_t count_ = 0;
  std::map<std::pair<unix_millis, std::uint64_t>, action> queue_;
};

class skewed_clock final : public clock_source {
 public:
  explicit skewed_clock(const virtual_time& real) : real_(real) {}
  [[nodiscard]] unix_millis now() const override {
    return real_.now() + ahead_.load(std::memory_order_relaxed);
  }
  void set_ahead(unix_millis by) { ahead_ = by; }

 private:
  const virtual_time& real_;
  std::atomic<unix_millis> ahead_{0};
};

inline constexpr unix_millis k_second = 1000;
inline constexpr unix_millis k_minute = 60 * k_second;
inline constexpr unix_millis k_day = 24 * 60 * k_minute;
inline constexpr unix_millis k_year = 365 * k_day;

}  // namespace autocusto::simulation
