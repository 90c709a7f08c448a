#pragma once
// The plain form of sealed cells: little-endian numbers, byte strings with their length in front.
// Private to client/replica.
//
// A cell that opens was written by this program, so a form that does not fit is damage or a bug:
// the reader throws error_exception (errc::database). Values only; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/bytes.hpp"
#include "shared/base/error.hpp"
#include "shared/base/ids.hpp"

namespace autocusto::replica {

/// For a cell that does not open, or not to what it should be.
[[noreturn]] void throw_damaged(std::string_view what);

class packer {
 public:
  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void flag(bool value) { byte(value ? 1 : 0); }
  void number(std::int64_t value);
  void text(std::string_view value);
  template <class Id>
  void id(const Id& value) {
    out_ += value.raw();
  }
  template <class Id>
  void optional_id(const std::optional<Id>& value) {
    flag(value.has_value());
    if (value) id(*value);
  }
  template <class Id>
  void ids(const std::vector<Id>& values) {
    number(static_cast<std::int64_t>(values.size()));
    for (const auto& value : values) id(value);
  }
  void reserve(std::size_t size) { out_.reserve(size); }
  [[nodiscard]] const bytes& view() const { return out_; }
  [[nodiscard]] bytes take() { return std::move(out_); }

 private:
  bytes out_;
};

class unpacker {
 public:
  explicit unpacker(std::string_view from) : rest_(from) {}
  [[nodiscard]] std::uint8_t byte();
  [[nodiscard]] bool flag() { return byte() != 0; }
  [[nodiscard]] std::int64_t number();
  [[nodiscard]] std::string text();
  /// A view into what is read.
  [[nodiscard]] std::string_view text_view();
  template <class Id>
  [[nodiscard]] Id id() {
    return *Id::from_raw(take(Id::size));
  }
  template <class Id>
  [[nodiscard]] std::optional<Id> optional_id() {
    if (!flag()) return std::nullopt;
    return id<Id>();
  }
  template <class Id>
  [[nodiscard]] std::vector<Id> ids() {
    const std::size_t count = size(Id::size);
    std::vector<Id> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) out.push_back(id<Id>());
    return out;
  }
  /// A count of things of at least `each` bytes; throws when what is left cannot hold them.
  [[nodiscard]] std::size_t size(std::size_t each);
  /// Throws when something is left.
  void finish() const;

 private:
  [[nodiscard]] std::string_view take(std::size_t size);

  std::string_view rest_;
};

}  // namespace autocusto::replica
