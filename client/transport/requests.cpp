#include "client/transport/requests.hpp"

#include <chrono>

#include "client/transport/trust.hpp"
#include "shared/crypto/random.hpp"

namespace autocusto::transport::detail {
namespace {

constexpr std::chrono::seconds k_request_deadline{30};
constexpr std::size_t k_nonce_size = 32;

}  // namespace

failure refused(const http::response& response) {
  auto problem = wire::decode_problem(response.status, response.body);
  return {.what = std::move(problem.what), .last_push = problem.last_push};
}

failure failed(error what) {
  return {.what = std::move(what), .last_push = {}};
}

failure unreadable(const error& why) {
  return failed(fail(errc::protocol_error,
                     "The server's answer cannot be read (" + why.message +
                         "). Nothing was changed; tell the administrator.",
                     why.field, why.limit));
}

http::client_options options_of(const server_address& address,
                                const std::optional<wire::trust>& known) {
  http::client_options options;
  options.host = address.host;
  options.port = address.port;
  options.proxy_from_environment = true;
  auto pins = tls_pins(address.pin_is_ca, address.pin, known);
  if (!pins.empty()) {
    options.ca_pin = pins.back();
    pins.pop_back();
    options.further_pins = std::move(pins);
  }
  if (options.ca_pin) options.trust_time = certificate_time(address.server_time);
  return options;
}

std::optional<wire::trust> kept_trust(const server_address& address) {
  if (!address.trust) return std::nullopt;
  return wire::decode_trust(address.trust->object).value();
}

http::client_request post(std::string path, std::string body) {
  http::client_request request;
  request.method = "POST";
  request.path_with_query = std::move(path);
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body);
  request.deadline = k_request_deadline;
  return request;
}

http::client_request post_plain(std::string path, std::string body) {
  auto request = post(std::move(path), std::move(body));
  request.headers.push_back({"Content-Encoding", "identity"});
  return request;
}

std::string fresh_nonce() {
  return crypto::system_random().bytes(k_nonce_size);
}

std::string channel_of(const http::client& connection) {
  const auto key = connection.peer_key();
  return key ? std::string(key->raw()) : std::string();
}

}  // namespace autocusto::transport::detail
