#pragma once
// An act that has to outlive the database: what the signed journal of a server process keeps, and
// what a row of `journaled` says that the database has done.
//
// Only acts whose loss would give access back or lock people out: users and devices that were
// added, users disabled and enabled, devices approved and revoked, views removed, enrollment codes
// withdrawn, whether re-enrollment has to be approved. An entry carries everything that doing it
// again needs. Its JSON form is canonical; nothing in it is about a patient but the pseudonym of a
// record. Values only; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "server/store/rows.hpp"
#include "shared/base/error.hpp"

namespace autocusto::store {

/// The setting that says whether an administrator has to approve a re-enrollment (`approve`);
/// anything else means no.
inline constexpr std::string_view k_reenrollment_setting = "reenrollment";

enum class journaled_act {
  user_added,
  user_enabled,
  user_disabled,
  device_added,
  device_revoked,
  view_removed,
  enrollment_revoked,
  device_approved,
  reenrollment_set,
};

/// That an act of the journal has been done in a database.
struct journaled_row {
  act_id id;
  journaled_act what = journaled_act::user_added;
  std::string subject;  ///< 16 bytes (journal_subject)
  unix_millis at = 0;
  std::string object;  ///< encode_entry
};

struct journal_entry {
  /// Of the admin's act; of an enrolled device its own id; of a device that was revoked along with
  /// another one `revoked_along`.
  act_id id;
  journaled_act what = journaled_act::user_added;
  unix_millis at = 0;
  user_id user;  ///< always: whom it is about; of reenrollment_set the administrator
  // user_added
  std::string email;
  user_role role = user_role::doctor;
  // device_added, device_approved, device_revoked
  device_id device;
  std::string device_name;
  std::string public_key;  ///< 32 bytes
  std::optional<device_id> replaces;
  std::string code_hash;  ///< of the enrollment code that it spent; empty: none.
                          ///< enrollment_revoked: of the code
  bool lost = false;
  bool pending = false;  ///< when it was added
  // view_removed
  record_id record;
  incarnation_id incarnation;
  std::string policy;  ///< reenrollment_set: `approve` or `allow`
};

/// The 16 bytes by which later acts about the same are found: user, device or incarnation; of a
/// withdrawn code how its hash begins; of the policy of re-enrollment zeros, since there is one.
[[nodiscard]] std::string journal_subject(const journal_entry& of);

/// The id under which the act that revoked one device revoked this one, too.
[[nodiscard]] act_id revoked_along(const act_id& act, const device_id& device);

/// The row that says that the entry is done.
[[nodiscard]] journaled_row journaled(const journal_entry& of);

/// {"act":"user.added","at":"…","id":uuid,"user":uuid,…}, canonical.
[[nodiscard]] std::string encode_entry(const journal_entry& of);
[[nodiscard]] result<journal_entry> decode_entry(std::string_view json);

}  // namespace autocusto::store
