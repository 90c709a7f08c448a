#include "server/app/file_stream.hpp"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/auth/private_file.hpp"

namespace autocusto::app {
namespace {

[[noreturn]] void refuse(const std::string& path, std::string_view what) {
  throw error_exception(auth::file_error(errno, path, what));
}

}  // namespace

output_file::output_file(std::string path) : path_(std::move(path)), beside_(path_ + ".new") {
  struct stat info {};
  if (::lstat(path_.c_str(), &info) == 0) {
    throw error_exception(
        fail(errc::already_exists, path_ + " exists already; give another name."));
  }
  ::unlink(beside_.c_str());
  fd_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd_ < 0) refuse(path_, "cannot be made");
}

output_file::~output_file() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(beside_.c_str());
}

void output_file::write(std::string_view content) {
  size_ += content.size();
  while (!content.empty()) {
    const ::ssize_t n = ::write(fd_, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(path_, "cannot be written");
    content.remove_prefix(static_cast<std::size_t>(n));
  }
}

void output_file::keep() {
  if (::fsync(fd_) != 0) refuse(path_, "cannot be flushed to disk");
  if (std::rename(beside_.c_str(), path_.c_str()) != 0) refuse(path_, "cannot be named");
  ::close(fd_);
  fd_ = -1;
}

input_file::input_file(const std::string& path) : path_(path) {
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) refuse(path_, "cannot be read");
}

input_file::~input_file() {
  ::close(fd_);
}

std::string input_file::read(std::size_t size) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ::ssize_t n = ::read(fd_, out.data() + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(path_, "cannot be read");
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.resize(have);
  return out;
}

}  // namespace autocusto::app
