#pragma once
// Devices that stand in for others: what a copied or restored folder becomes (`enroll --again`).
//
// A copy of a laptop's folder has the laptop's key, and pushes of one key form one chain; so the
// copy asks for a device of its own, signed with the key that it has. The new device *replaces* the
// old one: it may push versions that name the old one, or one that that one replaced. The old one
// goes on as it was. The same old device with the same new key is answered with the same device.
// Both keys sign one challenge of the server (enrollment.hpp), so nobody can repeat it for them.
// Bounds: 16 devices in use that stand in, directly or not, for one that was enrolled with a code
// (so a copy of a copy counts with the copies), 32 for one user, and 63 one behind the other. With
// the policy `approve` an administrator has to approve each one that comes without a code; until
// then it gets nothing. Functions of the caller's transaction.

#include <cstddef>
#include <optional>
#include <string_view>

#include "server/auth/keys.hpp"
#include "server/store/journal_entry.hpp"
#include "server/store/rows.hpp"
#include "server/store/transaction.hpp"
#include "shared/base/error.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::auth {

inline constexpr std::size_t k_stand_ins = 16;          ///< in use, of one root
inline constexpr std::size_t k_stand_ins_of_user = 32;  ///< in use
using store::k_reenrollment_setting;
inline constexpr std::string_view k_approve = "approve";
inline constexpr std::string_view k_allow = "allow";
/// Fewer than the devices that a push looks back (sync/push_transaction.cpp).
inline constexpr std::size_t k_stand_ins_in_a_row = 63;

/// What `again` of the request says, if it is for this server and this new key; nothing when the
/// request has none. Errors: malformed.
[[nodiscard]] result<std::optional<wire::again_object>> read_reenrollment(
    const server_keys& keys, const wire::enroll_request& request);

/// Whether that device's key signed the request; else bad_signature.
[[nodiscard]] result<void> signed_by_device(const wire::signed_object& reenrollment,
                                            const store::device_row& device);

struct replacement {
  store::device_row old;
  std::optional<store::device_row> made;  ///< this key has been here before
};
/// Locks the old device and says whether the key may stand in for it. With a code (`user`: its
/// user) the device may be one that the server has forgotten; it gets a row without a key then.
/// A refusal may leave that row: the caller undoes its transaction. A key that was revoked stands
/// in anew only with a code.
/// Errors: device_unknown, device_revoked, user_disabled, bad_signature, forbidden (another user's
/// device), too_many_devices.
[[nodiscard]] result<replacement> may_replace(store::transaction& tx, unix_millis now,
                                              const wire::again_object& asked,
                                              const wire::signed_object& sent,
                                              std::optional<store::pk> user);

}  // namespace autocusto::auth
