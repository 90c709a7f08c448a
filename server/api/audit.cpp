#include "server/api/audit.hpp"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "server/store/audit.hpp"
#include "server/store/people.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::api {
namespace {

store::audit_row unsigned_row(std::string_view what, const nlohmann::json& args,
                              const audit_subject& subject, unix_millis now) {
  store::audit_row row;
  row.at = now;
  row.what = what;
  row.subject_user = subject.user;
  row.subject_record = subject.record;
  row.object = json::canonical(args);
  return row;
}

}  // namespace

void audit_read(store::audit::writes audit, const store::session_owner& caller,
                std::string_view what, const nlohmann::json& args, const audit_subject& subject,
                unix_millis now) {
  auto row = unsigned_row(what, args, subject, now);
  row.actor = caller.user.key;
  row.device = caller.device.key;
  audit.add_audit(row);
}

void audit_own_act(store::transaction& tx, std::string_view what, const nlohmann::json& args,
                   const audit_subject& subject, unix_millis now) {
  const auto system = store::people::reads(tx).user_by_id(system_user());
  if (!system) throw std::logic_error("the database has no system user");
  auto row = unsigned_row(what, args, subject, now);
  row.actor = system->key;
  store::audit::writes(tx).add_audit(row);
}

}  // namespace autocusto::api
