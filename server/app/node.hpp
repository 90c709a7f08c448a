#pragma once
// One running server process: database, services, endpoints, listeners, housekeeping.
//
// A node owns all of it and wires it together; there are no globals, so tests run several in one
// process. Housekeeping is one thread: expired sessions and codes are removed every hour; every
// minute the database is compared with the journal of acts; every hour, too, the certificate is
// looked after (an own leaf past half its life is reissued, given files are read again), and new
// connections get the new one.
//
// `request_stop` and `wait` may be called from any thread; everything else from the one that
// started the node.

#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "server/app/config.hpp"
#include "server/store/database.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"

namespace autocusto::app {

struct node_options {
  std::string folder;
  std::optional<listen_address> listen;   ///< instead of the configured one
  std::optional<listen_address> metrics;  ///< plain HTTP, loopback only; none: no metrics
  const clock_source* clock = nullptr;    ///< none: the system's
  random_source* random = nullptr;        ///< none: the system's
  std::ostream* log = nullptr;            ///< none: stderr
};

class node {
 public:
  /// Opens the folder, checks the schema, starts to listen. Errors: those of `open_installation`,
  /// and unavailable (address in use) or usage.
  [[nodiscard]] static result<std::unique_ptr<node>> start(const node_options& options);
  node(const node&) = delete;
  node& operator=(const node&) = delete;
  /// Stops and waits.
  ~node();

  /// Where it listens, the port a real one.
  [[nodiscard]] listen_address address() const;
  [[nodiscard]] std::optional<listen_address> metrics_address() const;

  /// Whether the thread that holds the connections does what it is given within that time. The
  /// database is not asked: it may be away, and comes back. Any thread, while the node lives.
  [[nodiscard]] bool answers(std::chrono::milliseconds within) const;

  /// The open database, for work that goes beside the endpoints; valid while the node lives.
  [[nodiscard]] store::database& database();

  /// Not ready any more; no new connections, waiting long polls answered, requests in hand
  /// finished.
  void request_stop();
  /// Returns when everything has ended.
  void wait();

  /// What housekeeping does every hour, now. For tests.
  void housekeeping();

 private:
  class impl;
  explicit node(std::unique_ptr<impl> state);
  std::unique_ptr<impl> impl_;
};

}  // namespace autocusto::app
