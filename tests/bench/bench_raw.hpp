#pragma once
// What the databases themselves can do: the same rows, without rules, signatures, HTTP and TLS.

#include <cstddef>
#include <string>

namespace autocusto::bench {

/// Rows of (pk, id unique, header, payload), each write flushed to disk.
struct raw_figures {
  double bulk_s = 0;     ///< all rows in one write
  double ten_ms = 0;     ///< ten rows in one write, median
  double single_ms = 0;  ///< one row, median
};

/// One transaction each, WAL and synchronous=FULL, in a fresh file of that folder.
[[nodiscard]] raw_figures raw_sqlite(const std::string& folder, std::size_t rows,
                                     std::size_t repeats);
/// One insert from `unnest` each, on one connection.
[[nodiscard]] raw_figures raw_postgres(const std::string& url, std::size_t rows,
                                       std::size_t repeats);

/// Average bytes of the records of this benchmark.
struct record_size {
  std::size_t header = 0;
  std::size_t payload = 0;
};
[[nodiscard]] record_size size_of_records();

}  // namespace autocusto::bench
