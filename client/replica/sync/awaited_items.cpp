#include "client/replica/sync/awaited_items.hpp"

#include <algorithm>

#include "client/replica/file/codec.hpp"

namespace autocusto::replica {
namespace {

constexpr std::string_view k_awaited = "ahead";

bool is_awaited(const version_meta& meta) {
  // What could not be given back is not worth asking for.
  const bool whole = !meta.erased && meta.proof.size() == hash256::size;
  return meta.where == version_sync_state::told && meta.seq == 0 && whole;
}

}  // namespace

awaited_items::awaited_items(replica_file& file) : file_(file) {
  const auto cell = file.get(k_awaited);
  if (!cell) return;
  unpacker in(*cell);
  const auto count = in.size(sizeof(std::int64_t));
  rows_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) rows_.insert(in.number());
  in.finish();
}

void awaited_items::drop_hidden(unit_of_work& set) {
  changed_ = std::erase_if(rows_,
                           [&set](std::int64_t row) {
                             const auto* held = set.load(copy_row(row));
                             return held == nullptr || held->state().hidden;
                           }) > 0 ||
             changed_;
}

void awaited_items::save() {
  if (!changed_) return;
  changed_ = false;
  if (rows_.empty()) return file_.forget(k_awaited);
  packer out;
  out.reserve(sizeof(std::int64_t) * (rows_.size() + 1));
  out.number(static_cast<std::int64_t>(rows_.size()));
  for (const auto row : rows_) out.number(row);
  file_.put(k_awaited, out.view());
}

bool awaited_items::any(unit_of_work& set) const {
  return std::any_of(rows_.begin(), rows_.end(), [&set](std::int64_t row) {
    auto* held = set.load(copy_row(row));
    if (held == nullptr || held->state().hidden) return false;
    const auto versions = held->versions();
    return std::any_of(versions.begin(), versions.end(), [row](const version_meta* meta) {
      return meta->row == row && is_awaited(*meta);
    });
  });
}

}  // namespace autocusto::replica
