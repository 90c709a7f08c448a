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

error no_file(const std::string& path) {
  return fail(errc::usage,
              "“" + path + "” is a folder or no plain file; give --out the name of a file.", path);
}

enum class found { nothing, plain_file, other };

found look(const std::string& path) {
  struct stat what {};
  if (::lstat(path.c_str(), &what) != 0) return found::nothing;
  return S_ISREG(what.st_mode) ? found::plain_file : found::other;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

/// A name is on the disk when its folder is.
void store_folder(const std::string& path) {
  const auto folder = folder_of(path);
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

bool swap_names(const std::string& one, const std::string& other) {
  return ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0;
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
  if (path != "-") {
    const auto there = look(path);
    if (there == found::other || path.ends_with('/')) return no_file(path);
    if (there == found::plain_file && !force) return taken(path);
  }
  return pdf_file(std::move(path), force);
}

pdf_file::pdf_file(pdf_file&& other) noexcept
    : path_(std::move(other.path_)),
      force_(other.force_),
      beside_(std::exchange(other.beside_, {})),
      waiting_(std::exchange(other.waiting_, {})),
      in_place_(std::exchange(other.in_place_, false)) {}

pdf_file::~pdf_file() {
  if (in_place_) {
    if (beside_.empty()) {
      ::unlink(path_.c_str());
    } else if (::rename(beside_.c_str(), path_.c_str()) == 0) {
      return;
    }
  }
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

result<void> pdf_file::write(std::string_view pdf) {
  if (is_stdout()) {
    waiting_ = pdf;
    return {};
  }
  std::string beside = folder_of(path_) + ".lme-XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return not_written(path_);
  beside_ = std::move(beside);
  const bool done = write_all(fd, pdf);
  if (::close(fd) != 0 || !done) return not_written(path_);
  return {};
}

result<void> pdf_file::commit() {
  if (is_stdout()) {
    if (print_bytes(waiting_)) return {};
    return fail(errc::usage,
                "The PDF could not be written to the standard output, so nothing was issued; write "
                "it to a file by --out.");
  }
  if (force_ && swap_names(beside_, path_)) {
    in_place_ = true;
  } else if (rename_to_new(beside_, path_)) {
    in_place_ = true;
    beside_.clear();
  } else if (force_ && errno == EEXIST && look(path_) == found::plain_file &&
             ::rename(beside_.c_str(), path_.c_str()) == 0) {
    beside_.clear();  // a file system that exchanges nothing: what was there is gone
  } else {
    return errno == EEXIST ? taken(path_) : not_written(path_);
  }
  store_folder(path_);
  return {};
}

void pdf_file::keep() {
  in_place_ = false;
  if (!beside_.empty()) ::unlink(beside_.c_str());
  beside_.clear();
}

std::string default_pdf_name(std::string_view mark, std::string_view start) {
  constexpr std::size_t k_digits = 6;
  return "lme-" + std::string(mark.substr(0, k_digits)) + '-' + std::string(start) + ".pdf";
}

}  // namespace autocusto::cli
