#include "client/cli/pdf_file.hpp"

#include <cerrno>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/cli/output.hpp"

namespace autocusto::cli {
namespace {

error taken(const std::string& path) {
  return fail(errc::already_exists,
              "There is a file “" + path + "” already; name another one, or use --force.", path);
}

error not_written(const std::string& path) {
  return fail(errc::usage,
              "The file “" + path +
                  "” cannot be written; see whether the folder exists, is yours and has room.",
              path);
}

bool exists(const std::string& path) {
  struct stat what {};
  return ::lstat(path.c_str(), &what) == 0;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return ::fsync(fd) == 0;
}

/// Fails with EEXIST when there is something of that name.
bool rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (::link(from.c_str(), to.c_str()) != 0) return false;
  ::unlink(from.c_str());
  return true;
}

}  // namespace

result<pdf_file> pdf_file::prepare(std::string path, bool force) {
  if (path.empty()) return fail(errc::usage, "Give --out a file, or - for stdout.");
  if (path != "-" && !force && exists(path)) return taken(path);
  return pdf_file(std::move(path), force);
}

pdf_file::pdf_file(pdf_file&& other) noexcept
    : path_(std::move(other.path_)),
      force_(other.force_),
      beside_(std::exchange(other.beside_, {})),
      waiting_(std::exchange(other.waiting_, {})) {}

pdf_file::~pdf_file() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

result<void> pdf_file::write(std::string_view pdf) {
  if (is_stdout()) {
    waiting_ = pdf;
    return {};
  }
  const auto slash = path_.rfind('/');
  std::string beside = slash == std::string::npos ? std::string() : path_.substr(0, slash + 1);
  beside += ".lme-XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return not_written(path_);
  beside_ = std::move(beside);
  const bool done = write_all(fd, pdf);
  if (::close(fd) != 0 || !done) return not_written(path_);
  return {};
}

result<void> pdf_file::commit() {
  if (is_stdout()) {
    print_bytes(waiting_);
    return {};
  }
  const bool done =
      force_ ? ::rename(beside_.c_str(), path_.c_str()) == 0 : rename_to_new(beside_, path_);
  if (!done) return errno == EEXIST ? taken(path_) : not_written(path_);
  beside_.clear();
  return {};
}

std::string default_pdf_name(std::string_view mark, std::string_view start) {
  constexpr std::size_t k_digits = 6;
  return "lme-" + std::string(mark.substr(0, k_digits)) + '-' + std::string(start) + ".pdf";
}

}  // namespace autocusto::cli
