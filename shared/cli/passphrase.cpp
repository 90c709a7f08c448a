#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "shared/cli/environment.hpp"
#include "shared/cli/terminal.hpp"
#include "shared/crypto/random.hpp"
#include "shared/passphrase/prepared.hpp"
#include "shared/passphrase/strength.hpp"

namespace autocusto::cli {
namespace {

constexpr std::size_t k_longest_line = 4096;

/// Turns the echo of the terminal off for as long as it lives.
class no_echo {
 public:
  no_echo() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  ~no_echo() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  no_echo(const no_echo&) = delete;
  no_echo& operator=(const no_echo&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

void write_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

/// Reads one line byte by byte, so that nothing behind it is taken from stdin.
std::optional<std::string> raw_line() {
  std::string line;
  line.reserve(k_longest_line);  // never moves, so no copy of a passphrase stays behind
  char c = 0;
  bool any = false;
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, &c, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    any = true;
    if (c == '\n') break;
    if (line.size() < k_longest_line) line.push_back(c);
  }
  if (!any) return std::nullopt;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

result<crypto::secret> prompted(const std::string& prompt) {
  write_stderr(prompt);
  std::optional<std::string> line;
  {
    const no_echo silent;
    line = raw_line();
  }
  write_stderr("\n");
  if (!line) return fail(errc::usage, "No passphrase was given; type it at the prompt.");
  return crypto::secret(std::move(*line));
}

result<crypto::secret> from_file(const std::string& path) {
  auto text = read_file(path, k_longest_line);
  if (!text) return text.error();
  const std::string_view whole = *text;
  auto first_line = crypto::secret::copy_of(whole.substr(0, whole.find_first_of("\r\n")));
  wipe(*text);
  return first_line;
}

/// What opens a file stays byte for byte as it came, however weak: an older file may be sealed
/// under a byte order mark or a line end as well. A new one is trimmed and judged.
result<crypto::secret> checked(const crypto::secret& given, const passphrase_source& source) {
  auto text = crypto::secret::copy_of(passphrase::trimmed(given.view()));
  if (text.empty()) {
    return fail(errc::usage, "The passphrase is empty; type the one that was chosen.");
  }
  if (source.confirm.empty()) return given.clone();
  const auto good = passphrase::check_new(text.view(), source.purpose, crypto::system_random());
  if (!good) return good.error();
  return text;
}

void print_offer(const passphrase_source& source) {
  std::string text = source.offer;
  const auto at = text.find("{}");
  if (at == std::string::npos) return;
  text.replace(at, 2, passphrase::offer(source.purpose, crypto::system_random()));
  write_stderr(text);
}

}  // namespace

bool stdin_is_terminal() {
  return ::isatty(STDIN_FILENO) == 1;
}
bool stderr_is_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

result<crypto::secret> read_passphrase(const passphrase_source& source) {
  const bool is_new = !source.confirm.empty();
  if (!source.file.empty()) {
    auto passphrase = from_file(source.file);
    if (!passphrase) return passphrase.error();
    return checked(*passphrase, source);
  }
  if (const auto* taken = taken_passphrase(source.environment); taken != nullptr) {
    return checked(*taken, source);
  }
  if (!stdin_is_terminal()) {
    return fail(
        errc::usage,
        std::string("No passphrase and no terminal to ask for one; use --passphrase-file or "
                    "set ") +
            source.environment + ".");
  }
  if (is_new) print_offer(source);
  auto passphrase = prompted(source.prompt);
  if (!passphrase) return passphrase.error();
  if (is_new) {
    auto again = prompted(source.confirm);
    if (!again) return again.error();
    if (!(*again == *passphrase)) {
      return fail(errc::usage, "The two passphrases differ; try again.");
    }
  }
  return checked(*passphrase, source);
}

result<std::string> read_line(std::string_view prompt) {
  if (stdin_is_terminal()) write_stderr(prompt);
  auto line = raw_line();
  if (!line) return fail(errc::usage, "Standard input ended before a line was read.");
  return std::move(*line);
}

result<std::string> read_all(std::size_t limit) {
  std::string text;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errc::usage, "Standard input cannot be read.");
    if (n == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > limit) {
      return fail(errc::usage,
                  "The input is larger than " + std::to_string(limit) + " bytes; split it.", {},
                  static_cast<std::int64_t>(limit));
    }
  }
}

result<std::string> read_file(const std::string& path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return fail(errc::usage, "The file “" + path + "” cannot be read; check its name and rights.");
  }
  std::string text;
  std::array<char, 65536> buffer{};
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > limit) {
      return fail(
          errc::usage,
          "The file “" + path + "” is larger than " + std::to_string(limit) + " bytes; split it.",
          {}, static_cast<std::int64_t>(limit));
    }
  }
  if (in.bad()) return fail(errc::usage, "The file “" + path + "” cannot be read; is it a folder?");
  return text;
}

}  // namespace autocusto::cli
