// Everything that the doctor can see, as lines of JSON.
#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "client/replica/access/surrender.hpp"
#include "client/replica/file/replica_file.hpp"
#include "client/replica/read/lookup.hpp"
#include "client/replica/read/reader.hpp"
#include "shared/domain/structured.hpp"
#include "shared/json/canonical.hpp"

namespace autocusto::replica {
namespace {

std::string line_for(replica_file& file, record_copy& held, const version_meta& meta,
                     std::int64_t number) {
  const auto version = held.read(meta);
  const auto info = describe(file, held, meta, version, number);
  auto parents = nlohmann::json::array();
  for (const auto& parent : info.parents) parents.push_back(parent.text());
  nlohmann::json out{{"kind", held.state().record.kind},
                     {"key", held.state().key},
                     {"version_id", info.id.text()},
                     {"number", info.number},
                     {"parents", std::move(parents)},
                     {"author", info.author},
                     {"created_at", info.created_at},
                     {"status", std::string(domain::status_name(info.status))},
                     {"summary", info.summary},
                     {"fields", domain::json_of(version.payload.fields)},
                     {"active", info.active},
                     {"head", info.head},
                     {"synced", info.synced},
                     {"archived", info.archived},
                     {"header", version.raw.header},
                     {"payload", nullptr}};
  if (!info.erased) out["payload"] = version.raw.payload;
  return json::canonical(out);
}

struct place {
  std::string kind;
  std::string key;
  std::int64_t row = 0;
};

}  // namespace

std::size_t reader::export_lines(const std::function<void(std::string_view line)>& sink) const {
  auto& file = *file_;
  const sqlite::snapshot now(file.db());
  if (closed_now(file)) return 0;
  std::vector<place> places;
  each_copy(file, [&places](std::int64_t row, copy_state state) {
    if (state.hidden || state.shown.empty()) return;
    places.push_back({std::move(state.record.kind), std::move(state.key), row});
  });
  std::sort(places.begin(), places.end(), [](const place& a, const place& b) {
    return std::tie(a.kind, a.key) < std::tie(b.kind, b.key);
  });
  std::size_t lines = 0;
  for (const auto& each : places) {
    unit_of_work set(file);
    auto* held = set.load(each.row);
    std::int64_t number = 0;
    for (const auto* meta : held->history()) {
      sink(line_for(file, *held, *meta, ++number));
      ++lines;
    }
  }
  return lines;
}

}  // namespace autocusto::replica
