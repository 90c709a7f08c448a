#pragma once
// Private to the import: hands kept rows on when there are many, so that memory stays flat. Refers
// to both of its parts, which must outlive it. One thread.

#include <functional>

#include "tools/import/pipeline.hpp"

namespace autocusto::import {

class gatherer {
 public:
  gatherer(chunk& to, const std::function<void(chunk&)>& put) : to_(to), put_(put) {}
  void added(std::size_t bytes) {
    bytes_ += bytes;
    if (to_.kept.size() < k_rows && bytes_ < k_bytes) return;
    put_(to_);
    bytes_ = 0;
  }

 private:
  static constexpr std::size_t k_rows = 5000;
  static constexpr std::size_t k_bytes = std::size_t{4} * 1024 * 1024;

  chunk& to_;
  const std::function<void(chunk&)>& put_;
  std::size_t bytes_ = 0;
};

}  // namespace autocusto::import
