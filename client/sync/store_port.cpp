#include "client/sync/store_port.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace autocusto::engine {
namespace {

constexpr std::string_view k_server_time = "server_time";
constexpr std::string_view k_clock_ahead = "clock_ahead";
constexpr std::int64_t k_clock_tolerance_seconds = 5 * 60;
/// Certificates are judged by days: the time is not written again for less.
constexpr unix_millis k_worth_noting = unix_millis{24} * 60 * 60 * 1000;

std::optional<unix_millis> kept_time(const replica::replica_store& replica) {
  const auto text = replica.setting(k_server_time);
  return text ? parse_time(*text) : std::nullopt;
}

}  // namespace

result<transport::server_address> address_of(const replica::replica_store& replica) {
  const auto who = replica.who();
  if (!who) return who.error();
  transport::server_address address;
  address.host = who->host;
  address.port = who->port;
  address.pin_is_ca = who->pin_is_ca;
  address.pin = who->pin;
  address.trust = who->trust;
  address.server_time = kept_time(replica);
  return address;
}

result<void> believe_time(replica::replica_store& replica, std::optional<unix_millis> told) {
  return replica.set_setting(k_server_time, told ? format_time(*told) : std::string());
}

std::optional<std::int64_t> clock_difference(const replica::replica_store& replica) {
  const auto text = replica.setting(k_clock_ahead).value_or("");
  std::int64_t seconds = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (wrong != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

store_port::store_port(replica::replica_store& replica, std::string home, const clock_source& clock,
                       std::size_t batch_size)
    : replica_(replica),
      home_(std::move(home)),
      clock_(clock),
      key_(replica.device_key()),
      batch_size_(batch_size) {}

/// Who this laptop is, and its key: both of one moment, while another process may enroll it again.
result<replica::identity> store_port::identify() {
  for (;;) {
    auto before = replica_.who();
    if (!before || before->device == device_) return before;
    key_ = replica_.device_key();
    const auto after = replica_.who();
    if (!after || after->device == before->device) device_ = before->device;
  }
}

result<looked> store_port::look() {
  const auto who = identify();
  if (!who) return who.error();
  looked found;
  found.server = who->server;
  found.user = who->user;
  found.device = who->device;
  found.cursor = replica_.cursor();
  found.last_push = replica_.last_push();
  found.recovering = replica_.recovering();
  found.closed = replica_.closed();
  found.erased = found.closed && replica_.erased();
  found.erasure_due = replica_.erasure_due();
  if (const auto since = replica_.oldest_pending()) {
    // The clock may have been set back since.
    found.unsent_seconds = std::max<std::int64_t>(0, (clock_.now() - *since) / 1000);
  }
  if (const auto kept = replica_.current_push()) {
    found.stored = {.id = kept->object.id,
                    .versions = kept->object.versions.size(),
                    .discards = kept->object.discards.size(),
                    .ids = kept->object.versions};
    found.stored->ids.insert(found.stored->ids.end(), kept->object.discards.begin(),
                             kept->object.discards.end());
    found.following = kept->following;
    found.waiting = static_cast<std::int64_t>(found.stored->versions + found.stored->discards);
    return found;
  }
  saved_.reset();
  batch_ = replica_.next_outbox(std::min(batch_size_, bounds_.at_most), bounds_.without);
  found.versions = batch_.ids;
  found.discards = batch_.discards;
  found.waiting = static_cast<std::int64_t>(
      batch_.more ? replica_.pending_count() : batch_.ids.size() + batch_.discards.size());
  found.unpulled = found.waiting == 0 && replica_.any_unpulled();
  found.ahead = found.waiting == 0 && replica_.any_ahead();
  return found;
}

wire::signed_object store_port::sign(std::string_view purpose, std::string object) {
  return transport::sign_canonical(key_, purpose, std::move(object));
}

/// Written only where there is news, to within a minute.
result<void> store_port::note_clock(std::optional<unix_millis> server_now) {
  if (!server_now) return {};
  const std::int64_t ahead = (clock_.now() - *server_now) / 1000;
  const auto before = clock_difference(replica_);
  const bool wrong = std::abs(ahead) > k_clock_tolerance_seconds;
  if (!wrong) return before ? replica_.set_setting(k_clock_ahead, "") : result<void>{};
  if (before && std::abs(*before - ahead) < 60) return {};
  return replica_.set_setting(k_clock_ahead, std::to_string(ahead));
}

result<void> store_port::note_learned(const transport::learned& what) {
  if (what.trust) {
    if (auto kept = replica_.set_trust(*what.trust); !kept) return kept;
  }
  if (auto noted = note_clock(what.session_time); !noted) return noted;
  if (what.server_time < kept_time(replica_).value_or(0) + k_worth_noting) return {};
  return replica_.set_setting(k_server_time, format_time(what.server_time));
}

result<void> store_port::save_push(const wire::push_object& what) {
  auto form = sign("push", wire::encode_object(what));
  if (auto kept = replica_.store_pending_push(what, form); !kept) return kept;
  if (what.versions == batch_.ids) {
    saved_ = ready_push{.id = what.id, .request = {std::move(form), std::move(batch_.versions)}};
  }
  batch_ = {};
  return {};
}

result<push_prepared> store_port::prepare_push(wire::push_object what) {
  auto batch = replica_.next_outbox(std::min(batch_size_, bounds_.at_most), bounds_.without);
  if (batch.empty()) return push_prepared{};
  what.versions = batch.ids;
  what.discards = batch.discards;
  auto form = sign("push", wire::encode_object(what));
  if (auto kept = replica_.store_pending_push(what, form); !kept) return kept.error();
  saved_ = ready_push{.id = what.id, .request = {std::move(form), std::move(batch.versions)}};
  return push_prepared{.what = looked::stored_push{.id = what.id,
                                                   .versions = batch.ids.size(),
                                                   .discards = batch.discards.size()},
                       .more = batch.more};
}

result<std::optional<wire::push_request>> store_port::kept_push(const push_id& id) {
  if (saved_ && saved_->id == id && replica_.keeps_push(id)) {
    return std::optional(std::exchange(saved_, std::nullopt)->request);
  }
  auto kept = replica_.current_push();
  if (!kept || kept->object.id != id) return std::optional<wire::push_request>();
  return std::optional(std::move(kept->request));
}

bool store_port::keeps_push(const push_id& id) {
  return replica_.keeps_push(id);
}

result<void> store_port::apply_receipt(const wire::push_receipt& receipt) {
  const auto effect = replica_.apply_receipt(receipt);
  if (!effect) return effect.error();
  return {};
}

result<void> store_port::drop_push(const push_id& id) {
  saved_.reset();
  return replica_.drop_pending_push(id);
}

result<void> store_port::begin_recovery(const std::optional<std::optional<push_id>>& server_last) {
  saved_.reset();
  return replica_.begin_recovery(server_last);
}

std::vector<version_id> store_port::held_versions() {
  return replica_.held_versions();
}

result<void> store_port::mark_missing(const std::vector<version_id>& ids) {
  return replica_.mark_missing(ids);
}

result<void> store_port::restart_feed() {
  return replica_.restart_feed();
}

result<page_applied> store_port::apply_page(const checked_page& page) {
  const auto effect = replica_.apply_page(page);
  if (!effect) return effect.error();
  return page_applied{
      .applied = effect->applied, .new_versions = effect->new_versions, .removed = effect->removed};
}

result<removed_erased> store_port::erase_removed(bool offer_again) {
  removed_erased out;
  if (offer_again) {
    const auto offered = replica_.offer_again();
    if (!offered) return offered.error();
    out.offered = *offered;
  }
  const auto effect = replica_.erase_removed();
  if (!effect) return effect.error();
  out.erased = effect->erased;
  return out;
}

result<void> store_port::close() {
  saved_.reset();
  return replica_.close();
}

result<void> store_port::reopen() {
  return replica_.reopen();
}

result<everything_erased> store_port::erase_everything(bool in_any_case) {
  saved_.reset();
  const auto kept = replica_.erase_everything(in_any_case);
  if (!kept) return kept.error();
  everything_erased out{.kept = *kept, .code = {}};
  if (out.kept > 0) {
    if (const auto sealed = replica_.status().sealed) out.code = sealed->code;
  }
  return out;
}

result<std::optional<replica_port::erasure_word>> store_port::erasure() {
  auto what = replica_.erasure();
  if (!what) return what.error();
  if (!*what) return std::optional<erasure_word>();
  auto form = sign("erasure", wire::encode_object(**what));
  return std::optional(erasure_word{.what = **std::move(what), .form = std::move(form)});
}

result<void> store_port::erasure_noted(const wire::erasure_object& what) {
  return replica_.erasure_noted(what);
}

result<void> store_port::wipe() {
  return replica::replica_store::wipe(home_);
}

void store_port::note_sync(const std::optional<error>& why) {
  replica::sync_outcome outcome;
  outcome.at = clock_.now();
  outcome.ok = !why;
  if (why) {
    outcome.code = code_name(why->code);
    outcome.message = why->message;
  }
  // What was done is done: a replica that is busy now only does not remember when.
  static_cast<void>(replica_.note_sync(outcome));
}

std::int64_t store_port::open_conflicts() {
  return static_cast<std::int64_t>(replica_.status().conflicts);
}

}  // namespace autocusto::engine
