#pragma once
// At most one process serves the page of a folder. A second start of the program finds the running
// one and gets a fresh start link from it.
//
// The running process holds a lock on `page.lock` and listens on the Unix socket `page.sock`, both
// in the replica's folder (mode 0700). The kernel releases the lock when the process ends, however
// it ends, so the next start knows that the socket of a killed process is stale, and removes it.
// Both sides check the user of the other one (SO_PEERCRED) before they send anything: another user
// of the machine neither gets a link nor can give a false one.
//
// The server side sends one JSON object to each connection and closes it.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "shared/base/error.hpp"

namespace autocusto::web {

/// What the page that runs hands to another start of the program.
struct page_ticket {
  std::string link;        ///< opens the page once
  std::string start_file;  ///< a file that leads a browser there; empty when there is none
  std::string wipe_word;   ///< stands for a forgotten passphrase (`/api/wipe`)
};

/// Asks the page that runs on that folder; nothing when none does. Errors: forbidden when another
/// user listens there; busy when it does not answer within two seconds.
[[nodiscard]] result<std::optional<page_ticket>> ask_running_page(const std::string& home);

/// The lock and the socket of the page that runs. Any thread.
class page_socket {
 public:
  /// Takes the lock, making the folder when it is not there, and removes what a killed page left.
  /// A folder that cannot be written gives an object without a socket: then each start has a page
  /// of its own. Error: busy while another page runs.
  [[nodiscard]] static result<std::unique_ptr<page_socket>> open(const std::string& home);
  /// Stops answering, and removes the socket.
  ~page_socket();
  page_socket(const page_socket&) = delete;
  page_socket& operator=(const page_socket&) = delete;

  /// Starts to answer, on a thread of its own; earlier connections have waited. Call it once.
  void serve(std::function<page_ticket()> ticket);

 private:
  class impl;
  explicit page_socket(std::unique_ptr<impl> own);
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::web
