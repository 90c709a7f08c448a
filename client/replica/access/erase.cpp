#include "client/replica/access/erase.hpp"

#include <set>
#include <utility>

#include "client/replica/file/codec.hpp"
#include "client/replica/file/kept_texts.hpp"
#include "client/replica/file/push_slots.hpp"
#include "client/replica/file/record_copy.hpp"

namespace autocusto::replica {
namespace {

/// Names the record copies whose keys are destroyed and whose rows are still to be deleted.
constexpr std::string_view k_keyless = "keyless";

/// Whether the server has everything of it that was made here.
bool may_be_erased(replica_file& file, const std::set<std::int64_t>& under_way, record_copy& held) {
  if (under_way.contains(held.row())) return false;
  for (const auto* meta : held.versions()) {
    if (meta->to_be_pushed()) return false;
    if (meta->where != version_sync_state::refused) continue;
    const auto cell = file.entry(k_refused, meta->row, held.sealer());
    if (!cell || !unpack_refused(*cell).at_server) return false;
  }
  return true;
}

void run_for_range(replica_file& file, std::string_view sql, std::int64_t copy_id) {
  auto q = file.db().ask(sql);
  q->bind_int(1, copy_id).bind_int(2, copy_id + k_rows_per_copy - 1);
  q->run();
}

/// The key wrap, and every small row; the versions' rows are unreadable from then on.
void destroy_key(replica_file& file, std::int64_t row) {
  run_for_range(file, "DELETE FROM holding WHERE id BETWEEN ? AND ?", row);
  run_for_range(file, "DELETE FROM waiting WHERE id BETWEEN ? AND ?", row);
  run_for_range(file, "DELETE FROM unpulled WHERE id BETWEEN ? AND ?", row);
  run_for_range(file, "DELETE FROM discard WHERE id BETWEEN ? AND ?", row);
  run_for_range(file, "DELETE FROM refused WHERE id BETWEEN ? AND ?", row);
  run_for_range(file, "DELETE FROM notice WHERE id BETWEEN ? AND ?", row);
  file.remove_entry(k_mark, row);
}

std::vector<std::int64_t> keyless_rows(replica_file& file) {
  std::vector<std::int64_t> rows;
  const auto cell = file.get(k_keyless);
  if (!cell) return rows;
  unpacker in(*cell);
  const std::size_t count = in.size(8);
  for (std::size_t i = 0; i < count; ++i) rows.push_back(in.number());
  in.finish();
  return rows;
}

void remember_keyless(replica_file& file, const std::vector<std::int64_t>& rows) {
  packer out;
  out.number(static_cast<std::int64_t>(rows.size()));
  for (const auto row : rows) out.number(row);
  file.put(k_keyless, out.view());
}

/// Keys first, in a transaction of their own, so that a crash leaves nothing that can be read.
result<engine::removed_erased> destroy_keys(replica_file& file) {
  auto scope = file.begin();
  if (!scope) return scope.error();
  engine::removed_erased effect;
  auto keyless = keyless_rows(file);
  const auto under_way = records_under_way(file);
  for (const auto row : marked_rows(file, &mark_entry::hidden)) {
    unit_of_work set(file);
    auto* held = set.load(row);
    if (held != nullptr && !may_be_erased(file, under_way, *held)) {
      ++effect.kept;
      continue;
    }
    if (held != nullptr) forget_texts_of(file, held->state().record.id);
    destroy_key(file, row);
    keyless.push_back(row);
    ++effect.erased;
  }
  if (effect.erased == 0) return effect;
  remember_keyless(file, keyless);
  if (!(*scope)->commit_and_truncate()) file.truncate_later();
  return effect;
}

result<void> delete_rows(replica_file& file) {
  const auto rows = keyless_rows(file);
  if (rows.empty()) return {};
  auto scope = file.begin();
  if (!scope) return scope.error();
  for (const auto row : rows) {
    run_for_range(file, "DELETE FROM version WHERE id BETWEEN ? AND ?", row);
  }
  file.forget(k_keyless);
  if (!(*scope)->commit_and_truncate()) file.truncate_later();
  return {};
}

}  // namespace

result<engine::removed_erased> erase_hidden(replica_file& file) {
  // Nearly always there is nothing to do, and then nobody has to wait for the lock.
  if (marked_rows(file, &mark_entry::hidden).empty() && keyless_rows(file).empty())
    return engine::removed_erased{};
  auto effect = destroy_keys(file);
  if (!effect) return effect;
  if (auto deleted = delete_rows(file); !deleted) return deleted.error();
  return effect;
}

void destroy_all_keys(replica_file& file) {
  const auto who = file.get(k_identity);
  const auto key = file.get(k_device_key);
  empty_tables(file.db());
  if (who) file.put(k_identity, *who);
  if (key) file.put(k_device_key, *key);
}

}  // namespace autocusto::replica
