#include "client/web/start_file.hpp"

#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace autocusto::web {
namespace {

std::string path_in(const std::string& home) {
  std::error_code ignored;
  const auto whole = std::filesystem::absolute(home, ignored);
  return (whole / "page.html").string();
}

/// A link has no character that HTML would read as anything else.
std::string text_for(const std::string& link) {
  return "<!doctype html>\n<html lang=\"pt-BR\">\n<meta charset=\"utf-8\">\n"
         "<meta name=\"referrer\" content=\"no-referrer\">\n"
         "<meta http-equiv=\"refresh\" content=\"0; url=" +
         link + "\">\n<title>AutoCusto</title>\n<p><a href=\"" + link +
         "\">AutoCusto</a></p>\n</html>\n";
}

}  // namespace

std::string write_start_file(const std::string& home, const std::string& link) {
  const auto path = path_in(home);
  ::unlink(path.c_str());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return {};
  const auto text = text_for(link);
  const bool whole = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  if (whole) return path;
  ::unlink(path.c_str());
  return {};
}

void remove_start_file(const std::string& home) {
  ::unlink(path_in(home).c_str());
}

}  // namespace autocusto::web
