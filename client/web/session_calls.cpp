// Beginning and ending: start link, session, enrollment, unlock, lock, quit.

#include <functional>

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "client/web/views.hpp"
#include "shared/json/read.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

const char* name_of(lock_state where) {
  switch (where) {
    case lock_state::not_enrolled:
      return "not_enrolled";
    case lock_state::locked:
      return "locked";
    case lock_state::open:
      return "open";
  }
  return "";
}

/// As this session sees it: what another session has opened is locked for it.
lock_state lock_state_for(const call_context& context, const std::string& session) {
  const auto where = context.replica.at();
  return where == lock_state::open && !context.guard.is_open(session) ? lock_state::locked : where;
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

json sync_json(const call_context& context, bool english) {
  const auto now = context.replica.sync();
  json why = nullptr;
  if (now.why) {
    why = {{"code", code_name(now.why->code)},
           {"message", context.options.translate(*now.why, {}, !english)}};
  }
  return {{"phase", phase_name(now.doing.what)},
          {"done", now.doing.done},
          {"total", now.doing.total},
          {"online", now.online},
          {"why", std::move(why)}};
}

json erased_json(const call& c) {
  const auto note = c.context.replica.erased();
  if (!note) return nullptr;
  return {{"user", note->user},
          {"server", note->server},
          {"device_name", note->device_name},
          {"at", format_time(note->at)},
          {"code", note->why ? code_name(note->why->code) : ""},
          {"message", note->why ? c.say(*note->why) : std::string()}};
}

json session_json(const call& c, const std::string& session) {
  return {{"state", name_of(lock_state_for(c.context, session))},
          {"erased", erased_json(c)},
          {"version", c.context.options.version},
          {"device_name", c.context.options.device_name}};
}

call_result start(call& c) {
  autocusto::json::reader in(c.sent);
  const auto token = in.string("token", 128);
  if (auto wrong = in.finish()) return *wrong;
  const auto secret = c.context.guard.redeem(token, awake_or_asleep_millis());
  if (!secret) return secret.error();
  c.context.entered();
  return json({{"secret", *secret}}).dump();
}

/// For another tab of the same browser.
call_result tab(call& c) {
  return json({{"token", c.context.guard.new_tab_token(awake_or_asleep_millis())}}).dump();
}

call_result session(call& c) {
  return session_json(c, c.who.session).dump();
}

/// The session is open when the attempt succeeds.
call_result opening(const call& c, const std::function<result<void>()>& attempt) {
  if (auto done = limited_try(c, "passphrase", attempt); !done) return done.error();
  c.context.guard.open_session(c.who.session);
  return std::string("{}");
}

call_result unlock(call& c) {
  autocusto::json::reader in(c.sent);
  crypto::secret passphrase(in.string("passphrase", k_passphrase_bytes));
  if (auto wrong = in.finish()) return *wrong;
  return opening(c, [&] { return c.context.replica.unlock(passphrase.view()); });
}

call_result enroll(call& c) {
  autocusto::json::reader in(c.sent);
  const auto link = in.string("link", 2048);
  const auto name = in.string("device_name", 256);
  crypto::secret passphrase(in.string("passphrase", k_passphrase_bytes));
  if (auto wrong = in.finish()) return *wrong;
  return opening(c, [&] { return c.context.replica.enroll(link, name, passphrase.view()); });
}

call_result lock(call& c) {
  c.context.replica.lock();
  return std::string("{}");
}

call_result quit(call& c) {
  c.context.replica.lock();
  c.context.guard.end_session(c.who.session);
  c.context.quit();
  return std::string("{}");
}

call_result state(call& c) {
  return state_text(c.context, c.who.session, c.english);
}

/// Which screen a tab shows, so that loading it again leads there. It stays in this program's
/// memory: neither the address nor the browser holds the key of a record.
call_result place(call& c) {
  autocusto::json::reader in(c.sent);
  const auto tab = in.string("tab", 64);
  const json place = in.has("place") ? in.value("place") : json();
  if (auto wrong = in.finish()) return *wrong;
  if (place.is_object()) c.context.replica.set_place(tab, place.dump());
  const auto kept = c.context.replica.place(tab);
  return R"({"place":)" + (kept.empty() ? "null" : kept) + "}";
}

call_result present(call& /*c*/) {
  return std::string("{}");
}

}  // namespace

result<void> limited_try(const call& c, const char* field,
                         const std::function<result<void>()>& attempt) {
  const auto wait = c.context.tries.wait(awake_or_asleep_millis());
  if (wait > 0) {
    return fail(errc::busy, "Too many wrong passphrases; wait a moment before the next try.", field,
                (wait + 999) / 1000);
  }
  auto done = attempt();
  if (done) {
    c.context.tries.right();
  } else if (done.error().code == errc::wrong_passphrase) {
    c.context.tries.wrong(awake_or_asleep_millis());
  }
  return done;
}

std::string state_text(const call_context& context, const std::string& session, bool english) {
  const auto where = lock_state_for(context, session);
  json out = {{"state", name_of(where)}, {"revision", context.replica.revision()}};
  if (where != lock_state::open) return out.dump();
  const auto at = context.replica.take_lease();
  if (!at) return json({{"state", "locked"}, {"revision", context.replica.revision()}}).dump();
  const auto s = at->reader().status();
  out["sync"] = sync_json(context, english);
  out["pending"] = s.pending;
  out["update_needed"] = !s.unknown.empty();
  out["unknown"] = s.unknown;
  out["beyond_server"] = s.beyond_server;
  out["catalogue_refused"] = s.catalogue_refused;
  out["unconfirmed"] = s.unpulled;
  out["oldest_pending"] = time_or_null(s.oldest_pending);
  out["conflicts"] = s.conflicts;
  out["refused"] = s.refused.size();
  out["hidden"] = s.hidden;
  out["notices"] = at->reader().notices().size();
  out["last_sync"] = time_or_null(s.last_success);
  return out.dump();
}

std::vector<call_entry> session_calls() {
  return {{"POST", "/api/start", access::anybody, start, false, 1024},
          {"POST", "/api/tab", access::open, tab},
          {"GET", "/api/session", access::linked, session, false},
          {"GET", "/api/state", access::linked, state, false},
          {"POST", "/api/present", access::open, present},
          {"POST", "/api/place", access::open, place, true, 4096},
          {"POST", "/api/unlock", access::linked, unlock},
          {"POST", "/api/enroll", access::linked, enroll},
          {"POST", "/api/lock", access::open, lock, false},
          // Whoever has not given the passphrase must not end the work of somebody who has.
          {"POST", "/api/quit", access::open, quit, false}};
}

}  // namespace autocusto::web
