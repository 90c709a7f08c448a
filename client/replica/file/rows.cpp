#include "client/replica/file/rows.hpp"

#include <utility>

#include "client/replica/file/codec.hpp"

namespace autocusto::replica {
namespace {

domain::version_status status_from(std::uint8_t value) {
  return value == 0 ? domain::version_status::active : domain::version_status::draft;
}

std::uint8_t status_to(domain::version_status status) {
  return status == domain::version_status::active ? 0 : 1;
}

version_sync_state sync_state_from(std::uint8_t value) {
  if (value > static_cast<std::uint8_t>(version_sync_state::missing))
    throw_damaged("an unknown sync state");
  return static_cast<version_sync_state>(value);
}

void put_told(packer& out, const server_view& told) {
  out.ids(told.heads);
  out.optional_id(told.active);
  out.optional_id(told.pinned);
  out.ids(told.drafts);
  out.flag(told.conflict.has_value());
  if (!told.conflict) return;
  out.number(told.conflict->id);
  out.optional_id(told.conflict->base);
  out.text(told.conflict->opened_at);
}

server_view take_told(unpacker& in) {
  server_view told;
  told.heads = in.ids<version_id>();
  told.active = in.optional_id<version_id>();
  told.pinned = in.optional_id<version_id>();
  told.drafts = in.ids<version_id>();
  if (in.flag()) {
    wire::page_view::open_conflict conflict;
    conflict.id = in.number();
    conflict.base = in.optional_id<version_id>();
    conflict.opened_at = in.text();
    told.conflict = std::move(conflict);
  }
  return told;
}

void put_limit(packer& out, const std::optional<std::int64_t>& limit) {
  out.flag(limit.has_value());
  if (limit) out.number(*limit);
}

std::optional<std::int64_t> take_limit(unpacker& in) {
  if (!in.flag()) return std::nullopt;
  return in.number();
}

}  // namespace

bytes pack(const version_meta& meta) {
  packer out;
  out.reserve(128 + meta.parents.size() * version_id::size);
  out.id(meta.id);
  out.byte(status_to(meta.status));
  out.number(meta.generation);
  out.ids(meta.parents);
  out.byte(static_cast<std::uint8_t>(meta.where));
  out.number(meta.seq);
  out.number(meta.saved);
  out.number(meta.since);
  out.flag(meta.archived);
  out.flag(meta.erased);
  out.text(meta.proof);
  return out.take();
}

version_meta unpack_meta(std::string_view cell, std::int64_t row) {
  unpacker in(cell);
  version_meta meta;
  meta.row = row;
  meta.id = in.id<version_id>();
  meta.status = status_from(in.byte());
  meta.generation = in.number();
  meta.parents = in.ids<version_id>();
  meta.where = sync_state_from(in.byte());
  meta.seq = in.number();
  meta.saved = in.number();
  meta.since = in.number();
  meta.archived = in.flag();
  meta.erased = in.flag();
  meta.proof = in.text();
  in.finish();
  return meta;
}

bytes pack_content(std::string_view header, std::string_view payload) {
  packer out;
  out.reserve(header.size() + payload.size() + 16);
  out.text(header);
  out.text(payload);
  return out.take();
}

domain::version_bytes unpack_content(std::string_view cell) {
  unpacker in(cell);
  domain::version_bytes raw;
  raw.header = in.text();
  raw.payload = in.text();
  in.finish();
  return raw;
}

bytes pack(const copy_state& state) {
  packer out;
  out.reserve(320);
  out.text(state.record.kind);
  out.id(state.record.id);
  out.optional_id(state.incarnation);
  out.flag(state.hidden);
  out.text(state.key);
  put_told(out, state.told);
  out.number(static_cast<std::int64_t>(state.discards.size()));
  for (const auto& discard : state.discards) {
    out.number(discard.row);
    out.id(discard.draft);
    out.flag(discard.acknowledged);
  }
  out.ids(state.shown.heads);
  out.optional_id(state.shown.active);
  out.ids(state.shown.drafts);
  out.text(state.name);
  out.number(state.number);
  out.number(state.unsynced);
  out.number(state.versions);
  return out.take();
}

copy_state unpack_state(std::string_view cell) {
  unpacker in(cell);
  copy_state state;
  state.record.kind = in.text();
  state.record.id = in.id<record_id>();
  state.incarnation = in.optional_id<incarnation_id>();
  state.hidden = in.flag();
  state.key = in.text();
  state.told = take_told(in);
  const std::size_t discards = in.size(8 + version_id::size + 1);
  for (std::size_t i = 0; i < discards; ++i) {
    auto& discard = state.discards.emplace_back();
    discard.row = in.number();
    discard.draft = in.id<version_id>();
    discard.acknowledged = in.flag();
  }
  state.shown.heads = in.ids<version_id>();
  state.shown.active = in.optional_id<version_id>();
  state.shown.drafts = in.ids<version_id>();
  state.name = in.text();
  state.number = in.number();
  state.unsynced = in.number();
  state.versions = in.number();
  in.finish();
  return state;
}

bytes pack(const waiting_entry& entry) {
  packer out;
  out.id(entry.version);
  out.number(entry.saved);
  out.number(entry.since);
  return out.take();
}

waiting_entry unpack_waiting(std::string_view cell) {
  unpacker in(cell);
  waiting_entry entry;
  entry.version = in.id<version_id>();
  entry.saved = in.number();
  entry.since = in.number();
  in.finish();
  return entry;
}

bytes pack(const discard_entry& entry) {
  packer out;
  out.id(entry.draft);
  out.number(entry.since);
  out.flag(entry.acknowledged);
  return out.take();
}

discard_entry unpack_discard(std::string_view cell) {
  unpacker in(cell);
  discard_entry entry;
  entry.draft = in.id<version_id>();
  entry.since = in.number();
  entry.acknowledged = in.flag();
  in.finish();
  return entry;
}

bytes pack(const refused_entry& entry) {
  packer out;
  out.id(entry.version);
  out.optional_id(entry.base);
  out.text(entry.code);
  out.text(entry.reason);
  out.text(entry.field);
  put_limit(out, entry.limit);
  out.number(entry.at);
  out.flag(entry.at_server);
  return out.take();
}

refused_entry unpack_refused(std::string_view cell) {
  unpacker in(cell);
  refused_entry entry;
  entry.version = in.id<version_id>();
  entry.base = in.optional_id<version_id>();
  entry.code = in.text();
  entry.reason = in.text();
  entry.field = in.text();
  entry.limit = take_limit(in);
  entry.at = in.number();
  entry.at_server = in.flag();
  in.finish();
  return entry;
}

bytes pack(const mark_entry& entry) {
  packer out;
  out.flag(entry.conflict);
  out.flag(entry.hidden);
  return out.take();
}

mark_entry unpack_mark(std::string_view cell) {
  unpacker in(cell);
  mark_entry entry;
  entry.conflict = in.flag();
  entry.hidden = in.flag();
  in.finish();
  return entry;
}

bytes pack(const notice_entry& entry) {
  packer out;
  out.byte(static_cast<std::uint8_t>(entry.what));
  out.optional_id(entry.version);
  out.number(entry.at);
  return out.take();
}

notice_entry unpack_notice(std::string_view cell) {
  unpacker in(cell);
  notice_entry entry;
  const auto what = in.byte();
  if (what > static_cast<std::uint8_t>(notice_kind::moved)) throw_damaged("an unknown notice");
  entry.what = static_cast<notice_kind>(what);
  entry.version = in.optional_id<version_id>();
  entry.at = in.number();
  in.finish();
  return entry;
}

bytes pack(const push_entry& entry) {
  packer out;
  out.text(entry.object.object);
  out.text(entry.object.signature);
  for (const auto* rows : {&entry.versions, &entry.discards}) {
    out.number(static_cast<std::int64_t>(rows->size()));
    for (const auto row : *rows) out.number(row);
  }
  return out.take();
}

push_entry unpack_kept(std::string_view cell) {
  unpacker in(cell);
  push_entry entry;
  entry.object.object = in.text();
  entry.object.signature = in.text();
  for (auto* rows : {&entry.versions, &entry.discards}) {
    const std::size_t count = in.size(8);
    rows->reserve(count);
    for (std::size_t i = 0; i < count; ++i) rows->push_back(in.number());
  }
  in.finish();
  return entry;
}

bytes pack(const identity& who) {
  packer out;
  out.text(who.host);
  out.number(who.port);
  out.flag(who.pin_is_ca);
  out.text(who.pin);
  out.text(who.trust.object);
  out.text(who.trust.signature);
  out.id(who.server);
  out.id(who.user);
  out.text(who.email);
  out.text(who.role);
  out.id(who.device);
  out.text(who.device_name);
  return out.take();
}

identity unpack_identity(std::string_view cell) {
  unpacker in(cell);
  identity who;
  who.host = in.text();
  who.port = static_cast<std::uint16_t>(in.number());
  who.pin_is_ca = in.flag();
  who.pin = in.text();
  who.trust.object = in.text();
  who.trust.signature = in.text();
  who.server = in.id<server_id>();
  who.user = in.id<user_id>();
  who.email = in.text();
  who.role = in.text();
  who.device = in.id<device_id>();
  who.device_name = in.text();
  in.finish();
  return who;
}

bytes pack(const sync_outcome& outcome) {
  packer out;
  out.number(outcome.at);
  out.flag(outcome.ok);
  out.text(outcome.code);
  out.text(outcome.message);
  return out.take();
}

sync_outcome unpack_outcome(std::string_view cell) {
  unpacker in(cell);
  sync_outcome outcome;
  outcome.at = in.number();
  outcome.ok = in.flag();
  outcome.code = in.text();
  outcome.message = in.text();
  in.finish();
  return outcome;
}

}  // namespace autocusto::replica
