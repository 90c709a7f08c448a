#include "shared/crypto/random.hpp"

#include <algorithm>
#include <climits>

#include <openssl/rand.h>

#include "shared/crypto/openssl_handles.hpp"

namespace autocusto::crypto {
namespace {

class operating_system_random final : public random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    while (!out.empty()) {
      const std::size_t part = std::min(out.size(), std::size_t{INT_MAX});
      detail::must(RAND_bytes(out.data(), static_cast<int>(part)) == 1, "random numbers");
      out = out.subspan(part);
    }
  }
};

}  // namespace

random_source& system_random() {
  static operating_system_random source;
  return source;
}

}  // namespace autocusto::crypto
