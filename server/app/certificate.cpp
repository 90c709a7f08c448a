#include "server/app/certificate.hpp"

#include "server/auth/private_file.hpp"

namespace autocusto::app {
namespace {

constexpr std::size_t k_pem_limit = std::size_t{64} * 1024;

}  // namespace

result<http::certificate_pair> read_certificate(const std::string& certificate_file,
                                                const std::string& key_file) {
  auto certificate = auth::read_file(certificate_file, k_pem_limit);
  if (!certificate) return certificate.error();
  auto key = auth::read_file(key_file, k_pem_limit);
  if (!key) return key.error();
  if (!http::key_matches(*certificate, *key)) {
    return fail(errc::usage, "The key in " + key_file + " does not belong to the certificate in " +
                                 certificate_file + "; give the two that were made together.");
  }
  return http::certificate_pair{std::move(*certificate), std::move(*key)};
}

result<bool> look_after_certificate(const std::string& folder, const config& settings,
                                    auth::server_keys& keys, unix_millis now, unix_millis told) {
  if (!settings.certificate_file.empty()) {
    auto given = read_certificate(settings.certificate_file, settings.key_file);
    if (!given) return given.error();
    if (given->certificate == keys.leaf.certificate) return false;
    keys.leaf = std::move(*given);
  } else {
    const auto renewed = auth::renew_leaf(keys, settings.names, now, told);
    if (!renewed) return renewed.error();
    if (!*renewed) return false;
  }
  if (auto saved = auth::save_keys(folder, keys); !saved) return saved.error();
  return true;
}

}  // namespace autocusto::app
