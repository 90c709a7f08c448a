#pragma once
// Private to shared/wire: one place where message texts become JSON trees, so that the other files
// need only the typed reader. Pure functions; any thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/error.hpp"
#include "shared/json/read.hpp"

namespace autocusto::wire::detail {

/// Lists that only the size of a message bounds.
inline constexpr std::size_t k_list = 10'000;
/// Texts of people: names, e-mails, sentences.
inline constexpr std::size_t k_text = 4096;
/// Greatest sequence number, serial, lifetime.
inline constexpr std::int64_t k_number = std::int64_t{1} << 53;

/// Parses `text`, lets `read` take the members, and gives the first error of either.
[[nodiscard]] std::optional<error> read_message(std::string_view text,
                                                const std::function<void(json::reader&)>& read);

/// The canonical text of a member that is an object; empty after noting an error.
[[nodiscard]] std::string canonical_object(json::reader& in, std::string_view name);

/// The number of elements of an array member; 0 for anything else.
[[nodiscard]] std::size_t count_of(json::reader& in, std::string_view name);

/// Exactly `size` bytes in lower-case hex; empty after noting an error.
[[nodiscard]] std::string raw_hex(json::reader& in, std::string_view name, std::size_t size);
[[nodiscard]] std::optional<std::string> optional_raw_hex(json::reader& in, std::string_view name,
                                                          std::size_t size);
[[nodiscard]] std::vector<std::string> raw_hex_list(json::reader& in, std::string_view name,
                                                    std::size_t size);

}  // namespace autocusto::wire::detail
