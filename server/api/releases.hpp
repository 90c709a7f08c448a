#pragma once
// What laptops of the first releases cannot read.
//
// They refuse fields and kinds of records that they do not know, and a page that holds one stops
// their sync for good. So they get an error that says what to do instead of such a page, and their
// cursor stays. They push as before. Pure functions; any thread.

#include "shared/wire/messages.hpp"

namespace autocusto::api {

/// Whether a page holds nothing beyond `domain::first_revisions`. Linear in the page; it decodes
/// every payload.
[[nodiscard]] bool readable_at_first(const wire::page& page);

/// The error in the answer to a laptop of the first releases. Code: update_needed.
[[nodiscard]] error update_needed();

}  // namespace autocusto::api
