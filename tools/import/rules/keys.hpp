#pragma once
// The keys of legacy masters. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/domain/record_kind.hpp"

namespace autocusto::import {

struct legacy_key {
  std::string digits;
  std::string_view problem;  ///< reason code; empty: valid, so equal digits are one record
};
/// The text must be valid UTF-8. A CPF is judged by its digits, whatever punctuation; a CNES as it
/// stands.
[[nodiscard]] legacy_key read_key(domain::key_rule rule, std::string_view text);

/// The key that the record has here: the digits, or `digits#legacy id` where they are not valid.
[[nodiscard]] std::string record_key(const legacy_key& key, std::int64_t legacy_id);

}  // namespace autocusto::import
