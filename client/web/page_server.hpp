#pragma once
// The doctor's page: a server on loopback that serves the page itself and its JSON interface
// (docs/local-interface.md), all over the replica and the background sync.
//
// It owns its threads and everything behind it. Nothing of a patient stands in a URL or a log. The
// page locks when nobody is there, and everything is closed when this object ends.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/replica/replica.hpp"
#include "client/web/running_page.hpp"
#include "shared/base/error.hpp"

namespace autocusto::web {

struct page_options {
  std::string home;
  std::uint16_t port = 0;   ///< 0: any free one
  std::string version;      ///< of the program, shown in the settings
  std::string device_name;  ///< what an enrollment proposes
  /// The sentence of an error in the doctor's language; `kind` may be empty. Any thread.
  std::function<std::string(const error&, std::string_view kind, bool portuguese)> translate;
  bool sync = true;                               ///< tests may do without
  std::optional<std::chrono::milliseconds> idle;  ///< replaces the doctor's setting; tests only
};

/// Whether this build holds the page (AUTOCUSTO_WEB).
[[nodiscard]] bool has_page();

class page_server {
 public:
  /// Errors: busy when another page runs on this folder (running_page.hpp); unavailable when the
  /// port is taken.
  [[nodiscard]] static result<std::unique_ptr<page_server>> start(page_options options,
                                                                  const replica::environment& env);
  ~page_server();
  page_server(const page_server&) = delete;
  page_server& operator=(const page_server&) = delete;

  /// A fresh link that opens the page once, a file that leads a browser there, and the word for
  /// erasing this laptop without its passphrase.
  [[nodiscard]] page_ticket ticket();
  [[nodiscard]] std::uint16_t port() const;

  /// Whether a browser has begun a session; waits for that at most so long, or until the end.
  [[nodiscard]] bool was_entered(std::chrono::milliseconds patience);
  /// Returns when the doctor has quit on the page, or after `request_stop`.
  void wait();
  /// Any thread; also inside a signal handler.
  void request_stop() noexcept;

 private:
  class impl;
  explicit page_server(std::unique_ptr<impl> own);
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::web
