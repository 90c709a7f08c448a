#pragma once
// PostgreSQL's binary forms of our three types and their arrays. Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "server/store/sql/session.hpp"

namespace autocusto::store {

/// The type's object id, as PostgreSQL numbers its built-in types.
[[nodiscard]] unsigned int postgres_type(const sql_parameter& parameter);

/// The binary form of a value or array; a NULL value is told by `is_null`.
struct encoded_parameter {
  std::string bytes;
  bool is_null = false;
};
[[nodiscard]] encoded_parameter encode_parameter(const sql_parameter& parameter);

/// A signed integer of 1 (boolean), 2, 4 or 8 bytes, most significant first.
[[nodiscard]] std::int64_t decode_integer(std::string_view bytes);

}  // namespace autocusto::store
