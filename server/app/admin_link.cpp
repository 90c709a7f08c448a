#include "server/app/admin_link.hpp"

#include <nlohmann/json.hpp>

#include "server/api/audit.hpp"
#include "server/auth/enrollment.hpp"
#include "server/store/people.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::app {
namespace {

result<store::user_row> only_admin(store::people::reads people) {
  std::optional<store::user_row> found;
  std::string all;
  bool several = false;
  for (auto& user : people.all_users()) {
    if (user.role != store::user_role::admin || !user.enabled) continue;
    all += (all.empty() ? "" : ", ") + user.email;
    several = found.has_value();
    found = std::move(user);
  }
  if (several) {
    return fail(errc::ambiguous, "There are several administrators; name one with --user: " + all,
                "user");
  }
  if (found) return *std::move(found);
  return fail(errc::not_found, "There is no administrator who is enabled; restore a backup.");
}

result<store::user_row> admin_named(store::people::reads people, const std::string& email) {
  auto user = people.user_by_email(email);
  if (!user || user->role == store::user_role::system) {
    return fail(errc::not_found,
                "There is no user with this e-mail; leave --user out to be told whom there is.",
                "user");
  }
  if (user->role != store::user_role::admin) {
    return fail(errc::forbidden,
                "That is a doctor; an administrator makes links for doctors with `autocusto-admin "
                "enrollment new`.",
                "user");
  }
  if (!user->enabled) {
    return fail(errc::user_disabled,
                "This administrator is disabled; name another one with --user.", "user");
  }
  return *std::move(user);
}

}  // namespace

result<admin_code> make_admin_code(store::database& in, const auth::server_keys& keys,
                                   random_source& random, const std::string& email,
                                   unix_millis now) {
  result<admin_code> out = admin_code{};
  in.write([&](store::transaction& tx) {
    const auto user = email.empty() ? only_admin(tx) : admin_named(tx, email);
    if (!user) {
      out = user.error();
      return;
    }
    const auto code = auth::create_enrollment(tx, auth::code_mint(keys), random, user->key, now);
    api::audit_own_act(tx, "enrollment.local", nlohmann::json{{"user", user->id.text()}},
                       {.user = user->key, .record = std::nullopt}, now);
    out = admin_code{code, user->email, now + limits::enrollment_millis};
  });
  return out;
}

}  // namespace autocusto::app
