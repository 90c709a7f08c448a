#include "client/sync/enrollment.hpp"

#include "client/transport/remote.hpp"

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
  auto enrolled = transport::enroll(link, device_name, key.public_half());
  if (!enrolled) return enrolled.error();
  const auto who = identity_of(*enrolled, device_name);
  if (const auto ok = replica.enroll(who, enrolled->tenant_key); !ok) return ok.error();
  return who;
}

bool may_have_enrolled(errc code) {
  return code == errc::unreachable || code == errc::busy || code == errc::unavailable ||
         code == errc::internal || code == errc::timeout || code == errc::protocol_error;
}

}  // namespace autocusto::engine
