#include "client/transport/remote.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "client/transport/foreign.hpp"
#include "client/transport/requests.hpp"
#include "client/transport/trust.hpp"
#include "shared/base/limits.hpp"
#include "shared/http/client.hpp"
#include "shared/http/compress.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::transport {

using namespace detail;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A full push may need a while to be checked and written by a loaded server.
constexpr milliseconds k_push_deadline = seconds(120);
constexpr milliseconds k_wait_slack = seconds(30);
/// A page of 8 MiB on a slow line.
constexpr milliseconds k_page_deadline = seconds(120);
/// Under any limit that something on the way may have: some 3 KB.
constexpr std::size_t k_least_known_ids = 50;
/// Quoting JSON as JSON texts can double 8 MiB of versions; ids, proofs and views come on top.
constexpr std::size_t k_page_limit = 2 * limits::batch_bytes + std::size_t{4} * 1024 * 1024;

/// How many keys of servers behind a balancer are remembered.
constexpr std::size_t k_proved_keys = 16;

}  // namespace

void throw_exception_from_error(const failure& f, const boost::source_location& /*where*/) {
  throw error_exception(f.what);
}

packed_push pack(const wire::push_request& request) {
  packed_push out{.body = wire::encode(request)};
  // Level 1, as the server's pages: level 3 takes twice as long and gains little on JSON.
  auto packed = http::zstd_for_sending(out.body, 1);
  if (!packed) return out;
  out.body = *std::move(packed);
  out.compressed = true;
  return out;
}

class remote::impl {
 public:
  explicit impl(server_address address)
      : address_(std::move(address)),
        trust_(kept_trust(address_)),
        connection_(options_of(address_, trust_)) {
    learned_.server_time = address_.server_time.value_or(0);
  }

  /// A successful response, or what the server or the network said.
  answer<http::response> send(http::client_request request, bool with_token) {
    if (with_token) {
      request.headers.push_back({"Authorization", "Bearer " + token_});
      // The token and all that goes with it are for the server that has proved itself.
      request.only_to = proved_;
      if (proved_.empty()) return failed(fail(errc::unauthorized, "Open a session first."));
    }
    auto response = connection_.send(request);
    if (!response) {
      if (response.error().code == errc::session_expired) forget_token();
      return failed(response.error());
    }
    if (auto foreign = foreign_answer(*response, request.body.size())) {
      return failed(*std::move(foreign));
    }
    if (response->status < 200 || response->status > 299) {
      if (response->status == 401) forget_token();
      return refused(*response);
    }
    return std::move(*response);
  }

  answer<wire::challenge_answer> challenge(const device_id& device) {
    forget_token();
    wire::challenge_request wanted;
    wanted.device = device;
    wanted.nonce = fresh_nonce();
    auto request = post_plain("/v1/session", wire::encode(wanted));
    request.idempotent = true;
    const auto response = send(std::move(request), false);
    if (!response) return response.error();
    auto asked = read(wire::decode_challenge_answer(response->body));
    if (asked && trust_ && asked->server != trust_->server) {
      return failed(fail(errc::untrusted_server,
                         "Another server answers at this address than the one this laptop was "
                         "enrolled at. Nothing was sent; tell the administrator."));
    }
    if (!asked) return asked;
    if (auto why = not_from_server(wanted, *asked)) return failed(*std::move(why));
    note_proved();
    return asked;
  }

  answer<wire::session_answer> open_session(const wire::signed_object& proof) {
    auto request = post_plain("/v1/session", wire::encode(proof));
    request.only_to = proved_;
    // So that the server can tell whose clock is wrong; it decides nothing.
    request.headers.push_back({"Autocusto-Clock", format_time(system_clock_source().now())});
    const auto response = send(std::move(request), false);
    if (!response) {
      auto why = response.error();
      // Another certificate meanwhile: what has been proved is not true of this connection.
      if (why.what.code == errc::session_expired) why.what.code = errc::challenge_invalid;
      return why;
    }
    auto opened = read(wire::decode_session_answer(response->body));
    if (!opened) return opened;
    if (auto why = not_from_server(proof, *opened)) return failed(*std::move(why));
    if (auto refusal = learn(*opened)) return failed(std::move(*refusal));
    const bool full = opened->scope == "full" && !opened->wipe;
    if (!full && !ordered(*opened, proof)) {
      return failed(fail(errc::untrusted_server,
                         "Somebody told this laptop to give up what it holds, and the order is not "
                         "signed by the server for this session. Nothing was done."));
    }
    token_ = opened->token;
    return opened;
  }

  answer<wire::erasure_answer> send_erasure(const wire::signed_object& receipt) {
    auto request = post("/v1/surrender", wire::encode_erasure_request(receipt));
    request.idempotent = true;
    const auto response = send(std::move(request), true);
    if (!response) return response.error();
    return read(wire::decode_erasure_answer(response->body));
  }

  answer<wire::push_receipt> push(const char* path, const packed_push& pushed) {
    auto request = post(path, pushed.body);
    request.headers.push_back({"Content-Encoding", pushed.compressed ? "zstd" : "identity"});
    request.idempotent = true;  // by its push id
    request.deadline = k_push_deadline;
    return receipt_of(std::move(request));
  }

  answer<wire::push_receipt> receipt(const push_id& id) {
    auto request = post("/v1/receipt", wire::encode(wire::receipt_request{id}));
    request.idempotent = true;
    return receipt_of(std::move(request));
  }

  answer<wire::push_receipt> receipt_of(http::client_request request) {
    const auto response = send(std::move(request), true);
    if (!response) return response.error();
    const auto signed_receipt = read(wire::decode_push_answer(response->body));
    if (!signed_receipt) return signed_receipt.error();
    auto receipt = read(wire::decode_receipt_object(signed_receipt->object));
    if (!receipt) return receipt;
    const bool ours = trust_ && receipt->server == trust_->server &&
                      signed_by_server(*trust_, "receipt", *signed_receipt);
    if (ours) return receipt;
    return failed(fail(errc::untrusted_server,
                       "The receipt of a push is not signed by the server. Nothing was marked as "
                       "sent; tell the administrator."));
  }

  answer<std::vector<version_id>> missing(const std::vector<version_id>& held) {
    std::vector<version_id> out;
    // Something on the way may take less at once than the server does.
    std::size_t most = limits::known_ids;
    for (std::size_t from = 0; from < held.size();) {
      const auto to = std::min(held.size(), from + most);
      wire::known_request asked;
      asked.versions.assign(held.begin() + static_cast<std::ptrdiff_t>(from),
                            held.begin() + static_cast<std::ptrdiff_t>(to));
      auto request = post("/v1/known", wire::encode(asked));
      request.idempotent = true;
      request.response_limit = k_page_limit;
      const auto response = send(std::move(request), true);
      if (!response && response.error().what.code == errc::body_too_large &&
          to - from > k_least_known_ids) {
        most = std::max(k_least_known_ids, (to - from) / 2);
        continue;
      }
      if (!response) return response.error();
      const auto told = read(wire::decode_known_answer(response->body));
      if (!told) return told.error();
      out.insert(out.end(), told->missing.begin(), told->missing.end());
      from = to;
    }
    return out;
  }

  answer<wire::page> changes(const wire::cursor& from, std::int64_t limit, int wait_seconds,
                             std::optional<std::int64_t> unsent_seconds, bool own) {
    http::client_request request;
    request.path_with_query = "/v1/changes?cursor=" + wire::cursor_text(from) +
                              "&limit=" + std::to_string(limit) +
                              "&wait=" + std::to_string(wait_seconds);
    if (own) request.path_with_query += "&own=1";
    if (unsent_seconds) {
      request.path_with_query +=
          "&unsent=" + std::to_string(std::min(*unsent_seconds, limits::most_unsent_seconds));
    }
    // Releases that refuse what they do not know do not say so, and get no page with it.
    request.headers.push_back({std::string(wire::k_keeps_unknown), "1"});
    request.idempotent = true;
    request.deadline = wait_seconds > 0 ? k_wait_slack + seconds(wait_seconds) : k_page_deadline;
    request.response_limit = k_page_limit;
    const auto response = send(std::move(request), true);
    if (!response) return response.error();
    return read(wire::decode_page(response->body));
  }

  answer<std::optional<engine::fetched_catalogue>> catalogue(const std::optional<hash256>& have) {
    http::client_request request;
    request.path_with_query = "/v1/catalogue";
    if (have) request.path_with_query += "?have=" + have->text();
    request.idempotent = true;
    request.deadline = k_page_deadline;
    request.response_limit = k_page_limit;
    const auto response = send(std::move(request), true);
    if (!response) {
      auto why = response.error();
      if (why.what.code == errc::not_found) return std::nullopt;
      return why;
    }
    auto told = read(wire::decode_catalogue_answer(response->body));
    if (!told) return told.error();
    if (!told->signed_by_server) return std::nullopt;
    auto checked = check_catalogue(trust_, *std::move(told));
    if (!checked) return failed(checked.error());
    return *std::move(checked);
  }

  void sign_in_as(const device_id& device, const crypto::signing_key& key,
                  const std::optional<push_id>& prev_push) {
    who_.emplace(credentials{device, key.clone(), prev_push});
  }

  answer<wire::session_answer> sign_in(const device_id& device, const crypto::signing_key& key,
                                       const std::optional<push_id>& prev_push) {
    const auto asked = challenge(device);
    if (!asked) return asked.error();
    wire::session_request wanted;
    wanted.server = asked->server;
    wanted.device = device;
    wanted.challenge = asked->challenge;
    wanted.prev_push = prev_push;
    return open_session(wire::sign_canonical(key, "session", wire::encode_object(wanted)));
  }

  answer<std::string> call(std::string_view method, std::string_view path, std::string body,
                           bool idempotent) {
    http::client_request request;
    request.method = method;
    request.path_with_query = path;
    if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(body);
    request.idempotent = idempotent || method == "GET";
    request.response_limit = k_page_limit;
    if (audit_seen_) {
      request.headers.push_back(
          {std::string(wire::k_audit_seen_header), std::to_string(*audit_seen_)});
    }
    if (token_.empty() && who_) {
      if (auto lost = renew()) return *std::move(lost);
    }
    auto response = send(request, true);
    if (!response && who_ && http_status(response.error().what.code) == 401) {
      if (auto lost = renew()) return *std::move(lost);
      response = send(request, true);
    }
    if (!response) return response.error();
    if (auto refusal = note_audit_head(*response)) return failed(std::move(*refusal));
    return std::move(response->body);
  }

  void ask_of_audit_line(std::int64_t seq) { audit_seen_ = seq; }
  [[nodiscard]] const std::optional<wire::audit_head>& last_audit_head() const {
    return audit_head_;
  }

  [[nodiscard]] const std::string& token() const { return token_; }
  [[nodiscard]] const engine::learned& what_was_learned() const { return learned_; }
  http::client& connection() { return connection_; }

 private:
  std::optional<error> note_audit_head(const http::response& from) {
    audit_head_.reset();
    const auto text = http::find_header(from.headers, wire::k_audit_head_header);
    if (!text || !trust_) return std::nullopt;
    auto head = read_audit_head(*trust_, *text);
    if (!head) return head.error();
    audit_head_ = *std::move(head);
    return std::nullopt;
  }

  struct credentials {
    device_id device;
    crypto::signing_key key;
    std::optional<push_id> prev_push;
  };

  void forget_token() { token_.clear(); }

  void note_proved() {
    const auto key = connection_.peer_key();
    if (!key || std::find(proved_.begin(), proved_.end(), *key) != proved_.end()) return;
    if (proved_.size() >= k_proved_keys) proved_.erase(proved_.begin());
    proved_.push_back(*key);
  }

  /// Why a challenge is not taken for the server's own, given to this laptop over this connection.
  [[nodiscard]] std::optional<error> not_from_server(const wire::challenge_request& wanted,
                                                     const wire::challenge_answer& asked) const {
    if (!trust_) return fail(errc::not_enrolled, "This laptop knows no server; enroll it first.");
    wire::challenge_proof expected;
    expected.server = trust_->server;
    expected.device = wanted.device;
    expected.nonce = wanted.nonce.value_or("");
    expected.challenge = asked.challenge;
    expected.channel = channel_of(connection_);
    return refuse_other_end(*trust_, "challenge", asked.signed_by_server,
                            wire::encode_object(expected));
  }

  /// The same of a session's answer: nothing of it may be believed before.
  [[nodiscard]] std::optional<error> not_from_server(const wire::signed_object& proof,
                                                     const wire::session_answer& opened) const {
    const auto asked = wire::decode_session_object(proof.object);
    if (!trust_ || !asked) return fail(errc::not_enrolled, "There is no session to open.");
    const auto expected = wire::proof_of(opened, *asked, channel_of(connection_));
    return refuse_other_end(*trust_, "opened", opened.signed_by_server,
                            wire::encode_object(expected));
  }

  std::optional<failure> renew() {
    const auto opened = sign_in(who_->device, who_->key, who_->prev_push);
    if (!opened) return opened.error();
    return std::nullopt;
  }

  /// Takes over what a session's answer says of the server; the reason when it may not.
  std::optional<error> learn(const wire::session_answer& opened) {
    auto accepted = trust_
                        ? accept_next_trust(*trust_, opened.trust_object)
                        : accept_first_trust(opened.trust_object, address_.pin_is_ca, address_.pin);
    if (!accepted) return accepted.error();
    const bool newer = !trust_ || accepted->serial > trust_->serial;
    if (newer) {
      learned_.trust = opened.trust_object;
      trust_ = std::move(*accepted);
      // A program that watches for months meets the certificates of the next authority.
      auto pins = tls_pins(address_.pin_is_ca, address_.pin, trust_);
      if (!pins.empty()) connection_.set_pins(std::move(pins));
    }
    learned_.session_time = parse_time(opened.server_time);
    learned_.kinds = opened.kinds.value_or(domain::first_revisions());
    learned_.server_time = std::max(learned_.server_time, learned_.session_time.value_or(0));
    connection_.set_trust_time(certificate_time(learned_.server_time));
    return std::nullopt;
  }

  /// Whether the answer's order is the server's, for this device and session, and says the same.
  [[nodiscard]] bool ordered(const wire::session_answer& opened,
                             const wire::signed_object& proof) const {
    if (!opened.order_object || !trust_) return false;
    if (!signed_by_server(*trust_, "order", *opened.order_object)) return false;
    const auto asked = wire::decode_session_object(proof.object);
    const auto order = wire::decode_order(opened.order_object->object);
    return asked && order && order->server == trust_->server && order->device == asked->device &&
           order->challenge == asked->challenge &&
           (order->what == wire::order_kind::erase) == opened.wipe;
  }

  server_address address_;
  std::optional<wire::trust> trust_;
  http::client connection_;
  std::string token_;
  /// TLS keys of which the server has proved that they are its own, oldest first: several where
  /// processes behind a balancer show different ones. Requests with the token go to no other one.
  std::vector<hash256> proved_;
  std::optional<std::int64_t> audit_seen_;
  std::optional<wire::audit_head> audit_head_;
  engine::learned learned_;
  std::optional<credentials> who_;
};

remote::remote(server_address address) : impl_(std::make_unique<impl>(std::move(address))) {}
remote::~remote() = default;

bool remote::has_session() const {
  return !impl_->token().empty();
}

answer<wire::challenge_answer> remote::challenge(const device_id& device) {
  return impl_->challenge(device);
}

answer<wire::session_answer> remote::open_session(const wire::signed_object& proof) {
  return impl_->open_session(proof);
}

engine::learned remote::last_learned() const {
  return impl_->what_was_learned();
}

answer<wire::push_receipt> remote::push(const packed_push& request) {
  return impl_->push("/v1/push", request);
}

answer<wire::push_receipt> remote::surrender(const packed_push& request) {
  return impl_->push("/v1/surrender", request);
}

answer<wire::push_receipt> remote::receipt(const push_id& id) {
  return impl_->receipt(id);
}

answer<wire::erasure_answer> remote::send_erasure(const wire::signed_object& receipt) {
  return impl_->send_erasure(receipt);
}

answer<std::vector<version_id>> remote::missing(const std::vector<version_id>& held) {
  return impl_->missing(held);
}

answer<wire::page> remote::changes(const wire::cursor& from, std::int64_t limit, int wait_seconds,
                                   std::optional<std::int64_t> unsent_seconds, bool own) {
  return impl_->changes(from, limit, wait_seconds, unsent_seconds, own);
}

answer<std::optional<engine::fetched_catalogue>> remote::catalogue(
    const std::optional<hash256>& have) {
  return impl_->catalogue(have);
}

void remote::interrupt() noexcept {
  impl_->connection().interrupt();
}

void remote::clear_interrupt() {
  impl_->connection().clear_interrupt();
}

const std::string& remote::token() const {
  return impl_->token();
}

answer<wire::session_answer> remote::sign_in(const device_id& device,
                                             const crypto::signing_key& key,
                                             const std::optional<push_id>& prev_push) {
  return impl_->sign_in(device, key, prev_push);
}

void remote::sign_in_as(const device_id& device, const crypto::signing_key& key,
                        const std::optional<push_id>& prev_push) {
  impl_->sign_in_as(device, key, prev_push);
}

answer<std::string> remote::call(std::string_view method, std::string_view path_with_query,
                                 std::string body, bool idempotent) {
  return impl_->call(method, path_with_query, std::move(body), idempotent);
}

void remote::ask_of_audit_line(std::int64_t seq) {
  impl_->ask_of_audit_line(seq);
}

std::optional<wire::audit_head> remote::last_audit_head() const {
  return impl_->last_audit_head();
}

answer<std::string> remote::act(const wire::act_object& what, const crypto::signing_key& key) {
  auto body = wire::encode(wire::sign_canonical(key, "act", wire::encode_object(what)));
  return impl_->call("POST", "/v1/admin/act", std::move(body), true);
}

}  // namespace autocusto::transport
