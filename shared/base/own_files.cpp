#include "shared/base/own_files.hpp"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace autocusto {
namespace {

namespace fs = std::filesystem;

constexpr mode_t k_others_write = S_IWGRP | S_IWOTH;

/// For a shell: as it is where that is safe, else in single quotes.
std::string quoted(const std::string& path) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%";
  if (path.find_first_not_of(plain) == std::string::npos) return path;
  std::string text = "'";
  for (const char c : path) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

/// `{path}` and `{quoted}` in the sentence become the whole path.
error refuse(const std::string& given, std::string sentence) {
  std::error_code ec;
  const std::string path = fs::absolute(given, ec).lexically_normal().string();
  const auto put = [&sentence](std::string_view mark, const std::string& by) {
    for (auto at = sentence.find(mark); at != std::string::npos;
         at = sentence.find(mark, at + by.size())) {
      sentence.replace(at, mark.size(), by);
    }
  };
  put("{quoted}", quoted(path));
  put("{path}", path);
  return error{errc::usage, std::move(sentence), path, std::nullopt};
}

error unreadable(const std::string& path, int number) {
  return error{errc::usage,
               path + " cannot be looked at (" + std::generic_category().message(number) +
                   "); check its name and rights.",
               path, std::nullopt};
}

/// A folder above: whoever can write in it could put another folder into the place of ours.
result<void> check_parent(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return unreadable(path, errno);
  }
  if (info.st_uid != 0 && info.st_uid != ::geteuid()) {
    return refuse(path,
                  "The folder {path} belongs to another user, who could exchange what lies in it; "
                  "use a folder elsewhere.");
  }
  if ((info.st_mode & k_others_write) != 0 && (info.st_mode & S_ISVTX) == 0) {
    return refuse(
        path,
        "Other users may write in the folder {path} and could exchange what lies in it; run "
        "`chmod go-w {quoted}`, then try again.");
  }
  return {};
}

result<void> check_parents(const fs::path& path) {
  for (fs::path at = path.parent_path();; at = at.parent_path()) {
    if (auto checked = check_parent(at.string()); !checked) return checked;
    if (at == at.root_path() || at.empty()) return {};
  }
}

result<void> check_itself(const std::string& path, const struct stat& info, bool folder) {
  if (info.st_uid != ::geteuid()) {
    return refuse(
        path,
        folder
            ? "The folder {path} belongs to another user; run this as its owner, or use another "
              "folder."
            : "The file {path} belongs to another user, who could change it; find out who put it "
              "there, then remove it or give it back to its owner (chown).");
  }
  if ((info.st_mode & k_others_write) != 0) {
    return refuse(
        path,
        folder
            ? "Other users may write in the folder {path}; run `chmod go-w {quoted}`, look at what "
              "lies in it, then try again."
            : "Other users may write to the file {path}; run `chmod go-w {quoted}`, then try "
              "again.");
  }
  return {};
}

result<void> check_entry(const std::string& path, mode_t kind) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return unreadable(path, errno);
  }
  if ((info.st_mode & S_IFMT) != kind) {
    return refuse(path,
                  "{path} is a link or something else in the place of a file; find out who put it "
                  "there, then "
                  "remove it (`rm {quoted}`).");
  }
  return check_itself(path, info, false);
}

}  // namespace

result<void> check_own_folder(const std::string& path) {
  std::error_code ec;
  fs::path given = fs::absolute(path, ec).lexically_normal();
  if (ec) return unreadable(path, ec.value());
  if (!given.has_filename()) given = given.parent_path();  // "folder/"
  struct stat link {};
  const bool exists = ::lstat(given.c_str(), &link) == 0;
  if (!exists && errno != ENOENT) return unreadable(path, errno);
  if (auto checked = check_parents(given); !checked) return checked;
  if (!exists) return {};
  if (S_ISLNK(link.st_mode) && link.st_uid != 0 && link.st_uid != ::geteuid()) {
    return refuse(path, "{path} is a link that another user has made; use the folder itself.");
  }
  const fs::path real = fs::canonical(given, ec);
  if (ec) return unreadable(path, ec.value());
  if (real != given) {
    if (auto checked = check_parents(real); !checked) return checked;
  }
  struct stat info {};
  if (::stat(real.c_str(), &info) != 0) return unreadable(path, errno);
  if (!S_ISDIR(info.st_mode)) return refuse(path, "{path} is not a folder; name one.");
  return check_itself(path, info, true);
}

result<void> check_own_file(const std::string& path) {
  return check_entry(path, S_IFREG);
}

result<void> check_own_socket(const std::string& path) {
  return check_entry(path, S_IFSOCK);
}

result<void> check_own(const std::string& folder, std::initializer_list<std::string_view> names) {
  if (auto checked = check_own_folder(folder); !checked) return checked;
  for (const auto name : names) {
    if (auto checked = check_own_file(folder + "/" + std::string(name)); !checked) return checked;
  }
  return {};
}

int open_own_file(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                        S_IRUSR | S_IWUSR);
  if (fd < 0) return fd;
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    ::close(fd);
    return -1;
  }
  // A second name may be that of a file elsewhere, which writing would change.
  const bool one_name = (flags & O_ACCMODE) == O_RDONLY || info.st_nlink <= 1;
  const bool own = S_ISREG(info.st_mode) && info.st_uid == ::geteuid() &&
                   (info.st_mode & k_others_write) == 0 && one_name;
  if (own) return fd;
  ::close(fd);
  errno = EPERM;
  return -1;
}

}  // namespace autocusto
