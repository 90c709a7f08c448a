#pragma once
// Reading and writing canonical JSON text directly, for the hot path of versions.
//
// A version's objects have fixed members in a fixed order, and a value has exactly one canonical
// text, so reading one is comparing literals and taking what stands between them. The scanner
// accepts canonical text only; on anything else it says no, and the caller finds out why with the
// general reader. Internal to this library. A scanner refers to its text, which must outlive it.
// One thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace autocusto::domain {

class canonical_scanner {
 public:
  /// `text` must be valid UTF-8.
  explicit canonical_scanner(std::string_view text) : rest_(text) {}

  /// Takes exactly these bytes.
  [[nodiscard]] bool literal(std::string_view expected);
  /// Whether these bytes come next; takes nothing.
  [[nodiscard]] bool next_is(std::string_view expected) const {
    return rest_.starts_with(expected);
  }
  /// Takes `count` bytes as they are, whatever they are.
  [[nodiscard]] bool raw(std::size_t count, std::string_view& out);
  /// Takes a string in quotes, its escapes in the form of RFC 8785, U+0000 refused.
  [[nodiscard]] bool string(std::string& out);
  /// Takes an integer from 0 to 2^53 without leading zeros.
  [[nodiscard]] bool integer(std::int64_t& out);
  [[nodiscard]] bool boolean(bool& out);
  /// Takes `"name":`, behind a comma unless it is the first member. Takes nothing when another
  /// name comes next.
  [[nodiscard]] bool member(std::string_view name, bool first);
  /// Takes any value of at most `depth` levels and gives its text. Says no to what it cannot judge
  /// by itself: integers below zero, and members that are not ASCII.
  [[nodiscard]] bool value(std::string_view& out, std::size_t depth);
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  [[nodiscard]] bool escape(std::string& out);
  [[nodiscard]] bool any(std::size_t depth);
  [[nodiscard]] bool array(std::size_t depth);
  [[nodiscard]] bool object(std::size_t depth);

  std::string_view rest_;
};

/// Appends `text` in quotes with the escapes of RFC 8785. Throws std::logic_error for U+0000, which
/// our JSON never holds. Does not check UTF-8.
void append_canonical_string(std::string& out, std::string_view text);

}  // namespace autocusto::domain
