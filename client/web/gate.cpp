#include "client/web/gate.hpp"

#include <algorithm>
#include <array>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::web {
namespace {

constexpr std::size_t k_tokens = 16;
constexpr std::size_t k_sessions = 16;
constexpr std::size_t k_secret_bytes = 32;
constexpr int k_free_tries = 2;
constexpr std::int64_t k_first_wait = 1'000;
constexpr std::int64_t k_last_wait = 60'000;

std::string hash_of(std::string_view secret) {
  return to_hex(crypto::sha256(secret).raw());
}

std::array<std::string, 3> own_hosts(std::uint16_t port) {
  const auto number = ":" + std::to_string(port);
  return {"127.0.0.1" + number, "localhost" + number, "[::1]" + number};
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

error foreign() {
  return fail(errc::forbidden, "This request did not come from the page of this program.");
}

}  // namespace

gate::gate(random_source& random)
    : random_(random), launch_secret_(to_base64url(random.bytes(k_secret_bytes))) {}

bool gate::is_launch_secret(std::string_view given) const {
  return equal_in_constant_time(given, launch_secret_);
}

void gate::set_port(std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  port_ = port;
}

std::string gate::cookie_name() const {
  return "autocusto_" + std::to_string(port_);
}

std::string gate::new_token() {
  auto token = to_base64url(random_.bytes(k_secret_bytes));
  const std::lock_guard lock(mutex_);
  tokens_.push_back(hash_of(token));
  if (tokens_.size() > k_tokens) tokens_.pop_front();
  return token;
}

result<std::string> gate::redeem(std::string_view token) {
  const auto hash = hash_of(token);
  auto cookie = to_base64url(random_.bytes(k_secret_bytes));
  auto csrf = to_base64url(random_.bytes(k_secret_bytes));
  const std::lock_guard lock(mutex_);
  const auto at = std::find(tokens_.begin(), tokens_.end(), hash);
  if (at == tokens_.end()) {
    return fail(errc::unauthorized,
                "This start link was used already; start AutoCusto again to get a new one.");
  }
  tokens_.erase(at);
  if (sessions_.size() >= k_sessions) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.order < b.second.order; }));
  }
  sessions_[hash_of(cookie)] = {.csrf = std::move(csrf), .open = false, .order = ++begun_};
  return cookie_name() + "=" + cookie + "; Path=/; HttpOnly; SameSite=Strict";
}

std::optional<error> gate::refuse_host(const http::request& asked) const {
  const auto host = http::find_header(asked.headers, "host");
  const auto own = own_hosts(port_);
  if (port_ == 0 || !host || std::find(own.begin(), own.end(), *host) == own.end()) {
    return foreign();
  }
  return std::nullopt;
}

std::optional<error> gate::refuse_origin(const http::request& asked) const {
  const auto site = http::find_header(asked.headers, "sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return foreign();
  const auto origin = http::find_header(asked.headers, "origin");
  if (!origin) return std::nullopt;
  const auto host = http::find_header(asked.headers, "host");
  if (*origin != "http://" + std::string(*host)) return foreign();
  return std::nullopt;
}

result<visitor> gate::check(const http::request& asked, access needed) const {
  const std::lock_guard lock(mutex_);
  if (auto refused = refuse_host(asked)) return *std::move(refused);
  // The page is opened by a link, which other sites may hold too; there is nothing in it.
  if (needed == access::anybody && asked.method == "GET") return visitor{};
  if (auto refused = refuse_origin(asked)) return *std::move(refused);
  if (needed == access::anybody) return visitor{};
  const auto header = http::find_header(asked.headers, "cookie");
  const auto cookie = header ? cookie_value(*header, cookie_name()) : std::nullopt;
  const auto at = cookie ? sessions_.find(hash_of(*cookie)) : sessions_.end();
  if (at == sessions_.end()) {
    return fail(errc::unauthorized, "Open this page by starting AutoCusto on this laptop.");
  }
  const auto& session = at->second;
  if (needed != access::linked) {
    const auto given = http::find_header(asked.headers, "x-autocusto");
    if (!given || !equal_in_constant_time(*given, session.csrf)) return foreign();
  }
  if (needed == access::open && !session.open) {
    return fail(errc::session_expired, "AutoCusto is locked; type the passphrase to go on.");
  }
  return visitor{.session = at->first, .csrf = session.csrf, .open = session.open};
}

void gate::open_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  const auto at = sessions_.find(session);
  if (at != sessions_.end()) at->second.open = true;
}

void gate::end_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session);
}

void gate::lock_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [hash, session] : sessions_) session.open = false;
}

bool gate::is_open(const std::string& session) const {
  const std::lock_guard lock(mutex_);
  const auto at = sessions_.find(session);
  return at != sessions_.end() && at->second.open;
}

std::optional<std::string_view> cookie_value(std::string_view header, std::string_view name) {
  std::optional<std::string_view> found;
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    auto pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    if (found) return std::nullopt;
    found = pair.substr(equals + 1);
  }
  return found;
}

std::int64_t slow_down::wait(std::int64_t now) const {
  const std::lock_guard lock(mutex_);
  return std::max<std::int64_t>(until_ - now, 0);
}

void slow_down::wrong(std::int64_t now) {
  const std::lock_guard lock(mutex_);
  ++wrong_;
  if (wrong_ <= k_free_tries) return;
  const int doublings = std::min(wrong_ - k_free_tries - 1, 6);
  until_ = now + std::min(k_first_wait << doublings, k_last_wait);
}

void slow_down::right() {
  const std::lock_guard lock(mutex_);
  wrong_ = 0;
  until_ = 0;
}

}  // namespace autocusto::web
