#pragma once
// pg_dump and pg_restore, called with the password in their environment, never in their arguments
// (which every user of the machine can read). What they say goes to stderr. One thread; blocking.

#include <functional>
#include <string>
#include <string_view>

#include "shared/base/error.hpp"

namespace autocusto::app {

/// Runs pg_dump on the database and hands its output, block by block, to `out`. `unavailable` when
/// it cannot be started or fails.
[[nodiscard]] result<void> dump_postgres(const std::string& url,
                                         const std::function<void(std::string_view)>& out);

/// Runs pg_restore into the (empty) database in one transaction, fed by `next` until it gives an
/// empty block.
[[nodiscard]] result<void> restore_postgres(const std::string& url,
                                            const std::function<result<std::string>()>& next);

}  // namespace autocusto::app
