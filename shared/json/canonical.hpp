#pragma once
// The JSON that we sign, hash and store: a subset of RFC 8259, written as RFC 8785 (JCS) says.
//
// The subset: valid UTF-8 without byte order mark, no U+0000 and no lone surrogate (escaped or
// not), no key twice in one object, integers from -2^53 to 2^53 only (`1.0`, `1e3` and `-0` are
// refused), a depth limit. Inside it every value has exactly one canonical text, so a hash of the
// text is a hash of the value. Pure functions; any thread.
//
// Who returns a `result<nlohmann::json>` writes `{boost::system::in_place_value,
// std::move(value)}`: a json value claims to convert to anything, `error` included, so a plain
// `return value;` does not compile.
//
// A refusal names the rule and the byte offset and never quotes the text, which may be about a
// patient:
//   "The JSON is refused at byte 17 (duplicate_key): a key stands twice in one object."
// The rule names: unexpected_end, unexpected_character, trailing_characters, byte_order_mark,
// bad_literal, bad_number, not_an_integer, negative_zero, integer_range, bad_utf8,
// control_character, bad_escape, null_character, lone_surrogate, duplicate_key, too_deep,
// too_many_values; and under `not_canonical`: whitespace, key_order, escape_form.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/error.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::json {

struct parse_limits {
  /// Levels of objects and arrays; a bare number has depth 0. At most `k_max_depth`.
  std::size_t depth = limits::json_depth;
  /// Values of any type. Bounds the memory that a hostile text can take (about 100 bytes a value).
  std::size_t values = 500'000;
};

inline constexpr std::size_t k_max_depth = 64;

/// Reads one JSON text of the subset, white space allowed. Errors: `malformed`.
[[nodiscard]] result<nlohmann::json> parse(std::string_view text, const parse_limits& limits = {});

/// As `parse`, and the text must be the canonical one of its value. Errors: `malformed`,
/// `not_canonical`.
[[nodiscard]] result<nlohmann::json> parse_canonical(std::string_view text,
                                                     const parse_limits& limits = {});

/// The canonical text: no white space, keys sorted by UTF-16 code units, the escapes of RFC 8785.
/// Throws std::logic_error for a value outside the subset (a float, an integer beyond 2^53, a
/// string that is not `valid_text`): programs make values, so that is a bug of theirs.
[[nodiscard]] std::string canonical(const nlohmann::json& value);

/// The same for a value that came from elsewhere: nothing when it is outside the subset.
[[nodiscard]] std::optional<std::string> try_canonical(const nlohmann::json& value);

}  // namespace autocusto::json
