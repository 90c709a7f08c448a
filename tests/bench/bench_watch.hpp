#pragma once
// Devices that wait in long polls, and connections that finish TLS and then say nothing.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace autocusto::bench {

/// One enrolled device for each link, each waiting for changes in a thread of its own until this
/// object ends; a poll that ends is followed by the next one. One thread uses the object.
class watchers {
 public:
  /// Enrolls one after the other and opens their sessions. Throws when one is refused.
  explicit watchers(const std::vector<std::string>& links);
  ~watchers();
  watchers(const watchers&) = delete;
  watchers& operator=(const watchers&) = delete;

  /// How many have lost their session or connection and wait no more.
  [[nodiscard]] std::size_t ended() const;

 private:
  struct device;
  std::vector<std::unique_ptr<device>> devices_;
};

/// Connections to a server on this machine that have finished TLS and send nothing. One thread
/// uses the object.
class silent_connections {
 public:
  silent_connections();
  ~silent_connections();
  silent_connections(const silent_connections&) = delete;
  silent_connections& operator=(const silent_connections&) = delete;

  /// Opens so many more, one after the other; those that the server does not take are left out.
  void open(int port, std::size_t count);
  [[nodiscard]] std::size_t opened() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace autocusto::bench
