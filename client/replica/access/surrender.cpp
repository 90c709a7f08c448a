#include "client/replica/access/surrender.hpp"

#include <algorithm>
#include <utility>

#include "client/replica/file/codec.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::replica {
namespace {

constexpr std::string_view k_closed = "closed";
constexpr std::string_view k_removals = "removals";

struct removal {
  incarnation_id incarnation;
  record_id record;
  friend bool operator==(const removal&, const removal&) = default;
};

std::vector<removal> removals_in(replica_file& file) {
  std::vector<removal> out;
  const auto cell = file.get(k_removals);
  if (!cell) return out;
  unpacker in(*cell);
  const std::size_t count = in.size(incarnation_id::size + record_id::size);
  for (std::size_t i = 0; i < count; ++i) {
    const auto incarnation = in.id<incarnation_id>();
    out.push_back({.incarnation = incarnation, .record = in.id<record_id>()});
  }
  in.finish();
  return out;
}

void put_removals(replica_file& file, const std::vector<removal>& list) {
  if (list.empty()) return file.forget(k_removals);
  packer out;
  out.number(static_cast<std::int64_t>(list.size()));
  for (const auto& each : list) {
    out.id(each.incarnation);
    out.id(each.record);
  }
  file.put(k_removals, out.view());
}

/// Whether nothing of it is here, and nothing can turn out to be of it: a root whose receipt has
/// not come may have opened that very view.
bool is_gone(unit_of_work& set, const removal& what) {
  const auto here = set.all_of(what.record);
  return std::none_of(here.begin(), here.end(), [&what](const record_copy* held) {
    const auto& incarnation = held->state().incarnation;
    return !incarnation || *incarnation == what.incarnation;
  });
}

}  // namespace

std::optional<closed_entry> closed_now(replica_file& file) {
  const auto cell = file.get(k_closed);
  if (!cell) return std::nullopt;
  unpacker in(*cell);
  closed_entry entry;
  entry.since = in.number();
  entry.erased = in.flag();
  in.finish();
  return entry;
}

result<void> check_open(replica_file& file) {
  const auto closed = closed_now(file);
  if (!closed) return {};
  if (closed->erased) {
    return fail(errc::device_revoked,
                "The administrator has withdrawn this user's or laptop's access; what it held was "
                "erased here. To work again, ask for a new enrollment link.");
  }
  return fail(errc::device_revoked,
              "The administrator has withdrawn this user's or laptop's access: nothing is shown or "
              "saved here any more. `status` tells what the server still lacks; ask the "
              "administrator.");
}

void hide_view(replica_file& file, record_copy& held) {
  auto& state = held.change();
  state.hidden = true;
  for (const auto& discard : state.discards) file.remove_entry(k_discard, discard.row);
  state.discards.clear();
}

std::size_t offer_again(replica_file& file, record_copy& held) {
  std::vector<version_id> unsent;
  for (const auto* meta : held.versions()) {
    if (meta->where != version_sync_state::refused) continue;
    const auto cell = file.entry(k_refused, meta->row, held.sealer());
    if (cell && !unpack_refused(*cell).at_server) unsent.push_back(meta->id);
  }
  for (const auto& id : unsent) {
    auto& meta = held.change(id);
    meta.where = version_sync_state::waiting;
    file.remove_entry(k_refused, meta.row);
    file.put_entry(k_waiting, meta.row,
                   pack(waiting_entry{.version = id, .saved = meta.saved, .since = meta.since}));
  }
  return unsent.size();
}

void doubt_quarantine(replica_file& file) {
  std::vector<std::int64_t> rows;
  file.each_entry(k_refused, [&rows](std::int64_t id, std::string_view) { rows.push_back(id); });
  unit_of_work set(file);
  for (const auto row : rows) {
    auto& held = set.of_version(row);
    auto entry = unpack_refused(*file.entry(k_refused, row, held.sealer()));
    if (!entry.at_server) continue;
    entry.at_server = false;
    file.put_entry(k_refused, row, pack(entry), held.sealer());
  }
  const bool hidden_only = !closed_now(file);
  static_cast<void>(offer_all_again(file, hidden_only));
}

bool erasure_due(replica_file& file) {
  if (const auto closed = closed_now(file)) return closed->erased;
  return file.get(k_removals) && !gone_incarnations(file).empty();
}

std::optional<sealed_edits> sealed_in(replica_file& file) {
  const bool all = closed_now(file).has_value();
  unit_of_work set(file);
  sealed_edits out;
  const auto add = [&out](unix_millis since) {
    out.since = out.items == 0 ? since : std::min(out.since, since);
    ++out.items;
  };
  const auto taken = [&](std::int64_t id) {
    const auto& held = set.of_version(id);
    return all || held.state().hidden;
  };
  file.each_entry(k_refused, [&](std::int64_t id, std::string_view sealed) {
    if (!taken(id)) return;
    auto& sealer = set.of_version(id).sealer();
    const auto entry = unpack_refused(replica_file::open_entry(k_refused, id, sealed, sealer));
    if (entry.at_server) return;
    add(entry.at);
    out.code = entry.code;
    out.reason = entry.reason;
  });
  each_waiting(file, k_waiting, [&](std::int64_t id, const waiting_entry& entry) {
    if (taken(id)) add(entry.since);
  });
  if (out.items == 0) return std::nullopt;
  return out;
}

void remember_removal(replica_file& file, const record_id& record,
                      const incarnation_id& incarnation) {
  auto list = removals_in(file);
  const removal one{.incarnation = incarnation, .record = record};
  if (std::find(list.begin(), list.end(), one) != list.end()) return;
  list.push_back(one);
  put_removals(file, list);
}

void put_closed(replica_file& file, const closed_entry& entry) {
  packer out;
  out.number(entry.since);
  out.flag(entry.erased);
  file.put(k_closed, out.view());
}

void forget_closed(replica_file& file) {
  file.forget(k_closed);
}

std::size_t offer_all_again(replica_file& file, bool hidden_only) {
  std::vector<std::int64_t> rows;
  file.each_entry(k_refused, [&rows](std::int64_t id, std::string_view) {
    if (rows.empty() || rows.back() != copy_row(id)) rows.push_back(copy_row(id));
  });
  std::size_t offered = 0;
  for (const auto row : rows) {
    unit_of_work set(file);
    auto* held = set.load(row);
    if (held == nullptr) throw_damaged("the record of a refused version");
    if (hidden_only && !held->state().hidden) continue;
    offered += offer_again(file, *held);
    set.flush();
  }
  return offered;
}

std::vector<incarnation_id> gone_incarnations(replica_file& file) {
  std::vector<incarnation_id> out;
  unit_of_work set(file);
  for (const auto& each : removals_in(file)) {
    if (out.size() == limits::batch_versions) break;
    if (is_gone(set, each)) out.push_back(each.incarnation);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void forget_removals(replica_file& file, const std::vector<incarnation_id>& receipted) {
  auto list = removals_in(file);
  std::erase_if(list, [&receipted](const removal& each) {
    return std::binary_search(receipted.begin(), receipted.end(), each.incarnation);
  });
  put_removals(file, list);
}

std::size_t count_pending(replica_file& file) {
  auto q = file.db().ask("SELECT count(*) FROM waiting");
  std::size_t count = q->step() ? static_cast<std::size_t>(q->column_int(0)) : 0;
  each_discard(file, [&](std::int64_t, const discard_entry& entry) {
    if (!entry.acknowledged) ++count;
  });
  return count;
}

std::size_t count_unsynced(replica_file& file) {
  std::size_t count = count_pending(file);
  unit_of_work set(file);
  file.each_entry(k_refused, [&](std::int64_t id, std::string_view sealed) {
    auto& held = set.of_version(id);
    if (!unpack_refused(replica_file::open_entry(k_refused, id, sealed, held.sealer())).at_server) {
      ++count;
    }
  });
  return count;
}

std::optional<unix_millis> oldest_pending(replica_file& file) {
  std::optional<unix_millis> oldest;
  const auto count = [&oldest](unix_millis since) {
    if (!oldest || since < *oldest) oldest = since;
  };
  each_waiting(file, k_waiting,
               [&](std::int64_t, const waiting_entry& entry) { count(entry.since); });
  each_discard(file, [&](std::int64_t, const discard_entry& entry) {
    if (!entry.acknowledged) count(entry.since);
  });
  return oldest;
}

}  // namespace autocusto::replica
