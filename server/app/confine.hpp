#pragma once
// What `autocusto-server serve` gives up (docs/adr/0044): files and ports before any thread is
// made, system calls once it is ready. Its object lives in the one thread that starts the node.

#include "server/app/config.hpp"
#include "server/app/node.hpp"
#include "shared/base/error.hpp"
#include "shared/sandbox/sandbox.hpp"

namespace autocusto::app {

/// The files and ports that serving needs: the data folder, what the system's libraries read, a
/// given certificate with the folders of its files (they are replaced there), what PostgreSQL's
/// library reads, the addresses to listen on.
[[nodiscard]] sandbox::file_rules files_for_serving(const config& settings,
                                                    const node_options& options);

class confinement {
 public:
  /// `wanted` false: nothing is given up, and `tell` says so. The configuration may switch it off,
  /// too.
  explicit confinement(bool wanted) : wanted_(wanted) {}

  /// Nothing happens when the configuration cannot be read: the node says what is wrong with it.
  [[nodiscard]] result<void> before_threads(const node_options& options);
  [[nodiscard]] result<void> when_ready();
  /// One log line `sandbox`: the version of Landlock (0: none) and whether system calls are
  /// restricted.
  void tell() const;

 private:
  bool wanted_;
  int landlock_ = 0;
  bool calls_ = false;
};

}  // namespace autocusto::app
