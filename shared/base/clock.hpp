#pragma once
// Time and randomness as things that are handed in.
//
// No rule depends on a clock; times are for people, for session expiry and for back-off. Production
// code passes `system_clock_source()` and `system_random()`; tests and the simulation pass their
// own.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace autocusto {

/// Milliseconds since 1970-01-01T00:00:00Z.
using unix_millis = std::int64_t;

/// A wall clock. Implementations may be called from any thread.
class clock_source {
 public:
  virtual ~clock_source() = default;
  [[nodiscard]] virtual unix_millis now() const = 0;
};

/// A source of bytes. Implementations may be called from any thread.
class random_source {
 public:
  virtual ~random_source() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  /// A fresh identifier; UUID-shaped ones get the version-4 and variant bits of RFC 4122.
  template <class Id>
  [[nodiscard]] Id make() {
    Id id;
    fill(id.data());
    if constexpr (Id::size == 16) {
      id.data()[6] = static_cast<std::uint8_t>((id.data()[6] & 0x0F) | 0x40);
      id.data()[8] = static_cast<std::uint8_t>((id.data()[8] & 0x3F) | 0x80);
    }
    return id;
  }
  [[nodiscard]] std::string bytes(std::size_t count);
};

/// The operating system's clock; lives for ever.
[[nodiscard]] const clock_source& system_clock_source();

/// RFC 3339 in UTC with milliseconds: `2026-11-22T10:00:00.123Z`. Defined for the years 0 to 9999;
/// values outside are clamped to them.
[[nodiscard]] std::string format_time(unix_millis t);

/// The inverse, exactly that form only; nothing for impossible dates.
[[nodiscard]] std::optional<unix_millis> parse_time(std::string_view text);

}  // namespace autocusto
