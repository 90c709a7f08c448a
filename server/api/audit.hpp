#pragma once
// Entries of the audit log that no administrator's device signed: reads of patient data by
// administrators, and acts of the server itself.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "server/store/audit.hpp"

namespace autocusto::api {

struct audit_subject {
  std::optional<store::pk> user;
  std::optional<store::pk> record;
};

/// An administrator read something: `what` names it (`record.show`), `args` is kept as canonical
/// JSON.
void audit_read(store::audit::writes audit, const store::session_owner& caller,
                std::string_view what, const nlohmann::json& args, const audit_subject& subject,
                unix_millis now);

/// The server did something by itself: the actor is the system user.
void audit_own_act(store::transaction& tx, std::string_view what, const nlohmann::json& args,
                   const audit_subject& subject, unix_millis now);

}  // namespace autocusto::api
