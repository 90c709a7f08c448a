#pragma once
// Values as bytes and back, by one description for both directions.
//
// `visit(archive, value)` names a value's members once; a `packer` appends them, an `unpacker`
// reads them. Numbers have eight bytes, most significant first; texts and lists their length before
// them; an optional one byte. An unpacker refuses what is cut short, too long or left over. One
// thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "shared/base/ids.hpp"

namespace autocusto::local {

class packer {
 public:
  static constexpr bool packs = true;
  [[nodiscard]] std::string take() { return std::move(out_); }

  void number(const std::int64_t& value) {
    const auto u = static_cast<std::uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(u >> shift));
  }
  void text(const std::string& value) {
    number(static_cast<std::int64_t>(value.size()));
    out_ += value;
  }
  void raw(std::string_view bytes) { out_ += bytes; }

 private:
  std::string out_;
};

class unpacker {
 public:
  static constexpr bool packs = false;
  explicit unpacker(std::string_view bytes) : rest_(bytes) {}

  void number(std::int64_t& value) {
    std::uint64_t u = 0;
    for (const char c : raw(8)) u = (u << 8) | static_cast<unsigned char>(c);
    value = static_cast<std::int64_t>(u);
  }
  void text(std::string& value) { value = raw(length()); }
  [[nodiscard]] std::string_view raw(std::size_t size) {
    if (size > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const auto out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  /// The number of elements or bytes that come: never more than there are bytes left.
  [[nodiscard]] std::size_t length() {
    std::int64_t size = 0;
    number(size);
    if (size >= 0 && static_cast<std::uint64_t>(size) <= rest_.size()) {
      return static_cast<std::size_t>(size);
    }
    failed_ = true;
    rest_ = {};
    return 0;
  }
  /// Everything was there, and nothing is left.
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

template <class Archive, class Id>
void visit_id(Archive& a, Id& id) {
  if constexpr (Archive::packs) {
    a.raw(id.raw());
  } else if (const auto read = std::remove_const_t<Id>::from_raw(a.raw(Id::size))) {
    id = *read;
  }
}

/// Integers, booleans and enumerations.
template <class Archive, class T>
void visit_number(Archive& a, T& value) {
  auto wide = static_cast<std::int64_t>(value);
  a.number(wide);
  if constexpr (!Archive::packs) value = static_cast<T>(wide);
}

template <class Archive, class List, class Each>
void visit_list(Archive& a, List& list, Each each) {
  if constexpr (Archive::packs) {
    a.number(static_cast<std::int64_t>(list.size()));
  } else {
    list.resize(a.length());
  }
  for (auto& item : list) each(item);
}

}  // namespace autocusto::local
