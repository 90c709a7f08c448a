#include "client/sync/enrollment.hpp"

#include "client/sync/store_port.hpp"
#include "client/transport/remote.hpp"
#include "shared/domain/entry.hpp"

namespace autocusto::engine {
namespace {

replica::identity identity_of(const transport::enrollment& e, std::string_view device_name) {
  replica::identity who;
  who.host = e.address.host;
  who.port = e.address.port;
  who.pin_is_ca = e.address.pin_is_ca;
  who.pin = e.address.pin;
  if (e.address.trust) who.trust = *e.address.trust;
  who.server = e.server;
  who.user = e.user;
  who.email = e.email;
  who.role = e.role;
  who.device = e.device;
  who.device_name = device_name;
  return who;
}

}  // namespace

result<replica::identity> enroll_device(replica::replica_store& replica,
                                        const wire::enrollment_link& link,
                                        std::string_view device_name) {
  const auto key = replica.device_key();
  const auto name = domain::visible_text(device_name);
  auto enrolled = transport::enroll(link, {name, &key});
  if (!enrolled) return enrolled.error();
  const auto who = identity_of(*enrolled, name);
  if (const auto ok = replica.enroll(who, enrolled->tenant_key); !ok) return ok.error();
  return who;
}

result<replica::identity> enroll_device_again(replica::replica_store& replica,
                                              const std::optional<wire::enrollment_link>& link,
                                              std::string_view device_name) {
  const auto now = replica.who();
  if (!now) return now.error();
  if (replica.erased()) {
    return fail(errc::device_revoked,
                "What this folder held was erased when the access was withdrawn, so there is "
                "nothing to go on with. Run `autocusto wipe`, then `autocusto enroll LINK`.");
  }
  const auto name =
      domain::visible_text(device_name.empty() ? std::string_view(now->device_name) : device_name);
  const auto next = replica.next_device_key();
  if (!next) return next.error();
  const auto key = replica.device_key();
  transport::new_device wanted{name, &*next};
  wanted.replaces = transport::new_device::replaced{now->server, now->device, &key};
  const auto address = address_of(replica);
  if (!address) return address.error();
  auto enrolled =
      link ? transport::enroll(*link, wanted) : transport::enroll_again(*address, wanted);
  if (!enrolled) return enrolled.error();
  // An earlier server's clock may have been years ahead: a link is proved without it.
  if (link) {
    if (const auto ok = believe_time(replica, enrolled->address.server_time); !ok)
      return ok.error();
  }
  const auto who = identity_of(*enrolled, name);
  if (const auto ok = replica.become(who, next->public_half(), enrolled->tenant_key); !ok)
    return ok.error();
  return who;
}

bool may_have_enrolled(errc code) {
  return code == errc::unreachable || code == errc::busy || code == errc::unavailable ||
         code == errc::internal || code == errc::timeout || code == errc::protocol_error;
}

}  // namespace autocusto::engine
