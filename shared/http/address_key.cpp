#include "shared/http/address_key.hpp"

#include <algorithm>

#include <boost/asio/ip/address.hpp>

namespace autocusto::http {

std::string address_key(std::string_view peer) {
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(std::string(peer), failed);
  if (failed || address.is_v4()) return std::string(peer);
  const auto six = address.to_v6();
  if (six.is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, six).to_string();
  }
  constexpr std::size_t network_bytes = 8;
  auto bytes = six.to_bytes();
  std::fill(bytes.begin() + network_bytes, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::make_address_v6(bytes).to_string() + "/64";
}

}  // namespace autocusto::http
