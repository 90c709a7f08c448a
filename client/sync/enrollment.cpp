#include "client/sync/enrollment.hpp"

#include "client/transport/remote.hpp"
#include "shared/domain/entry.hpp"

namespace autocusto::engine {
replica::identity identity_of(const transport::enrollment& made, std::string_view device_name) {
  replica::identity who;
  who.host = made.address.host;
  who.port = made.address.port;
  who.pin_is_ca = made.address.pin_is_ca;
  who.pin = made.address.pin;
  if (made.address.trust) who.trust = *made.address.trust;
  who.server = made.server;
  who.user = made.user;
  who.email = made.email;
  who.role = made.role;
  who.device = made.device;
  who.device_name = device_name;
  return who;
}

result<transport::server_address> address_of(const replica::identity_store& own) {
  const auto who = own.who();
  if (!who) return who.error();
  return transport::server_address{.host = who->host,
                                   .port = who->port,
                                   .pin_is_ca = who->pin_is_ca,
                                   .pin = who->pin,
                                   .trust = who->trust,
                                   .server_time = own.server_time()};
}

result<replica::identity> enroll_device(replica::identity_store own,
                                        const wire::enrollment_link& link,
                                        std::string_view device_name) {
  const auto key = own.device_key();
  const auto name = domain::visible_text(device_name);
  auto enrolled = transport::enroll(link, {name, &key});
  if (!enrolled) return enrolled.error();
  const auto who = identity_of(*enrolled, name);
  if (const auto ok = own.enroll(who, enrolled->tenant_key); !ok) return ok.error();
  return who;
}

result<replica::identity> enroll_device_again(replica::identity_store own,
                                              const std::optional<wire::enrollment_link>& link,
                                              std::string_view device_name) {
  const auto now = own.who();
  if (!now) return now.error();
  if (own.erased()) {
    return fail(errc::device_revoked,
                "What this folder held was erased when the access was withdrawn, so there is "
                "nothing to go on with. Run `autocusto wipe`, then `autocusto enroll LINK`.");
  }
  const auto name =
      domain::visible_text(device_name.empty() ? std::string_view(now->device_name) : device_name);
  const auto next = own.next_device_key();
  if (!next) return next.error();
  const auto key = own.device_key();
  transport::new_device wanted{name, &*next};
  wanted.replaces = transport::new_device::replaced{now->server, now->device, &key};
  const auto address = address_of(own);
  if (!address) return address.error();
  auto enrolled =
      link ? transport::enroll(*link, wanted) : transport::enroll_again(*address, wanted);
  if (!enrolled) return enrolled.error();
  // A previous server's clock may have been years ahead. A link is verified without the time, so
  // this server's time replaces the known one.
  if (link) {
    if (const auto ok = own.set_server_time(enrolled->address.server_time); !ok) return ok.error();
  }
  const auto who = identity_of(*enrolled, name);
  if (const auto ok = own.become(who, next->public_half(), enrolled->tenant_key); !ok)
    return ok.error();
  return who;
}

bool may_have_enrolled(errc code) {
  return code == errc::unreachable || code == errc::busy || code == errc::unavailable ||
         code == errc::internal || code == errc::timeout || code == errc::protocol_error;
}

}  // namespace autocusto::engine
