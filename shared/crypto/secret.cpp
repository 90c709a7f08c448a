#include "shared/crypto/secret.hpp"

#include "shared/crypto/hash.hpp"

namespace autocusto::crypto {
namespace {

/// Wipes the whole buffer. A short string lives inside the object, and moving it leaves its bytes
/// behind there, after the end of what is then an empty string.
void wipe_buffer(bytes& value) noexcept {
  value.resize(value.capacity());
  wipe(value);
}

}  // namespace

secret::secret(bytes&& value) : value_(value) {
  wipe_buffer(value);
}

secret secret::copy_of(std::string_view value) {
  secret s;
  s.value_.assign(value);
  return s;
}

secret::secret(secret&& other) noexcept {
  value_.swap(other.value_);
  wipe_buffer(other.value_);
}

secret& secret::operator=(secret&& other) noexcept {
  if (this != &other) {
    wipe_buffer(value_);
    value_.swap(other.value_);
    wipe_buffer(other.value_);
  }
  return *this;
}

secret::~secret() {
  wipe_buffer(value_);
}

bool operator==(const secret& a, const secret& b) {
  return constant_time_equal(a.value_, b.value_);
}

}  // namespace autocusto::crypto
