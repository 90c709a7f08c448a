#pragma once
// Identifiers: fixed-size byte values that do not mix.
//
// Each identifier is a value of its own type, so that a device cannot be passed where a user is
// meant. They compare bytewise, which is also the order of their text forms. Two text forms exist:
// plain lower-case hex (record ids, hashes) and the hyphenated UUID form (users, devices, pushes).
// Values only; any thread.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace autocusto {

namespace detail {
[[nodiscard]] std::string uuid_text(const std::uint8_t* sixteen);
[[nodiscard]] bool uuid_parse(std::string_view text, std::uint8_t* sixteen);
[[nodiscard]] std::string hex_text(const std::uint8_t* data, std::size_t size);
[[nodiscard]] bool hex_parse(std::string_view text, std::uint8_t* data, std::size_t size);
}  // namespace detail

enum class text_form { hex, uuid };

/// `Size` bytes with a meaning of their own. Default: all zero.
template <class Tag, std::size_t Size, text_form Form>
class fixed_id {
 public:
  static constexpr std::size_t size = Size;

  constexpr fixed_id() = default;
  explicit constexpr fixed_id(const std::array<std::uint8_t, Size>& value) : value_(value) {}

  /// From exactly `Size` raw bytes; nothing for another length.
  [[nodiscard]] static std::optional<fixed_id> from_raw(std::string_view raw) {
    if (raw.size() != Size) return std::nullopt;
    fixed_id id;
    std::memcpy(id.value_.data(), raw.data(), Size);
    return id;
  }
  /// From the text form of this type (lower case only); nothing for anything else.
  [[nodiscard]] static std::optional<fixed_id> parse(std::string_view text) {
    fixed_id id;
    bool ok = false;
    if constexpr (Form == text_form::uuid) {
      ok = detail::uuid_parse(text, id.value_.data());
    } else {
      ok = detail::hex_parse(text, id.value_.data(), Size);
    }
    return ok ? std::optional<fixed_id>(id) : std::nullopt;
  }

  /// The raw bytes; valid while this value lives.
  [[nodiscard]] std::string_view raw() const {
    return {reinterpret_cast<const char*>(value_.data()), Size};
  }
  [[nodiscard]] std::string text() const {
    if constexpr (Form == text_form::uuid) {
      return detail::uuid_text(value_.data());
    } else {
      return detail::hex_text(value_.data(), Size);
    }
  }
  [[nodiscard]] std::array<std::uint8_t, Size>& data() { return value_; }
  [[nodiscard]] const std::array<std::uint8_t, Size>& data() const { return value_; }

  friend auto operator<=>(const fixed_id&, const fixed_id&) = default;

 private:
  std::array<std::uint8_t, Size> value_{};
};

using record_id = fixed_id<struct record_tag, 16, text_form::hex>;
using version_id = fixed_id<struct version_tag, 32, text_form::hex>;
using hash256 = fixed_id<struct hash_tag, 32, text_form::hex>;
using salt128 = fixed_id<struct salt_tag, 16, text_form::hex>;
using user_id = fixed_id<struct user_tag, 16, text_form::uuid>;
using device_id = fixed_id<struct device_tag, 16, text_form::uuid>;
using server_id = fixed_id<struct server_tag, 16, text_form::uuid>;
using incarnation_id = fixed_id<struct incarnation_tag, 16, text_form::uuid>;
using push_id = fixed_id<struct push_tag, 16, text_form::uuid>;
using act_id = fixed_id<struct act_tag, 16, text_form::uuid>;

/// The author of automatic merges and of legacy versions without an author; its e-mail is `system`.
[[nodiscard]] user_id system_user();
/// The device that automatic merges name.
[[nodiscard]] device_id merge_device();
/// The device that imported versions name.
[[nodiscard]] device_id import_device();
/// Whether it is one of these two, which nobody holds.
[[nodiscard]] bool is_own_device(const device_id& id);

}  // namespace autocusto

template <class Tag, std::size_t Size, autocusto::text_form Form>
struct std::hash<autocusto::fixed_id<Tag, Size, Form>> {
  /// All identifiers are random or hashes: their first bytes are as good as any.
  std::size_t operator()(const autocusto::fixed_id<Tag, Size, Form>& id) const noexcept {
    std::size_t h = 0;
    std::memcpy(&h, id.data().data(), sizeof h);
    return h;
  }
};
