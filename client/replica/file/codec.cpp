#include "client/replica/file/codec.hpp"

namespace autocusto::replica {

void throw_damaged(std::string_view what) {
  throw error_exception(
      fail(errc::database,
           "The local data was changed or damaged (" + std::string(what) +
               "); take a new enrollment link from the administrator and enroll in another folder "
               "(--home): what the server has comes back."));
}

void packer::number(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  char raw[8];
  for (unsigned i = 0; i < 8; ++i) raw[i] = static_cast<char>(bits >> (8 * i) & 0xFF);
  out_.append(raw, 8);
}

void packer::text(std::string_view value) {
  number(static_cast<std::int64_t>(value.size()));
  out_ += value;
}

std::string_view unpacker::take(std::size_t size) {
  if (size > rest_.size()) throw_damaged("a value is cut");
  const auto out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::uint8_t unpacker::byte() {
  return static_cast<std::uint8_t>(take(1)[0]);
}

std::int64_t unpacker::number() {
  const auto raw = take(8);
  std::uint64_t bits = 0;
  for (std::size_t i = 8; i > 0; --i) bits = bits << 8 | static_cast<unsigned char>(raw[i - 1]);
  return static_cast<std::int64_t>(bits);
}

std::size_t unpacker::size(std::size_t each) {
  const auto count = static_cast<std::uint64_t>(number());
  if (count > rest_.size() / each) throw_damaged("a value is cut");
  return static_cast<std::size_t>(count);
}

std::string_view unpacker::text_view() {
  return take(size(1));
}

std::string unpacker::text() {
  return std::string(text_view());
}

void unpacker::finish() const {
  if (!rest_.empty()) throw_damaged("a value is too long");
}

}  // namespace autocusto::replica
