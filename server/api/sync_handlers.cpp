#include <atomic>
#include <charconv>
#include <chrono>

#include "server/api/event_log.hpp"
#include "server/api/handlers.hpp"
#include "server/api/metrics.hpp"
#include "server/api/releases.hpp"
#include "server/sync/changes_service.hpp"
#include "server/sync/push_service.hpp"
#include "server/sync/surrender.hpp"
#include "server/sync/wait_hub.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::api::detail {
namespace {

using steady = std::chrono::steady_clock;

struct changes_request {
  wire::cursor from;
  std::int64_t limit = static_cast<std::int64_t>(limits::batch_versions);
  std::int64_t wait = 0;  ///< seconds
  /// How long the laptop's oldest edit has waited to be sent, in seconds; nothing: none waits.
  std::optional<std::int64_t> unsent;
  bool own = false;  ///< with the bytes of what the device made itself
};

/// A number in the query between two bounds; the bounds are in the error.
result<std::int64_t> number_in(const http::request& asked, const std::string& name,
                               std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const auto at = asked.query.find(name);
  if (at == asked.query.end()) return fallback;
  const std::string& text = at->second;
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    return fail(errc::bad_request,
                name + " must be a number from " + std::to_string(least) + " to " +
                    std::to_string(most) + ".",
                name, most);
  }
  return value;
}

result<changes_request> read_changes_request(const http::request& asked) {
  changes_request out;
  if (const auto at = asked.query.find("cursor"); at != asked.query.end()) {
    const auto from = wire::parse_cursor(at->second);
    if (!from) {
      return fail(errc::bad_request, "cursor must be one that this server gave.", "cursor");
    }
    out.from = *from;
  }
  const auto limit = number_in(asked, "limit", out.limit, 1, out.limit);
  if (!limit) return limit.error();
  const auto wait = number_in(asked, "wait", 0, 0, limits::long_poll_seconds);
  if (!wait) return wait.error();
  const auto unsent = number_in(asked, "unsent", 0, 0, limits::most_unsent_seconds);
  if (!unsent) return unsent.error();
  out.limit = *limit;
  out.wait = *wait;
  if (asked.query.contains("unsent")) out.unsent = *unsent;
  const auto own = number_in(asked, "own", 0, 0, 1);
  if (!own) return own.error();
  out.own = *own == 1;
  return out;
}

http::response page_response(context& in, const http::request& asked,
                             const store::session_owner& caller, const wire::page& page) {
  if (!http::find_header(asked.headers, wire::k_keeps_unknown) && !readable_at_first(page)) {
    return problem(update_needed(), asked);
  }
  in.counts.pull(page.items.size(), page.versions.size());
  auto answer = http::json_response(wire::encode(page));
  note_request(in, asked, caller, answer.body.size());
  return answer;
}

/// A receipt of erasure is far smaller; anything longer is a push.
constexpr std::size_t k_erasure_body = std::size_t{128} * 1024;

/// What the push has used of its sender's share. `probes`: a refusal says something of what others
/// have, so refusals are counted as well.
void note_push(context& in, const http::request& asked, const store::session_owner& caller,
               const sync::push_answer& answer, bool probes) {
  using limits::used;
  constexpr double k_megabyte = 1024.0 * 1024.0;
  const auto keys = keys_of(caller, asked);
  const auto now = in.clock.now();
  if (answer.versions > 0) {
    in.limits.used.note(used::version, keys, static_cast<double>(answer.versions), now);
    in.limits.used.note(used::megabyte, keys, static_cast<double>(asked.body.size()) / k_megabyte,
                        now);
  }
  if (answer.work > 0) {
    in.limits.used.note(used::push_work, keys, static_cast<double>(answer.work), now);
  }
  const bool refused = answer.refusal
                           ? http_status(answer.refusal->code) < 500
                           : answer.body.find(R"("result":"refused")") != std::string::npos;
  if (probes && refused) in.limits.used.note(used::refused_push, keys, 1, now);
}

http::response push_response(context& in, const http::request& asked,
                             const sync::push_answer& answer) {
  if (!answer.refusal) {
    in.counts.push_answered(answer.body);
    return http::json_response(answer.body);
  }
  in.counts.push_refused(answer.refusal->code);
  const errc code = answer.refusal->code;
  if (code == errc::prev_push_unknown) static_cast<void>(in.catch_up());
  const bool names_push = code == errc::prev_push_unknown || code == errc::prev_push_old;
  return names_push ? problem(*answer.refusal, asked, answer.last_push)
                    : problem(*answer.refusal, asked);
}

/// Nothing new; the client keeps its cursor.
http::response empty_page(context& in, const wire::cursor& at) {
  wire::page page;
  page.next = at;
  in.counts.pull(0, 0);
  return http::json_response(wire::encode(page));
}

/// How long a client waits whose long poll had to end for others of its device or user.
constexpr std::int64_t k_crowded_seconds = 30;

/// One long poll, from its first empty look at the feed to its answer.
struct long_poll : std::enable_shared_from_this<long_poll> {
  long_poll(context& with, const http::request& r, const store::session_owner& who,
            changes_request what)
      : in(with), asked(r), caller(who), wanted(what) {}

  context& in;
  http::request asked;
  store::session_owner caller;
  changes_request wanted;
  steady::time_point moved;
  std::optional<limits::open_polls::ticket> place;
  /// Set by `begin`, and by the newer poll that this one has to make way for, in either order.
  std::atomic<sync::wait_hub::ticket> waiting{0};
  std::atomic<bool> in_the_way{false};

  long_poll(const long_poll&) = delete;
  long_poll& operator=(const long_poll&) = delete;
  ~long_poll() {
    if (place) in.limits.polls.close(*place);
  }

  [[nodiscard]] auto session_now() const {
    const auto token = asked.bearer();
    return auth::authenticate(in.database, token.value_or(std::string_view{}), access::full,
                              in.clock.now());
  }

  void begin(const http::responder& answer) {
    auto self = shared_from_this();
    place =
        in.limits.polls.open(std::string(caller.device.id.raw()), std::string(caller.user.id.raw()),
                             [weak = weak_from_this(), answer] {
                               if (const auto it = weak.lock()) it->make_way(answer);
                             });
    const auto ticket = in.waits.add(
        caller.user.key, caller.user.id, wanted.from.seq, std::chrono::seconds(wanted.wait),
        [self, answer](sync::wait_end how) { self->end(how, answer); });
    waiting = ticket;
    if (in_the_way) make_way(answer);
    answer.on_cancel([self, answer, ticket] {
      if (self->in.waits.cancel(ticket)) answer(empty_page(self->in, self->wanted.from));
    });
    // Access that was taken away before this place was taken has woken nobody here.
    const auto still = session_now();
    if (!still && in.waits.cancel(ticket)) answer(problem(still.error(), asked));
  }

  /// Of too many polls of one device or user the oldest ends, connection and all.
  void make_way(const http::responder& answer) {
    in_the_way = true;
    const auto ticket = waiting.load();
    if (ticket == 0 || !in.waits.cancel(ticket)) return;
    auto why = fail(errc::too_many_requests,
                    "This device or its user waits for news on too many connections; close some.");
    why.retry_after = k_crowded_seconds;
    auto ended = problem(why, asked);
    ended.close = true;
    answer(std::move(ended));
  }

  void end(sync::wait_end how, const http::responder& answer) {
    if (how != sync::wait_end::moved) return answer(empty_page(in, wanted.from));
    moved = steady::now();
    answer.finish([self = shared_from_this()] {
      return guarded(self->in, self->asked, [&self] { return self->deliver(); });
    });
  }

  /// The session may have ended while it waited, so it is checked again before anything is read.
  http::response deliver() {
    const auto still = session_now();
    if (!still) return problem(still.error(), asked);
    const auto page = in.changes.changes(*still, wanted.from, wanted.limit, wanted.own);
    if (!page) return problem(page.error(), asked);
    auto answer = page_response(in, asked, caller, *page);
    if (!page->items.empty()) {
      in.counts.delivered(std::chrono::duration<double>(steady::now() - moved).count());
    }
    return answer;
  }
};

}  // namespace

http::response push(context& in, const http::request& asked, const store::session_owner& caller) {
  const auto answer = in.pushes.push(caller, asked.body);
  note_push(in, asked, caller, answer, true);
  return push_response(in, asked, answer);
}

http::response surrender(context& in, const http::request& asked,
                         const store::session_owner& caller) {
  if (asked.body.size() <= k_erasure_body) {
    const auto erasure = wire::decode_erasure_request(asked.body);
    if (!erasure) return problem(erasure.error(), asked);
    if (*erasure) {
      const auto kept =
          sync::take_erasure(in.database, in.keys.server, in.clock.now(), caller, **erasure);
      if (!kept) return problem(kept.error(), asked);
      return http::json_response(wire::encode(*kept));
    }
  }
  const auto answer = in.pushes.surrender(caller, asked.body);
  note_push(in, asked, caller, answer, false);
  return push_response(in, asked, answer);
}

http::response receipt(context& in, const http::request& asked,
                       const store::session_owner& caller) {
  const auto wanted = wire::decode_receipt_request(asked.body);
  if (!wanted) return problem(wanted.error(), asked);
  const auto answer = in.pushes.receipt(caller, wanted->push);
  if (answer.refusal) return problem(*answer.refusal, asked);
  return http::json_response(answer.body);
}

http::response known(context& in, const http::request& asked, const store::session_owner& caller) {
  const auto held = wire::decode_known_request(asked.body);
  if (!held) return problem(held.error(), asked);
  wire::known_answer out;
  out.missing = in.changes.missing(caller, held->versions);
  return http::json_response(wire::encode(out));
}

void changes(context& in, const http::request& asked, const store::session_owner& caller,
             const http::responder& answer) {
  bool waits = false;
  changes_request wanted;
  auto now = guarded(in, asked, [&] {
    const auto request = read_changes_request(asked);
    if (!request) return problem(request.error(), asked);
    wanted = *request;
    in.counts.unsent(caller.device.id, wanted.unsent, in.clock.now());
    const auto page = in.changes.changes(caller, wanted.from, wanted.limit, wanted.own);
    if (!page) {
      if (page.error().code == errc::cursor_unknown) static_cast<void>(in.catch_up());
      return problem(page.error(), asked);
    }
    waits = page->items.empty() && wanted.wait > 0;
    return waits ? http::response{} : page_response(in, asked, caller, *page);
  });
  if (!waits) return answer(std::move(now));
  note_request(in, asked, caller, 0);
  std::make_shared<long_poll>(in, asked, caller, wanted)->begin(answer);
}

}  // namespace autocusto::api::detail
