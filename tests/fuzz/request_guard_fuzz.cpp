// The request guard of the doctor's page: a story of tokens, sessions and requests, compared with a
// model of who may; and what a check costs, which is linear in the request's head and does not grow
// with what went before.
//
// One step a line, by its first character:
//   T token   B token of an open tab   R redeem the latest token   r redeem the rest of the line
//   O open the latest session   E end it   L lock   + a minute passes
//   C check a request; the rest are headers, `name:value` between tabs, where $H is the host and $S
//     the latest secret
#include <algorithm>
#include <map>
#include <span>
#include <string>

#include "client/web/request_guard.hpp"
#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/work_meter.hpp"

using namespace autocusto;

namespace {

const std::string k_host = "127.0.0.1:4711";
/// Blocks and bytes that a check may cost whatever it is given, and for each byte of the head.
constexpr std::uint64_t k_least_blocks = 2'000;
constexpr std::uint64_t k_blocks_per_byte = 40;
constexpr std::uint64_t k_least_bytes = 2'048;
constexpr std::uint64_t k_bytes_per_byte = 2;

/// The same in every run.
class counted_random : public random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& each : out) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      each = static_cast<std::uint8_t>(state_ >> 56U);
    }
  }

 private:
  std::uint64_t state_ = 1;
};

std::string with_values(std::string text, const std::string& secret) {
  const auto put = [&text](std::string_view mark, const std::string& value) {
    for (auto at = text.find(mark); at != std::string::npos;
         at = text.find(mark, at + value.size())) {
      text.replace(at, mark.size(), value);
    }
  };
  put("$H", k_host);
  put("$S", secret);
  return text;
}

http::request request_of(std::string_view line, const std::string& secret) {
  http::request out;
  out.method = "POST";
  while (!line.empty()) {
    const auto end = std::min(line.find('\t'), line.size());
    const auto field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    const auto colon = std::min(field.find(':'), field.size());
    const auto value = field.substr(std::min(colon + 1, field.size()));
    out.headers.push_back(
        {std::string(field.substr(0, colon)), with_values(std::string(value), secret)});
  }
  return out;
}

std::size_t size_of(const http::request& asked) {
  std::size_t size = 0;
  for (const auto& each : asked.headers) size += each.name.size() + each.value.size() + 4;
  return size;
}

/// What is known of the guard without looking into it.
struct model {
  std::map<std::string, bool> sessions;  ///< by secret: whether it is open
  std::string token;
  bool token_opens = false;
  std::string secret;
  std::string session;
  std::int64_t now = 1'000'000;
};

/// The value that counts, and whether a request shows a live session at this host.
bool may_pass(const model& known, const http::request& asked, web::access needed) {
  const auto host = http::find_header(asked.headers, "host");
  const auto origin = http::find_header(asked.headers, "origin");
  if (!host || *host != k_host) return false;
  if (origin && *origin != "http://" + k_host) return false;
  const auto bearer = asked.bearer();
  if (!bearer) return false;
  const auto at = known.sessions.find(std::string(*bearer));
  return at != known.sessions.end() && (needed == web::access::linked || at->second);
}

void check(const web::request_guard& guard, const model& known, const http::request& asked) {
  for (const auto needed : {web::access::anybody, web::access::linked, web::access::open}) {
    bool passed = false;
    const auto cost = fuzz::work_of([&] { passed = guard.check(asked, needed).has_value(); });
    if (needed != web::access::anybody && passed) {
      fuzz::demand(may_pass(known, asked, needed), "somebody was let in without a session");
    }
    fuzz::demand(cost.blocks <= k_least_blocks + k_blocks_per_byte * size_of(asked),
                 "a check does more than its size allows");
    fuzz::demand(cost.bytes <= k_least_bytes + k_bytes_per_byte * size_of(asked),
                 "a check takes more memory than its size allows");
    // Twice the head costs at most twice: nothing in it is looked at again and again.
    auto twice = asked;
    for (const auto& each : asked.headers)
      twice.headers.push_back({each.name + each.name, each.value + each.value});
    const auto more = fuzz::work_of([&] { static_cast<void>(guard.check(twice, needed)); });
    fuzz::demand(more.blocks <= k_least_blocks + 3 * cost.blocks,
                 "the work grows faster than the head");
    fuzz::demand(more.bytes <= k_least_bytes + 3 * cost.bytes,
                 "the memory grows faster than the head");
  }
}

void redeem(web::request_guard& guard, model& known, const std::string& token) {
  const auto secret = guard.redeem(token, known.now);
  if (!secret) return;
  fuzz::demand(token == known.token, "a token that nobody was given began a session");
  fuzz::demand(!guard.redeem(token, known.now), "a token began two sessions");
  known.token.clear();
  known.secret = *secret;
  known.sessions[*secret] = known.token_opens;
  const auto asked = request_of("host:$H\tauthorization:Bearer $S", known.secret);
  known.session = guard.check(asked, web::access::linked).value().session;
}

void step(web::request_guard& guard, model& known, std::string_view line) {
  const auto rest = line.substr(1);
  switch (line[0]) {
    case 'T':
    case 'B':
      known.token_opens = line[0] == 'B';
      known.token = known.token_opens ? guard.new_tab_token(known.now) : guard.new_token(known.now);
      break;
    case 'R':
      redeem(guard, known, known.token);
      break;
    case 'r':
      redeem(guard, known, std::string(rest));
      break;
    case 'O':
      guard.open_session(known.session);
      if (!known.secret.empty()) known.sessions[known.secret] = true;
      break;
    case 'E':
      guard.end_session(known.session);
      known.sessions.erase(known.secret);
      break;
    case 'L':
      guard.lock_all();
      known.token_opens = false;
      for (auto& each : known.sessions) each.second = false;
      break;
    case '+':
      known.now += 60'000;
      break;
    case 'C':
      check(guard, known, request_of(rest, known.secret));
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::text_of(data, size);
  counted_random random;
  web::request_guard guard(random);
  guard.set_host(k_host);
  model known;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (end > 0) step(guard, known, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
