#include "server/auth/rotation.hpp"

#include <utility>

namespace autocusto::auth {
namespace {

error announced_already(unix_millis from) {
  return fail(errc::usage, "The next one is announced already; --activate puts it into use from " +
                               format_time(from) + " on.");
}

result<void> ready(bool announced, unix_millis from, unix_millis now, bool at_once) {
  if (!announced) {
    return fail(errc::usage, "Nothing is announced; run the command without --activate first.");
  }
  if (now >= from || at_once) return {};
  return fail(errc::usage,
              "Laptops have until " + format_time(from) +
                  " to hear of it; those that have not are shut out by an earlier change. --now "
                  "changes all the same.");
}

}  // namespace

result<void> announce(server_keys& keys, rotated what, random_source& random, unix_millis now,
                      unix_millis overlap) {
  switch (what) {
    case rotated::signing_key:
      if (keys.next_signing) return announced_already(keys.next_signing_from);
      keys.next_signing = crypto::signing_key::generate(random);
      keys.next_signing_from = now + overlap;
      break;
    case rotated::root:
      if (!keys.ca) {
        return fail(errc::usage,
                    "This server has no certificate authority of its own; replace the files of "
                    "--cert and --key.");
      }
      if (keys.next_ca) return announced_already(keys.next_ca_from);
      keys.next_ca =
          http::make_ca("AutoCusto " + keys.server.text(), k_root_years, now - k_day_millis);
      keys.next_ca_from = now + overlap;
      break;
  }
  ++keys.trust_serial;
  return {};
}

result<void> activate(server_keys& keys, rotated what, const std::vector<std::string>& names,
                      unix_millis now, bool at_once, unix_millis told) {
  switch (what) {
    case rotated::signing_key: {
      auto may = ready(keys.next_signing.has_value(), keys.next_signing_from, now, at_once);
      if (!may) return may;
      keys.retired.push_back(keys.signing.public_half());
      keys.signing = std::move(*keys.next_signing);
      keys.next_signing.reset();
      keys.next_signing_from = 0;
      break;
    }
    case rotated::root: {
      auto may = ready(keys.next_ca.has_value(), keys.next_ca_from, now, at_once);
      if (!may) return may;
      std::swap(keys.ca, keys.next_ca);
      if (auto leaf = reissue_leaf(keys, names, now, told); !leaf) {
        std::swap(keys.ca, keys.next_ca);
        return leaf;
      }
      keys.next_ca.reset();
      keys.next_ca_from = 0;
      break;
    }
  }
  ++keys.trust_serial;
  return {};
}

result<void> may_follow(const server_keys& newer, const server_keys& present) {
  if (newer.server != present.server) {
    return fail(errc::usage, "That is the key bundle of another installation.");
  }
  if (newer.trust_serial < present.trust_serial) {
    return fail(errc::usage,
                "That key bundle is older than the one in the folder; laptops that have seen the "
                "newer one would not believe it.");
  }
  const bool equal = newer.trust_serial == present.trust_serial;
  if (equal && trust_object(newer).object != trust_object(present).object) {
    return fail(
        errc::usage,
        "That key bundle and the one in the folder were changed apart from each other: they "
        "tell different keys under one serial, and laptops that have seen one would not "
        "believe the other. Export the bundle of the process that laptops have reached since, "
        "and import that one everywhere; or go one step further there (`keys rotate`) before "
        "you export it.");
  }
  return {};
}

}  // namespace autocusto::auth
