#pragma once
// Who may ask the page's server for anything: start links, browser sessions, and the checks on
// every request.
//
// The server listens on loopback, where every program of the machine and every page of the browser
// can reach it. So a request is looked at from four sides before anything answers it:
//   host      the Host header names this server by a loopback name: a foreign name that was made to
//             point here (DNS rebinding) is refused
//   origin    Origin and Sec-Fetch-Site, where the browser sends them, are this page's own
//   cookie    a session, begun by a one-time token of a start link; SameSite=Strict, HttpOnly
//   token     for everything but reading the session itself: the header X-AutoCusto repeats a value
//             that only this page's own scripts can read
// A session is open only after the passphrase was given in it. Only hashes of tokens and cookies
// are kept. Nothing is on disk: all sessions end with the process.
//
// Any thread.

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/http/message.hpp"

namespace autocusto::web {

/// What a request must have shown before it is answered.
enum class access {
  anybody,  ///< the page itself: only the host is checked
  linked,   ///< a session; no header, because the browser's own requests cannot carry one
  scripts,  ///< a session and its header
  open,     ///< the same, and the passphrase was given in this session
};

/// Whose request it is.
struct visitor {
  std::string session;  ///< names the session here; not the cookie
  std::string csrf;
  bool open = false;
};

class gate {
 public:
  /// The random source must outlive it.
  explicit gate(random_source& random);

  /// The port is known only once the server listens; before, every request is refused.
  void set_port(std::uint16_t port);

  /// A token for one start link. The latest sixteen that were not used are good.
  [[nodiscard]] std::string new_token();
  /// Spends the token and begins a session: the text of Set-Cookie. Error: unauthorized.
  [[nodiscard]] result<std::string> redeem(std::string_view token);

  /// What a second start of the program shows to get a token (running_page.hpp).
  [[nodiscard]] const std::string& launch_secret() const { return launch_secret_; }
  [[nodiscard]] bool is_launch_secret(std::string_view given) const;

  /// Checks a request. Errors: forbidden (host, origin or header), unauthorized (no session),
  /// session_expired (locked).
  [[nodiscard]] result<visitor> check(const http::request& asked, access needed) const;

  void open_session(const std::string& session);
  /// The session itself ends; its cookie is worth nothing.
  void end_session(const std::string& session);
  void lock_all();
  [[nodiscard]] bool is_open(const std::string& session) const;

 private:
  struct kept_session {
    std::string csrf;
    bool open = false;
    std::uint64_t order = 0;
  };

  [[nodiscard]] std::optional<error> refuse_host(const http::request& asked) const;
  [[nodiscard]] std::optional<error> refuse_origin(const http::request& asked) const;
  [[nodiscard]] std::string cookie_name() const;

  random_source& random_;
  const std::string launch_secret_;
  mutable std::mutex mutex_;
  std::uint16_t port_ = 0;
  std::deque<std::string> tokens_;                ///< hashes
  std::map<std::string, kept_session> sessions_;  ///< by the hash of their cookie
  std::uint64_t begun_ = 0;
};

/// The value of a cookie in a Cookie header; nothing when it is not there exactly once.
[[nodiscard]] std::optional<std::string_view> cookie_value(std::string_view header,
                                                           std::string_view name);

/// How wrong passphrases are slowed down: two are free, then each further one doubles the wait, up
/// to a minute. Times in milliseconds of a clock that never goes back. Any thread.
class slow_down {
 public:
  /// How long until the next try is looked at; 0: now.
  [[nodiscard]] std::int64_t wait(std::int64_t now) const;
  void wrong(std::int64_t now);
  void right();

 private:
  mutable std::mutex mutex_;
  int wrong_ = 0;
  std::int64_t until_ = 0;
};

}  // namespace autocusto::web
