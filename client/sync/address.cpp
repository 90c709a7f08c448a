#include "client/sync/address.hpp"

namespace autocusto::engine {

result<transport::server_address> address_of(const replica::identity_store& own) {
  const auto who = own.who();
  if (!who) return who.error();
  transport::server_address address;
  address.host = who->host;
  address.port = who->port;
  address.pin_is_ca = who->pin_is_ca;
  address.pin = who->pin;
  address.trust = who->trust;
  address.server_time = own.server_time();
  return address;
}

}  // namespace autocusto::engine
