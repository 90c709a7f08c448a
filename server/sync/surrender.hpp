#pragma once
// What a device gives up: receipts of erasure (POST /v1/surrender; the handing over itself is a
// push, see push_service).
//
// A receipt is an object that the device signed: which closed incarnations, or that nothing at all,
// is left on it. It is kept if the device was really told so: the incarnations are closed views of
// its user; the device is revoked, its user disabled, or it heard so at a session. The same receipt
// again changes nothing. Functions; any thread.

#include "server/store/database.hpp"
#include "server/store/rows.hpp"
#include "shared/base/clock.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::sync {

/// Errors: malformed; bad_signature; forbidden for `everything` from a device that has its access;
/// device_unknown.
[[nodiscard]] result<wire::erasure_answer> take_erasure(store::database& in,
                                                        const server_id& server, unix_millis now,
                                                        const store::session_owner& who,
                                                        const wire::signed_object& sent);

}  // namespace autocusto::sync
