// Giving up what was taken away: one record, or the whole laptop.
#include "client/replica/access/surrender.hpp"

#include <utility>

#include "client/replica/access/erase.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "client/replica/sync/sync_store.hpp"

namespace autocusto::replica {
namespace {

error still_read() {
  return fail(
      errc::replica_busy,
      "Another program of this laptop is reading the data; what was erased is not gone from "
      "the disk yet. Sync again.");
}

}  // namespace

result<std::size_t> sync_store::offer_refused_again() {
  auto& file = *file_;
  bool any = false;
  file.each_entry_while(k_refused,
                        [&any](std::int64_t, std::string_view) { return !(any = true); });
  if (!any) return std::size_t{0};  // and then nobody has to wait for the lock
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto offered = offer_all_again(file, true);
  if (offered > 0) (*scope)->commit();
  return offered;
}

result<engine::removed_erased> sync_store::erase_removed(bool offer_again) {
  std::size_t offered = 0;
  if (offer_again) {
    const auto again = offer_refused_again();
    if (!again) return again.error();
    offered = *again;
  }
  auto done = erase_hidden(*file_);
  if (done) done->offered = offered;
  return done;
}

result<void> sync_store::close() {
  unsent_.reset();
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  auto entry = closed_now(file).value_or(closed_entry{.since = file.now()});
  if (entry.erased) return {};
  put_closed(file, entry);
  static_cast<void>(offer_all_again(file, false));
  (*scope)->commit();
  return {};
}

result<void> sync_store::reopen() {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto entry = closed_now(file);
  if (!entry) return {};
  if (entry->erased) return check_open(file);
  forget_closed(file);
  (*scope)->commit();
  return {};
}

result<engine::everything_erased> sync_store::erase_everything(bool in_any_case) {
  unsent_.reset();
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  auto entry = closed_now(file);
  if (entry && entry->erased) return engine::everything_erased{};
  if (!in_any_case) {
    if (!entry) {
      return fail(errc::session_expired,
                  "Another program of this laptop was told that its access is back.");
    }
    // What is counted here cannot grow before the commit: the lock is held.
    if (const auto kept = count_unsynced(file); kept > 0) {
      const auto sealed = sealed_in(file);
      return engine::everything_erased{.kept = kept, .code = sealed ? sealed->code : ""};
    }
  }
  if (!entry) entry = closed_entry{.since = file.now()};
  entry->erased = true;
  destroy_all_keys(file);
  put_closed(file, *entry);
  if (!(*scope)->commit_and_truncate()) file.truncate_later();
  return engine::everything_erased{};
}

result<std::optional<engine::replica_port::erasure_receipt>> sync_store::erasure() {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  const auto who = identity_store(file).who();
  if (!who) return who.error();
  wire::erasure_object out;
  out.server = who->server;
  out.device = who->device;
  out.actor = who->user;
  const auto closed = closed_now(file);
  out.everything = closed && closed->erased;
  if (out.everything) {
    file.db().execute("DELETE FROM version;");  // unreadable since their keys were destroyed
  } else {
    out.incarnations = gone_incarnations(file);
  }
  // Nothing is claimed while the log still has what was erased.
  if (!(*scope)->commit_and_truncate()) return still_read();
  if (!out.everything && out.incarnations.empty()) return std::optional<erasure_receipt>();
  auto signed_form = sign("erasure", wire::encode_object(out));
  return std::optional(
      erasure_receipt{.object = std::move(out), .signed_form = std::move(signed_form)});
}

result<void> sync_store::note_erasure(const wire::erasure_object& what) {
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  forget_removals(file, what.incarnations);
  (*scope)->commit();
  return {};
}

}  // namespace autocusto::replica
