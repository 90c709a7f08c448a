#pragma once
// How much work transactions gave their database. Values; any thread.

#include <cstdint>

namespace autocusto::store {

/// What a transaction asked of its database. On the embedded one a set is asked about row by row,
/// and each counts.
struct statement_counts {
  std::int64_t statements = 0;
  std::int64_t rows = 0;  ///< that came back
};

}  // namespace autocusto::store
