#pragma once
// Placeholders for people and devices that a restored database has forgotten.
//
// A version that comes back with a valid proof may name an author or a device that was added after
// the backup was made. Rows for them are made with the ids that the version names: the user cannot
// sign in (disabled, under an e-mail that nobody has), the device has no key. When the journal of
// signed acts, or a new enrollment, tells who they are, the rows are filled in. Free functions; the
// caller's transaction.

#include <string>

#include "server/store/people.hpp"

namespace autocusto::store {

/// The user of that id; a placeholder is made where there is none.
[[nodiscard]] user_row user_or_placeholder(people::writes people, const user_id& id,
                                           unix_millis now);
/// The device of that id; a placeholder of that user is made where there is none.
[[nodiscard]] device_row device_or_placeholder(people::writes people, const device_id& id, pk user,
                                               unix_millis now);

/// Whether the row was made by the above and nobody has said since whose it is.
[[nodiscard]] bool is_placeholder(const user_row& user);
/// The same of a device; the merge device is none.
[[nodiscard]] bool is_placeholder(const device_row& device);

}  // namespace autocusto::store
