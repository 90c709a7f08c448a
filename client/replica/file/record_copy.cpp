#include "client/replica/file/record_copy.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "client/replica/file/codec.hpp"
#include "shared/domain/record_kind.hpp"

namespace autocusto::replica {
namespace {

constexpr vault::cell_place state_place(std::int64_t row) {
  return {.table = "holding", .row = row, .column = "state"};
}

constexpr vault::cell_place meta_place(std::int64_t row) {
  return {.table = "version", .row = row, .column = "meta"};
}

constexpr vault::cell_place content_place(std::int64_t row) {
  return {.table = "version", .row = row, .column = "content"};
}

// New records of one transaction get rows in one random region, so that they fill pages of the file
// side by side; inside it they lie at random, so that their order tells nothing.
constexpr std::size_t k_rows_in_region = 1024;
constexpr std::int64_t k_region = std::int64_t{4096} * k_rows_per_copy;

mark_entry mark_of(const copy_state& state) {
  return {.conflict = !state.hidden && state.shown.conflict(), .hidden = state.hidden};
}

/// Numbers follow the feed; what the server has not placed yet comes after it, own edits last.
auto history_rank(const version_meta& meta) {
  const int group = meta.is_local() ? 2 : (meta.seq == 0 ? 1 : 0);
  return std::tuple(group, meta.is_local() ? meta.saved : meta.seq, meta.generation, meta.id);
}

}  // namespace

record_copy::record_copy(replica_file& file, std::int64_t row, vault::cell_sealer sealer,
                         copy_state state, std::optional<new_row> made)
    : file_(file),
      row_(row),
      sealer_(std::move(sealer)),
      state_(std::move(state)),
      made_(std::move(made)),
      dirty_(made_.has_value()),
      stale_(made_.has_value()),
      loaded_(made_.has_value()),
      mark_(mark_of(state_)) {}

copy_state& record_copy::change() {
  dirty_ = stale_ = true;
  return state_;
}

const copy_state& record_copy::settled() {
  if (stale_) refresh();
  stale_ = false;
  return state_;
}

void record_copy::load() {
  if (loaded_) return;
  loaded_ = true;
  auto q = file_.db().ask("SELECT id, meta FROM version WHERE id BETWEEN ? AND ? ORDER BY id");
  q->bind_int(1, row_).bind_int(2, row_ + k_rows_per_copy - 1);
  while (q->step()) {
    const auto row = q->column_int(0);
    const auto plain = sealer_.open(meta_place(row), q->column_view(1));
    if (!plain) throw_damaged("what is noted of a version");
    slots_.push_back(slot{.meta = unpack_meta(*plain, row), .raw = {}, .name = {}});
  }
}

record_copy::slot* record_copy::slot_of(const version_id& id) {
  load();
  const auto at =
      std::find_if(slots_.begin(), slots_.end(), [&id](const slot& s) { return s.meta.id == id; });
  return at == slots_.end() ? nullptr : &*at;
}

const version_meta* record_copy::find(const version_id& id) {
  const auto* found = slot_of(id);
  return found == nullptr ? nullptr : &found->meta;
}

version_meta& record_copy::change(const version_id& id) {
  auto* found = slot_of(id);
  if (found == nullptr) throw std::logic_error("a version that is not here cannot be changed");
  found->dirty = true;
  dirty_ = stale_ = true;
  return found->meta;
}

std::int64_t record_copy::free_row() {
  for (;;) {
    const std::int64_t row = row_ + (file_.random_row() >> 1) % k_rows_per_copy;
    const auto taken = std::any_of(slots_.begin(), slots_.end(),
                                   [row](const slot& s) { return s.meta.row == row; });
    if (!taken) return row;
  }
}

void record_copy::add(version_meta meta, domain::version_bytes raw, std::string name) {
  load();
  meta.row = free_row();
  dirty_ = stale_ = true;
  slots_.push_back(slot{.meta = std::move(meta),
                        .fresh = true,
                        .dirty = true,
                        .raw = std::move(raw),
                        .name = std::move(name)});
}

version_meta& record_copy::add_from(record_copy& other, const version_meta& there) {
  auto version = other.read(there);
  auto copy = there;
  copy.row = 0;
  const auto id = there.id;
  add(std::move(copy), std::move(version.raw),
      domain::name_of(state_.record.kind, version.payload.fields));
  if (state_.key.empty()) change().key = other.state().key;
  return change(id);
}

void record_copy::remove(const version_id& id) {
  const auto* found = slot_of(id);
  if (found == nullptr) return;
  auto q = file_.db().ask("DELETE FROM version WHERE id = ?");
  q->bind_int(1, found->meta.row);
  q->run();
  slots_.erase(slots_.begin() + (found - slots_.data()));
  dirty_ = stale_ = true;
}

std::vector<const version_meta*> record_copy::versions() {
  load();
  std::vector<const version_meta*> out;
  out.reserve(slots_.size());
  for (const auto& s : slots_) out.push_back(&s.meta);
  return out;
}

std::vector<const version_meta*> record_copy::history() {
  auto out = versions();
  std::erase_if(out, [](const version_meta* meta) { return !meta->visible(); });
  std::sort(out.begin(), out.end(), [](const version_meta* a, const version_meta* b) {
    return history_rank(*a) < history_rank(*b);
  });
  return out;
}

std::vector<local_version> record_copy::local_versions() {
  std::vector<local_version> out;
  for (const auto* meta : history()) {
    if (meta->is_local()) out.push_back({.id = meta->id, .status = meta->status});
  }
  return out;
}

domain::version_dag record_copy::dag() {
  load();
  domain::version_dag dag;
  for (const auto& s : slots_) {
    if (!s.meta.visible()) continue;
    dag.add({.id = s.meta.id,
             .parents = s.meta.parents,
             .generation = s.meta.generation,
             .draft = s.meta.status == domain::version_status::draft});
  }
  return dag;
}

domain::version_bytes record_copy::raw(const version_meta& of) {
  const auto* found = slot_of(of.id);
  if (found != nullptr && found->fresh) return found->raw;
  auto q = file_.db().ask("SELECT content FROM version WHERE id = ?");
  q->bind_int(1, of.row);
  if (!q->step()) throw_damaged("a version is missing");
  const auto plain = sealer_.open(content_place(of.row), q->column_view(0));
  if (!plain) throw_damaged("a version");
  return unpack_content(*plain);
}

domain::version record_copy::read(const version_meta& of) {
  auto bytes_of = raw(of);
  if (of.erased) {
    auto header = domain::decode_header(bytes_of.header);
    if (!header) throw_damaged("a version's header");
    domain::version out;
    out.id = of.id;
    out.header = *std::move(header);
    out.raw = std::move(bytes_of);
    return out;
  }
  auto decoded = domain::decode_version(std::move(bytes_of));
  if (!decoded || decoded->id != of.id) throw_damaged("a version's bytes");
  return *std::move(decoded);
}

std::string record_copy::name_of(const version_id& front) {
  const auto* found = slot_of(front);
  if (found == nullptr || found->meta.erased) return {};
  if (found->name) return *found->name;
  return domain::name_of(state_.record.kind, read(found->meta).payload.fields);
}

void record_copy::refresh() {
  const auto front_before = state_.shown.front();
  const auto order = history();
  std::vector<version_id> discarded;
  for (const auto& discard : state_.discards) discarded.push_back(discard.draft);
  const auto local = local_versions();
  // Nothing waits for most records, and then the graph is not needed.
  const auto graph = local.empty() && discarded.empty() ? domain::version_dag() : dag();
  state_.shown = make_shown_view(state_.told, local, graph, discarded);
  state_.unsynced = std::count_if(order.begin(), order.end(),
                                  [](const version_meta* meta) { return meta->to_be_pushed(); });
  state_.unsynced += std::count_if(state_.discards.begin(), state_.discards.end(),
                                   [](const waiting_discard& d) { return !d.acknowledged; });
  state_.versions = static_cast<std::int64_t>(slots_.size());
  const auto front = state_.shown.front();
  const auto at = std::find_if(order.begin(), order.end(), [&front](const version_meta* meta) {
    return front && meta->id == *front;
  });
  state_.number = at == order.end() ? 0 : at - order.begin() + 1;
  if (!front) {
    state_.name.clear();
  } else if (front != front_before) {
    state_.name = name_of(*front);
  }
}

void record_copy::write_versions() {
  for (auto& s : slots_) {
    if (!s.dirty) continue;
    const bytes meta = sealer_.seal(meta_place(s.meta.row), pack(s.meta));
    if (s.fresh) {
      const bytes content =
          sealer_.seal(content_place(s.meta.row), pack_content(s.raw.header, s.raw.payload));
      auto q = file_.db().ask("INSERT INTO version (id, meta, content) VALUES (?, ?, ?)");
      q->bind_int(1, s.meta.row).bind_blob_static(2, meta).bind_blob_static(3, content);
      q->run();
    } else {
      auto q = file_.db().ask("UPDATE version SET meta = ? WHERE id = ?");
      q->bind_blob_static(1, meta).bind_int(2, s.meta.row);
      q->run();
    }
    s.fresh = s.dirty = false;
    s.raw = {};
  }
}

void record_copy::write_state() {
  const bytes state = sealer_.seal(state_place(row_), pack(state_));
  if (!made_) {
    auto q = file_.db().ask("UPDATE holding SET state = ? WHERE id = ?");
    q->bind_blob_static(1, state).bind_int(2, row_);
    q->run();
    return;
  }
  auto q =
      file_.db().ask("INSERT INTO holding (id, record_hash, key_wrap, state) VALUES (?, ?, ?, ?)");
  q->bind_int(1, row_)
      .bind_blob_static(2, vault::view(made_->record))
      .bind_blob_static(3, made_->wrap)
      .bind_blob_static(4, state);
  q->run();
  made_.reset();
}

void record_copy::write_mark() {
  const auto now = mark_of(state_);
  if (now == mark_) return;
  mark_ = now;
  if (now.any()) {
    file_.put_entry(k_mark, row_, pack(now));
  } else {
    file_.remove_entry(k_mark, row_);
  }
}

void record_copy::flush() {
  if (!dirty_) return;
  static_cast<void>(settled());
  write_versions();
  write_state();
  write_mark();
  dirty_ = false;
}

record_copy* unit_of_work::load(std::int64_t row) {
  if (const auto at = loaded_.find(row); at != loaded_.end()) return at->second.get();
  auto q = file_.db().ask("SELECT key_wrap, state FROM holding WHERE id = ?");
  q->bind_int(1, row);
  if (!q->step()) return nullptr;
  auto sealer = file_.keys().open_content_key(row, q->column_view(0));
  if (!sealer) throw_damaged("the key of a record");
  const auto plain = sealer->open(state_place(row), q->column_view(1));
  if (!plain) throw_damaged("the view of a record");
  auto made = std::make_unique<record_copy>(file_, row, *std::move(sealer), unpack_state(*plain),
                                            std::nullopt);
  return loaded_.emplace(row, std::move(made)).first->second.get();
}

unit_of_work::record_rows& unit_of_work::rows_of(const record_id& record) {
  const auto [at, fresh] = rows_.try_emplace(record);
  if (fresh) {
    const auto hash = at->second.hash = file_.keys().lookup("record", record.raw());
    auto q = file_.db().ask("SELECT id FROM holding WHERE record_hash = ?");
    q->bind_blob_static(1, vault::view(hash));
    while (q->step()) at->second.rows.push_back(q->column_int(0));
  }
  return at->second;
}

std::vector<record_copy*> unit_of_work::all_of(const record_id& record) {
  std::vector<record_copy*> out;
  for (const auto row : rows_of(record).rows) {
    if (auto* found = load(row)) out.push_back(found);
  }
  return out;
}

record_copy& unit_of_work::of_version(std::int64_t row) {
  auto* held = load(copy_row(row));
  if (held == nullptr) throw_damaged("the record of a version");
  return *held;
}

record_copy* unit_of_work::open_view(const record_id& record) {
  for (auto* found : all_of(record)) {
    if (!found->state().hidden) return found;
  }
  return nullptr;
}

record_copy* unit_of_work::of_incarnation(const record_id& record,
                                          const incarnation_id& incarnation) {
  for (auto* found : all_of(record)) {
    if (found->state().incarnation == incarnation) return found;
  }
  return nullptr;
}

record_copy& unit_of_work::obtain(const domain::record_ref& record,
                                  const incarnation_id& incarnation) {
  if (auto* found = of_incarnation(record.id, incarnation)) return *found;
  for (auto* found : all_of(record.id)) {
    if (found->state().hidden || found->state().incarnation) continue;
    found->change().incarnation = incarnation;
    return *found;
  }
  return create(record, {}, incarnation);
}

std::int64_t unit_of_work::new_row() {
  if (in_region_ == 0) region_ = file_.random_row() & ~(k_region - 1);
  in_region_ = (in_region_ + 1) % k_rows_in_region;
  for (;;) {
    const std::int64_t row = copy_row(region_ + file_.random_row() % k_region);
    auto q = file_.db().ask("SELECT 1 FROM holding WHERE id = ?");
    q->bind_int(1, row);
    if (row != 0 && !q->step() && !loaded_.contains(row)) return row;
  }
}

record_copy& unit_of_work::create(const domain::record_ref& record, std::string key,
                                  const std::optional<incarnation_id>& incarnation) {
  const std::int64_t row = new_row();
  auto& rows = rows_of(record.id);
  auto key_of_record = file_.keys().new_content_key(row);
  copy_state state;
  state.record = record;
  state.incarnation = incarnation;
  state.key = std::move(key);
  record_copy::new_row place{.wrap = std::move(key_of_record.wrap), .record = rows.hash};
  auto made = std::make_unique<record_copy>(file_, row, std::move(key_of_record.sealer),
                                            std::move(state), std::move(place));
  rows.rows.push_back(row);
  return *loaded_.emplace(row, std::move(made)).first->second;
}

void unit_of_work::flush() {
  std::vector<std::pair<std::int64_t, record_copy*>> order;
  order.reserve(loaded_.size());
  for (auto& [row, held] : loaded_) order.emplace_back(row, held.get());
  std::sort(order.begin(), order.end());
  for (auto& [row, held] : order) held->flush();
  loaded_.clear();
  rows_.clear();
}

void each_copy(replica_file& file,
               const std::function<void(std::int64_t row, copy_state state)>& each) {
  auto q = file.db().ask("SELECT id, key_wrap, state FROM holding ORDER BY id");
  while (q->step()) {
    const auto row = q->column_int(0);
    auto sealer = file.keys().open_content_key(row, q->column_view(1));
    if (!sealer) throw_damaged("the key of a record");
    const auto plain = sealer->open(state_place(row), q->column_view(2));
    if (!plain) throw_damaged("the view of a record");
    each(row, unpack_state(*plain));
  }
}

std::size_t each_sound_copy(replica_file& file,
                            const std::function<void(std::int64_t row, copy_state state)>& each) {
  std::size_t damaged = 0;
  auto q = file.db().ask("SELECT id, key_wrap, state FROM holding ORDER BY id");
  while (q->step()) {
    const auto row = q->column_int(0);
    auto sealer = file.keys().open_content_key(row, q->column_view(1));
    auto plain = sealer ? sealer->open(state_place(row), q->column_view(2)) : std::nullopt;
    if (plain) {
      each(row, unpack_state(*plain));
    } else {
      ++damaged;
    }
  }
  return damaged;
}

void each_waiting(replica_file& file, const entry_table& table,
                  const std::function<void(std::int64_t row, const waiting_entry& entry)>& each) {
  file.each_entry(table, [&](std::int64_t row, std::string_view sealed) {
    each(row, unpack_waiting(replica_file::open_entry(table, row, sealed, file.keys().cells())));
  });
}

void each_discard(replica_file& file,
                  const std::function<void(std::int64_t row, const discard_entry& entry)>& each) {
  file.each_entry(k_discard, [&](std::int64_t row, std::string_view sealed) {
    each(row,
         unpack_discard(replica_file::open_entry(k_discard, row, sealed, file.keys().cells())));
  });
}

std::vector<std::int64_t> marked_rows(replica_file& file, bool mark_entry::*mark) {
  std::vector<std::int64_t> rows;
  file.each_entry(k_mark, [&](std::int64_t id, std::string_view sealed) {
    const auto plain = replica_file::open_entry(k_mark, id, sealed, file.keys().cells());
    if (unpack_mark(plain).*mark) rows.push_back(id);
  });
  return rows;
}

}  // namespace autocusto::replica
