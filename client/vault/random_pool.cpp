#include "client/vault/random_pool.hpp"

#include <algorithm>

#include <unistd.h>

namespace autocusto::vault {

random_pool::~random_pool() {
  // Through a volatile pointer, so that the compiler may not leave it out.
  volatile std::uint8_t* at = drawn_.data();
  for (std::size_t i = 0; i < drawn_.size(); ++i) at[i] = 0;
}

void random_pool::fill(std::span<std::uint8_t> out) {
  if (out.size() > drawn_.size() / 4) {
    source_.fill(out);
    return;
  }
  const pid_t me = ::getpid();
  if (owner_ != me || drawn_.size() - used_ < out.size()) {
    source_.fill(drawn_);
    used_ = 0;
    owner_ = me;
  }
  const auto from = std::span(drawn_).subspan(used_, out.size());
  std::copy(from.begin(), from.end(), out.begin());
  std::fill(from.begin(), from.end(), std::uint8_t{0});
  used_ += out.size();
}

}  // namespace autocusto::vault
