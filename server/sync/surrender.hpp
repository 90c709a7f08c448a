#pragma once
// Erasure receipts of devices (POST /v1/surrender). What such a device hands over before is a push,
// see push_service.hpp.
//
// An erasure receipt is an object that the device signed: it names the closed incarnations that are
// erased on it, or says that everything is. It is stored if the device had the order to erase: the
// incarnations are closed views of its user; or the device is revoked, its user is disabled, or a
// session told it to erase everything. The same receipt again changes nothing. Functions; any
// thread.

#include "server/store/database.hpp"
#include "server/store/rows.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync {

/// Errors: malformed; bad_signature; forbidden for `everything` from a device that has its access;
/// device_unknown.
[[nodiscard]] result<wire::erasure_answer> take_erasure(store::database& database,
                                                        const server_id& server, unix_millis now,
                                                        const store::session_owner& who,
                                                        const wire::signed_object& sent);

}  // namespace autocusto::sync
