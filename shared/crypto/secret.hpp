#pragma once
// Bytes that nobody may find later: keys, seeds, passphrases.
//
// A `secret` owns its bytes, overwrites them when it dies or gives them away, is never copied by
// accident (`clone()` says it), compares only in constant time and cannot be printed. A value like
// any other otherwise: one thread at a time may change it, any number may read.

#include <cstddef>
#include <string_view>

#include "shared/base/bytes.hpp"

namespace autocusto::crypto {

class secret {
 public:
  secret() = default;
  /// Takes the bytes over; the argument's own buffer is wiped.
  explicit secret(bytes&& value);
  /// Copies the bytes in; the caller wipes his own.
  [[nodiscard]] static secret copy_of(std::string_view value);

  secret(secret&& other) noexcept;
  secret& operator=(secret&& other) noexcept;
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  ~secret();

  [[nodiscard]] secret clone() const { return copy_of(value_); }
  /// The bytes; valid until this object is changed or dies.
  [[nodiscard]] std::string_view view() const { return value_; }
  [[nodiscard]] std::size_t size() const { return value_.size(); }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  /// In constant time for equal sizes.
  friend bool operator==(const secret& a, const secret& b);

 private:
  bytes value_;
};

}  // namespace autocusto::crypto
