// What concerns this laptop as a whole: status, sync, notices, settings, passphrase, wipe.

#include <nlohmann/json.hpp>

#include "client/web/call.hpp"
#include "client/web/export_log.hpp"
#include "client/web/views.hpp"
#include "shared/crypto/random.hpp"
#include "shared/domain/validate.hpp"
#include "shared/json/read.hpp"
#include "shared/passphrase/strength.hpp"

namespace autocusto::web {
namespace {

using nlohmann::json;

constexpr std::size_t k_waiting_shown = 200;

std::string name_in(const search_index& index, const std::string& kind, const std::string& key) {
  const auto* listed = index.find(kind, key);
  return listed == nullptr ? std::string() : listed->name;
}

call_result status(call& c) {
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  const auto who = at->identity().who();
  if (!who) return who.error();
  json items = json::array();
  const auto waiting = at->reader().waiting();
  for (const auto& item : waiting) {
    if (items.size() == k_waiting_shown) break;
    // A record that was taken away shows nothing of itself any more.
    const bool gone = item.what == replica::waiting_for::surrender;
    items.push_back({{"version_id", item.version.text()},
                     {"kind", item.kind},
                     {"key", gone ? std::string() : item.key},
                     {"name", gone ? std::string() : name_in(at->index(), item.kind, item.key)},
                     {"waits_for", replica::waiting_name(item.what)},
                     {"discard", item.discard},
                     {"since", format_time(item.since)}});
  }
  json notices = json::array();
  for (const auto& n : at->reader().notices()) {
    notices.push_back({{"what", replica::notice_name(n.what)},
                       {"kind", n.kind},
                       {"key", n.key},
                       {"name", n.key.empty() ? n.initials : name_in(at->index(), n.kind, n.key)},
                       {"edits", n.edits},
                       {"at", format_time(n.at)}});
  }
  const auto clock = at->identity().clock_difference();
  const auto idle =
      std::chrono::duration_cast<std::chrono::minutes>(c.context.replica.idle_limit());
  return json({{"user", who->email},
               {"role", who->role},
               {"device", who->device.text()},
               {"device_name", who->device_name},
               {"server", who->host + ":" + std::to_string(who->port)},
               {"records", at->index().size()},
               {"damaged", at->index().damaged()},
               {"clock_ahead_seconds", clock ? json(*clock) : json(nullptr)},
               {"waiting", std::move(items)},
               {"waiting_count", waiting.size()},
               {"notices", std::move(notices)},
               {"exports", noted_exports(at->identity())},
               {"idle_minutes", idle.count()},
               {"version", c.context.options.version}})
      .dump();
}

call_result sync_now(call& c) {
  c.context.replica.sync_now();
  return std::string("{}");
}

/// For a copied folder: it becomes a device of its own.
call_result again(call& c) {
  if (auto done = c.context.replica.enroll_again(); !done) return done.error();
  return std::string("{}");
}

call_result forget_notices(call& c) {
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  if (auto done = at->editor().forget_notices(); !done) return done.error();
  at->changed();
  return std::string("{}");
}

call_result settings(call& c) {
  autocusto::json::reader in(c.sent);
  const auto minutes = in.integer("idle_minutes", 1, 120);
  if (auto wrong = in.finish()) return *wrong;
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  if (auto kept = c.context.replica.set_idle_limit(*at, std::chrono::minutes(minutes)); !kept) {
    return kept.error();
  }
  return std::string("{}");
}

call_result change_passphrase(call& c) {
  autocusto::json::reader in(c.sent);
  const crypto::secret old_one(in.string("old", k_passphrase_bytes));
  const crypto::secret new_one(in.string("new", k_passphrase_bytes));
  if (auto wrong = in.finish()) return *wrong;
  if (const auto good = passphrase::check_new(new_one.view(), passphrase::purpose::profile,
                                              crypto::system_random());
      !good) {
    auto e = good.error();
    e.field = "new";
    return e;
  }
  const auto wait = c.context.tries.wait(awake_or_asleep_millis());
  if (wait > 0) {
    return fail(errc::busy, "Too many wrong passphrases; wait a moment before the next try.", "old",
                (wait + 999) / 1000);
  }
  const auto at = c.context.replica.take_lease();
  if (!at) return at.error();
  if (auto done = at->change_passphrase(old_one.view(), new_one.view()); !done) {
    if (done.error().code == errc::wrong_passphrase)
      c.context.tries.wrong(awake_or_asleep_millis());
    auto e = done.error();
    e.field = "old";
    return e;
  }
  c.context.tries.right();
  return std::string("{}");
}

/// What shows that it is the doctor, or somebody who sees the doctor's terminal.
result<void> may_wipe(const call& c, const crypto::secret& passphrase, std::string_view word) {
  if (c.context.replica.at() == lock_state::not_enrolled) return {};
  if (passphrase.empty() && word.empty()) {
    return fail(errc::usage,
                "Erasing needs the passphrase of this laptop, or the word that the terminal of "
                "this program shows.",
                "passphrase");
  }
  if (!passphrase.empty()) {
    return limited_try(c, "passphrase",
                       [&] { return c.context.replica.check_passphrase(passphrase.view()); });
  }
  return limited_try(c, "word", [&]() -> result<void> {
    if (equal_in_constant_time(word, c.context.wipe_word)) return {};
    return fail(errc::wrong_passphrase,
                "This is not the word that the terminal of this program shows.", "word");
  });
}

call_result wipe(call& c) {
  autocusto::json::reader in(c.sent);
  const bool sure = in.boolean("sure");
  const crypto::secret passphrase(
      in.optional_string("passphrase", k_passphrase_bytes).value_or(""));
  const auto word = in.optional_string("word", 64).value_or("");
  if (auto wrong = in.finish()) return *wrong;
  if (!sure) return fail(errc::usage, "Wiping erases everything on this laptop; say so.", "sure");
  if (auto allowed = may_wipe(c, passphrase, word); !allowed) return allowed.error();
  if (auto done = c.context.replica.wipe(); !done) return done.error();
  c.context.guard.lock_all();
  return std::string("{}");
}

}  // namespace

std::vector<call_entry> profile_calls() {
  return {{"GET", "/api/status", access::open, status, false},
          {"POST", "/api/sync", access::open, sync_now},
          {"POST", "/api/again", access::open, again},
          {"POST", "/api/notices/forget", access::open, forget_notices},
          {"POST", "/api/settings", access::open, settings},
          {"POST", "/api/passphrase", access::open, change_passphrase},
          // Whoever has forgotten the passphrase must be able to begin anew; `may_wipe` decides.
          {"POST", "/api/wipe", access::linked, wipe}};
}

}  // namespace autocusto::web
