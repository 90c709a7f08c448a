#pragma once
// A private PostgreSQL cluster for one test program, and fresh databases in it.
//
// tools/pg-cluster does the work: a temporary folder, a Unix socket and a free TCP port, no flushes
// to disk; it is stopped and removed at the end of the program, also when that is killed. A missing
// PostgreSQL is an exception that names the package. Any thread.

#include <memory>
#include <string>
#include <vector>

namespace autocusto::test {

class postgres_cluster {
 public:
  /// With `durable`, commits are flushed to disk as in production.
  explicit postgres_cluster(bool durable = false);
  ~postgres_cluster();
  postgres_cluster(const postgres_cluster&) = delete;
  postgres_cluster& operator=(const postgres_cluster&) = delete;

  /// The program's own, started at the first call.
  [[nodiscard]] static postgres_cluster& shared();

  /// The URL of the cluster's first database, over TCP.
  [[nodiscard]] const std::string& url() const { return url_; }
  /// A new, empty database; its URL over TCP.
  [[nodiscard]] std::string create_database();

  void crash();  ///< kills all its processes at once, as a loss of power does
  void again();  ///< starts it after `crash`, on the same port
  /// A standby that follows this cluster, asynchronously; to be ended before it.
  [[nodiscard]] std::unique_ptr<postgres_cluster> standby() const;
  void promote();  ///< makes a standby the primary

 private:
  postgres_cluster(std::string folder, std::vector<std::string> command);
  void tell(const std::string& command) const;

  std::string folder_;
  std::string url_;
};

/// Runs SQL on a connection of its own; answers the first column of the first row, or nothing.
/// Throws std::runtime_error.
std::string postgres_query(const std::string& url, const std::string& sql);
/// The schema as pg_dump writes it.
[[nodiscard]] std::string postgres_schema(const std::string& url);

}  // namespace autocusto::test
