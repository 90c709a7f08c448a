#include "server/store/postgres/tls_default.hpp"

#include <cstdlib>
#include <string_view>

#include <libpq-fe.h>

namespace autocusto::store {
namespace {

bool is_this_machine(std::string_view host) {
  return host.empty() || host.front() == '/' || host == "localhost" || host == "::1" ||
         host.starts_with("127.");
}

}  // namespace

bool needs_verified_tls(const std::string& url) {
  PQconninfoOption* options = PQconninfoParse(url.c_str(), nullptr);
  if (options == nullptr) return false;  // connecting tells what is wrong with it
  bool remote = false;
  bool told = std::getenv("PGSSLMODE") != nullptr;
  for (const PQconninfoOption* o = options; o->keyword != nullptr; ++o) {
    if (o->val == nullptr) continue;
    const std::string_view name = o->keyword;
    if (name == "sslmode") told = true;
    if (name == "host" || name == "hostaddr") {
      std::string_view hosts = o->val;
      while (true) {
        const auto comma = hosts.find(',');
        remote = remote || !is_this_machine(hosts.substr(0, comma));
        if (comma == std::string_view::npos) break;
        hosts.remove_prefix(comma + 1);
      }
    }
  }
  PQconninfoFree(options);
  return remote && !told;
}

}  // namespace autocusto::store
