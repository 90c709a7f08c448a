#pragma once
// What the tests of shared/crypto share: bytes from hex, and randomness that is known beforehand.

#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "shared/base/bytes.hpp"
#include "shared/base/clock.hpp"

namespace autocusto::crypto {

inline bytes hex(std::string_view text) {
  return from_hex(text).value();
}

/// Gives out the bytes that it was made with, then throws.
class scripted_random final : public random_source {
 public:
  explicit scripted_random(std::string script) : script_(std::move(script)) {}
  void fill(std::span<std::uint8_t> out) override {
    if (out.size() > script_.size() - at_) throw std::runtime_error("the script is over");
    std::memcpy(out.data(), script_.data() + at_, out.size());
    at_ += out.size();
  }

 private:
  std::string script_;
  std::size_t at_ = 0;
};

}  // namespace autocusto::crypto
