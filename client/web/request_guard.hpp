#pragma once
// Who may ask the page's server for anything: start links, browser sessions, and the checks on
// every request.
//
// The server listens on loopback, where every program of the machine and every page of the browser
// can reach it. So a request is looked at from three sides before anything answers it:
//   host      the Host header is this server's own address and port: a foreign name that was made
//             to point here (DNS rebinding) is refused
//   origin    Origin and Sec-Fetch-Site, where the browser sends them, are this page's own
//   secret    a session: `Authorization: Bearer` with the secret that its one-time token was
//             exchanged for
// A browser sends none of this by itself: there is no cookie, because cookies are sent to every
// port of a host, and so to servers of other people on this machine.
//
// A session is open only after the passphrase was given in it, or when it was begun by an open one.
// Only hashes of tokens and secrets are kept. Nothing is on disk: all sessions end with the
// process. The work of a check is linear in the size of the request's head, whatever stands in it.
//
// Any thread. Times are milliseconds of a clock that never goes back.

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
  anybody,  ///< the page itself: only the host is checked; for calls also the origin
  linked,   ///< a session
  open,     ///< the same, and it is open
};

/// Whose request it is.
struct visitor {
  std::string session;  ///< names the session here; not its secret
  bool open = false;
};

class request_guard {
 public:
  /// The random source must outlive it.
  explicit request_guard(random_source& random);

  /// `127.0.0.1:PORT`, known only once the server listens; before, every request is refused.
  void set_host(std::string host);

  /// A token for one start link, good once and for `k_token_life`. The latest sixteen are good.
  [[nodiscard]] std::string new_token(std::int64_t now);
  /// A token by which an open session begins another one that is open too, unless the page is
  /// locked meanwhile; good for `k_tab_token_life`.
  [[nodiscard]] std::string new_tab_token(std::int64_t now);
  /// Whether the token could still be spent.
  [[nodiscard]] bool is_good(std::string_view token, std::int64_t now) const;
  /// Spends the token and begins a session: its secret. Error: unauthorized.
  [[nodiscard]] result<std::string> redeem(std::string_view token, std::int64_t now);

  /// Checks a request. Errors: forbidden (host or origin), unauthorized (no session),
  /// session_expired (locked).
  [[nodiscard]] result<visitor> check(const http::request& asked, access needed) const;

  void open_session(const std::string& session);
  /// The session itself ends; its secret is worth nothing.
  void end_session(const std::string& session);
  void lock_all();
  [[nodiscard]] bool is_open(const std::string& session) const;

 private:
  struct kept_token {
    std::string hash;
    std::int64_t until = 0;
    bool opens = false;  ///< the session that it begins is open
  };
  struct kept_session {
    bool open = false;
    std::uint64_t order = 0;
  };

  std::string keep_token(std::int64_t until, bool opens);
  [[nodiscard]] std::optional<error> refuse_host(const http::request& asked) const;
  [[nodiscard]] std::optional<error> refuse_origin(const http::request& asked) const;

  random_source& random_;
  mutable std::mutex mutex_;
  std::string host_;
  std::deque<kept_token> tokens_;                 ///< oldest first
  std::map<std::string, kept_session> sessions_;  ///< by the hash of their secret
  std::uint64_t begun_ = 0;
};

/// A start link may wait for a slow browser, or for somebody who copies it by hand.
inline constexpr std::int64_t k_token_life = 300'000;
/// A token for another tab is fetched by that tab at once.
inline constexpr std::int64_t k_tab_token_life = 10'000;

/// Eight letters that can be read aloud and typed, of 24 million; for a person who can see the
/// terminal of this program.
[[nodiscard]] std::string speakable_word(random_source& random);
/// Takes as long for a wrong text as for the right one of the same length.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

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
