#include "shared/wire/write.hpp"

#include <array>
#include <charconv>

namespace autocusto::wire::detail {
namespace {

/// 0: stands for itself; 'u': \u00xx; anything else: the letter after the backslash.
constexpr std::array<char, 256> escape_table() {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\t'] = 't';
  table['\n'] = 'n';
  table['\f'] = 'f';
  table['\r'] = 'r';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr auto k_escapes = escape_table();

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.push_back('"');
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = k_escapes[byte];
    if (escape == 0) [[likely]]
      continue;
    out.append(text, from, i - from);
    from = i + 1;
    out.push_back('\\');
    out.push_back(escape);
    if (escape == 'u') {
      out += "00";
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 0xF]);
    }
  }
  out.append(text, from);
  out.push_back('"');
}

void object_writer::key(std::string_view name) {
  if (!first_) out_.push_back(',');
  first_ = false;
  out_.push_back('"');
  out_ += name;
  out_ += "\":";
}

void object_writer::text(std::string_view name, std::string_view value) {
  key(name);
  append_quoted(out_, value);
}

void object_writer::number(std::string_view name, std::int64_t value) {
  key(name);
  std::array<char, 24> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  out_.append(buffer.data(), end);
}

void object_writer::boolean(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
}

void object_writer::null(std::string_view name) {
  key(name);
  out_ += "null";
}

void object_writer::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
}

void object_writer::hex(std::string_view name, std::string_view raw_bytes) {
  key(name);
  out_.push_back('"');
  out_ += to_hex(raw_bytes);
  out_.push_back('"');
}

}  // namespace autocusto::wire::detail
