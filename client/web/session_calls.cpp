// Beginning and ending: start link, session, enrollment, unlock, lock, quit.

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "client/web/views.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

const char* name_of(standing where) {
  switch (where) {
    case standing::not_enrolled:
      return "not_enrolled";
    case standing::locked:
      return "locked";
    case standing::open:
      return "open";
  }
  return "";
}

/// As this session sees it: what another session has opened is locked for it.
standing standing_for(const room& in, const std::string& session) {
  const auto where = in.data.at();
  return where == standing::open && !in.doors.is_open(session) ? standing::locked : where;
}

const char* phase_name(engine::phase what) {
  switch (what) {
    case engine::phase::connecting:
      return "connecting";
    case engine::phase::pushing:
      return "sending";
    case engine::phase::pulling:
      return "receiving";
    case engine::phase::watching:
      return "watching";
    case engine::phase::waiting:
      return "waiting";
  }
  return "";
}

json sync_json(const room& in, bool english) {
  const auto now = in.data.sync();
  json why = nullptr;
  if (now.why) {
    why = {{"code", code_name(now.why->code)},
           {"message", in.options.translate(*now.why, {}, !english)}};
  }
  return {{"phase", phase_name(now.doing.what)},
          {"done", now.doing.done},
          {"total", now.doing.total},
          {"online", now.online},
          {"why", std::move(why)}};
}

call_result start(call& c) {
  autocusto::json::reader in(c.sent);
  const auto token = in.string("token", 128);
  if (auto wrong = in.finish()) return *wrong;
  auto cookie = c.in.doors.redeem(token);
  if (!cookie) return cookie.error();
  c.cookie = *std::move(cookie);
  return std::string("{}");
}

/// For a second start of the program, by the same user.
call_result link(call& c) {
  autocusto::json::reader in(c.sent);
  const auto secret = in.string("secret", 128);
  if (auto wrong = in.finish()) return *wrong;
  if (!c.in.doors.is_launch_secret(secret)) {
    return fail(errc::forbidden, "This request did not come from the page of this program.");
  }
  return json({{"token", c.in.doors.new_token()}}).dump();
}

call_result session(call& c) {
  return json({{"state", name_of(standing_for(c.in, c.who.session))},
               {"csrf", c.who.csrf},
               {"version", c.in.options.version},
               {"device_name", c.in.options.device_name}})
      .dump();
}

/// Looks at a passphrase at most as often as wrong ones before it allow.
template <class Try>
call_result with_tries(call& c, Try&& attempt) {
  const auto wait = c.in.tries.wait(awake_or_asleep_millis());
  if (wait > 0) {
    return fail(errc::busy, "Too many wrong passphrases; wait a moment before the next try.",
                "passphrase", (wait + 999) / 1000);
  }
  const result<void> done = attempt();
  if (!done) {
    if (done.error().code == errc::wrong_passphrase) {
      c.in.tries.wrong(awake_or_asleep_millis());
    }
    return done.error();
  }
  c.in.tries.right();
  c.in.doors.open_session(c.who.session);
  return std::string("{}");
}

call_result unlock(call& c) {
  autocusto::json::reader in(c.sent);
  crypto::secret passphrase(in.string("passphrase", k_passphrase_bytes));
  if (auto wrong = in.finish()) return *wrong;
  return with_tries(c, [&] { return c.in.data.unlock(passphrase.view()); });
}

call_result enroll(call& c) {
  autocusto::json::reader in(c.sent);
  const auto link = in.string("link", 2048);
  const auto name = in.string("device_name", 256);
  crypto::secret passphrase(in.string("passphrase", k_passphrase_bytes));
  if (auto wrong = in.finish()) return *wrong;
  return with_tries(c, [&] { return c.in.data.enroll(link, name, passphrase.view()); });
}

call_result lock(call& c) {
  c.in.data.lock();
  return std::string("{}");
}

call_result quit(call& c) {
  c.in.data.lock();
  c.in.doors.end_session(c.who.session);
  c.in.quit();
  return std::string("{}");
}

call_result state(call& c) {
  return state_text(c.in, c.who.session, c.english);
}

call_result present(call& /*c*/) {
  return std::string("{}");
}

}  // namespace

std::string state_text(const room& in, const std::string& session, bool english) {
  const auto where = standing_for(in, session);
  json out = {{"state", name_of(where)}, {"revision", in.data.revision()}};
  if (where != standing::open) return out.dump();
  const auto at = in.data.borrow();
  if (!at) return json({{"state", "locked"}, {"revision", in.data.revision()}}).dump();
  const auto s = at->replica().status();
  out["sync"] = sync_json(in, english);
  out["pending"] = s.pending;
  out["unconfirmed"] = s.unpulled;
  out["oldest_pending"] = time_or_null(s.oldest_pending);
  out["conflicts"] = s.conflicts;
  out["refused"] = s.refused.size();
  out["hidden"] = s.hidden;
  out["notices"] = at->replica().notices().size();
  out["last_sync"] = time_or_null(s.last_success);
  return out.dump();
}

std::vector<call_entry> session_calls() {
  return {{"POST", "/api/start", access::anybody, start, false},
          {"POST", "/api/link", access::anybody, link, false},
          {"GET", "/api/session", access::linked, session, false},
          {"GET", "/api/state", access::scripts, state, false},
          {"POST", "/api/present", access::open, present},
          {"POST", "/api/unlock", access::scripts, unlock},
          {"POST", "/api/enroll", access::scripts, enroll},
          {"POST", "/api/lock", access::scripts, lock, false},
          {"POST", "/api/quit", access::scripts, quit, false}};
}

}  // namespace autocusto::web
