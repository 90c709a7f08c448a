#include "server/app/acts_journal.hpp"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/app/file_stream.hpp"
#include "server/auth/private_file.hpp"
#include "shared/base/own_files.hpp"

namespace autocusto::app {
namespace {

struct descriptor {
  explicit descriptor(int number) : fd(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

bool ends_in_a_line(int fd, ::off_t size) {
  char last = '\n';
  return size == 0 || (::pread(fd, &last, 1, size - 1) == 1 && last == '\n');
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ::ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool flush_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  const descriptor parent(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return parent.fd >= 0 && ::fsync(parent.fd) == 0;
}

}  // namespace

std::string journal_path(const std::string& folder) {
  return folder + "/acts.journal";
}

std::vector<std::string> acts_journal::lines() {
  std::error_code ec;
  if (!std::filesystem::exists(path_, ec)) return {};
  // By blocks: it grows for as long as the installation lives.
  input_file file(path_);
  std::vector<std::string> out;
  std::string line;
  for (auto block = file.read(k_read_block); !block.empty(); block = file.read(k_read_block)) {
    std::size_t from = 0;
    for (auto end = block.find('\n'); end != std::string::npos; end = block.find('\n', from)) {
      line.append(block, from, end - from);
      from = end + 1;
      if (!line.empty()) out.push_back(std::exchange(line, {}));
    }
    line.append(block, from, std::string::npos);
  }
  return out;  // what is left in `line` was cut off while it was written
}

result<void> acts_journal::append(const std::string& line) {
  const auto problem = [this] { return auth::file_error(errno, path_, "could not be written"); };
  const descriptor file(open_own_file(path_, O_RDWR | O_APPEND | O_CREAT));
  if (file.fd < 0) return problem();
  struct ::stat now {};
  if (::fstat(file.fd, &now) != 0) return problem();
  const std::string text = (ends_in_a_line(file.fd, now.st_size) ? "" : "\n") + line + '\n';
  if (!write_all(file.fd, text) || ::fsync(file.fd) != 0) {
    return problem();  // what was written of it is no whole line, or says what was done
  }
  if (now.st_size == 0 && !flush_folder_of(path_)) return problem();
  return {};
}

}  // namespace autocusto::app
