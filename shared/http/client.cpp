#include "shared/http/client.hpp"

#include <algorithm>

#include "shared/http/client_connection.hpp"
#include "shared/http/compress.hpp"
#include "shared/http/proxy.hpp"
#include "shared/http/render.hpp"
#include "shared/http/tls.hpp"

namespace autocusto::http {
namespace {

using std::chrono::steady_clock;

error protocol(std::string message) {
  return fail(errc::protocol_error, std::move(message));
}

/// As it stands in the Host header: IPv6 in brackets, the port unless it is the scheme's own.
std::string host_header(const client_options& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  std::string host = v6 ? '[' + options.host + ']' : options.host;
  const std::uint16_t usual = options.tls ? 443 : 80;
  if (options.port != usual) host += ':' + std::to_string(options.port);
  return host;
}

/// Request and body as they go out.
struct outgoing {
  std::string head;
  std::string body;
};

outgoing prepare(const client_request& asked, const std::string& host) {
  outgoing out;
  auto headers = asked.headers;
  headers.push_back({"Accept-Encoding", "zstd"});
  out.body = asked.body;
  if (!find_header(headers, "content-encoding")) {
    if (auto packed = zstd_for_sending(asked.body)) {
      out.body = *std::move(packed);
      headers.push_back({"Content-Encoding", "zstd"});
    }
  }
  out.head = render_request(asked.method, asked.path_with_query, host, headers, out.body.size());
  return out;
}

bool may_go_to(const client_request& asked, const std::optional<hash256>& peer) {
  const auto& keys = asked.only_to;
  return keys.empty() || (peer && std::find(keys.begin(), keys.end(), *peer) != keys.end());
}

result<response> decode(raw_response raw, std::size_t limit) {
  response answer;
  answer.status = raw.status;
  answer.body = std::move(raw.body);
  if (const auto encoding = find_header(raw.headers, "content-encoding")) {
    if (*encoding != "zstd") {
      return protocol("The server sent a response in an encoding that was not asked for.");
    }
    auto plain = zstd_decompress(answer.body, limit);
    if (!plain && plain.error().code == errc::body_too_large) {
      return fail(errc::protocol_error, "The server's response is larger than was asked for.", {},
                  static_cast<std::int64_t>(limit));
    }
    if (!plain) return protocol("The server's compressed response is damaged; try again.");
    answer.body = *std::move(plain);
  }
  if (const auto type = find_header(raw.headers, "content-type")) answer.content_type = *type;
  answer.headers = std::move(raw.headers);
  return answer;
}

}  // namespace

class client::impl {
 public:
  explicit impl(client_options options) : options_(std::move(options)) {
    trust_.ca_pin = options_.ca_pin;
    trust_.further_pins = options_.further_pins;
    trust_.time = options_.trust_time;
  }

  result<response> send(const client_request& asked) {
    const auto deadline = steady_clock::now() + asked.deadline;
    const auto out = prepare(asked, host_header(options_));
    const bool head_only = asked.method == "HEAD";
    bool may_retry = asked.idempotent;
    while (true) {
      const bool kept = connection_.usable();
      if (!kept) {
        if (const auto opened = open(deadline); !opened) return opened.error();
      }
      if (!may_go_to(asked, connection_.peer_key())) {
        connection_.close();
        return fail(errc::session_expired,
                    "The server shows another TLS key than the one that it proved to be its own; "
                    "open a new session.");
      }
      peer_ = connection_.peer_key();
      auto outcome =
          connection_.exchange(out.head, out.body, head_only, asked.response_limit, deadline);
      if (outcome.answer) return decode(*std::move(outcome.answer), asked.response_limit);
      // A kept connection may have been closed by the server at the moment it was used again.
      if (!(kept && may_retry && outcome.before_any_byte)) return *std::move(outcome.problem);
      may_retry = false;
    }
  }

  void set_pins(std::vector<hash256> pins) {
    trust_.ca_pin = pins.back();
    pins.pop_back();
    trust_.further_pins = std::move(pins);
    context_.reset();
  }
  void set_trust_time(unix_millis t) {
    trust_.time = t;
    context_.reset();
  }

  client_connection& connection() { return connection_; }
  [[nodiscard]] std::optional<hash256> peer_key() const { return peer_; }

 private:
  result<void> open(deadline_point deadline) {
    if (options_.tls && !context_) context_ = make_client_context(trust_);
    std::optional<proxy_address> proxy;
    if (options_.proxy_from_environment && options_.tls) {
      auto named = proxy_for(options_.host);
      if (!named) return named.error();
      proxy = *std::move(named);
    }
    const auto own = steady_clock::now() + options_.connect_deadline;
    return connection_.open(options_.host, options_.port, context_.get(), std::min(own, deadline),
                            std::move(proxy));
  }

  client_options options_;
  trust trust_;
  context_ptr context_;  ///< made when first needed
  client_connection connection_;
  std::optional<hash256> peer_;  ///< the server's, of the last connection that was used
};

client::client(client_options options) : impl_(std::make_unique<impl>(std::move(options))) {}
client::client(client&& other) noexcept = default;
client& client::operator=(client&& other) noexcept = default;
client::~client() = default;

result<response> client::send(const client_request& request) {
  return impl_->send(request);
}

std::optional<hash256> client::peer_key() const {
  return impl_->peer_key();
}

void client::set_pins(std::vector<hash256> pins) {
  impl_->set_pins(std::move(pins));
}

void client::set_trust_time(unix_millis t) {
  impl_->set_trust_time(t);
}

void client::interrupt() noexcept {
  impl_->connection().interrupt();
}

void client::clear_interrupt() {
  impl_->connection().clear_interrupt();
}

bool client::interrupted() const noexcept {
  return impl_->connection().interrupted();
}

void client::disconnect() {
  impl_->connection().close();
}

}  // namespace autocusto::http
