// What the sync machine is shown, and the pushes that it has made.
#include "client/replica/sync/sync_store.hpp"

#include <algorithm>
#include <utility>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/kept_catalogue.hpp"
#include "client/replica/file/push_slots.hpp"
#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/releases.hpp"
#include "client/replica/identity/identity_store.hpp"
#include "shared/wire/sign.hpp"

namespace autocusto::replica {
namespace {

/// Certificates are judged by days: the time is not written again for less.
constexpr unix_millis k_worth_noting = unix_millis{24} * 60 * 60 * 1000;

}  // namespace

/// Who this laptop is, and its key: both of one moment, while another process may enroll it again.
result<identity> sync_store::identify() {
  const identity_store own(*file_);
  for (;;) {
    auto before = own.who();
    if (!before || before->device == device_) return before;
    key_ = own.device_key();
    const auto after = own.who();
    if (!after || after->device == before->device) device_ = before->device;
  }
}

result<engine::replica_state> sync_store::load_state() {
  const auto who = identify();
  if (!who) return who.error();
  auto& file = *file_;
  engine::replica_state found;
  found.server = who->server;
  found.user = who->user;
  found.device = who->device;
  found.cursor = cursor();
  found.last_push = identity_store(file).last_push();
  found.recovering = recovering();
  const auto closed = closed_now(file);
  found.closed = closed.has_value();
  found.erased = closed && closed->erased;
  {
    const sqlite::snapshot now(file.db());
    found.erasure_due = erasure_due(file);
    if (const auto since = oldest_pending(file)) {
      // The clock may have been set back since.
      found.unsent_seconds = std::max<std::int64_t>(0, (file.now() - *since) / 1000);
    }
  }
  if (const auto kept = inflight_push()) {
    found.inflight_push = {.id = kept->object.id,
                           .versions = kept->object.versions.size(),
                           .discards = kept->object.discards.size(),
                           .ids = kept->object.versions};
    found.inflight_push->ids.insert(found.inflight_push->ids.end(), kept->object.discards.begin(),
                                    kept->object.discards.end());
    found.queued_push = kept->queued_push;
    found.waiting =
        static_cast<std::int64_t>(found.inflight_push->versions + found.inflight_push->discards);
    return found;
  }
  unsent_.reset();
  batch_ = next_outbox(std::min(batch_size_, bounds_.at_most), bounds_.without);
  found.versions = batch_.ids;
  found.discards = batch_.discards;
  found.waiting = static_cast<std::int64_t>(
      batch_.more ? count_pending(file) : batch_.ids.size() + batch_.discards.size());
  found.unpulled = found.waiting == 0 && any_unpulled();
  found.awaited = found.waiting == 0 && any_awaited();
  return found;
}

wire::signed_object sync_store::sign(wire::purpose of, std::string object) {
  if (!key_) key_ = identity_store(*file_).device_key();
  return wire::sign_canonical(*key_, of, std::move(object));
}

result<void> sync_store::note_learned(const engine::learned& what) {
  identity_store own(*file_);
  if (what.trust) {
    if (auto kept = own.set_trust(*what.trust); !kept) return kept;
  }
  if (what.session_time) {
    if (auto noted = own.note_server_clock(*what.session_time); !noted) return noted;
  }
  if (what.kinds) {
    server_takes_ = what.kinds;
    if (auto noted = note_server_kinds(*file_, *what.kinds); !noted) return noted;
  }
  if (what.server_time < own.server_time().value_or(0) + k_worth_noting) return {};
  return own.set_server_time(what.server_time);
}

std::optional<hash256> sync_store::catalogue_hash() {
  return known_catalogue(*file_);
}

result<void> sync_store::keep_catalogue(const engine::fetched_catalogue& fetched) {
  auto scope = file_->begin();
  if (!scope) return scope.error();
  if (closed_now(*file_)) return {};
  put_catalogue(*file_, fetched.hash, fetched.revision, fetched.text);
  (*scope)->commit();
  return {};
}

result<void> sync_store::note_catalogue_refused(bool refused) {
  if (refused == catalogue_refused(*file_)) return {};
  auto scope = file_->begin();
  if (!scope) return scope.error();
  if (closed_now(*file_)) return {};
  set_catalogue_refused(*file_, refused);
  (*scope)->commit();
  return {};
}

result<void> sync_store::save_push(const wire::push_object& what) {
  auto form = sign("push", wire::encode_object(what));
  if (auto kept = keep(what, form); !kept) return kept;
  if (what.versions == batch_.ids) {
    unsent_ = unsent_push{.id = what.id, .request = {std::move(form), std::move(batch_.versions)}};
  }
  batch_ = {};
  return {};
}

result<engine::push_prepared> sync_store::prepare_push(wire::push_object what) {
  auto batch = next_outbox(std::min(batch_size_, bounds_.at_most), bounds_.without);
  if (batch.empty()) return engine::push_prepared{};
  what.versions = batch.ids;
  what.discards = batch.discards;
  auto form = sign("push", wire::encode_object(what));
  if (auto kept = keep(what, form); !kept) return kept.error();
  unsent_ = unsent_push{.id = what.id, .request = {std::move(form), std::move(batch.versions)}};
  return engine::push_prepared{
      .what =
          engine::replica_state::kept_push{
              .id = what.id, .versions = batch.ids.size(), .discards = batch.discards.size()},
      .more = batch.more};
}

result<std::optional<wire::push_request>> sync_store::kept_push(const push_id& id) {
  if (unsent_ && unsent_->id == id && keeps_push(id)) {
    return std::optional(std::exchange(unsent_, std::nullopt)->request);
  }
  auto kept = inflight_push();
  if (!kept || kept->object.id != id) return std::optional<wire::push_request>();
  return std::optional(std::move(kept->request));
}

bool sync_store::keeps_push(const push_id& id) {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  return kept_id(file, k_inflight_push) == id || kept_id(file, k_queued_push) == id;
}

result<void> sync_store::drop_push(const push_id& id) {
  unsent_.reset();
  auto& file = *file_;
  auto scope = file.begin();
  if (!scope) return scope.error();
  if (kept_id(file, k_inflight_push) != id) return {};
  forget_kept_pushes(file);
  (*scope)->commit();
  return {};
}

void sync_store::note_sync(const std::optional<error>& why) {
  auto& file = *file_;
  const auto at = file.now();
  sync_outcome outcome{.at = at, .ok = !why, .code = {}, .message = {}};
  if (why) {
    outcome.code = code_name(why->code);
    outcome.message = why->message;
  }
  // What was done is done: a replica that is busy now only does not remember when.
  auto scope = file.begin();
  if (!scope) return;
  file.put(k_last_sync, pack(outcome));
  if (outcome.ok) {
    file.put_number(k_last_success, at);
    const auto missing = file.count(k_commits_missing);
    if (missing > 0 && file.count(k_commits_told) == missing) {
      file.forget(k_commits_missing);
      file.forget(k_commits_told);
    }
  }
  (*scope)->commit();
}

std::int64_t sync_store::open_conflicts() {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  return static_cast<std::int64_t>(marked_rows(file, &mark_entry::conflict).size());
}

}  // namespace autocusto::replica
