#include "server/store/postgres/encode.hpp"

#include <stdexcept>

namespace autocusto::store {
namespace {

struct type_ids {
  unsigned int element;
  unsigned int array;
};

type_ids ids_of(sql_type type) {
  switch (type) {
    case sql_type::integer:
      return {20, 1016};  // int8
    case sql_type::bytes:
      return {17, 1001};  // bytea
    case sql_type::text:
      return {25, 1009};
  }
  throw std::logic_error("an unknown parameter type");
}

void append_number(std::string& to, std::uint64_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>((value >> shift) & 0xFF));
  }
}

void append_length(std::string& to, std::size_t length) {
  if (length > 0x7FFFFFFF) throw std::length_error("a parameter is too long");
  append_number(to, length, 4);
}

void append_value(std::string& to, sql_type type, const sql_value& value) {
  if (type == sql_type::integer) {
    append_number(to, static_cast<std::uint64_t>(value.number), 8);
  } else {
    to += value.bytes;
  }
}

// dimensions, whether there are NULLs, element type, then length and lower bound of the dimension,
// then each element with its length (-1 for NULL).
std::string encode_array(const sql_parameter& p) {
  bool has_null = false;
  std::size_t size = 20;
  for (const sql_value& v : p.values) {
    has_null = has_null || v.null;
    size += 4 + (p.type == sql_type::integer ? 8 : v.bytes.size());
  }
  std::string out;
  out.reserve(size);
  append_number(out, 1, 4);
  append_number(out, has_null ? 1 : 0, 4);
  append_number(out, ids_of(p.type).element, 4);
  append_length(out, p.values.size());
  append_number(out, 1, 4);
  for (const sql_value& v : p.values) {
    if (v.null) {
      append_number(out, 0xFFFFFFFF, 4);
      continue;
    }
    append_length(out, p.type == sql_type::integer ? 8 : v.bytes.size());
    append_value(out, p.type, v);
  }
  return out;
}

}  // namespace

unsigned int postgres_type(const sql_parameter& parameter) {
  const type_ids ids = ids_of(parameter.type);
  return parameter.list ? ids.array : ids.element;
}

encoded_parameter encode_parameter(const sql_parameter& parameter) {
  if (parameter.list) return {encode_array(parameter), false};
  const sql_value& value = parameter.values.at(0);
  encoded_parameter out;
  out.is_null = value.null;
  if (!value.null) append_value(out.bytes, parameter.type, value);
  return out;
}

std::int64_t decode_integer(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  switch (bytes.size()) {
    case 1:
      return static_cast<std::int64_t>(value);
    case 2:
      return static_cast<std::int16_t>(value);
    case 4:
      return static_cast<std::int32_t>(value);
    case 8:
      return static_cast<std::int64_t>(value);
    default:
      throw std::logic_error("a column is no integer");
  }
}

}  // namespace autocusto::store
