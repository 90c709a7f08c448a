#include "server/auth/code.hpp"

#include <algorithm>

#include "server/store/settings.hpp"
#include "shared/base/bytes.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::auth {
namespace {

constexpr std::size_t k_code_secret_size = 16;
constexpr std::size_t k_code_mac_size = 8;
constexpr std::size_t k_code_text_size = (k_code_secret_size + k_code_mac_size) / 3 * 4;
/// Of a clock that was ahead when a code was made (enrollment.cpp).
constexpr unix_millis k_code_slack_before = 24LL * 60 * 60 * 1000;

}  // namespace

code_mint::code_mint(const server_keys& keys)
    : key_(crypto::secret::copy_of(
          crypto::hmac_sha256(keys.server_secret.view(), "enrollment code").raw())) {}

std::string code_mint::make(random_source& random) const {
  return make_from(random.bytes(k_code_secret_size));
}

std::string code_mint::make_from(std::string_view secret_bytes) const {
  std::string raw(secret_bytes.substr(0, k_code_secret_size));
  const auto mac = crypto::hmac_sha256(key_.view(), raw);
  raw += mac.raw().substr(0, k_code_mac_size);
  return to_base64url(raw);
}

bool code_mint::genuine(std::string_view code) const {
  if (code.size() != k_code_text_size) return false;
  const auto raw = from_base64url(code);
  if (!raw) return false;
  const std::string_view all = *raw;
  const auto mac = crypto::hmac_sha256(key_.view(), all.substr(0, k_code_secret_size));
  return crypto::constant_time_equal(mac.raw().substr(0, k_code_mac_size),
                                     all.substr(k_code_secret_size));
}

unix_millis plain_codes_until(store::database& in, unix_millis now) {
  std::optional<std::string> since;
  in.read([&](store::settings::reads settings) { since = settings.setting(k_codes_since); });
  if (!since) {
    since = format_time(now);
    in.write([&](store::transaction& tx) {
      store::settings::writes(tx).set_setting(k_codes_since, *since);
    });
  }
  // A clock that was ahead has noted a time that has not come yet.
  const auto from = std::min(parse_time(*since).value_or(now), now);
  return from == 0 ? 0 : from + limits::enrollment_millis + k_code_slack_before;
}

}  // namespace autocusto::auth
