#include "client/web/running_page.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace autocusto::web {
namespace {

constexpr std::size_t k_most = 4096;

std::string note_path(const std::string& home) {
  return home + "/page.run";
}

/// A connection that closes itself, with a bound on every wait.
class short_connection {
 public:
  explicit short_connection(std::uint16_t port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval wait{.tv_sec = 2, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    static_assert(sizeof generic == sizeof at);
    std::copy_n(reinterpret_cast<const char*>(&at), sizeof at, reinterpret_cast<char*>(&generic));
    open_ = fd_ >= 0 && ::connect(fd_, &generic, sizeof generic) == 0;
  }
  ~short_connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  short_connection(const short_connection&) = delete;
  short_connection& operator=(const short_connection&) = delete;

  /// Everything that comes back until the other side closes.
  [[nodiscard]] std::string ask(const std::string& request) const {
    if (!open_ || ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
                      static_cast<ssize_t>(request.size())) {
      return {};
    }
    std::string answer;
    std::string part(1024, '\0');
    while (answer.size() < k_most) {
      const auto got = ::recv(fd_, part.data(), part.size(), 0);
      if (got <= 0) break;
      answer.append(part, 0, static_cast<std::size_t>(got));
    }
    return answer;
  }

 private:
  int fd_;
  bool open_ = false;
};

std::string between(const std::string& text, std::string_view before, char after) {
  const auto at = text.find(before);
  if (at == std::string::npos) return {};
  const auto from = at + before.size();
  const auto end = text.find(after, from);
  return end == std::string::npos ? std::string() : text.substr(from, end - from);
}

}  // namespace

std::optional<std::string> link_of_running_page(const std::string& home) {
  std::ifstream in(note_path(home));
  std::uint16_t port = 0;
  std::string secret;
  if (!(in >> port >> secret) || port == 0) return std::nullopt;
  const std::string host = "127.0.0.1:" + std::to_string(port);
  const std::string body = R"({"secret":")" + secret + R"("})";
  const short_connection line(port);
  const auto answer = line.ask(
      "POST /api/link HTTP/1.1\r\nHost: " + host +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\nConnection: close\r\n\r\n" + body);
  const auto token = between(answer, R"("token":")", '"');
  if (answer.find(" 200 ") == std::string::npos || token.empty()) return std::nullopt;
  return "http://" + host + "/#inicio=" + token;
}

page_note::page_note(const std::string& home, std::uint16_t port, std::string_view secret)
    : path_(note_path(home)), text_(std::to_string(port) + " " + std::string(secret) + "\n") {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(home).parent_path(), ignored);
  ::mkdir(home.c_str(), 0700);  // what exists stays as it is
  std::filesystem::remove(path_, ignored);
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return;  // then a second start opens a page of its own
  if (::write(fd, text_.data(), text_.size()) < 0) text_.clear();
  ::close(fd);
}

page_note::~page_note() {
  // Another page may have written its own since.
  std::ifstream in(path_);
  const std::string now((std::istreambuf_iterator<char>(in)), {});
  std::error_code ignored;
  if (now == text_) std::filesystem::remove(path_, ignored);
}

}  // namespace autocusto::web
