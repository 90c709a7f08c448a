#pragma once
// Random bytes in small portions, drawn from the real source in larger ones.
//
// Sealing a page of records takes thousands of nonces and keys; asking the system's generator for
// each costs more than the sealing. Bytes are handed out once and wiped here when they are. A child
// process that was forked off starts with an empty pool, so that no two processes ever use the same
// bytes. One thread at a time; the source must outlive it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/types.h>

#include "shared/base/clock.hpp"

namespace autocusto::vault {

class random_pool : public random_source {
 public:
  explicit random_pool(random_source& source) : source_(source) {}
  ~random_pool() override;
  random_pool(const random_pool&) = delete;
  random_pool& operator=(const random_pool&) = delete;

  void fill(std::span<std::uint8_t> out) override;

 private:
  random_source& source_;
  std::array<std::uint8_t, 4096> drawn_{};
  std::size_t used_ = sizeof(drawn_);
  pid_t owner_ = 0;
};

}  // namespace autocusto::vault
