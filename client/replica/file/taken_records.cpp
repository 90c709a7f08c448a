#include "client/replica/file/taken_records.hpp"

#include <algorithm>
#include <utility>

#include "client/replica/file/codec.hpp"
#include "shared/domain/characters.hpp"
#include "shared/domain/entry.hpp"

namespace autocusto::replica {
namespace {

constexpr std::string_view k_taken = "taken_records";

void put_all(replica_file& file, const std::vector<taken_record>& all) {
  packer out;
  out.number(static_cast<std::int64_t>(all.size()));
  for (const auto& each : all) {
    out.text(each.kind);
    out.text(each.initials);
    out.number(each.edits);
    out.number(each.at);
  }
  file.put(k_taken, out.view());
}

std::string first_letter(std::string_view word) {
  std::string out;
  if (const auto p = domain::take_point(word); p >= 0) domain::append_point(out, p);
  return out.empty() ? out : out + ".";
}

}  // namespace

std::vector<taken_record> taken_records(replica_file& file) {
  std::vector<taken_record> all;
  const auto cell = file.get(k_taken);
  if (!cell) return all;
  unpacker in(*cell);
  const std::size_t count = in.size(4);
  for (std::size_t i = 0; i < count; ++i) {
    taken_record one;
    one.kind = in.text();
    one.initials = in.text();
    one.edits = in.number();
    one.at = in.number();
    all.push_back(std::move(one));
  }
  in.finish();
  return all;
}

void note_taken(replica_file& file, record_copy& held) {
  const auto& state = held.settled();
  const auto front = state.shown.front();
  if (!front) return;
  taken_record one;
  one.kind = state.record.kind;
  one.initials = initials_of(held.name_of(*front));
  one.at = file.now();
  const auto versions = held.versions();
  one.edits = std::count_if(versions.begin(), versions.end(), [](const version_meta* meta) {
    return meta->to_be_pushed() || meta->where == version_sync_state::refused;
  });
  auto all = taken_records(file);
  if (all.size() >= k_most_taken) all.erase(all.begin());
  all.push_back(std::move(one));
  put_all(file, all);
}

void forget_taken(replica_file& file) {
  file.forget(k_taken);
}

std::string initials_of(std::string_view name) {
  const auto seen = domain::visible_text(name);
  if (seen.empty()) return {};
  const auto last = seen.rfind(' ');
  auto out = first_letter(seen);
  if (last != std::string::npos) out += " " + first_letter(std::string_view(seen).substr(last + 1));
  return out;
}

}  // namespace autocusto::replica
