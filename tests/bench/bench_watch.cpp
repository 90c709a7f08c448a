#include "tests/bench/bench_watch.hpp"

#include <algorithm>
#include <atomic>
#include <list>
#include <thread>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "client/transport/remote.hpp"
#include "shared/base/limits.hpp"
#include "shared/crypto/random.hpp"
#include "shared/wire/messages.hpp"

namespace autocusto::bench {
namespace asio = boost::asio;

struct watchers::device {
  explicit device(const std::string& link)
      : key(crypto::signing_key::generate(crypto::system_random())),
        who(transport::enroll(wire::decode_enrollment_link(link).value(), {"watcher", &key})
                .value()),
        server(who.address) {
    static_cast<void>(server.sign_in(who.device, key, std::nullopt).value());
    waiting = std::thread([this] { wait(); });
  }

  /// `interrupt` ends the poll under way, and `stopped` the loop.
  void wait() {
    wire::cursor from;
    while (!stopped) {
      const auto page = server.changes(from, limits::batch_versions, limits::long_poll_seconds,
                                       std::nullopt, false);
      if (!page) break;
      from = page->next;
    }
    ended = true;
  }

  crypto::signing_key key;
  transport::enrollment who;
  transport::remote server;
  std::atomic<bool> stopped = false;
  std::atomic<bool> ended = false;
  std::thread waiting;
};

watchers::watchers(const std::vector<std::string>& links) {
  for (const auto& link : links) devices_.push_back(std::make_unique<device>(link));
}

watchers::~watchers() {
  for (auto& each : devices_) {
    each->stopped = true;
    each->server.interrupt();
  }
  for (auto& each : devices_) each->waiting.join();
}

std::size_t watchers::ended() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(devices_, [](const auto& each) { return each->ended.load(); }));
}

struct silent_connections::state {
  asio::io_context io;
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::list<asio::ssl::stream<asio::ip::tcp::socket>> lines;
};

silent_connections::silent_connections() : state_(std::make_unique<state>()) {}
silent_connections::~silent_connections() = default;

void silent_connections::open(int port, std::size_t count) {
  const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(),
                                       static_cast<asio::ip::port_type>(port));
  for (std::size_t i = 0; i < count; ++i) {
    auto& line = state_->lines.emplace_back(state_->io, state_->tls);
    boost::system::error_code failed;
    line.next_layer().connect(server, failed);
    if (!failed) line.handshake(asio::ssl::stream_base::client, failed);
    if (failed) state_->lines.pop_back();
  }
}

std::size_t silent_connections::opened() const {
  return state_->lines.size();
}

}  // namespace autocusto::bench
