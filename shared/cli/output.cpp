#include "shared/cli/output.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <streambuf>

#include "shared/cli/code_points.hpp"
#include "shared/domain/text.hpp"

namespace autocusto::cli {
namespace {

constexpr std::int32_t k_delete = 0x7F;
constexpr std::int32_t k_supplementary = 0x10000;

std::string escaped(std::int32_t unit) {
  std::array<char, 12> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", static_cast<unsigned>(unit));
  return text.data();
}

/// How many bytes at the end of `text` begin a code point that goes on behind it.
std::size_t unfinished(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;  // goes on one
    const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::string cleaned(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  detail::for_code_points(text, [&out](std::int32_t code, std::string_view raw) {
    const bool stays =
        code == '\n' || code == '\t' || (code >= 0 && !domain::is_control_point(code));
    out += stays ? raw : detail::k_replacement;
  });
  return out;
}

std::string cleaned_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  detail::for_code_points(json, [&out](std::int32_t code, std::string_view raw) {
    if (code < k_delete) {
      out += code >= ' ' || code == '\n' || code == '\t' ? raw : detail::k_replacement;
    } else if (!domain::is_control_point(code)) {
      out += raw;
    } else if (code < k_supplementary) {
      out += escaped(code);
    } else {
      const auto rest = code - k_supplementary;
      out += escaped(0xD800 + (rest >> 10)) + escaped(0xDC00 + (rest & 0x3FF));
    }
  });
  return out;
}

void print(std::string_view text) {
  const auto clean = cleaned(text);
  std::fwrite(clean.data(), 1, clean.size(), stdout);
}

void print_note(std::string_view text) {
  const auto clean = cleaned(text);
  std::fwrite(clean.data(), 1, clean.size(), stderr);
}

bool print_bytes(std::string_view bytes) {
  const bool all = std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
  return std::fflush(stdout) == 0 && all;
}

/// Hands on what is complete; the bytes of half a code point wait for the others.
class clean_streams::filter final : public std::streambuf {
 public:
  filter(std::ostream& stream, bool json)
      : json_(json), stream_(stream), behind_(stream.rdbuf(this)) {}
  ~filter() override {
    pass(waiting_);
    stream_.rdbuf(behind_);
  }
  filter(const filter&) = delete;
  filter& operator=(const filter&) = delete;

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    waiting_.append(text, static_cast<std::size_t>(size));
    const auto complete = waiting_.size() - unfinished(waiting_);
    const bool done = pass(std::string_view(waiting_).substr(0, complete));
    waiting_.erase(0, complete);
    return done ? size : 0;
  }
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char one = traits_type::to_char_type(c);
    return xsputn(&one, 1) == 1 ? c : traits_type::eof();
  }
  int sync() override { return behind_->pubsync(); }

 private:
  bool pass(std::string_view text) {
    const auto clean = json_ ? cleaned_json(text) : cleaned(text);
    const auto size = static_cast<std::streamsize>(clean.size());
    return behind_->sputn(clean.data(), size) == size;
  }

  bool json_;
  std::ostream& stream_;
  std::streambuf* behind_;
  std::string waiting_;
};

clean_streams::clean_streams(bool json)
    : out_(std::make_unique<filter>(std::cout, json)),
      err_(std::make_unique<filter>(std::cerr, false)) {}

clean_streams::~clean_streams() = default;

}  // namespace autocusto::cli
