#include "server/app/archive.hpp"

#include <algorithm>

namespace autocusto::app {
namespace {

constexpr std::size_t k_block = std::size_t{1024} * 1024;

std::string big_endian(std::size_t value, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = size; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xFF);
  return out;
}

error bad_form() {
  return fail(errc::malformed, "The backup was made by a program with another format.");
}

}  // namespace

void archive_writer::begin(std::string_view name) {
  to_.write(big_endian(name.size(), 2));
  to_.write(name);
}

void archive_writer::put(std::string_view content) {
  while (!content.empty()) {
    const auto block = content.substr(0, k_block);
    to_.write(big_endian(block.size(), 4));
    to_.write(block);
    content.remove_prefix(block.size());
  }
}

void archive_writer::end() {
  to_.write(big_endian(0, 4));
}

void archive_writer::add(std::string_view name, std::string_view content) {
  begin(name);
  put(content);
  end();
}

void archive_writer::finish() {
  to_.write(big_endian(0, 2));
  to_.finish();
}

result<std::string> archive_reader::take(std::size_t size) {
  while (buffer_.size() - used_ < size) {
    auto more = from_.next();
    if (!more) return more.error();
    if (more->empty()) return bad_form();
    buffer_.erase(0, used_);
    used_ = 0;
    buffer_ += *more;
  }
  std::string out = buffer_.substr(used_, size);
  used_ += size;
  return out;
}

result<std::size_t> archive_reader::take_number(std::size_t size) {
  const auto raw = take(size);
  if (!raw) return raw.error();
  std::size_t value = 0;
  for (const char c : *raw) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

result<std::optional<std::string>> archive_reader::next() {
  const auto length = take_number(2);
  if (!length) return length.error();
  if (*length != 0) {
    auto name = take(*length);
    if (!name) return name.error();
    return std::optional(std::move(*name));
  }
  const auto behind = from_.next();
  if (!behind) return behind.error();
  if (!behind->empty() || used_ != buffer_.size()) return bad_form();
  return std::optional<std::string>{};
}

result<std::string> archive_reader::read() {
  const auto length = take_number(4);
  if (!length) return length.error();
  if (*length > k_block) return bad_form();
  if (*length == 0) return std::string{};
  return take(*length);
}

result<std::string> archive_reader::read_all(std::size_t limit) {
  std::string out;
  while (true) {
    auto block = read();
    if (!block) return block.error();
    if (block->empty()) return out;
    out += *block;
    if (out.size() > limit) return bad_form();
  }
}

}  // namespace autocusto::app
