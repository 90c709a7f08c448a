#include "client/replica/file/push_slots.hpp"

#include "client/replica/file/codec.hpp"

namespace autocusto::replica {

std::optional<push_id> kept_id(replica_file& file, std::string_view name) {
  const auto cell = file.get(name);
  if (!cell) return std::nullopt;
  const auto object = wire::decode_push_object(unpack_kept(*cell).object.object);
  if (!object) throw_damaged("the push");
  return object->id;
}

std::set<std::int64_t> records_under_way(replica_file& file) {
  std::set<std::int64_t> out;
  for (const auto name : {k_inflight_push, k_queued_push}) {
    const auto cell = file.get(name);
    if (!cell) continue;
    const auto entry = unpack_kept(*cell);
    for (const auto row : entry.versions) out.insert(copy_row(row));
    for (const auto row : entry.discards) out.insert(copy_row(row));
  }
  return out;
}

void promote_kept_push(replica_file& file) {
  if (const auto following = file.get(k_queued_push)) {
    file.put(k_inflight_push, *following);
    file.forget(k_queued_push);
  } else {
    file.forget(k_inflight_push);
  }
}

void forget_kept_pushes(replica_file& file) {
  file.forget(k_inflight_push);
  file.forget(k_queued_push);
}

}  // namespace autocusto::replica
