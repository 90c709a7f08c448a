#include "server/api/route.hpp"

#include <stdexcept>

#include <nlohmann/json.hpp>

#include "server/api/event_log.hpp"

namespace autocusto::api {
namespace {

/// What a client that was turned away should wait, before its own back-off.
constexpr std::string_view k_retry_seconds = "2";

/// Answers are about patients: no cache on the way may keep them.
http::response finished(http::response answer) {
  answer.headers.push_back({"Cache-Control", "no-store"});
  return answer;
}

result<store::session_owner> caller_of(context& in, const http::request& asked, access who) {
  const auto token = asked.bearer();
  if (!token) {
    return fail(errc::unauthorized, "This needs the token of a session; open one first.");
  }
  return auth::authenticate(in.database, *token, who, in.clock.now());
}

http::endpoint line(const route& from) {
  http::endpoint to;
  to.method = from.method;
  to.path = from.path;
  to.body_limit = from.body_limit;
  to.needs_bearer = from.who != access::anyone;
  return to;
}

http::endpoint open_line(context& in, const route& from, open_handler handler) {
  http::endpoint to = line(from);
  to.handler = http::blocking_handler([&in, handler = std::move(handler)](const http::request& r) {
    return finished(guarded(in, r, [&] { return handler(r); }));
  });
  return to;
}

http::endpoint session_line(context& in, const route& from, session_handler handler) {
  http::endpoint to = line(from);
  to.handler = http::blocking_handler(
      [&in, who = from.who, handler = std::move(handler)](const http::request& r) {
        return finished(guarded(in, r, [&] {
          const auto caller = caller_of(in, r, who);
          return caller ? handler(r, *caller) : problem(caller.error(), r);
        }));
      });
  return to;
}

http::endpoint deferred_line(context& in, const route& from, deferred_session_handler handler) {
  http::endpoint to = line(from);
  to.handler = http::deferred_handler(
      [&in, who = from.who, handler = std::move(handler)](http::request r, http::responder answer) {
        std::optional<store::session_owner> caller;
        auto refused = guarded(in, r, [&] {
          auto found = caller_of(in, r, who);
          if (!found) return problem(found.error(), r);
          caller = std::move(*found);
          return http::response{};
        });
        if (!caller) return answer(finished(std::move(refused)));
        handler(std::move(r), std::move(*caller), answer);
      });
  return to;
}

}  // namespace

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
