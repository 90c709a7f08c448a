#pragma once
// Checking a page of the feed before it touches the replica. Pure; any thread, so that the next
// page can be checked while this one is being written.
//
// Checked: items follow the cursor without a gap and chain up to the page's next cursor; every
// header is well formed and is named by its hash; every payload is the one that its header names;
// views and versions stay within the limits of the protocol. Not checked here, because it needs the
// replica: that an own version whose bytes were left out is really there.

#include <string>
#include <vector>

#include "shared/base/error.hpp"
#include "shared/domain/version.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::engine {

/// One version of a page, read.
struct checked_version {
  version_id id;
  domain::version_header header;
  std::string key;   ///< natural key, from the payload; empty if the payload was erased
  std::string name;  ///< what lists show, from the payload; empty for an unknown kind
  /// `kind`, or `kind.field`, of what this program does not know (domain::unknown_names).
  std::vector<std::string> unknown = {};
};

struct checked_page {
  wire::cursor from;
  wire::page page;
  std::vector<checked_version> versions;  ///< parallel to page.versions
};

/// Errors: protocol_error with a sentence that says what does not fit.
[[nodiscard]] result<checked_page> check_page(wire::page page, const wire::cursor& from);

}  // namespace autocusto::engine
