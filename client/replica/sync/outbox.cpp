// What is pushed next.
#include <algorithm>
#include <set>
#include <utility>

#include "client/replica/file/codec.hpp"
#include "client/replica/file/push_slots.hpp"
#include "client/replica/file/record_copy.hpp"
#include "client/replica/file/releases.hpp"
#include "client/replica/sync/sync_store.hpp"
#include "shared/base/limits.hpp"

namespace autocusto::replica {
namespace {

// What a version takes in the message beyond its own bytes: member names, quotes, and the escapes
// of its two JSON texts (at most one more byte for each of theirs, which is counted as it is).
constexpr std::size_t k_frame_bytes = 256;

struct waiting_version {
  std::int64_t saved = 0;
  std::int64_t row = 0;
  version_id id;
};

/// The first waiting versions, record by record, in the order of their rows; each record's in the
/// order of saving, in which a parent comes before its children. Leaves out what a push under way
/// has versions of. Stops with the record after which there are more than a batch.
std::vector<std::vector<waiting_version>> first_waiting(replica_file& file,
                                                        const std::set<std::int64_t>& under_way,
                                                        std::size_t at_most) {
  std::vector<std::vector<waiting_version>> out;
  std::size_t count = 0;
  auto& cells = file.keys().cells();
  file.each_entry_while(k_waiting, [&](std::int64_t id, std::string_view sealed) {
    if (!under_way.empty() && under_way.contains(copy_row(id))) return true;
    const bool same = !out.empty() && copy_row(out.back().front().row) == copy_row(id);
    if (!same && count > at_most) return false;
    const auto entry = unpack_waiting(replica_file::open_entry(k_waiting, id, sealed, cells));
    if (!same) out.emplace_back();
    out.back().push_back({.saved = entry.saved, .row = id, .id = entry.version});
    ++count;
    return true;
  });
  for (auto& record : out) {
    std::sort(record.begin(), record.end(),
              [](const waiting_version& a, const waiting_version& b) { return a.saved < b.saved; });
  }
  return out;
}

/// The records of these versions, which wait, and drafts, whose discards wait.
std::set<std::int64_t> records_of_waiting(replica_file& file,
                                          std::span<const version_id> versions) {
  std::set<std::int64_t> out;
  if (versions.empty()) return out;
  each_waiting(file, k_waiting, [&](std::int64_t id, const waiting_entry& entry) {
    if (std::find(versions.begin(), versions.end(), entry.version) != versions.end()) {
      out.insert(copy_row(id));
    }
  });
  each_discard(file, [&](std::int64_t id, const discard_entry& entry) {
    if (std::find(versions.begin(), versions.end(), entry.draft) != versions.end()) {
      out.insert(copy_row(id));
    }
  });
  return out;
}

std::size_t message_size(const domain::version_bytes& raw) {
  const auto quotes = [](const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return c == '"' || c == '\\'; }));
  };
  return raw.header.size() + raw.payload.size() + quotes(raw.header) + quotes(raw.payload) +
         k_frame_bytes;
}

wire::pushed_version pushed(record_copy& held, const version_meta& meta) {
  wire::pushed_version out{
      .raw = held.raw(meta), .incarnation = held.state().incarnation, .proof = std::nullopt};
  // What the server has known before comes with its own mark.
  if (meta.proof.size() == hash256::size) out.proof = meta.proof;
  return out;
}

/// Fills one batch.
class batch {
 public:
  batch(replica_file& file, outbox& out, std::size_t at_most)
      : file_(file), out_(out), at_most_(at_most) {}

  /// Takes a record's waiting versions: all of them, or none unless they would not even fit into an
  /// empty batch. False when the batch is full.
  bool take(const std::vector<waiting_version>& record) {
    unit_of_work set(file_);
    auto* held = set.load(copy_row(record.front().row));
    if (held == nullptr) throw_damaged("the record of a version that waits");
    std::vector<wire::pushed_version> versions;
    std::size_t size = 0;
    for (const auto& each : record) {
      if (out_.ids.size() + versions.size() == at_most_) break;
      const auto* meta = held->find(each.id);
      if (meta == nullptr) throw_damaged("a version that waits");
      auto one = pushed(*held, *meta);
      const std::size_t more = message_size(one.raw);
      if (size_ + size + more > limits::batch_bytes) break;
      size += more;
      versions.push_back(std::move(one));
    }
    const bool whole = versions.size() == record.size();
    if (!whole) {
      out_.more = true;
      if (!out_.ids.empty()) return false;
    }
    size_ += size;
    for (std::size_t i = 0; i < versions.size(); ++i) {
      out_.ids.push_back(record[i].id);
      out_.versions.push_back(std::move(versions[i]));
    }
    return whole;
  }

 private:
  replica_file& file_;
  outbox& out_;
  std::size_t at_most_;
  std::size_t size_ = 0;
};

/// A discard goes with or after its draft, never before it; a draft that was taken away has none.
void take_discards(replica_file& file, const std::set<std::int64_t>& left_out, std::size_t at_most,
                   outbox& out) {
  each_discard(file, [&](std::int64_t id, const discard_entry& entry) {
    if (entry.acknowledged || left_out.contains(copy_row(id))) return;
    const bool unsent = file.entry(k_waiting, id).has_value();
    const bool in_batch = std::find(out.ids.begin(), out.ids.end(), entry.draft) != out.ids.end();
    if (unsent && !in_batch) return;
    if (out.discards.size() == at_most) {
      out.more = true;
      return;
    }
    out.discards.push_back(entry.draft);
  });
}

}  // namespace

outbox sync_store::next_outbox(std::size_t at_most, std::span<const version_id> without) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  outbox out;
  batch filling(file, out, at_most);
  auto under_way = records_under_way(file);
  under_way.merge(records_of_waiting(file, without));
  under_way.merge(records_beyond_server(file, server_takes_));
  const auto records = first_waiting(file, under_way, at_most);
  for (const auto& record : records) {
    if (!filling.take(record)) break;
    if (out.ids.size() == at_most) {
      out.more = out.more || &record != &records.back();
      break;
    }
  }
  // What waits of records that were taken away is pushed all the same: the server refuses it, but
  // keeps it in quarantine, and then nothing is lost when the record is erased here.
  auto left_out = std::move(under_way);
  for (const auto row : marked_rows(file, &mark_entry::hidden)) left_out.insert(row);
  take_discards(file, left_out, at_most, out);
  return out;
}

std::optional<sync_store::inflight> sync_store::inflight_push() const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  const auto cell = file.get(k_inflight_push);
  if (!cell) return std::nullopt;
  const auto entry = unpack_kept(*cell);
  auto object = wire::decode_push_object(entry.object.object);
  if (!object || object->versions.size() != entry.versions.size()) throw_damaged("the push");
  inflight out;
  out.object = *std::move(object);
  out.request.object = entry.object;
  out.queued_push = kept_id(file, k_queued_push);
  for (std::size_t i = 0; i < entry.versions.size(); ++i) {
    unit_of_work set(file);
    auto* held = set.load(copy_row(entry.versions[i]));
    const auto* meta = held == nullptr ? nullptr : held->find(out.object.versions[i]);
    if (meta == nullptr) throw_damaged("a version of the push");
    out.request.versions.push_back(pushed(*held, *meta));
  }
  return out;
}

}  // namespace autocusto::replica
