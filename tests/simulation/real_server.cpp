#include "tests/simulation/real_server.hpp"

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "client/transport/remote.hpp"
#include "client/transport/trust.hpp"
#include "server/auth/enrollment.hpp"
#include "server/store/people.hpp"
#include "shared/crypto/hash.hpp"
#include "tests/simulation/real_server_process.hpp"

namespace autocusto::simulation {
namespace {

constexpr std::uint64_t k_keys = 77;
constexpr std::string_view k_admin_mail = "admin@sim.example";

auth::server_keys make_keys() {
  auto random = seeded_random::of(k_keys, 1);
  return {.server = random.make<server_id>(),
          .tenant_key = crypto::secret::copy_of(random.bytes(32)),
          .server_secret = crypto::secret::copy_of(random.bytes(32)),
          .signing = crypto::signing_key::generate(random),
          .trust_serial = 1,
          .ca = std::nullopt,
          .leaf = {}};
}

user_id admin_user() {
  return seeded_random::of(k_keys, 2).make<user_id>();
}
device_id admin_device() {
  return seeded_random::of(k_keys, 3).make<device_id>();
}
crypto::signing_key make_admin_key() {
  auto random = seeded_random::of(k_keys, 4);
  return crypto::signing_key::generate(random);
}

transport::failure failure_of(const http::response& response) {
  auto problem = wire::decode_problem(response.status, response.body);
  return {.what = std::move(problem.what), .last_push = problem.last_push};
}

transport::failure failure_of(error what) {
  return {.what = std::move(what), .last_push = {}};
}

}  // namespace

reply failed_reply(const call& what, transport::failure why) {
  switch (what.index()) {
    case 0:
      return transport::answer<wire::challenge_answer>(std::move(why));
    case 1:
      return transport::answer<wire::session_answer>(std::move(why));
    case 2:
      return transport::answer<wire::push_receipt>(std::move(why));
    case 3:
      return transport::answer<wire::page>(std::move(why));
    case 4:
      return transport::answer<std::vector<version_id>>(std::move(why));
    case 5:
      return transport::answer<wire::erasure_answer>(std::move(why));
    default:
      return transport::answer<wire::push_receipt>(std::move(why));
  }
}

void real_server::prepare(const std::string& model) {
  std::filesystem::create_directories(model);
  const auto keys = make_keys();
  auto database = store::open_sqlite(model, true, false);
  static_cast<void>(database->migrate(std::nullopt, false).value());
  database->write([&](store::transaction& tx) {
    store::people::writes people(tx);
    auth::create_installation(tx, keys.server, 0);
    store::user_row user;
    user.id = admin_user();
    user.email = k_admin_mail;
    user.role = store::user_role::admin;
    user.key = people.add_user(user);
    store::device_row device;
    device.id = admin_device();
    device.user = user.key;
    device.name = "admin";
    device.public_key = make_admin_key().public_half().raw();
    static_cast<void>(people.add_device(device));
  });
}

real_server::real_server(std::string folder, const std::string& model, virtual_time& time,
                         const clock_source& clock, seeded_random random, witness& oracle,
                         std::vector<std::string> secrets, std::size_t processes)
    : folder_(std::move(folder)),
      time_(time),
      clock_(clock),
      random_(random),
      oracle_(oracle),
      secrets_(std::move(secrets)),
      keys_(make_keys()),
      admin_key_(make_admin_key()),
      disk_((std::filesystem::copy(model, folder_), folder_)) {
  const auto offered = auth::trust_object(keys_);
  const auto pin = crypto::sha256(keys_.signing.public_half().raw());
  trust_ = transport::accept_first_trust(offered, false, pin.raw()).value();
  processes_.resize(processes);
  for (std::size_t i = 0; i < processes; ++i) journals_.push_back(std::make_unique<journal_disk>());
  start();
}

real_server::~real_server() {
  processes_.clear();
  database_.reset();
  check_log();
}

bool real_server::up() const {
  return std::any_of(processes_.begin(), processes_.end(),
                     [](const auto& each) { return each != nullptr; });
}

void real_server::start() {
  if (!database_) database_ = store::open_sqlite(folder_, false, false);
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    if (processes_[i]) continue;
    processes_[i] = std::make_unique<process>(*this, *journals_[i]);
    processes_[i]->catch_up();
  }
}

real_server::process& real_server::any() {
  std::vector<process*> running;
  for (const auto& each : processes_) {
    if (each) running.push_back(each.get());
  }
  return *running.at(running.size() > 1 ? random_.below(running.size()) : 0);
}

void real_server::keep_house() {
  if (time_.now() - house_kept_ < k_minute) return;
  house_kept_ = time_.now();
  for (const auto& each : processes_) {
    try {
      if (each) each->catch_up();
    } catch (const store::database_error&) {
      // Tried again a minute later.
    }
  }
}

void real_server::crash() {
  for (auto& each : processes_) each.reset();
  database_.reset();
  check_log();
  if (power_armed_) disk_.settle(test::torn::some, torn_seed_);
  power_armed_ = false;
  admin_token_.clear();
}

void real_server::crash_one(std::uint64_t which) {
  processes_[which % processes_.size()].reset();
  if (!up()) crash();
}

bool real_server::keep_copy() {
  // Nobody writes between two calls, so this is what a snapshot of the disk would hold.
  std::filesystem::remove_all(folder_ + "-copy");
  std::filesystem::copy(folder_, folder_ + "-copy");
  journals_then_.clear();
  for (const auto& each : journals_) journals_then_.push_back(each->text);
  return true;
}

bool real_server::go_back(bool whole_disk) {
  if (!std::filesystem::exists(folder_ + "-copy")) return false;
  const bool was_up = up();
  crash();
  disk_.settle(test::torn::all, 0);
  for (const auto& each : std::filesystem::directory_iterator(folder_)) {
    std::filesystem::remove(each.path());
  }
  std::filesystem::copy(folder_ + "-copy", folder_);
  for (std::size_t i = 0; whole_disk && i < journals_.size(); ++i) {
    journals_[i]->text = journals_then_[i];
  }
  if (was_up) start();
  return true;
}

bool real_server::arm(trouble what, std::uint64_t n, std::uint64_t seed) {
  power_armed_ = what == trouble::power_loss;
  torn_seed_ = seed;
  disk_.arm(power_armed_ ? test::disk_fault::power_loss : test::disk_fault::fails, n);
  return true;
}

void real_server::mend() {
  power_armed_ = false;
  disk_.mend();
}

bool real_server::died() {
  if (!power_armed_ || !disk_.struck()) return false;
  crash();
  return true;
}

void real_server::check_log() {
  check_text("the log", log_.str());
  log_.str({});
}

void real_server::check_text(const std::string& what, const std::string& text) {
  for (const auto& secret : secrets_) {
    if (text.find(secret) != std::string::npos) oracle_.broken("13: " + what + " tells " + secret);
  }
}

http::response real_server::post(const std::string& path, const std::string& token,
                                 std::string body) {
  http::request asked;
  asked.method = "POST";
  asked.target_path = path;
  asked.request_id = "0123456789abcdef";
  asked.peer = "127.0.0.1";
  if (!token.empty()) asked.headers.push_back({"authorization", "Bearer " + token});
  asked.body = std::move(body);
  for (const auto& line : any().endpoints) {
    if (line.method != asked.method || line.path != path) continue;
    auto answered = line.front ? line.front(asked) : std::nullopt;
    if (!answered && line.gate) answered = line.gate(asked);
    if (!answered && line.brief) answered = line.brief(asked);
    auto response =
        answered ? *std::move(answered) : std::get<http::blocking_handler>(line.handler)(asked);
    if (response.status >= 400) check_text("a refusal", response.body);
    return response;
  }
  throw std::logic_error("no such endpoint: " + path);
}

std::optional<reply> real_server::handle(const request& what) {
  keep_house();
  if (died()) return std::nullopt;
  auto answer = std::visit(
      [&](const auto& each) -> reply {
        using T = std::decay_t<decltype(each)>;
        if constexpr (std::is_same_v<T, call_challenge>) {
          wire::challenge_request asked;
          asked.device = each.device;
          const auto response = post("/v1/session", {}, wire::encode(asked));
          if (response.status != 200) return failed_reply(what.what, failure_of(response));
          return transport::answer<wire::challenge_answer>(
              wire::decode_challenge_answer(response.body).value());
        } else if constexpr (std::is_same_v<T, call_session>) {
          return do_session(each);
        } else if constexpr (std::is_same_v<T, call_push>) {
          return do_push(what.token, each);
        } else if constexpr (std::is_same_v<T, call_receipt>) {
          const auto body = wire::encode(wire::receipt_request{each.push});
          return receipt_in(post("/v1/receipt", what.token, body), each.what);
        } else if constexpr (std::is_same_v<T, call_erasure>) {
          return do_erasure(what.token, each);
        } else if constexpr (std::is_same_v<T, call_known>) {
          wire::known_request asked;
          asked.versions = each.held;
          const auto response = post("/v1/known", what.token, wire::encode(asked));
          if (response.status != 200) return failed_reply(what.what, failure_of(response));
          return transport::answer<std::vector<version_id>>(
              wire::decode_known_answer(response.body).value().missing);
        } else {
          return do_changes(what.token, each);
        }
      },
      what.what);
  if (died()) return std::nullopt;
  return answer;
}

reply real_server::do_session(const call_session& what) {
  using answer = transport::answer<wire::session_answer>;
  const auto response = post("/v1/session", {}, wire::encode(what.proof));
  if (response.status != 200) return answer(failure_of(response));
  auto opened = wire::decode_session_answer(response.body).value();
  const bool ordered =
      opened.order_object && transport::signed_by_server(trust_, "order", *opened.order_object);
  if (ordered == (opened.scope == "full")) {
    oracle_.broken("a session's order is missing, too much, or not signed by the server");
  }
  if (!transport::accept_next_trust(trust_, opened.trust_object)) {
    oracle_.broken("a session's trust object is not accepted");
  }
  return answer(std::move(opened));
}

reply real_server::do_push(const std::string& token, const call_push& what) {
  oracle_.reached(what.push);
  const auto path = what.surrender ? "/v1/surrender" : "/v1/push";
  return receipt_in(post(path, token, wire::encode(what.push)), what.push);
}

reply real_server::receipt_in(const http::response& response, const wire::push_request& of) {
  using answer = transport::answer<wire::push_receipt>;
  if (response.status != 200) return answer(failure_of(response));
  const auto sent = wire::decode_push_answer(response.body).value();
  if (!transport::signed_by_server(trust_, "receipt", sent)) {
    oracle_.broken("a receipt is not signed by the server");
  }
  auto receipt = wire::decode_receipt_object(sent.object).value();
  for (const auto& line : receipt.results) check_text("a line of a receipt", line.message);
  if (!died()) {
    const auto object = wire::decode_push_object(of.object.object).value();
    oracle_.pushed(object.device, of, receipt);
  }
  return answer(std::move(receipt));
}

reply real_server::do_erasure(const std::string& token, const call_erasure& what) {
  using answer = transport::answer<wire::erasure_answer>;
  const auto response = post("/v1/surrender", token, wire::encode_erasure_request(what.receipt));
  if (response.status != 200) return answer(failure_of(response));
  auto taken = wire::decode_erasure_answer(response.body).value();
  if (!died()) oracle_.erased(wire::decode_erasure_object(what.receipt.object).value(), what.from);
  return answer(std::move(taken));
}

reply real_server::do_changes(const std::string& token, const call_changes& what) {
  using answer = transport::answer<wire::page>;
  try {
    auto& p = any();
    const auto who = auth::authenticate(*p.database, token, auth::access::full, clock_.now());
    if (!who) return answer(failure_of(who.error()));
    const auto page = p.changes.changes(*who, what.from, what.limit, what.own);
    if (!page) return answer(failure_of(page.error()));
    // Once over the wire and back.
    auto read = wire::decode_page(wire::encode(*page)).value();
    oracle_.paged(who->device.id, read);
    return answer(std::move(read));
  } catch (const store::database_error&) {
    return answer(failure_of(fail(errc::unavailable, "The database cannot be reached.")));
  }
}

user_id real_server::add_user(const std::string& email) {
  user_id id;
  database_->write([&](store::transaction& tx) {
    id = auth::create_user(tx, random_, email, store::user_role::doctor, clock_.now()).value().id;
  });
  emails_[id] = email;
  return id;
}

std::string real_server::enrollment_challenge() {
  const wire::greeting_request asked{std::string(32, 'n')};
  return wire::decode_greeting_answer(post("/v1/enroll", {}, wire::encode(asked)).body)
      .value()
      .challenge;
}

enrolled real_server::enroll(const user_id& user, const std::optional<crypto::signing_key>& key,
                             const std::string& name) {
  std::string code;
  database_->write([&](store::transaction& tx) {
    const auto row = store::people::reads(tx).user_by_id(user).value();
    code = auth::create_enrollment(tx, auth::code_mint(keys_), random_, row.key, clock_.now());
  });
  const auto asked = transport::enroll_request_of(code, {name, &key.value(), {}}, keys_.server,
                                                  enrollment_challenge());
  const auto response = post("/v1/enroll", {}, wire::encode(asked));
  if (response.status != 200) throw error_exception(failure_of(response).what);
  return enrolled_by(response);
}

enrolled real_server::enrolled_by(const http::response& response) const {
  const auto got = wire::decode_enroll_answer(response.body).value();
  enrolled out;
  out.server = keys_.server;
  out.user = got.user;
  out.email = got.email;
  out.device = got.device;
  out.tenant_key = got.tenant_key;
  out.pin = crypto::sha256(keys_.signing.public_half().raw()).raw();
  out.trust = got.trust_object;
  return out;
}

std::optional<result<enrolled>> real_server::enroll_again(const enroll_form& what) {
  http::response response;
  const auto challenge = enrollment_challenge();
  try {
    response = post("/v1/enroll", {}, wire::encode(what(challenge)));
  } catch (const store::database_error&) {
    if (died()) return std::nullopt;
    return result<enrolled>(fail(errc::unavailable, "The database cannot be reached."));
  }
  if (died()) return std::nullopt;
  if (response.status != 200) return result<enrolled>(failure_of(response).what);
  return result<enrolled>(enrolled_by(response));
}

std::pair<user_id, device_id> real_server::admin() const {
  return {admin_user(), admin_device()};
}

std::string_view real_server::secret() const {
  return keys_.server_secret.view();
}

}  // namespace autocusto::simulation
