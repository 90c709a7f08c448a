#include "server/auth/private_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/base/bytes.hpp"

namespace autocusto::auth {
namespace {

class descriptor {
 public:
  explicit descriptor(int fd) : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ::ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

error file_error(int number, const std::string& path, std::string_view what) {
  errc code = errc::unavailable;
  if (number == ENOENT || number == ENOTDIR) code = errc::not_found;
  if (number == EACCES || number == EPERM || number == EROFS) code = errc::forbidden;
  return fail(
      code, path + " " + std::string(what) + ": " + std::generic_category().message(number) + ".");
}

result<void> write_private_file(const std::string& path, std::string_view content) {
  const std::string beside = path + ".new";
  const std::string folder = std::filesystem::path(path).parent_path().string();
  ::unlink(beside.c_str());  // what a crash left behind
  {
    const descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.ok()) return file_error(errno, beside, "could not be made");
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) {
      const int number = errno;
      ::unlink(beside.c_str());
      return file_error(number, beside, "could not be written");
    }
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(beside.c_str());
    return file_error(number, path, "could not be replaced");
  }
  const descriptor parent(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.ok() || ::fsync(parent.get()) != 0) {
    return file_error(errno, folder, "could not be flushed to disk");
  }
  return {};
}

result<std::string> read_file(const std::string& path, std::size_t limit) {
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return file_error(errno, path, "could not be read");
  std::string content;
  std::string block(std::size_t{64} * 1024, '\0');
  while (true) {
    const ::ssize_t n = ::read(file.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_error(errno, path, "could not be read");
    if (n == 0) break;
    content.append(block, 0, static_cast<std::size_t>(n));
    if (content.size() > limit) {
      return fail(errc::too_large, path + " is longer than " + std::to_string(limit) + " bytes.",
                  {}, static_cast<std::int64_t>(limit));
    }
  }
  wipe(block);
  return content;
}

result<void> make_private_folder(const std::string& path) {
  std::error_code ec;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, ec);
  if (ec) return file_error(ec.value(), parent.string(), "could not be made");
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return file_error(errno, path, "could not be made");
  }
  return {};
}

}  // namespace autocusto::auth
