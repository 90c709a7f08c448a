#include "server/api/route.hpp"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "server/api/event_log.hpp"
#include "server/auth/token.hpp"
#include "shared/crypto/hash.hpp"
#include "shared/http/address_key.hpp"

namespace autocusto::api {
namespace {

/// What a client that was turned away should wait, before its own back-off.
constexpr std::string_view k_retry_seconds = "2";

result<store::session_owner> caller_of(context& in, const http::request& asked, access who) {
  const auto token = asked.bearer();
  if (!token) {
    return fail(errc::unauthorized, "This needs the token of a session; open one first.");
  }
  const auto now = in.clock.now();
  const auto hash = crypto::sha256(*token);
  const bool known = in.limits.tokens.contains(hash.raw());
  const limits::user_keys from{.device = {}, .user = {}, .address = http::address_key(asked.peer)};
  // Whoever sends tokens of sessions that have ended makes no more look-ups after a while. A laptop
  // whose token is good but not known here opens a new session and goes on.
  if (!known && !in.limits.used.may({limits::used::failed_token}, from, now)) {
    return fail(errc::session_expired, "The session has ended; open a new one.");
  }
  auto found = auth::authenticate(in.database, *token, who, now);
  if (found) {
    in.limits.tokens.note(hash.raw());
  } else {
    in.limits.tokens.forget(hash.raw());
    in.limits.used.note(limits::used::failed_token, from, 1, now);
  }
  return found;
}

using lease = std::shared_ptr<limits::running_requests::lease>;

/// Whom the gate has let in, and what it took for them.
struct admitted {
  store::session_owner who;
  lease push;       ///< of a push whose body is here
  lease request;    ///< while it has a worker
  lease long_body;  ///< while the body is being read

  void release() const {
    for (const auto& each : {push, request}) {
      if (each) each->release();
    }
  }
};

/// What a request counts: some 0.3 ms of a processor a unit. Reading JSON costs more than writing.
double request_work(std::size_t body_bytes, std::size_t answer_bytes) {
  constexpr double k_body_unit = 4.0 * 1024;
  constexpr double k_answer_unit = 32.0 * 1024;
  return 1 + static_cast<double>(body_bytes) / k_body_unit +
         static_cast<double>(answer_bytes) / k_answer_unit;
}

error one_at_a_time() {
  return fail(errc::busy,
              "The server is taking in another push of this device; send this one again in a "
              "moment.");
}

/// Whether the device may push now. When the body is here, the push begins.
std::optional<error> begin_push(context& in, const http::request& asked, admitted& let_in) {
  using limits::used;
  const auto keys = keys_of(let_in.who, asked);
  const auto now = in.clock.now();
  auto may = in.limits.used.may(
      {used::push, used::refused_push, used::version, used::megabyte, used::push_work}, keys, now);
  if (!may) return std::move(may).error();
  if (!asked.body_is_here) {
    if (!in.limits.pushes.full(keys.device)) return std::nullopt;
    in.limits.pushes.count_refusal();
    return one_at_a_time();
  }
  in.limits.used.note(used::push, keys, 1, now);
  let_in.push = in.limits.pushes.begin(keys.device);
  if (!let_in.push) return one_at_a_time();
  return std::nullopt;
}

/// Whether the device may have one more request in hand: of a long body first that it is read, and
/// when it is here that a worker goes on with it.
std::optional<error> begin_request(context& in, const http::request& asked, admitted& let_in,
                                   bool is_push) {
  if (!is_push) {
    const auto may = in.limits.used.may({limits::used::request_work}, keys_of(let_in.who, asked),
                                        in.clock.now());
    if (!may) return may.error();
  }
  const std::string device(let_in.who.device.id.raw());
  auto& slot = asked.body_is_here ? let_in.request : let_in.long_body;
  slot = (asked.body_is_here ? in.limits.requests : in.limits.long_bodies).begin(device);
  if (slot) return std::nullopt;
  return fail(errc::busy,
              "The server has several requests of this device in hand; send this one again in a "
              "moment.");
}

/// The device and the user against whose limits the connection counts, also if the request is then
/// refused.
std::vector<http::connection_owner> owners_of(const context& in, const store::session_owner& who) {
  const auto& most = in.limits.connections;
  return {{"device " + std::string(who.device.id.raw()), static_cast<std::size_t>(most.device)},
          {"user " + std::string(who.user.id.raw()), static_cast<std::size_t>(most.user)}};
}

/// Who asks, and whether they may, from the head alone.
http::head_gate gate_of(context& in, const route& from) {
  return [&in, who = from.who,
          is_push = from.is_push](http::request& asked) -> std::optional<http::response> {
    bool known = false;
    auto refused = guarded(in, asked, [&] {
      auto found = caller_of(in, asked, who);
      if (!found) return problem(found.error(), asked);
      asked.owners = owners_of(in, *found);
      admitted let_in{*std::move(found), nullptr, nullptr, nullptr};
      if (is_push) {
        if (const auto why = begin_push(in, asked, let_in)) return problem(*why, asked);
      }
      if (const auto why = begin_request(in, asked, let_in, is_push)) return problem(*why, asked);
      asked.caller = std::move(let_in);
      known = true;
      return http::response{};
    });
    if (known) return std::nullopt;
    return refused;
  };
}

/// Refuses who invents a token.
http::front_gate front_of(context& in) {
  return [mint = std::make_shared<const auth::token_mint>(in.keys)](
             const http::request& asked) -> std::optional<http::response> {
    const auto token = asked.bearer();
    if (token && mint->genuine(*token)) return std::nullopt;
    return problem(fail(errc::session_expired, "The session has ended; open a new one."), asked);
  };
}

http::endpoint line(context& in, const route& from) {
  http::endpoint to;
  to.method = from.method;
  to.path = from.path;
  to.body_limit = from.body_limit;
  const bool open = from.who == access::anyone;
  to.needs_bearer = !open;
  to.plain_only = open;
  if (open && from.brief) {
    to.brief = [&in, brief = from.brief](const http::request& asked) {
      std::optional<http::response> answer;
      auto failed = guarded(in, asked, [&] {
        answer = brief(asked);
        return http::response{};
      });
      return failed.body.empty() ? std::move(answer) : std::optional(std::move(failed));
    };
  }
  if (!open) {
    to.front = front_of(in);
    to.gate = gate_of(in, from);
  }
  return to;
}

http::endpoint open_line(context& in, const route& from, open_handler handler) {
  http::endpoint to = line(in, from);
  to.handler = http::blocking_handler([&in, handler = std::move(handler)](const http::request& r) {
    return guarded(in, r, [&] { return handler(r); });
  });
  return to;
}

http::endpoint session_line(context& in, const route& from, session_handler handler) {
  http::endpoint to = line(in, from);
  to.handler = http::blocking_handler(
      [&in, handler = std::move(handler), is_push = from.is_push](const http::request& r) {
        const auto& let_in = std::any_cast<const admitted&>(r.caller);
        auto answer = guarded(in, r, [&] { return handler(r, let_in.who); });
        if (!is_push) note_request(in, r, let_in.who, answer.body.size());
        // Before the answer goes: the device may send its next request at once.
        let_in.release();
        return answer;
      });
  return to;
}

http::endpoint deferred_line(context& in, const route& from, deferred_session_handler handler) {
  http::endpoint to = line(in, from);
  to.handler =
      http::deferred_handler([handler = std::move(handler)](http::request r, http::responder a) {
        // A long poll that waits keeps the request, but has no worker: then it is not in hand.
        const auto let_in = std::any_cast<admitted>(std::move(r.caller));
        r.caller.reset();
        handler(std::move(r), let_in.who, a);
      });
  return to;
}

}  // namespace

limits::user_keys keys_of(const store::session_owner& caller, const http::request& asked) {
  return {.device = std::string(caller.device.id.raw()),
          .user = std::string(caller.user.id.raw()),
          .address = http::address_key(asked.peer)};
}

void note_request(context& in, const http::request& asked, const store::session_owner& caller,
                  std::size_t answer_bytes) {
  in.limits.used.note(limits::used::request_work, keys_of(caller, asked),
                      request_work(asked.body.size(), answer_bytes), in.clock.now());
}

std::vector<http::endpoint> make_endpoints(context& in, std::vector<route> routes) {
  std::vector<http::endpoint> lines;
  lines.reserve(routes.size());
  for (auto& from : routes) {
    const bool open = std::holds_alternative<open_handler>(from.handler);
    if (open != (from.who == access::anyone)) {
      throw std::logic_error("the handler of " + from.path + " does not fit who may call it");
    }
    if (auto* handler = std::get_if<open_handler>(&from.handler)) {
      lines.push_back(open_line(in, from, std::move(*handler)));
    } else if (auto* with_session = std::get_if<session_handler>(&from.handler)) {
      lines.push_back(session_line(in, from, std::move(*with_session)));
    } else {
      lines.push_back(
          deferred_line(in, from, std::move(std::get<deferred_session_handler>(from.handler))));
    }
  }
  return lines;
}

http::response problem(const error& what, const http::request& asked) {
  auto answer = http::problem_response(what, asked.request_id);
  if (answer.status == 503) answer.headers.push_back({"Retry-After", std::string(k_retry_seconds)});
  if (answer.status == 401) answer.headers.push_back({"WWW-Authenticate", "Bearer"});
  return answer;
}

http::response problem(const error& what, const http::request& asked,
                       const std::optional<push_id>& last_push) {
  auto answer = problem(what, asked);
  auto document = nlohmann::json::parse(answer.body);
  document["last_push"] = last_push ? nlohmann::json(last_push->text()) : nlohmann::json(nullptr);
  answer.body = document.dump();
  return answer;
}

http::response guarded(context& in, const http::request& asked,
                       const std::function<http::response()>& work) {
  try {
    return work();
  } catch (const error_exception& e) {
    return problem(e.get(), asked);
  } catch (const store::database_error& e) {
    in.log.exception(asked.request_id, e);
    if (e.retryable() || e.in_doubt()) {
      return problem(fail(errc::unavailable,
                          "The server's database cannot be reached just now; try again later."),
                     asked);
    }
  } catch (const std::exception& e) {
    in.log.exception(asked.request_id, e);
  }
  return problem(fail(errc::internal,
                      "The server could not do this because of a fault of its own; tell its "
                      "administrator the request id."),
                 asked);
}

}  // namespace autocusto::api
