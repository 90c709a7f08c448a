#pragma once
// The local socket of a server that serves the embedded database: `FOLDER/serve.sock`.
//
// The server holds the only writing connection; tools that write hand their work to it here. The
// socket is in a folder and of a mode that only its owner can use, and the other end's user is
// asked of the kernel besides. One caller is served at a time, blocking, with bounded frames; who
// is silent in the middle of a frame for long is dropped, and others are told `busy` at once. What
// is written wakes laptops as any write does.
//
// `listener` runs a thread of its own and one for the caller; the import writer's database must
// outlive it, and its handlers are called on either. Everything else: one thread.

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "server/intake/intake.hpp"
#include "server/local/frames.hpp"

namespace autocusto::local {

[[nodiscard]] std::string socket_path(const std::string& folder);

class listener {
 public:
  /// Told on a thread of the listener of what failed here (refusals are the caller's matter).
  using problem_handler = std::function<void(errc)>;

  /// Replaces a socket that an earlier server left. Error: unavailable.
  [[nodiscard]] static result<std::unique_ptr<listener>> start(const std::string& folder,
                                                               store::database& database,
                                                               problem_handler on_problem = {},
                                                               link_maker links = {});
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

 private:
  listener(std::string path, int fd, int stop, store::database& database,
           problem_handler on_problem, link_maker links);
  void run();
  void serve(int caller);

  std::string path_;
  int fd_;
  int stop_;  ///< an eventfd: readable once it has to end
  store::database& database_;
  problem_handler on_problem_;
  link_maker links_;
  std::thread thread_;
};

/// The import writer of a server that runs. Error: unavailable when none answers. Its calls: busy
/// while another caller is served.
[[nodiscard]] result<std::unique_ptr<intake::import_writer>> connect_import_writer(
    const std::string& folder);

/// Has a server that runs make an administrator's link. Errors: unavailable when none answers, busy
/// while another caller is served, and those of its maker.
[[nodiscard]] result<admin_link> ask_admin_link(const std::string& folder,
                                                const std::string& email);

}  // namespace autocusto::local
