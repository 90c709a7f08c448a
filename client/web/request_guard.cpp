#include "client/web/request_guard.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/bytes.hpp"
#include "shared/crypto/hash.hpp"

namespace autocusto::web {
namespace {

constexpr std::size_t k_tokens = 16;
constexpr std::size_t k_sessions = 16;
constexpr std::size_t k_secret_bytes = 32;
constexpr std::size_t k_secret_text = 43;  ///< the same in base64url
constexpr int k_free_tries = 2;
constexpr std::int64_t k_first_wait = 1'000;
constexpr std::int64_t k_last_wait = 60'000;

std::string hash_of(std::string_view secret) {
  return to_hex(crypto::sha256(secret).raw());
}

error foreign() {
  return fail(errc::forbidden, "This request did not come from the page of this program.");
}

error no_session() {
  return fail(errc::unauthorized, "Open this page by starting AutoCusto on this laptop.");
}

}  // namespace

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

std::string speakable_word(random_source& random) {
  constexpr std::string_view consonants = "bdfglmnprstvxz";
  constexpr std::string_view vowels = "aeiou";
  constexpr std::size_t pairs = 4;
  // Two bytes for each letter, so that no letter is noticeably more frequent.
  const auto dice = random.bytes(pairs * 4);
  const auto number = [&dice](std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(dice[at])) * 256 +
           static_cast<unsigned char>(dice[at + 1]);
  };
  std::string word;
  for (std::size_t i = 0; i < pairs; ++i) {
    word += consonants[number(4 * i) % consonants.size()];
    word += vowels[number(4 * i + 2) % vowels.size()];
  }
  return word;
}

request_guard::request_guard(random_source& random) : random_(random) {}

void request_guard::set_host(std::string host) {
  const std::lock_guard lock(mutex_);
  host_ = std::move(host);
}

std::string request_guard::keep_token(std::int64_t until, bool opens) {
  auto token = to_base64url(random_.bytes(k_secret_bytes));
  const std::lock_guard lock(mutex_);
  tokens_.push_back({hash_of(token), until, opens});
  if (tokens_.size() > k_tokens) tokens_.pop_front();
  return token;
}

std::string request_guard::new_token(std::int64_t now) {
  return keep_token(now + k_token_life, false);
}

std::string request_guard::new_tab_token(std::int64_t now) {
  return keep_token(now + k_tab_token_life, true);
}

bool request_guard::is_good(std::string_view token, std::int64_t now) const {
  const auto hash = hash_of(token);
  const std::lock_guard lock(mutex_);
  return std::any_of(tokens_.begin(), tokens_.end(),
                     [&](const kept_token& each) { return each.hash == hash && now < each.until; });
}

result<std::string> request_guard::redeem(std::string_view token, std::int64_t now) {
  const auto hash = token.size() == k_secret_text ? hash_of(token) : std::string();
  auto secret = to_base64url(random_.bytes(k_secret_bytes));
  const std::lock_guard lock(mutex_);
  std::erase_if(tokens_, [now](const kept_token& each) { return each.until <= now; });
  const auto at = std::find_if(tokens_.begin(), tokens_.end(),
                               [&hash](const kept_token& each) { return each.hash == hash; });
  if (at == tokens_.end()) {
    return fail(errc::unauthorized,
                "This start link was used already, or is too old; start AutoCusto again to get a "
                "new one.");
  }
  const bool opens = at->opens;
  tokens_.erase(at);
  if (sessions_.size() >= k_sessions) {
    sessions_.erase(std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& a, const auto& b) { return a.second.order < b.second.order; }));
  }
  sessions_[hash_of(secret)] = {.open = opens, .order = ++begun_};
  return secret;
}

std::optional<error> request_guard::refuse_host(const http::request& asked) const {
  const auto host = http::find_header(asked.headers, "host");
  if (host_.empty() || !host || *host != host_) return foreign();
  return std::nullopt;
}

std::optional<error> request_guard::refuse_origin(const http::request& asked) const {
  const auto site = http::find_header(asked.headers, "sec-fetch-site");
  if (site && *site != "same-origin" && *site != "none") return foreign();
  const auto origin = http::find_header(asked.headers, "origin");
  if (origin && *origin != "http://" + host_) return foreign();
  return std::nullopt;
}

result<visitor> request_guard::check(const http::request& asked, access needed) const {
  const std::lock_guard lock(mutex_);
  if (auto refused = refuse_host(asked)) return *std::move(refused);
  // The page is opened by a link, which other sites may hold too; there is nothing in it.
  if (needed == access::anybody && asked.method == "GET") return visitor{};
  if (auto refused = refuse_origin(asked)) return *std::move(refused);
  if (needed == access::anybody) return visitor{};
  const auto secret = asked.bearer();
  // Only what has the size of a secret is worth hashing.
  if (!secret || secret->size() != k_secret_text) return no_session();
  const auto at = sessions_.find(hash_of(*secret));
  if (at == sessions_.end()) return no_session();
  if (needed == access::open && !at->second.open) {
    return fail(errc::session_expired, "AutoCusto is locked; type the passphrase to go on.");
  }
  return visitor{.session = at->first, .open = at->second.open};
}

void request_guard::open_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  const auto at = sessions_.find(session);
  if (at != sessions_.end()) at->second.open = true;
}

void request_guard::end_session(const std::string& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session);
}

void request_guard::lock_all() {
  const std::lock_guard lock(mutex_);
  for (auto& [hash, session] : sessions_) session.open = false;
  for (auto& token : tokens_) token.opens = false;
}

bool request_guard::is_open(const std::string& session) const {
  const std::lock_guard lock(mutex_);
  const auto at = sessions_.find(session);
  return at != sessions_.end() && at->second.open;
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
