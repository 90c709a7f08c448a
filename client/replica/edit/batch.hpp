#pragma once
// Limits of batches of edits. Values only.

#include <cstddef>

namespace autocusto::replica {

/// Of many wrong lines at most this many are told.
inline constexpr std::size_t k_lines_told = 50;

}  // namespace autocusto::replica
