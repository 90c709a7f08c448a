#include "client/web/page_server.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "client/replica/describe_failure.hpp"
#include "client/web/assets.hpp"
#include "client/web/call.hpp"
#include "client/web/event_hub.hpp"
#include "client/web/running_page.hpp"
#include "client/web/start_file.hpp"
#include "client/web/views.hpp"
#include "shared/http/server.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

/// How often idleness and changes from elsewhere are looked for. Also how long a signal handler's
/// wish to stop waits, which cannot wake a condition variable.
constexpr std::chrono::milliseconds k_look{250};

/// Nothing from outside, nothing inline, no frames, no forms that are sent anywhere. `data:` is for
/// the small pictures of the style sheet.
constexpr std::string_view k_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'";

http::response guarded(http::response answer) {
  answer.headers.push_back({"Content-Security-Policy", std::string(k_policy)});
  answer.headers.push_back({"Referrer-Policy", "no-referrer"});
  answer.headers.push_back({"Cross-Origin-Opener-Policy", "same-origin"});
  answer.headers.push_back({"Cross-Origin-Resource-Policy", "same-origin"});
  answer.headers.push_back({"X-Frame-Options", "DENY"});
  answer.headers.push_back({"Permissions-Policy", "camera=(), geolocation=(), microphone=()"});
  return answer;
}

bool wants_english(const http::request& asked) {
  const auto wanted = http::find_header(asked.headers, "accept-language");
  return wanted && wanted->substr(0, 2) == "en";
}

/// The error in the doctor's language, with every wrong field.
http::response refusal(const error& e, const std::string& sentence, const json& problems,
                       const std::string& request_id) {
  error said = e;
  said.message = sentence;
  auto answer = http::problem_response(said, request_id);
  if (problems.empty()) return answer;
  auto body = json::parse(answer.body);
  body["problems"] = problems;
  answer.body = body.dump();
  return answer;
}

result<json> read_body(const http::request& asked) {
  if (asked.method != "POST") return {boost::system::in_place_value, json::object()};
  const auto type = http::find_header(asked.headers, "content-type");
  if (!type || type->substr(0, 16) != "application/json") {
    return fail(errc::bad_request, "Requests to this program are JSON (application/json).");
  }
  auto read = autocusto::json::parse(asked.body);
  if (!read) return read.error();
  if (!read->is_object()) return fail(errc::malformed, "The request must be one JSON object.");
  return {boost::system::in_place_value, *std::move(read)};
}

}  // namespace

class page_server::impl {
 public:
  impl(page_options given, const replica::environment& env)
      : options_(std::move(given)),
        wipe_word_(speakable_word(env.random)),
        guard_(env.random),
        hub_(
            [this](const std::string& session) { return state_text(context_, session, english_); }),
        replica_(
            {.home = options_.home, .sync = options_.sync, .idle = options_.idle}, env,
            [this] { hub_.publish(); }, [this] { guard_.lock_all(); }),
        context_{options_,
                 guard_,
                 replica_,
                 tries_,
                 wipe_word_,
                 [this] { request_stop(); },
                 [this] { entered(); }} {}

  ~impl() {
    request_stop();
    wait();
  }

  result<void> start() {
    auto socket = page_socket::open(options_.home);
    if (!socket) return socket.error();
    socket_ = *std::move(socket);
    http::server_options how;
    how.port = options_.port;
    how.max_connections = 64;
    how.workers = 2;
    how.queue = 64;
    how.body_budget = std::size_t{8} * 1024 * 1024;
    how.deadlines.stop = std::chrono::milliseconds(1'500);
    auto started = http::server::start(std::move(how), endpoints());
    if (!started) return started.error();
    server_ = *std::move(started);
    guard_.set_host(host());
    socket_->serve([this] { return ticket(); });
    keeper_ = std::thread([this] { keep(); });
    return {};
  }

  page_ticket ticket() {
    const auto now = awake_or_asleep_millis();
    page_ticket out;
    // A link that is copied by hand and the browser's own: one token each.
    out.link = link_with(guard_.new_token(now));
    out.wipe_word = wipe_word_;
    const std::lock_guard lock(mutex_);
    file_token_ = guard_.new_token(now);
    out.start_file = write_start_file(options_.home, link_with(file_token_));
    return out;
  }
  bool was_entered(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!entered_ && !stopping_.load() && std::chrono::steady_clock::now() < until) {
      changed_.wait_for(lock, k_look);
    }
    return entered_;
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  void wait() {
    if (keeper_.joinable()) keeper_.join();
    socket_.reset();
    if (!server_) return;
    remove_start_file(options_.home);
    // First what the handlers use is closed, so that none of them waits for a sync.
    replica_.lock();
    server_->request_stop();
    server_->wait();
  }

  void request_stop() noexcept { stopping_.store(true); }

 private:
  void keep() {
    std::mutex own;
    std::condition_variable never;
    std::unique_lock lock(own);
    while (!stopping_.load()) {
      replica_.work_behind();
      hub_.keep_alive(awake_or_asleep_millis());
      forget_spent_file();
      never.wait_for(lock, k_look);
    }
  }

  [[nodiscard]] std::string host() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  [[nodiscard]] std::string link_with(const std::string& token) const {
    return "http://" + host() + "/#inicio=" + token;
  }

  void entered() {
    const std::lock_guard lock(mutex_);
    entered_ = true;
    changed_.notify_all();
  }

  void forget_spent_file() {
    const std::lock_guard lock(mutex_);
    if (file_token_.empty() || guard_.is_good(file_token_, awake_or_asleep_millis())) return;
    file_token_.clear();
    remove_start_file(options_.home);
  }

  std::vector<http::endpoint> endpoints() {
    std::vector<http::endpoint> table;
    for (const auto& each : assets()) table.push_back(endpoint_of(each));
    for (const auto& part :
         {session_calls(), profile_calls(), record_calls(), conflict_calls(), process_calls(),
          print_calls(), reference_calls(), editing_calls(), list_calls()}) {
      for (const auto& each : part) table.push_back(endpoint_of(each));
    }
    http::endpoint events;
    events.method = "GET";
    events.path = "/api/events";
    events.handler = [this](http::request asked, const http::responder& answer) {
      wait_for_events(asked, answer);
    };
    table.push_back(std::move(events));
    return table;
  }

  http::endpoint endpoint_of(const asset& what) {
    http::endpoint out;
    out.method = "GET";
    out.path = std::string(what.path);
    out.handler = [this, what](const http::request& asked) {
      const auto visitor = guard_.check(asked, access::anybody);
      if (!visitor) return said(visitor.error(), asked);
      http::response answer;
      answer.content_type = std::string(what.content_type);
      answer.body = std::string(what.gzip);
      answer.headers.push_back({"Content-Encoding", "gzip"});
      return guarded(std::move(answer));
    };
    return out;
  }

  http::endpoint endpoint_of(const call_entry& what) {
    http::endpoint out;
    out.method = what.method;
    out.path = what.path;
    out.body_limit = std::string_view(what.method) == "GET" ? 0 : what.body_limit;
    out.handler = [this, what](const http::request& asked) { return run(what, asked); };
    return out;
  }

  http::response said(const error& e, const http::request& asked) const {
    return guarded(refusal(e, options_.translate(e, {}, !wants_english(asked)), json::array(),
                           asked.request_id));
  }

  http::response run(const call_entry& what, const http::request& asked) {
    const auto visitor = guard_.check(asked, what.needed);
    if (!visitor) return said(visitor.error(), asked);
    const auto body = read_body(asked);
    if (!body) return said(body.error(), asked);
    english_ = wants_english(asked);
    call c{context_, *body, *visitor, english_, {}, {}, {}, {}};
    if (what.counts_as_presence && !http::find_header(asked.headers, "x-autocusto-background")) {
      replica_.touch();
    }
    const auto done = run_guarded(what, c);
    if (!done) {
      json problems = json::array();
      for (const auto& each : c.problems.problems) {
        problems.push_back({{"field", each.field}, {"message", c.say(each)}});
      }
      for (const auto& each : c.unprintable) problems.push_back(to_json(each, c.english));
      return guarded(refusal(done.error(), c.say(done.error()), problems, asked.request_id));
    }
    return guarded(c.file ? file_response(*std::move(c.file)) : http::json_response(*done));
  }

  static http::response file_response(answered_file file) {
    http::response answer;
    answer.content_type = std::move(file.content_type);
    answer.body = std::move(file.bytes);
    answer.headers = std::move(file.headers);
    return answer;
  }

  /// What is broken is told as an error with what to do, too.
  static call_result run_guarded(const call_entry& what, call& c) {
    try {
      return what.run(c);
    } catch (const std::exception& e) {
      return replica::describe_failure(e);
    }
  }

  void wait_for_events(const http::request& asked, const http::responder& answer) {
    auto visitor = guard_.check(asked, access::linked);
    if (!visitor) return answer(said(visitor.error(), asked));
    const auto last = asked.query.find("seen");
    const std::uint64_t seen =
        last == asked.query.end() ? 0 : std::strtoull(last->second.c_str(), nullptr, 10);
    hub_.wait(std::move(visitor->session), seen, answer);
  }

  page_options options_;
  const std::string wipe_word_;
  request_guard guard_;
  slow_down tries_;
  std::atomic<bool> english_{false};  ///< the language of the last call; events have no header
  event_hub hub_;
  unlocked_replica replica_;
  call_context context_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<http::server> server_;
  std::unique_ptr<page_socket> socket_;
  std::mutex mutex_;  ///< the three below
  std::condition_variable changed_;
  bool entered_ = false;
  std::string file_token_;  ///< of the start file that is there
  std::thread keeper_;
};

bool has_page() {
  return !assets().empty();
}

page_server::page_server(std::unique_ptr<impl> own) : impl_(std::move(own)) {}
page_server::~page_server() = default;

result<std::unique_ptr<page_server>> page_server::start(page_options options,
                                                        const replica::environment& env) {
  auto own = std::make_unique<impl>(std::move(options), env);
  if (auto started = own->start(); !started) return started.error();
  return std::unique_ptr<page_server>(new page_server(std::move(own)));
}

page_ticket page_server::ticket() {
  return impl_->ticket();
}

bool page_server::was_entered(std::chrono::milliseconds patience) {
  return impl_->was_entered(patience);
}

std::uint16_t page_server::port() const {
  return impl_->port();
}

void page_server::wait() {
  impl_->wait();
}

void page_server::request_stop() noexcept {
  impl_->request_stop();
}

}  // namespace autocusto::web
