#include "client/replica/file/commit_count.hpp"

#include <array>
#include <charconv>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace autocusto::replica {
namespace {

constexpr std::size_t k_width =
    20;  // of a number with blanks in front, so that each overwrites the last

}  // namespace

std::string commit_count_path(const std::string& home) {
  return home + "/replica.commits";
}

std::int64_t commits_beside(const std::string& home) {
  const int fd = ::open(commit_count_path(home).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return 0;
  std::array<char, k_width> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  ::close(fd);
  if (got != static_cast<ssize_t>(k_width)) return 0;
  const char* begin = text.data();
  const char* end = begin + k_width;
  while (begin != end && *begin == ' ') ++begin;
  std::int64_t count = 0;
  const auto [stop, wrong] = std::from_chars(begin, end, count);
  return wrong == std::errc() && stop == end && count > 0 ? count : 0;
}

void note_commits_beside(const std::string& home, std::int64_t count) noexcept {
  const int fd =
      ::open(commit_count_path(home).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return;
  std::array<char, k_width + 1> text{};
  std::snprintf(text.data(), text.size(), "%20lld", static_cast<long long>(count));
  if (::pwrite(fd, text.data(), k_width, 0) < 0) {
    ::close(fd);
    return;
  }
  ::close(fd);
}

}  // namespace autocusto::replica
