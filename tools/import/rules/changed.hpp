#pragma once
// A source that contradicts itself within one reading: rows that one query shows and another does
// not. The reading is one transaction of one moment, so it happens only where rows are hidden by
// chance (row-level security with a function that changes its answer) or the database is damaged.
// Any thread.

#include "shared/base/error.hpp"

namespace autocusto::import {

/// Throws error_exception `unavailable`. What the run has written so far stays set aside, as after
/// any end of a run.
[[noreturn]] inline void source_changed() {
  throw error_exception(fail(errc::unavailable,
                             "The legacy database changed while it was read, or shows other rows "
                             "with each query (row-level security?). "
                             "Read it as the owner of its tables, with the old application "
                             "stopped, then run the import again."));
}

/// The entry of a map that the source's own rows must have.
template <class Map>
[[nodiscard]] const typename Map::mapped_type& entry_of(const Map& in,
                                                        const typename Map::key_type& key) {
  const auto at = in.find(key);
  if (at == in.end()) source_changed();
  return at->second;
}

}  // namespace autocusto::import
